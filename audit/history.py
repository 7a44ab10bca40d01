"""The only writer of tracked and insert-only rows (architecture.md: readable history and proof).

One UPDATE or INSERT for any number of rows of a model; their versions are kept in the journal and
written when it is recorded, one INSERT for each model. The digests of all rows stand in the ledger
entry of the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.db import models

from audit.bulk import insert_at_once, update_at_once
from audit.canonical import row_digest
from audit.faults import faultpoint
from audit.journal import Journal
from audit.models import InsertOnly, guarded_writes


@lru_cache(maxsize=256)
def covered_columns(model: type[models.Model]) -> tuple[tuple[str, str], ...]:
    """The (column, attribute) pairs of a protected table that its digests cover, in model order."""
    return tuple(
        (str(field.column), field.attname)
        for field in model._meta.concrete_fields
        if not field.primary_key
    )


def cover_rows(journal: Journal, rows: Sequence[models.Model]) -> None:
    """Take the digests of freshly written protected rows (all of one model) into the journal."""
    model = type(rows[0])
    pairs = covered_columns(model)
    columns = [column for column, _ in pairs]
    table = model._meta.db_table
    digests = [
        (row.pk, row_digest(table, row.pk, columns, [getattr(row, name) for _, name in pairs]))
        for row in rows
    ]
    journal.cover(table, columns, digests)


def insert_rows(journal: Journal, rows: Iterable[InsertOnly]) -> list[Any]:
    """Insert rows of one insert-only model in one statement and cover them by the ledger."""
    rows = list(rows)
    if not rows:
        return rows
    _insert(rows)
    cover_rows(journal, rows)
    faultpoint("after_insert")
    return rows


def create_tracked(journal: Journal, rows: Iterable[models.Model], reason: str = "") -> list[Any]:
    """Insert rows of one tracked model, and keep their first versions."""
    rows = list(rows)
    if not rows:
        return rows
    _insert(rows)
    keep_versions(journal, [(row, "+") for row in rows], reason)
    return rows


def _insert(rows: Sequence[models.Model]) -> None:
    with guarded_writes():
        insert_at_once(rows)


def save_tracked(
    journal: Journal, rows: Iterable[models.Model], fields: Sequence[str], reason: str = ""
) -> None:
    """Write `fields` of rows of one tracked model, and keep their new versions.

    When every field is one that history leaves out (bookkeeping), there is no new version.
    """
    rows = list(rows)
    if not rows:
        return
    update_rows(rows, fields)
    excluded = set(history_of(type(rows[0]))._history_excluded_fields)
    if not set(fields) <= excluded:
        keep_versions(journal, [(row, "~") for row in rows], reason)


def update_rows(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write `fields` of rows of one model in one statement, without a version."""
    with guarded_writes():
        update_at_once(rows, fields)


def delete_tracked(journal: Journal, rows: Iterable[models.Model], reason: str = "") -> None:
    """Delete rows of one tracked model; their last version stays, marked as deleted."""
    rows = list(rows)
    if not rows:
        return
    keep_versions(journal, [(row, "-") for row in rows], reason)
    with guarded_writes():
        manager = type(rows[0])._base_manager
        keys = manager.filter(pk__in=[row.pk for row in rows])
        keys._raw_delete(keys.db)


@lru_cache(maxsize=256)
def history_of(model: type[models.Model]) -> Any:
    """The history model of a tracked model (simple-history makes a manager class at each look)."""
    return getattr(model, model._meta.simple_history_manager_attribute).model  # type: ignore[attr-defined]


def keep_versions(
    journal: Journal, changes: Sequence[tuple[models.Model, str]], reason: str = ""
) -> None:
    """Make one version for each (row, `+`, `~` or `-`) as it is now; `write_kept` inserts them."""
    model = type(changes[0][0])
    history = history_of(model)
    names = [field.attname for field in history.tracked_fields]
    actor = journal.actor
    context = {
        "history_date": journal.at,
        "history_user_id": actor.user_id,
        "history_change_reason": reason,
        "history_actor": actor.label,
        "history_door": actor.door,
        "history_request": actor.request_id,
        "history_origin": journal.origin,
    }
    for row, kind in changes:
        values = {name: getattr(row, name) for name in names}
        journal.keep_version(history, history(history_type=kind, **context, **values))


def write_kept(journal: Journal) -> None:
    """Insert the versions that the journal keeps, one statement a model, and cover them."""
    for versions in journal.versions.values():
        _insert(versions)
        cover_rows(journal, versions)
    journal.versions.clear()

"""The only writer of tracked and insert-only rows (architecture.md: readable history and proof).

One UPDATE or INSERT for any number of rows of a model; their versions are kept in the journal and
written when it is recorded, one INSERT for each model. The digests of all rows stand in the ledger
entry of the same transaction.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.db import connections, models

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


# What a statement may have of values is limited (65,535 when they are sent apart from it).
_MOST_ROWS = 500
# What the driver takes as it is; anything else is prepared by its field.
_PLAIN = frozenset({bool, dt.datetime, int, str, type(None), uuid.UUID})


def _insert(rows: Sequence[models.Model]) -> None:
    """Insert rows of one model and give them their keys.

    On PostgreSQL with plain `VALUES`: `bulk_create` sends arrays, in which each quotation mark of a
    JSON text is escaped one by one, and prepares every value field by field.
    """
    manager = type(rows[0])._base_manager
    connection = connections[manager.db]
    if connection.vendor != "postgresql" or any(row.pk is not None for row in rows):
        with guarded_writes():
            manager.bulk_create(rows)
        return
    for start in range(0, len(rows), _MOST_ROWS):
        _insert_values(rows[start : start + _MOST_ROWS], connection)


def _insert_values(rows: Sequence[models.Model], connection: Any) -> None:
    meta: Any = type(rows[0])._meta
    fields = [field for field in meta.concrete_fields if field is not meta.pk]
    values: list[Any] = []
    for row in rows:
        row._prepare_related_fields_for_save(operation_name="bulk_create")  # type: ignore[attr-defined]
        for field in fields:
            value = field.pre_save(row, True)
            plain = type(value) in _PLAIN
            values.append(value if plain else field.get_db_prep_save(value, connection))
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    line = f"({', '.join(['%s'] * len(fields))})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(meta.db_table)} ({columns}) "  # noqa: S608
            f"VALUES {', '.join([line] * len(rows))} RETURNING {quote(meta.pk.column)}",
            values,
        )
        for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = key
            row._state.adding, row._state.db = False, connection.alias


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
    manager = type(rows[0])._base_manager
    with guarded_writes():
        if len(rows) == 1:
            _update_one(rows[0], fields, connections[manager.db])
        elif connections[manager.db].vendor == "postgresql":
            _update_from_values(rows, fields, connections[manager.db])
        else:
            manager.bulk_update(rows, list(fields))


def _update_one(row: models.Model, fields: Sequence[str], connection: Any) -> None:
    """`UPDATE … WHERE id = …`, without the ORM's work of putting it together."""
    meta: Any = row._meta
    columns = [*(meta.get_field(name) for name in fields), meta.pk]
    quote = connection.ops.quote_name
    *changes, key = (f"{quote(field.column)} = %s" for field in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {quote(meta.db_table)} SET {', '.join(changes)} WHERE {key}",  # noqa: S608
            [field.get_db_prep_save(getattr(row, field.attname), connection) for field in columns],
        )


def _update_from_values(
    rows: Sequence[models.Model], fields: Sequence[str], connection: Any
) -> None:
    """`UPDATE … FROM (VALUES …)`: what `bulk_update` does, without a CASE of all rows a column.

    A list of values has the types of its literals, so each column is cast to the type of its
    field; without a length, which a cast would cut to in silence.
    """
    meta: Any = type(rows[0])._meta
    columns = [meta.pk, *(meta.get_field(name) for name in fields)]
    quote = connection.ops.quote_name
    given = [
        f"CAST(given.column{place} AS {field.db_type(connection).partition('(')[0]})"
        for place, field in enumerate(columns, start=1)
    ]
    changes = ", ".join(
        f"{quote(field.column)} = {value}"
        for field, value in zip(columns[1:], given[1:], strict=True)
    )
    row = f"({', '.join(['%s'] * len(columns))})"
    table = quote(meta.db_table)
    values = [
        field.get_db_prep_save(getattr(one, field.attname), connection)
        for one in rows
        for field in columns
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {changes} FROM (VALUES {', '.join([row] * len(rows))}) AS given "  # noqa: S608
            f"WHERE {table}.{quote(meta.pk.column)} = {given[0]}",
            values,
        )


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

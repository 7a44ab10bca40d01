"""Whatever an owner of the database changes in the record, verification names the row (A-105, A-110)."""

from __future__ import annotations

import random
import sys
from collections import Counter
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from audit.history import history_of
from audit.models import LedgerEntry, LedgerStream, PersonalRecord
from audit.triggers import missing_triggers, protected_models
from audit.verification import Problem, Report
from audit.verification.ledger import verify_chains
from audit.verification.versions import check_versions, tracked_models
from releases.models import Release
from tests import builders as b
from tests.audit.records import (
    complete_record,
    lift_triggers,
    other_value,
    problems,
    run,
    undone,
    write,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def tampered(db: None) -> Release:
    """The complete record, without its triggers."""
    made = complete_record()
    assert problems() == []
    lift_triggers()
    assert missing_triggers()
    return made


def _rows_of(model: type[models.Model], of: Release) -> list[Any]:
    rows = model._base_manager.order_by("pk")
    if model is LedgerEntry:  # of one stream, neither its first nor its last
        rows = rows.filter(stream__key=of.stream, seq__range=(2, 9))
    return list(rows)


def _chain_problems() -> list[Problem]:
    """What the ledger alone says, without the comparison of histories with live rows."""
    report = Report()
    verify_chains(report)
    return report.problems


def _version_problems() -> list[Problem]:
    report = Report()
    check_versions(report)
    return report.problems


def _named(row: models.Model, found: list[Problem]) -> bool:
    """Whether a problem names this row by table and key, an entry by its number."""
    if isinstance(row, LedgerEntry):
        return row.seq in {problem.place.seq for problem in found}
    places = {(problem.place.table, problem.place.key) for problem in found}
    return (row._meta.db_table, row.pk) in places


@pytest.mark.req("A-105", "A-110", "AUD-3")
def test_a_change_of_any_column_of_any_protected_table_is_named(
    tampered: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    chance, missed, tried = random.Random(105), [], Counter[str]()  # noqa: S311
    for model in protected_models():
        rows = _rows_of(model, tampered)
        assert rows, f"no row in {model._meta.db_table}: extend complete_record()"
        for field in model._meta.concrete_fields:
            row = chance.choice(rows)
            with undone():
                value = getattr(row, field.attname)
                stray = field.primary_key or field.attname == "seq"
                other = value + 1000 if stray else other_value(field, value)
                try:
                    with transaction.atomic():
                        write(row, **{field.column: other})
                except IntegrityError:  # another row has this value, which must be unique
                    write(row, **{field.column: value + 1000})
                tried[model._meta.db_table] += 1
                if not _named(row, _chain_problems()):
                    missed.append(f"{model._meta.db_table}.{field.column}")
    with capsys.disabled():
        named = tried.total() - len(missed)
        sys.stdout.write(
            f"\nA-105: {named} of {tried.total()} columns in {len(tried)} tables named\n"
        )
    assert missed == []
    assert problems() == []


@pytest.mark.req("A-105")
def test_a_deleted_row_is_named(tampered: Release) -> None:
    for model in protected_models():
        row = random.Random(1).choice(_rows_of(model, tampered))  # noqa: S311
        with undone():
            key = model._meta.pk.column
            assert run(f'DELETE FROM "{model._meta.db_table}" WHERE "{key}" = %s', row.pk) == 1
            assert _named(row, _chain_problems()), model._meta.db_table


@pytest.mark.req("A-105")
def test_an_inserted_copy_of_a_row_is_named(tampered: Release) -> None:
    for model in protected_models():
        row = random.Random(2).choice(_rows_of(model, tampered))  # noqa: S311
        copy = {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields}
        copy[model._meta.pk.attname] = row.pk + 1000
        for constraint in model._meta.constraints:
            if isinstance(constraint, models.UniqueConstraint) and constraint.fields:
                copy[constraint.fields[-1]] += 1000
        with undone():
            inserted = model(**copy)
            _insert(inserted)
            assert _named(inserted, _chain_problems()), model._meta.db_table


def _insert(row: models.Model) -> None:
    fields = row._meta.concrete_fields
    names = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join("%s" for _ in fields)
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    run(f'INSERT INTO "{row._meta.db_table}" ({names}) VALUES ({marks})', *values)


@pytest.mark.req("A-105")
def test_rows_that_change_places_are_named(tampered: Release) -> None:
    for model in protected_models():
        rows = _rows_of(model, tampered)
        if len(rows) < 2:
            continue
        one, other = rows[0], rows[-1]
        with undone():
            _swap(one, other, "seq" if model is LedgerEntry else model._meta.pk.column)
            found = _chain_problems()
            assert _named(one, found), model._meta.db_table
            assert _named(other, found), model._meta.db_table


def _swap(one: models.Model, other: models.Model, column: str) -> None:
    first, last = getattr(one, column), getattr(other, column)
    where = f'"{column}" = %s'
    if isinstance(one, LedgerEntry):
        where += f" AND stream_id = {one.stream_id}"
    for former, following in ((first, 10**6), (last, first), (10**6, last)):
        statement = f'UPDATE "{one._meta.db_table}" SET "{column}" = %s WHERE {where}'
        assert run(statement, following, former) == 1


@pytest.mark.req("A-105", "A-110")
def test_a_change_of_any_tracked_column_of_a_live_row_is_named(tampered: Release) -> None:
    missed, refused = [], []
    for model in tracked_models():
        rows = list(model._base_manager.order_by("pk"))
        kept = {field.attname for field in history_of(model).tracked_fields}
        for field in model._meta.concrete_fields:
            if field.attname not in kept or field.primary_key:
                continue
            row = rows[-1]
            with undone():
                name = f"{model._meta.db_table}.{field.column}"
                try:
                    with transaction.atomic():
                        value = other_value(field, getattr(row, field.attname))
                        write(row, **{field.column: value})
                except IntegrityError:
                    refused.append(name)  # the database itself does not take it
                    continue
                if not _named(row, _version_problems()):
                    missed.append(name)
    assert missed == []
    assert len(refused) < 8


@pytest.mark.req("A-105", "AUD-3")
@pytest.mark.parametrize("column", ["key", "seq", "hash"])
def test_a_changed_head_is_found(tampered: Release, column: str) -> None:
    head = LedgerStream.objects.get(key=tampered.stream)
    write(head, **{column: other_value(head._meta.get_field(column), getattr(head, column))})
    assert {found.place.stream for found in problems()} & {
        tampered.stream,
        f"{tampered.stream[:-1]}x",
    }


@pytest.mark.req("A-105")
@pytest.mark.parametrize("column", ["digest", "salt", "text"])
def test_a_changed_personal_value_is_named(tampered: Release, column: str) -> None:
    record = PersonalRecord.objects.order_by("pk")[2]
    write(record, **{column: other_value(record._meta.get_field(column), getattr(record, column))})
    assert _named(record, problems())


@pytest.mark.req("A-105")
def test_entries_cut_off_at_the_end_are_missed_by_the_head(tampered: Release) -> None:
    head = LedgerStream.objects.get(key=tampered.stream)
    run("DELETE FROM audit_ledgerentry WHERE stream_id = %s AND seq > %s", head.pk, head.seq - 3)
    found = next(one for one in problems() if one.code == "entries_missing")
    assert (found.place.stream, found.place.seq) == (head.key, head.seq - 2)


@pytest.mark.req("A-105")
def test_entries_cut_off_with_their_head_are_missed_by_their_rows(tampered: Release) -> None:
    """The rows that they had recorded are there without an entry."""
    head = LedgerStream.objects.get(key=tampered.stream)
    _cut(head, head.seq - 1)
    assert {found.code for found in problems()} == {"row_not_covered", "row_not_announced"}


@pytest.mark.req("A-105")
def test_a_tail_cut_off_with_all_it_wrote_leaves_no_trace_inside(tampered: Release) -> None:
    """Not detectable without a copy outside (docs/ledger.md says so); a checkpoint shows it."""
    head = LedgerStream.objects.get(key=tampered.stream)
    _cut(head, head.seq - 1)
    run("DELETE FROM releases_comment WHERE text = 'Please look.'")
    assert problems() == []


def _cut(head: LedgerStream, seq: int) -> None:
    run("DELETE FROM audit_ledgerentry WHERE stream_id = %s AND seq > %s", head.pk, seq)
    last = LedgerEntry.objects.get(stream=head, seq=seq)
    write(head, seq=seq, hash=last.hash)


@pytest.mark.req("A-105")
def test_a_whole_stream_taken_away_is_missed_by_its_rows(tampered: Release) -> None:
    head = LedgerStream.objects.get(key=tampered.stream)
    run("DELETE FROM audit_ledgerentry WHERE stream_id = %s", head.pk)
    run("DELETE FROM audit_ledgerstream WHERE id = %s", head.pk)
    tables = {found.place.table for found in problems() if found.code == "row_not_covered"}
    assert {"approvals_decision", "approvals_historicalapproval"} <= tables


@pytest.mark.req("A-105", "I12")
def test_a_live_row_taken_away_or_put_in_is_named(tampered: Release) -> None:
    activity = b.activity(tampered, "cab")
    with undone():
        run("DELETE FROM releases_activity WHERE id = %s", activity.pk)
        assert _named(activity, problems())
    token = next(model for model in tracked_models() if model.__name__ == "ApiToken")
    row = token._base_manager.get()
    with undone():
        row.pk, row.digest, row.public_id = row.pk + 1000, "0" * 64, _other_uuid(row.public_id)
        _insert(row)
        assert _named(row, problems())


def _other_uuid(value: Any) -> Any:
    return type(value)(int=value.int ^ 1)

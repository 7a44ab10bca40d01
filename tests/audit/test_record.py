"""`record()` writes a use case's journal to its stream, whole or not at all (AUD-3)."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from approvals.models import Scope
from audit.actor import Actor
from audit.canonical import NO_HASH, canonical_text, entry_hash, instant_text, row_digest
from audit.history import create_tracked, history_of, save_tracked
from audit.journal import Journal
from audit.locking import LockOutsideTransaction, database_now, lock, lock_all
from audit.models import LedgerEntry, LedgerStream, PersonalRecord
from audit.services.record import NothingToRecord, record
from tests import builders as b
from tests.audit.records import codes

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("AUD-3")]

MAYA = Actor(
    kind="person", door="api", label="Maya Okafor", user_id=7, username="maya",
    authenticated_by="token", request_id="r-1",
)  # fmt: skip


def _journal(actor: Actor = MAYA) -> Journal:
    return Journal(actor=actor, at=database_now())


def _scope(label: str) -> Scope:
    root = Scope.objects.get(kind="everything")
    return Scope(kind="product", parent=root, label=label, path="/1/2/")


def test_an_entry_holds_who_what_and_when_and_is_chained() -> None:
    journal = _journal()
    journal.add("thing.made", thing=1)
    journal.add("thing.changed", thing=1, into={"b": 2, "a": 1})
    first, second = record(journal, stream="release:1", opening=True)
    assert (first.seq, second.seq) == (1, 2)
    assert first.former == NO_HASH
    assert second.former == first.hash
    assert second.hash == entry_hash(first.hash, second.text)
    stored = LedgerEntry.objects.get(pk=second.pk)
    assert stored.text == second.text == canonical_text(json.loads(stored.text))
    document = json.loads(stored.text)
    assert document == {
        "actor": {
            "id": 7, "kind": "person", "name": "Maya Okafor", "person": None, "username": "maya",
        },
        "at": instant_text(journal.at), "auth": "token", "data": {"into": {"a": 1, "b": 2}, "thing": 1},
        "door": "api", "kind": "thing.changed", "on_behalf_of": None, "origin": None,
        "recorded_at": instant_text(stored.recorded_at), "request": "r-1", "rows": {}, "seq": 2,
        "stream": "release:1",
    }  # fmt: skip
    head = LedgerStream.objects.get(key="release:1")
    assert (head.seq, head.hash) == (2, second.hash)


def test_the_rows_of_a_transaction_stand_in_its_last_entry_once() -> None:
    journal = _journal()
    (made,) = create_tracked(journal, [_scope("One")])
    journal.add("scope.created", scope=made.pk)
    made.label = "Two"
    save_tracked(journal, [made], ["label"])
    journal.add("scope.changed", scope=made.pk)
    first, last = record(journal, stream="release:1", opening=True)
    assert "rows" not in json.loads(first.text)
    ((table, digests),) = json.loads(last.text)["rows"].items()
    assert table == "approvals_historicalscope"
    versions = history_of(Scope)._base_manager.filter(id=made.pk).order_by("pk")
    assert [key for key, _ in digests["rows"]] == [version.pk for version in versions]
    version = versions.last()
    names = {field.column: field.attname for field in version._meta.concrete_fields}
    values = [getattr(version, names[column]) for column in digests["columns"]]
    assert digests["rows"][-1][1] == row_digest(table, version.pk, digests["columns"], values)
    assert set(digests["columns"]) == names.keys() - {"history_id"}
    assert codes() == set()


@transaction.atomic
def _make_silently(label: str) -> None:
    journal = _journal()
    create_tracked(journal, [_scope(label)])
    record(journal, stream="portal")


def test_rows_without_an_event_are_a_mistake_of_the_service() -> None:
    with pytest.raises(NothingToRecord):
        _make_silently("Silent")
    assert not Scope.objects.filter(label="Silent").exists()


def test_a_journal_without_anything_writes_nothing() -> None:
    entries = LedgerEntry.objects.count()
    assert record(_journal(), stream="release:1", opening=True) == []
    assert LedgerEntry.objects.count() == entries
    assert not LedgerStream.objects.filter(key="release:1").exists()


def test_any_number_of_events_and_rows_cost_the_same_statements() -> None:
    counted = []
    for number in (1, 40):
        journal = _journal()
        made = create_tracked(journal, [_scope(f"Scope {one}") for one in range(number)])
        for scope in made:
            journal.add("scope.created", scope=scope.pk)
        with CaptureQueriesContext(connection) as queries:
            entries = record(journal, stream=f"release:{number}", opening=True)
        assert len(entries) == number
        statements = [query["sql"].replace('"', "") for query in queries]
        assert sum("INSERT INTO audit_ledgerentry" in sql for sql in statements) == 1
        assert sum("INSERT INTO approvals_historicalscope" in sql for sql in statements) == 1
        counted.append(len(statements))
    # Versions, opening the stream, its lock, entries; the head by itself where it must be.
    assert counted == ([4, 4] if connection.vendor == "postgresql" else [5, 5])


@transaction.atomic
def _record_and_fail(stream: str) -> None:
    refused = _journal()
    refused.add("thing.refused")
    record(refused, stream=stream)
    raise ZeroDivisionError


def test_a_refused_use_case_leaves_no_entry_and_no_number() -> None:
    journal = _journal()
    journal.add("thing.made")
    record(journal, stream="release:1", opening=True)
    with pytest.raises(ZeroDivisionError):
        _record_and_fail("release:1")
    later = _journal()
    later.add("thing.changed")
    assert [entry.seq for entry in record(later, stream="release:1")] == [2]
    assert not LedgerEntry.objects.filter(kind="thing.refused").exists()
    assert codes() == set()


def test_a_journal_is_empty_once_it_is_recorded() -> None:
    journal = _journal()
    (made,) = create_tracked(journal, [_scope("One")])
    journal.add("scope.created", scope=made.pk)
    record(journal, stream="release:1", opening=True)
    assert not journal.events
    assert not journal.has_rows
    assert record(journal, stream="release:1") == []


def test_a_moment_without_a_zone_is_refused() -> None:
    journal = Journal(actor=MAYA, at=dt.datetime(2026, 1, 1))  # noqa: DTZ001
    journal.add("thing.made")
    with pytest.raises(ValueError, match="time zone"), transaction.atomic():
        record(journal, stream="release:1", opening=True)


def test_personal_values_are_kept_once_and_apart() -> None:
    actor = b.actor_for(b.person("maya"), ip="198.51.100.77")
    journal = _journal(actor)
    journal.add("thing.made")
    journal.add("thing.changed")
    entries = record(journal, stream="release:1", opening=True)
    origins = {json.loads(entry.text)["origin"] for entry in entries}
    kept = PersonalRecord.objects.get(digest__in=origins)
    assert json.loads(kept.text)["ip"] == "198.51.100.77"
    assert all("198.51.100.77" not in entry.text for entry in entries)
    again = _journal(actor)
    assert again.origin not in origins, "the same person must not be recognised by the digest"


@pytest.mark.django_db(transaction=True)
def test_nothing_is_locked_outside_a_transaction() -> None:
    with pytest.raises(LockOutsideTransaction):
        lock(LedgerStream.objects.all(), key="portal")
    with pytest.raises(LockOutsideTransaction):
        lock_all(LedgerStream.objects.all())
    journal = _journal()
    journal.add("thing.made")
    with pytest.raises(LockOutsideTransaction):
        record(journal, stream="portal")

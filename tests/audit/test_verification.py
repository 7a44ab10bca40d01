"""What verification says, of a record that holds and of every way in which it may not (AUD-3)."""

from __future__ import annotations

import datetime as dt
import json
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from approvals.models import Decision
from audit.actor import Actor, system_actor
from audit.canonical import canonical_text, row_digest
from audit.journal import Journal
from audit.locking import database_now
from audit.models import LedgerEntry, LedgerStream
from audit.services.record import record
from audit.triggers import protected_models
from audit.verification import Report, chains, report, verify_ledger
from audit.verification.ledger import verify_chains
from releases.models import Comment, Release
from tests.audit.records import (
    codes,
    complete_record,
    lift_triggers,
    problems,
    rewrite,
    run,
    undone,
    write,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("AUD-3")]


@pytest.fixture
def tampered(db: None) -> Release:
    """The complete record, without its triggers."""
    made = complete_record()
    lift_triggers()
    return made


def _entry(release: Release, kind: str) -> LedgerEntry:
    return LedgerEntry.objects.filter(stream__key=release.stream, kind=kind).latest("seq")


def _append(*events: str, at: dt.datetime | None = None, actor: Actor | None = None) -> None:
    journal = Journal(actor=actor or system_actor("Test"), at=at or database_now())
    for kind in events:
        journal.add(kind, number=1)
    record(journal, stream="release:999", opening=True)


def test_a_record_that_holds_is_counted() -> None:
    complete_record()
    found = verify_ledger()
    assert found.problems == found.notes == []
    assert found.ok
    assert found.entries == LedgerEntry.objects.count()
    assert found.streams == LedgerStream.objects.count()
    covered = [model for model in protected_models() if model is not LedgerEntry]
    assert found.rows == sum(model._base_manager.count() for model in covered)


def test_an_empty_ledger_holds(tampered: Release) -> None:
    run("DELETE FROM audit_ledgerentry")
    run("DELETE FROM audit_ledgerstream")
    found = Report()
    chains.walk_streams(found, ())
    assert (found.ok, found.entries, found.streams) == (True, 0, 0)


@pytest.mark.req("A-105")
def test_one_byte_of_a_text_names_that_entry_and_no_other(tampered: Release) -> None:
    entry = _entry(tampered, "approval.decision_cast")
    write(entry, text=entry.text.replace('"verdict":"reject"', '"verdict":"rejecT"'))
    (problem,) = problems()
    assert problem.code == "hash_differs"
    assert (problem.place.stream, problem.place.seq) == (tampered.stream, entry.seq)
    assert str(problem) == f"{tampered.stream} entry {entry.seq}: its hash is not that of its text"


@pytest.mark.req("A-105")
def test_an_entry_taken_out_is_named_by_its_number(tampered: Release) -> None:
    run(
        "DELETE FROM audit_ledgerentry WHERE seq IN (4, 5) AND stream_id = "
        "(SELECT id FROM audit_ledgerstream WHERE key = %s)", tampered.stream,
    )  # fmt: skip
    gap = next(problem for problem in problems() if problem.code == "entries_missing")
    assert str(gap) == f"{tampered.stream} entry 4: entries 4 to 5 are missing"


def _document(change: Callable[[dict[str, Any]], None]) -> Callable[[str], str]:
    def changed(text: str) -> str:
        document = json.loads(text)
        change(document)
        return canonical_text(document)

    return changed


def _without(name: str) -> Callable[[str], str]:
    return _document(lambda document: document.pop(name))


def _with(**values: Any) -> Callable[[str], str]:
    return _document(lambda document: document.update(values))


def _rows(**tables: Any) -> Callable[[str], str]:
    return _document(lambda document: document.setdefault("rows", {}).update(tables))


# What an attacker who works out all hashes anew still has to get right.
FORGED: list[tuple[str, Callable[[str], str]]] = [
    ("not_canonical", lambda text: text.replace('":', '": ', 1)),
    ("not_canonical", lambda text: text[:-1] + ',"stream":"x"}'),
    ("text_unreadable", lambda text: text[1:]),
    ("text_unreadable", lambda text: ""),
    ("text_unreadable", lambda text: "[]"),
    ("text_unreadable", lambda text: "null"),
    ("text_unreadable", lambda text: "[" * 5000 + "]" * 5000),
    ("text_unreadable", lambda text: '{"a":NaN}'),
    ("text_unreadable", _without("door")),
    ("text_unreadable", _without("origin")),
    ("text_unreadable", _with(extra=1)),
    ("text_unreadable", _with(actor="Maya")),
    ("text_unreadable", _with(actor={})),
    ("text_unreadable", _with(data=[])),
    ("text_unreadable", _with(kind=["a"])),
    ("text_unreadable", _with(rows=[1])),
    ("text_unreadable", _rows(approvals_decision=[])),
    ("text_unreadable", _rows(approvals_decision={"columns": ["verdict"], "rows": [[1]]})),
    ("text_unreadable", _rows(approvals_decision={"columns": ["verdict"], "rows": [["1", ""]]})),
    ("text_unreadable", _rows(approvals_decision={"columns": ["verdict"], "rows": [[0, ""]]})),
    ("text_unreadable", _rows(approvals_decision={"columns": ["verdict"], "rows": [[1e300, ""]]})),
    ("text_unreadable", _rows(approvals_decision={"columns": [["verdict"]], "rows": []})),
    ("row_missing", _rows(releases_comment={"columns": ["text"], "rows": [[99999, "0"]]})),
    ("table_unknown", _rows(portal_user={"columns": [], "rows": []})),
    ("column_unknown", _rows(releases_comment={"columns": ["gone"], "rows": []})),
    ("column_differs", _with(stream="release:0")),
    ("column_differs", _with(seq=999)),
    ("column_differs", _with(kind="approval.approved")),
    ("column_differs", _with(at="2026-01-01T00:00:00.000000Z")),
    ("column_differs", _with(recorded_at=None)),
    ("actor_missing", _with(door="")),
    ("actor_missing", _with(actor={"name": ""})),
    ("event_without_row", _with(data={"decision": "1"})),
    ("event_without_row", _with(data={"decision": 99999})),
    ("row_not_announced", _with(data={"decision": 99999})),
]


@pytest.mark.req("A-105")
def test_a_forged_text_is_found_even_when_all_hashes_fit(tampered: Release) -> None:
    entry = _entry(tampered, "approval.decision_withdrawn")
    for code, forge in FORGED:
        text = forge(entry.text)
        with undone():
            rewrite(entry, text)
            found = codes()
            assert code in found, text
            assert not found & {"hash_differs", "former_differs", "head_differs"}, text


@pytest.mark.req("A-105")
def test_a_row_that_two_entries_cover_is_named(tampered: Release) -> None:
    entry = _entry(tampered, "activity.commented")
    rows = json.loads(entry.text)["rows"]
    other = _entry(tampered, "approval.decision_withdrawn")
    rewrite(other, _rows(**rows)(other.text))
    assert codes() == {"row_covered_twice"}


@pytest.mark.req("I3")
def test_a_decision_that_two_events_tell_of_is_named(tampered: Release) -> None:
    entry = _entry(tampered, "approval.decision_withdrawn")
    cast = json.loads(_entry(tampered, "approval.decision_cast").text)["data"]
    rewrite(entry, _with(data=cast)(entry.text))
    assert codes() == {"row_announced_twice", "row_not_announced"}


def test_an_unknown_format_is_named(tampered: Release) -> None:
    entry = _entry(tampered, "activity.commented")
    write(entry, format=2)
    (problem,) = problems()
    assert (problem.code, problem.place.seq) == ("format_unknown", entry.seq)


def test_a_column_that_came_later_disturbs_no_older_entry(tampered: Release) -> None:
    """Entries name the columns that they cover; one that was not there yet is not among them."""
    entry = _entry(tampered, "activity.commented")
    document = json.loads(entry.text)
    covered = document["rows"]["releases_comment"]
    columns = [name for name in covered["columns"] if name != "attempt"]
    ((key, _),) = covered["rows"]
    comment = Comment.objects.get(pk=key)
    values = [getattr(comment, name) for name in columns]
    digest = row_digest("releases_comment", key, columns, values)
    covered.update(columns=columns, rows=[[key, digest]])
    rewrite(entry, canonical_text(document))
    assert codes() == set()


def test_a_chain_that_was_worked_out_anew_holds_inside(tampered: Release) -> None:
    """Not detectable without a copy outside (docs/ledger.md says so); a checkpoint shows it."""
    decision = Decision.objects.filter(comment="Looks good.").get()
    decision.comment = "Looks bad."
    write(decision, comment=decision.comment)
    table = decision._meta.db_table
    entry = next(
        one
        for one in LedgerEntry.objects.filter(stream__key=tampered.stream)
        if [decision.pk] == [key for key, _ in _covered(one, table)]
    )
    document = json.loads(entry.text)
    columns = document["rows"][table]["columns"]
    names = {field.column: field.attname for field in decision._meta.concrete_fields}
    values = [getattr(decision, names[column]) for column in columns]
    document["rows"][table]["rows"] = [
        [decision.pk, row_digest(table, decision.pk, columns, values)]
    ]
    assert codes() == {"row_differs"}
    rewrite(entry, canonical_text(document))
    assert codes() == set()


def _covered(entry: LedgerEntry, table: str) -> list[Any]:
    rows = json.loads(entry.text).get("rows", {})
    return list(rows.get(table, {"rows": []})["rows"])


@pytest.mark.req("A-079")
@pytest.mark.parametrize(
    ("late", "way"),
    [(dt.timedelta(minutes=2), "before"), (dt.timedelta(minutes=-2), "after")],
)
def test_a_moment_that_is_not_that_of_the_database_is_noted(late: dt.timedelta, way: str) -> None:
    _append("thing.made", at=database_now() - late)
    found = verify_ledger()
    assert found.ok
    (note,) = found.notes
    assert note.code == "time_differs"
    assert (note.place.stream, note.place.seq) == ("release:999", 1)
    assert f"s {way} the database recorded it" in note.detail


def test_the_demo_tells_of_the_past_without_a_note() -> None:
    _append(
        "thing.made", at=database_now() - dt.timedelta(days=90),
        actor=replace(system_actor("Demo"), door="demo"),
    )  # fmt: skip
    _append("thing.changed", at=database_now() - dt.timedelta(seconds=50))
    assert verify_ledger().notes == []


def test_findings_are_counted_and_not_all_kept(
    tampered: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "MOST_KEPT", 5)
    run("UPDATE audit_ledgerentry SET format = 2")
    found = verify_ledger()
    assert len(found.problems) == 5
    assert found.problem_count == LedgerEntry.objects.count() > 5
    assert found.as_document()["problem_count"] == found.problem_count


def test_a_problem_says_stream_entry_table_and_key(tampered: Release) -> None:
    decision = Decision.objects.order_by("pk")[0]
    write(decision, comment="Never said.")
    (problem,) = problems()
    document = problem.as_document()
    assert document.keys() == {"code", "stream", "seq", "table", "key", "detail"}
    assert (document["table"], document["key"]) == ("approvals_decision", decision.pk)
    assert document["stream"] == tampered.stream
    assert f"{document['stream']} entry {document['seq']}" in document["detail"]


def test_memory_does_not_grow_with_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chains, "CHUNK", 50)

    def peak() -> int:
        tracemalloc.start()
        verify_chains(Report())
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    _append(*["thing.made"] * 300)
    peak()
    before = peak()
    _append(*["thing.made"] * 3000)
    assert peak() < 1.3 * before


@pytest.mark.postgres
@pytest.mark.req("A-105")
def test_an_instant_that_is_none_is_named_and_ends_no_verification(tampered: Release) -> None:
    """PostgreSQL knows an infinite moment, which Python does not."""
    entry = _entry(tampered, "release.created")
    run("UPDATE audit_ledgerentry SET at = 'infinity' WHERE id = %s", entry.pk)
    assert codes() == {"column_differs"}

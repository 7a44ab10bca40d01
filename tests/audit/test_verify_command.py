"""`manage.py verify_ledger`: what it prints, how it ends, and that nothing keeps it from running."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings

from approvals.models import Decision
from audit.actor import system_actor
from audit.journal import Journal
from audit.locking import database_now
from audit.management.commands import verify_ledger as command
from audit.models import LedgerEntry
from audit.services.record import record
from audit.verification.snapshot import one_snapshot
from tests.audit.records import complete_record, lift_triggers, run, write

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("AUD-3")]


def _verify(*arguments: str) -> tuple[str, str]:
    """What it printed, and how it ended: nothing when all holds."""
    out = io.StringIO()
    try:
        call_command("verify_ledger", *arguments, stdout=out)
    except CommandError as error:
        return out.getvalue(), f"{error} ({error.returncode})"
    return out.getvalue(), ""


def test_a_record_that_holds_is_said_to() -> None:
    complete_record()
    out, ending = _verify()
    assert ending == ""
    (line,) = out.splitlines()
    assert line.endswith(": everything holds.")
    assert f"{LedgerEntry.objects.count()} entries in 3 streams" in line


@pytest.mark.req("A-105")
def test_what_does_not_hold_is_named_and_the_end_is_1() -> None:
    complete_record()
    lift_triggers()
    decision = Decision.objects.order_by("pk")[0]
    write(decision, comment="Never said.")
    out, ending = _verify()
    line, summary = out.splitlines()
    assert line.startswith(f"approvals_decision row {decision.pk}: it is not as release:")
    assert summary.endswith(": not all holds.")
    assert ending == "The record does not hold: 1 problem. (1)"
    assert "Never said." not in out


def test_json_is_all_there_is_on_standard_output() -> None:
    complete_record()
    out, ending = _verify("--json")
    found = json.loads(out)
    assert ending == ""
    assert found["ok"] is True
    assert found["problems"] == []
    assert {"ok", "entries", "streams", "rows", "problems"} <= found.keys()
    lift_triggers()
    run("UPDATE audit_ledgerentry SET format = 2 WHERE seq = 3")
    out, ending = _verify("--json")
    found = json.loads(out)
    assert ending
    assert found["ok"] is False
    assert found["problem_count"] == len(found["problems"]) > 0
    assert found["problems"][0].keys() == {"code", "stream", "seq", "table", "key", "detail"}


def test_many_problems_are_counted_and_not_all_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "MOST_PRINTED", 3)
    complete_record()
    lift_triggers()
    run("UPDATE audit_ledgerentry SET format = 2")
    count = LedgerEntry.objects.count()
    out, ending = _verify()
    assert len(out.splitlines()) == 5
    assert f"… and {count - 3} more problems." in out
    assert ending == f"The record does not hold: {count} problems. (1)"


@pytest.mark.parametrize(
    "broken",
    [
        {"ROOT_URLCONF": "nowhere.urls"},
        {"SIMPLE_HISTORY_ENABLED": False},
        {"EMAIL_BACKEND": "nowhere.Backend"},
        {"CACHES": {"default": {"BACKEND": "nowhere.Cache"}}},
    ],
    ids=lambda broken: next(iter(broken)),
)
def test_it_runs_whatever_else_is_misconfigured(broken: dict[str, Any]) -> None:
    assert not command.Command.requires_system_checks
    assert not command.Command.requires_migrations_checks
    with override_settings(**broken):
        assert "everything holds" in _verify()[0]


def test_a_database_that_cannot_be_read_is_said_in_a_sentence(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "verify_ledger"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}"},
    )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "The record can't be read: " in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.django_db(transaction=True)
def test_a_verification_sees_one_moment_and_keeps_nobody_from_writing() -> None:
    _append("thing.made")
    with one_snapshot():
        before = LedgerEntry.objects.count()
        writer = threading.Thread(target=_append_elsewhere)
        writer.start()
        writer.join(timeout=20)
        assert not writer.is_alive(), "a writer waits for the verification"
        assert LedgerEntry.objects.count() == before
    assert LedgerEntry.objects.count() == before + 1
    assert not connection.in_atomic_block


def _append(kind: str) -> None:
    with transaction.atomic():
        journal = Journal(actor=system_actor("Test"), at=database_now())
        journal.add(kind)
        record(journal, stream="release:999", opening=True)


def _append_elsewhere() -> None:
    try:
        _append("thing.changed")
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_the_snapshot_ends_when_something_raises() -> None:
    with pytest.raises(ZeroDivisionError), one_snapshot():
        raise ZeroDivisionError
    _append("thing.made")
    assert "everything holds" in _verify()[0]

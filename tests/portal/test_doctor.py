"""`manage.py doctor`: configuration and invariants, each finding with its mend (contract.md)."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from django_q.models import Schedule

from audit.locking import database_now
from portal.doctor import Examination, examine
from portal.management.commands import doctor as command
from portal.models import Heartbeat
from releases.models import DueWork
from tests import builders as b
from tests.audit.records import complete_record, lift_triggers, run

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("OPS-3")]


@pytest.fixture
def healthy(db: None) -> None:
    """A worker that runs, and a cache with its table."""
    call_command("createcachetable", verbosity=0)
    Heartbeat.objects.create(name="worker", beaten_at=database_now())


def _codes(found: Examination) -> set[str]:
    return {finding.code for finding in found.findings}


def _notes(found: Examination) -> set[str]:
    return {note.code for note in found.notes}


def _doctor(*arguments: str) -> tuple[str, str]:
    out = io.StringIO()
    try:
        call_command("doctor", *arguments, stdout=out)
    except CommandError as error:
        return out.getvalue(), f"{error} ({error.returncode})"
    return out.getvalue(), ""


@pytest.mark.usefixtures("healthy")
def test_a_healthy_installation_has_nothing_to_mend() -> None:
    complete_record()
    found = examine()
    assert found.findings == []
    out, ending = _doctor()
    assert ending == ""
    assert out.splitlines()[-1] in {"All is well.", "Nothing has to be mended."}


@pytest.mark.usefixtures("healthy")
def test_a_broken_invariant_is_named_with_its_mend_and_the_end_is_1() -> None:
    complete_record()
    lift_triggers()
    run("UPDATE approvals_decision SET comment = 'Never said.'")
    out, ending = _doctor()
    assert "I3 approvals_decision row" in out
    assert "countersign_keep_delete_approvals_decision" in out
    assert "run manage.py migrate, which puts it right" in out
    assert ending.endswith(" things have to be mended. (1)")
    lines = out.splitlines()
    number = next(n for n, line in enumerate(lines) if line.startswith("I3 approvals_decision row"))
    assert lines[number + 1].startswith("    No service does this")


@pytest.mark.usefixtures("healthy")
def test_json_has_findings_and_notes() -> None:
    document = json.loads(_doctor("--json")[0])
    assert document["ok"] is True
    assert document["findings"] == []
    DueWork.objects.create(
        kind="deadline", object_id=3, due_at=database_now(), dead_at=database_now(), attempts=5,
        error="KeyError",
    )  # fmt: skip
    out, ending = _doctor("--json")
    (finding,) = json.loads(out)["findings"]
    assert ending == "1 thing has to be mended. (1)"
    assert finding["code"] == "dead_letter"
    assert finding["subject"] == "deadline 3"
    assert "5 attempts: KeyError" in finding["detail"]
    assert "--retry-dead" in finding["mend"]


@pytest.mark.usefixtures("healthy")
def test_many_findings_are_counted_and_not_all_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "MOST_PRINTED", 2)
    for number in range(5):
        DueWork.objects.create(
            kind="start", object_id=number, due_at=database_now(), dead_at=database_now()
        )
    out, ending = _doctor()
    assert "… and 3 more." in out
    assert ending == "5 things have to be mended. (1)"


@pytest.mark.parametrize(
    ("embedded", "wanted"),
    [(True, (set(), {"worker_silent"})), (False, ({"worker_silent"}, set()))],
)
@pytest.mark.parametrize("beat", [None, dt.timedelta(minutes=10)])
def test_a_silent_worker_is_a_finding_in_production_and_a_note_on_a_desk(
    embedded: bool, wanted: tuple[set[str], set[str]], beat: dt.timedelta | None
) -> None:
    call_command("createcachetable", verbosity=0)
    if beat:
        Heartbeat.objects.create(name="worker", beaten_at=database_now() - beat)
    with override_settings(COUNTERSIGN_EMBEDDED=embedded):
        found = examine()
    assert _codes(found) & {"worker_silent"} == wanted[0]
    assert _notes(found) & {"worker_silent"} == wanted[1]


@pytest.mark.usefixtures("healthy")
def test_debugging_in_production_is_a_finding() -> None:
    with override_settings(DEBUG=True, COUNTERSIGN_EMBEDDED=False):
        assert "debug_on" in _codes(examine())
    with override_settings(DEBUG=True, COUNTERSIGN_EMBEDDED=True):
        assert "debug_on" not in _codes(examine())


@pytest.mark.usefixtures("healthy")
@pytest.mark.parametrize(
    ("setting", "value", "code"),
    [
        ("SIMPLE_HISTORY_ENABLED", False, "countersign.E005"),
        ("GUARDIAN_LEGACY_GLOBAL_PERMS_GROUP_UNION", True, "countersign.E007"),
        ("Q_CLUSTER", {"retry": 1, "queue_limit": 2, "timeout": 60, "workers": 2,
                       "max_attempts": 0, "ack_failures": False, "catch_up": True, "bulk": 1},
         "countersign.E009"),
    ],
)  # fmt: skip
def test_a_failed_check_is_a_finding(setting: str, value: Any, code: str) -> None:
    with override_settings(**{setting: value}):
        found = {finding.code: finding for finding in examine().findings}
    assert code in found
    assert found[code].mend


@pytest.mark.usefixtures("healthy")
@pytest.mark.req("A-042")
def test_the_queue_in_the_admin_is_a_finding() -> None:
    admin.site.register(Schedule)
    try:
        assert "countersign.E008" in _codes(examine())
    finally:
        admin.site.unregister(Schedule)


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
@pytest.mark.req("A-016")
def test_another_isolation_level_is_a_finding() -> None:
    run("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE")
    try:
        assert "countersign.E002" in _codes(examine())
    finally:
        connection.close()


@pytest.mark.usefixtures("healthy")
def test_a_cache_that_does_not_answer_is_a_finding() -> None:
    nowhere = {"BACKEND": "django.core.cache.backends.redis.RedisCache",
               "LOCATION": "redis://127.0.0.1:1/0"}  # fmt: skip
    with override_settings(CACHES={"default": nowhere}):
        assert "cache_silent" in _codes(examine())


@pytest.mark.usefixtures("healthy")
@pytest.mark.postgres
@pytest.mark.req("AUD-3")
def test_an_account_that_may_change_the_record_is_noted_and_one_that_may_not_is_not() -> None:
    assert "role_too_strong" in _notes(examine())
    run("CREATE ROLE countersign_serves NOLOGIN")
    run("GRANT USAGE ON SCHEMA public TO countersign_serves")
    run("GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO countersign_serves")
    run("SET LOCAL ROLE countersign_serves")
    assert "role_too_strong" not in _notes(examine())
    run("RESET ROLE")
    run("GRANT UPDATE ON approvals_decision TO countersign_serves")
    run("SET LOCAL ROLE countersign_serves")
    (note,) = [note for note in examine().notes if note.code == "role_too_strong"]
    assert "(1 table: approvals_decision)" in note.detail


@pytest.mark.usefixtures("healthy")
def test_a_release_that_waits_too_long_is_found() -> None:
    tom = b.manager()
    b.product()
    b.process(b.phase("p", b.pipeline("build", timeout="1h")))
    b.release(tom)
    assert examine().findings == []
    later = database_now() + dt.timedelta(hours=2)
    assert _codes(examine(now=later)) == {"overdue"}


def _doctor_process(url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "DATABASE_URL": url},
    )  # fmt: skip


def test_a_database_without_migrations_is_said_and_nothing_else(tmp_path: Path) -> None:
    ended = _doctor_process(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    assert ended.returncode == 1
    first, mend = ended.stdout.splitlines()
    assert first.startswith("configuration database: it is not up to date: ")
    assert mend.strip() == "Run manage.py migrate."
    assert "Traceback" not in ended.stderr


def test_a_database_that_does_not_answer_is_said_in_a_sentence() -> None:
    ended = _doctor_process("postgres://nobody@127.0.0.1:1/nothing?connect_timeout=2")
    assert ended.returncode == 1
    assert "it does not answer" in ended.stdout
    assert "Traceback" not in ended.stderr


def test_a_web_server_behind_a_unix_socket_is_noted(
    healthy: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "unix_socket" not in {one.code for one in examine().notes}
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--bind unix:/run/countersign.sock")
    assert "unix_socket" in {one.code for one in examine().notes}

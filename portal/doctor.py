"""What is wrong with an installation, and how each thing is mended: configuration and invariants.

A finding must be mended; a note should be looked at and may be meant.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.checks import ERROR, run_checks
from django.db import DEFAULT_DB_ALIAS, Error, connection

from audit.locking import database_now
from audit.triggers import protected_models
from portal.health import WORKER_SILENT_AFTER, last_beat, unapplied_migrations
from portal.invariants import Finding, check_invariants
from portal.mail_notes import mail_notes
from portal.required import SETTINGS_PROBLEMS
from releases.services.due import dead_letters, failing_work

_CONFIGURATION = "configuration"


@dataclass(slots=True)
class Examination:
    """What was found; `ok` when nothing must be mended."""

    findings: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.findings

    def as_document(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "ok": self.ok,
            "findings": [finding.as_document() for finding in self.findings],
            "notes": [note.as_document() for note in self.notes],
        }


def examine(*, now: dt.datetime | None = None) -> Examination:
    """Look at the configuration, then at the invariants; never raises for what it finds.

    Where the database does not answer or is not up to date, the invariants are left out: what they
    would say is not true.
    """
    found = Examination()
    unreadable = _database_findings()
    found.findings += [*_settings(), *unreadable]
    if unreadable:
        return found
    _look_at_checks(found)
    found.findings += [*_debug(), *_cache(), *_dead_letters()]
    (found.notes if settings.COUNTERSIGN_EMBEDDED else found.findings).extend(_worker())
    found.notes += [*_database_role(), *mail_notes(), *_unix_socket()]
    found.findings += check_invariants(now=now)
    return found


def _finding(code: str, subject: str, detail: str, mend: str) -> Finding:
    return Finding(_CONFIGURATION, code, subject, detail, mend)


def _settings() -> Iterator[Finding]:
    """What stops every start; here something stands in for it."""
    for problem in SETTINGS_PROBLEMS:
        mend = "Set it as .env.example says: nothing else starts before."
        yield _finding("setting_wrong", problem.name, problem.detail, mend)


def _database_findings() -> list[Finding]:
    try:
        missing = unapplied_migrations()
    except Error as error:
        said = str(error).strip().splitlines()[0]
        mend = "See that it runs, and that DATABASE_URL names it and an account that may sign in."
        return [_finding("database_silent", "database", f"it does not answer: {said}", mend)]
    if not missing:
        return []
    detail = f"it is not up to date: {len(missing)} migrations, the first is {missing[0]}"
    return [_finding("migrations_missing", "database", detail, "Run manage.py migrate.")]


def _look_at_checks(found: Examination) -> None:
    """Django's checks and our own; those for deployment on a production installation alone."""
    for message in run_checks(
        databases=[DEFAULT_DB_ALIAS], include_deployment_checks=not settings.COUNTERSIGN_EMBEDDED
    ):
        if message.is_silenced():
            continue
        finding = _finding(
            message.id or "check", str(message.obj or "settings"), str(message.msg),
            str(message.hint or "Its documentation: docs.djangoproject.com, System check framework."),
        )  # fmt: skip
        (found.findings if message.is_serious(ERROR) else found.notes).append(finding)


def _debug() -> Iterator[Finding]:
    if settings.DEBUG and not settings.COUNTERSIGN_EMBEDDED:
        detail = "debugging is on: every error page shows settings and data"
        yield _finding("debug_on", "COUNTERSIGN_DEBUG", detail, "Unset it and start again.")


def _cache() -> Iterator[Finding]:
    try:
        cache.get("doctor")
    except Exception as error:  # each kind of cache fails in its own way
        said = str(error).strip().partition("\n")[0]
        mend = "See that Redis runs at REDIS_URL; without one, run manage.py migrate."
        yield _finding("cache_silent", "cache", f"it does not answer: {said}", mend)


def _worker() -> Iterator[Finding]:
    beat = last_beat()
    if beat is not None and database_now() - beat < WORKER_SILENT_AFTER:
        return
    since = f"since {beat:%Y-%m-%d %H:%M:%S} UTC" if beat else "yet"
    detail = f"none has run {since}: deadlines, time-outs and scheduled starts wait"
    yield _finding(
        "worker_silent", "worker", detail, "Start manage.py serve, or a worker of its own."
    )


def _dead_letters() -> Iterator[Finding]:
    for row in dead_letters():
        detail = f"it was given up after {row.attempts} attempts: {row.error or 'the worker died'}"
        mend = (
            f"Look in the log for due_work_given_up with kind={row.kind} key={row.object_id}, mend "
            "the cause, then run manage.py tick --retry-dead."
        )
        yield _finding("dead_letter", f"{row.kind} {row.object_id}", detail, mend)
    for row in failing_work():
        detail = (
            f"it has failed {row.attempts} times: {row.error}; it is tried again ever more rarely"
        )
        mend = f"Look in the log for due_work_failed with kind={row.kind} key={row.object_id}."
        yield _finding("failing_work", f"{row.kind} {row.object_id}", detail, mend)


def _unix_socket() -> Iterator[Finding]:
    """By addresses tries to sign in are counted, and through a unix socket nobody has one."""
    if "unix:" in os.environ.get("GUNICORN_CMD_ARGS", ""):
        detail = (
            "the web server listens on a unix socket, where nobody has an address and can sign in"
        )
        mend = "Let it listen on 127.0.0.1, and name the proxy in COUNTERSIGN_TRUSTED_PROXIES."
        yield _finding("unix_socket", "GUNICORN_CMD_ARGS", detail, mend)


def _database_role() -> Iterator[Finding]:
    """On PostgreSQL the account that serves should not be able to change the record at all."""
    if connection.vendor != "postgresql":
        return
    writable = _changeable_tables()
    if not writable:
        return
    shown = ", ".join(writable[:3]) + (" …" if len(writable) > 3 else "")
    tables = "1 table" if len(writable) == 1 else f"{len(writable)} tables"
    detail = (
        f"the account that serves may switch off triggers or change the record ({tables}: {shown})"
    )
    mend = (
        "Migrate as the owner of the tables and serve as another account, which has SELECT and "
        "INSERT alone on them (finding 15 of the abuse catalogue)."
    )
    yield _finding("role_too_strong", "database role", detail, mend)


def _changeable_tables() -> list[str]:
    tables = sorted(model._meta.db_table for model in protected_models())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = ANY(%s) "
            "AND relnamespace = current_schema()::regnamespace AND ("
            "pg_has_role(relowner, 'USAGE') "
            "OR has_table_privilege(oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')) ORDER BY relname",
            [tables],
        )
        return [name for (name,) in cursor.fetchall()]

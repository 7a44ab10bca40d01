"""What must hold before the product serves anyone, and the bookkeeping that a start does."""

from __future__ import annotations

from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, Error, connection

from audit.triggers import missing_triggers
from portal.health import unapplied_migrations
from portal.schedule import ensure_schedule


class NotReady(Exception):
    """The installation must not start as it is; the message is one or more sentences."""


def run_startup_checks() -> None:
    """Raise NotReady with every finding: database, migrations, configuration, triggers (AUD-3)."""
    findings = _database_findings() or [*_check_findings(), *_trigger_findings()]
    if findings:
        raise NotReady("\n".join(findings))


def _database_findings() -> list[str]:
    try:
        missing = unapplied_migrations()
    except Error as error:
        return [f"The database does not answer: {str(error).strip().splitlines()[0]}"]
    if missing:
        return [
            f"The database is not up to date ({len(missing)} migrations, first {missing[0]}): "
            "run manage.py migrate."
        ]
    return []


def _check_findings() -> list[str]:
    messages = run_checks(databases=[DEFAULT_DB_ALIAS])
    serious = (message for message in messages if message.is_serious(ERROR))
    return [f"{message.msg} {message.hint or ''}".strip() for message in serious]


def _trigger_findings() -> list[str]:
    missing = missing_triggers(connection)
    if not missing:
        return []
    return [
        f"{len(missing)} triggers that keep the record append-only are missing ({missing[0]} …): "
        "find out who dropped them, then run manage.py migrate, which puts them back."
    ]


def prepare_bookkeeping() -> None:
    """Make the cache's table and the one schedule; idempotent, also when several start at once."""
    if settings.CACHES["default"]["BACKEND"].endswith("DatabaseCache"):
        call_command("createcachetable", verbosity=0)
    ensure_schedule()

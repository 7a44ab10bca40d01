"""What must hold before the product serves anyone, and before a worker starts."""

from __future__ import annotations

from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.db import DEFAULT_DB_ALIAS, Error, connection

from audit.triggers import missing_triggers
from portal.health import unapplied_migrations
from portal.schedule import ensure_schedule


class NotReady(Exception):
    """The installation must not start as it is; the message is one or more sentences."""


def run_startup_checks() -> None:
    """Raise NotReady with every finding: database, migrations, configuration, triggers (AUD-3)."""
    findings = _database_findings() or [
        *_check_findings(), *_trigger_findings(), *_cache_findings(),
    ]  # fmt: skip
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
        f"{len(missing)} triggers that keep the record append-only are missing, switched off or altered "
        f"({missing[0]} …): find out who did it, then run manage.py migrate, which puts them right."
    ]


def _cache_findings() -> list[str]:
    """`migrate` makes the table: the account that serves may not be allowed to make any."""
    cache = settings.CACHES["default"]
    if not cache["BACKEND"].endswith("DatabaseCache"):
        return []
    if cache["LOCATION"] in connection.introspection.table_names():
        return []
    return [f"The cache has no table ({cache['LOCATION']}): run manage.py migrate."]


def prepare_worker() -> None:
    """What a worker needs before it starts: the cache's table, the one schedule; idempotent.

    Raises NotReady where the database is not as `migrate` leaves it.
    """
    findings = _database_findings() or _cache_findings()
    if findings:
        raise NotReady("\n".join(findings))
    ensure_schedule()

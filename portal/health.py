"""What an installation needs to do its work, each part as a yes or no (OPS-3)."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from audit.locking import database_now
from portal.models import Heartbeat

WORKER = "worker"
WORKER_SILENT_AFTER = dt.timedelta(seconds=120)

log = structlog.get_logger(__name__)
_known: dict[str, bool] = {}


def last_beat() -> dt.datetime | None:
    """When a worker last wrote its heartbeat; None when it never has."""
    return Heartbeat.objects.filter(name=WORKER).values_list("beaten_at", flat=True).first()


def unapplied_migrations() -> list[str]:
    """The migrations that the code has and the database has not, in order."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() is not None


def _migrations_applied() -> bool:
    # Once applied they stay so while this code runs; reading them all costs a tenth of a second.
    if not _known.get("migrations"):
        _known["migrations"] = not unapplied_migrations()
    return _known["migrations"]


def _worker_beats() -> bool:
    beat = last_beat()
    return beat is not None and database_now() - beat < WORKER_SILENT_AFTER


def _storage_takes_files() -> bool:
    settings.COUNTERSIGN_VAR_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=settings.COUNTERSIGN_VAR_DIR) as file:
        file.write(b"ready?")
        file.flush()
    return True


_PARTS: dict[str, Callable[[], bool]] = {
    "database": _database_answers,
    "migrations": _migrations_applied,
    "worker": _worker_beats,
    "storage": _storage_takes_files,
}


def readiness() -> dict[str, bool]:
    """Each part and whether it works. Why one does not stands in the log, never in the answer."""
    answer: dict[str, bool] = {}
    for part, works in _PARTS.items():
        try:
            answer[part] = works()
        except (Error, OSError):
            log.exception("part_not_ready", part=part)
            answer[part] = False
    return answer

"""What an installation needs to do its work, each part as a yes or no (OPS-3)."""

from __future__ import annotations

import datetime as dt
import os
import socket
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
    """When any worker last wrote its heartbeat; None when none ever has."""
    beats = Heartbeat.objects.filter(name=WORKER).order_by("-beaten_at")
    return beats.values_list("beaten_at", flat=True).first()


def last_beat_of(cluster: int) -> dt.datetime | None:
    """When the cluster on this machine whose first process has that number last wrote its own."""
    beats = Heartbeat.objects.filter(name=WORKER, host=socket.gethostname(), process=cluster)
    return beats.values_list("beaten_at", flat=True).first()


def beat_heart(name: str) -> None:
    """Write the heartbeat of the calling process's cluster, by the database's clock.

    A cluster is a process group: its workers are children of the process that the supervisor started.
    """
    Heartbeat.objects.update_or_create(
        name=name,
        host=socket.gethostname(),
        process=os.getpgrp(),
        defaults={"beaten_at": database_now()},
    )


def forget_hearts(before: dt.datetime) -> int:
    """Delete the heartbeats of clusters that are long gone; how many there were."""
    deleted, _ = Heartbeat.objects.filter(beaten_at__lt=before).delete()
    return deleted


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

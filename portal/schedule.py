"""The one schedule of the worker, defined here and nowhere else (abuse.md, findings 2 and 7)."""

from __future__ import annotations

import datetime as dt
import os
import socket
from typing import Final

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.models import OrmQ, Schedule
from django_q.tasks import async_task

TICK: Final = "portal.tasks.tick_task"
_PLAN: Final = {
    "name": "tick",
    "func": TICK,
    "schedule_type": Schedule.MINUTES,
    "minutes": 1,
    "repeats": -1,
    "args": None,
    "kwargs": None,
    "hook": None,
    "cron": None,
    "cluster": None,
    "intended_date_kwarg": None,
}
# A row whose next run lies further ahead than this was tampered with, or the clock was set back.
_LATEST: Final = dt.timedelta(minutes=5)
_NUDGES_KEPT: Final = dt.timedelta(hours=1)

log = structlog.get_logger(__name__)


def ensure_schedule() -> bool:
    """Leave exactly the tick in the table of schedules; whether anything had to be mended.

    One malformed row stops the rows after it from being looked at, so every row that is not ours,
    differs from ours or doubles it goes. Idempotent, also when several processes start at once.
    """
    with transaction.atomic():
        kept = (
            Schedule.objects.filter(**_PLAN, next_run__lte=timezone.now() + _LATEST)
            .order_by("pk")
            .first()
        )
        removed, _ = Schedule.objects.exclude(pk=kept.pk if kept else None).delete()
        if kept is None:
            Schedule.objects.create(**_PLAN)
    if removed:
        log.warning("schedules_mended", removed=removed)
    return bool(removed) or kept is None


def queue_of(cluster: int) -> str:
    """The key of the queue rows for the cluster on this machine whose first process has that number."""
    return f"{settings.Q_CLUSTER['name']}@{socket.gethostname()[:64]}:{cluster}"


def own_queue() -> str:
    """The key of the queue rows for the calling process's cluster, which is a process group."""
    return queue_of(os.getpgrp())


def forget_nudges() -> int:
    """Delete nudges for clusters that are gone: nobody else takes them. Returns how many."""
    before = timezone.now() - _NUDGES_KEPT
    addressed = OrmQ.objects.filter(key__startswith=f"{settings.Q_CLUSTER['name']}@")
    deleted, _ = addressed.filter(lock__lt=before).delete()
    return deleted


def nudge_worker(cluster: int | None = None) -> None:
    """Ask for a tick now, unless some wait already: a silent worker must not find hundreds of them.

    With `cluster` it is for that one on this machine alone: another one that takes every tick must
    not make it look silent.

    The schedule alone gives a tick about every minute and a half; this makes what falls due, and the
    heartbeat, a matter of seconds. What is due is found by the tick itself, so a nudge that is lost
    or doubled changes nothing. Ticks that a dead worker still holds are not counted: they must not
    keep its successor waiting.
    """
    broker = get_broker(None if cluster is None else queue_of(cluster))
    if broker.queue_size() < settings.Q_CLUSTER["workers"]:
        async_task(TICK, q_options={"save": False, "broker": broker})

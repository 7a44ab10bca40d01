"""One tick: what is due is done once. The scheduler's task and `manage.py tick` call this (OPS-3)."""

from __future__ import annotations

import datetime as dt
from typing import Final

from audit.actor import SCHEDULER, Actor
from audit.locking import database_now
from portal.health import beat_heart, forget_hearts
from portal.models import IdempotencyKey
from portal.notifications.sending import deliver_due
from releases.services.due import TickReport, run_due

KEPT_KEYS: Final = dt.timedelta(days=30)
KEPT_HEARTS: Final = dt.timedelta(days=7)


def tick(
    *, actor: Actor = SCHEDULER, now: dt.datetime | None = None, beat: str = "command"
) -> TickReport:
    """Do what is due, send what people must be told, forget idempotency keys older than 30 days, and
    beat the heart named `beat`.

    Hearts that have not beaten for a week are forgotten too: every start of a cluster has its own.
    Idempotent: a second tick at the same moment finds nothing to do. `now` is for tests and the
    demo. The heart beats by the real clock once what is due has been done: a tick that dies on its way
    shows as silence, a mail server that answers slowly does not.
    """
    report = run_due(actor=actor, now=now)
    beat_heart(beat)
    sent = deliver_due()
    report.count("sent", sent.sent)
    report.count("dropped", sent.dropped)
    report.count("unsent", sent.failed)
    report.count("forgotten", _forget_keys((now or database_now()) - KEPT_KEYS))
    forget_hearts(database_now() - KEPT_HEARTS)
    return report


def _forget_keys(before: dt.datetime) -> int:
    _, by_model = IdempotencyKey.objects.filter(created_at__lt=before).delete()
    return by_model.get(IdempotencyKey._meta.label, 0)

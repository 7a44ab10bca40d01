"""Deliveries are claimed, tried, and end as sent, dropped, or failed for good (NTF-3, A-022).

At least once: a try is counted and committed before it begins, and the row comes up again when
nobody has said how it ended. What a channel does lies above; here is only the state.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from typing import Any, Final

from django.db import models, transaction

from audit.locking import database_now
from audit.models import Delivery

MOST_ATTEMPTS: Final = 20
# Longer than a task of the worker may live: a row comes back only when its worker is gone.
LEASE: Final = dt.timedelta(minutes=2)
FIRST_PAUSE: Final = dt.timedelta(seconds=30)
LONGEST_PAUSE: Final = dt.timedelta(hours=1)

DUE: Final = (Delivery.State.PENDING, Delivery.State.FAILED)


def claim_next(*, channel: str, now: dt.datetime | None = None) -> Delivery | None:
    """Take the delivery that has waited longest, count the try, and commit; None when none is due.

    Two workers never take the same one. One that used up its tries without an end (each killed its
    worker) is dead.
    """
    at = now or database_now()
    with transaction.atomic():
        row = _first_due(channel, at)
        while row is not None and row.attempts >= MOST_ATTEMPTS:
            end(row, Delivery.State.DEAD, row.error or "worker_died")
            row = _first_due(channel, at)
        if row is None:
            return None
        row.attempts += 1
        row.tried_at, row.next_try_at = at, at + LEASE
        row.save(update_fields=["attempts", "tried_at", "next_try_at"])
    return row


def _first_due(channel: str, at: dt.datetime) -> Delivery | None:
    can_skip = transaction.get_connection().features.has_select_for_update_skip_locked
    rows = Delivery.objects.filter(channel=channel, state__in=DUE, next_try_at__lte=at)
    locked = rows.select_for_update(skip_locked=can_skip, of=("self",))
    return locked.order_by("next_try_at", "pk").first()


def end(row: Delivery, state: str, error: str = "", *, address: str = "") -> None:
    """Note how a delivery ended: sent, dropped or dead, with the code of why."""
    row.state, row.error = state, error[:60]
    if address:
        row.address = address
    if state == Delivery.State.SENT:
        row.sent_at = database_now()
    _write(row, "state", "error", "address", "sent_at")


def fail(row: Delivery, error: str, *, address: str = "", now: dt.datetime | None = None) -> None:
    """Note a try that failed; it comes up again after a pause, or is dead after the last one."""
    if row.attempts >= MOST_ATTEMPTS:
        end(row, Delivery.State.DEAD, error, address=address)
        return
    row.state, row.error = Delivery.State.FAILED, error[:60]
    row.address = address or row.address
    row.next_try_at = (now or database_now()) + pause_after(row.attempts)
    _write(row, "state", "error", "address", "next_try_at")


def _write(row: Delivery, *fields: str) -> None:
    """Write how a try ended, unless somebody else has begun another one since: then theirs counts."""
    values = {name: getattr(row, name) for name in fields}
    Delivery.objects.filter(pk=row.pk, tried_at=row.tried_at).update(**values)


def is_being_sent(row: Delivery, now: dt.datetime) -> bool:
    """Whether a worker has taken a delivery and may be sending it at this moment."""
    if row.state not in DUE or row.tried_at is None:
        return False
    return now < row.next_try_at == row.tried_at + LEASE


def pause_after(attempts: int) -> dt.timedelta:
    """Ever longer up to an hour, each a little different, so that not all come back at once."""
    whole: dt.timedelta = min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE)
    return whole * (75 + secrets.randbelow(51)) / 100


def revive_dropped(error: str, *, streams: models.QuerySet[Any, Any]) -> int:
    """Let go out what was dropped for this reason, of these streams, and still asks for something.

    Before it does, it is looked at like any other: what was settled meanwhile stays unsent.
    """
    rows = Delivery.objects.filter(
        state=Delivery.State.DROPPED, error=error,
        notice__needs_action=True, notice__stream__in=streams,
    )  # fmt: skip
    return rows.update(
        state=Delivery.State.PENDING, error="", attempts=0, next_try_at=database_now()
    )


def revive(row: Delivery, now: dt.datetime) -> None:
    """Let a locked delivery be tried anew from the start, under the same mark."""
    row.state, row.error, row.attempts, row.next_try_at = Delivery.State.PENDING, "", 0, now
    row.save(update_fields=["state", "error", "attempts", "next_try_at"])


def revive_all(rows: Sequence[Delivery], now: dt.datetime) -> None:
    """The same for several locked deliveries; one statement."""
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=Delivery.State.PENDING, error="", attempts=0, next_try_at=now
    )

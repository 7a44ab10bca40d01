"""An administrator has sent again what failed for good: one message, or all of a kind (NTF-3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from approvals.permissions import can_configure
from approvals.rules.texts import check_reason
from approvals.services.roles import everything
from audit.actor import Actor
from audit.errors import Conflict, Invalid
from audit.journal import Journal
from audit.locking import database_now, lock, lock_all, moment
from audit.models import PORTAL_STREAM, Delivery
from audit.permissions import require
from audit.selectors import dead_deliveries
from audit.services.deliveries import is_being_sent, revive, revive_all
from audit.services.record import record

MOST_AT_ONCE: Final = 1000


@transaction.atomic
def send_again(
    *, delivery_id: int, actor: Actor, reason: str = "", now: dt.datetime | None = None
) -> Delivery:
    """Let a delivery be tried anew: one that failed for good, is still being tried, or was dropped.

    It keeps its mark, so that a mail box that has it already knows it again; before it goes out it
    is looked at like any other. Refusals: NotPermitted without `configure`, NotFound, Conflict
    `already_sent`, `being_sent` while a worker tries.
    """
    require(can_configure(actor, everything()))
    check_reason(reason, needed=False)
    row = lock(Delivery.objects.select_related("notice"), pk=delivery_id)
    if row.state == Delivery.State.SENT:
        raise Conflict("already_sent", "This was sent; whoever got it has it.")
    journal = Journal(actor=actor, at=moment(row, now))
    if is_being_sent(row, journal.at):
        raise Conflict("being_sent", "This is being sent at the moment; look again in two minutes.")
    revive(row, journal.at)
    journal.add(
        "delivery.sent_again", delivery=row.pk, channel=row.channel, host=row.notice.host,
        user=row.notice.user_id, reason=reason,
    )  # fmt: skip
    record(journal, stream=PORTAL_STREAM)
    return row


@transaction.atomic
def send_dead_again(
    *, errors: Collection[str], reason: str, actor: Actor, now: dt.datetime | None = None
) -> int:
    """Let everything be tried anew that failed for good with one of these codes; returns how many.

    At most `MOST_AT_ONCE`, the oldest first; the record names each in one entry. Refusals:
    NotPermitted without `configure`, Invalid without a reason or a code, Conflict `nothing_failed`.
    """
    require(can_configure(actor, everything()))
    check_reason(reason)
    if not errors:
        raise Invalid(errors={"error": ["Choose what is to be sent again."]})
    rows = lock_all(_dead_of(errors).filter(pk__in=_oldest(errors)))
    if not rows:
        raise Conflict("nothing_failed", "Nothing has failed for good in this way any more.")
    journal = Journal(actor=actor, at=now or database_now())
    revive_all(rows, journal.at)
    journal.add(
        "delivery.all_sent_again",
        deliveries=[row.pk for row in rows],
        errors=sorted({row.error for row in rows}),
        reason=reason,
    )
    record(journal, stream=PORTAL_STREAM)
    return len(rows)


def _dead_of(errors: Collection[str]) -> QuerySet[Delivery]:
    """What failed for good with one of these codes.

    The lock asks it once more, of each row as it is by then: another may have sent it again meanwhile.
    """
    return Delivery.objects.filter(state=Delivery.State.DEAD, error__in=errors)


def _oldest(errors: Collection[str]) -> list[int]:
    dead = dead_deliveries().filter(error__in=errors)
    return list(dead.values_list("pk", flat=True)[:MOST_AT_ONCE])

"""An administrator has something sent again that failed for good (NTF-3)."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from approvals.permissions import can_configure
from approvals.rules.texts import check_reason
from approvals.services.roles import everything
from audit.actor import Actor
from audit.errors import Conflict
from audit.journal import Journal
from audit.locking import lock, moment
from audit.models import PORTAL_STREAM, Delivery
from audit.permissions import require
from audit.services.deliveries import is_being_sent, revive
from audit.services.record import record


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

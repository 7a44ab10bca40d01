"""Put a question aside for a while, or take it up again: for oneself alone, never past its deadline.

No change of the release: nothing goes on record, and whoever manages the release sees it.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction
from django.db.models import Max

from approvals.models import AskedPerson
from approvals.selectors import open_seats_of
from audit.actor import Actor
from audit.errors import Conflict, Invalid
from audit.locking import database_now
from audit.permissions import require
from releases.models import Activity, Comment, Snooze
from releases.permissions import can_decide
from releases.selectors import activity_for

LONGEST: Final = dt.timedelta(days=2)


@transaction.atomic
def snooze_activity(
    *, activity_id: int, until: dt.datetime | None, actor: Actor, now: dt.datetime | None = None
) -> Snooze:
    """Put what an activity asks the actor aside, `until` a moment or (None) until something changes.

    Refusals: NotFound, NotPermitted, Conflict (`not_asked`, `overdue`), Invalid for a moment that is
    past, after the deadline or more than two days away.
    """
    activity = activity_for(actor, activity_id)
    require(can_decide(actor))
    now = now or database_now()
    asked = _asked(activity, actor)
    if asked.due_at <= now:
        raise Conflict("overdue", "This is overdue; it can't be put aside.")
    if until is not None:
        _check_until(until, asked.due_at, now)
    said = Comment.objects.filter(activity=activity).aggregate(newest=Max("pk"))["newest"]
    snooze, _ = Snooze.objects.update_or_create(
        approval=asked.approval,
        user_id=actor.account,
        defaults={
            "activity": activity,
            "snoozed_at": now,
            "until": until,
            "seen_version": asked.approval.version,
            "seen_comment": said or 0,
        },
    )
    return snooze


@transaction.atomic
def unsnooze_activity(*, activity_id: int, actor: Actor) -> bool:
    """Take up again what the actor put aside; whether they had. Raises NotFound."""
    activity = activity_for(actor, activity_id)
    gone, _ = Snooze.objects.filter(activity=activity, user_id=actor.account).delete()
    return bool(gone)


def _asked(activity: Activity, actor: Actor) -> AskedPerson:
    rows = open_seats_of(actor.user_id).select_related("approval")
    asked = rows.filter(approval__host=activity.host).first()
    if asked is None:
        raise Conflict("not_asked", "This does not wait for you, so there is nothing to put aside.")
    return asked


def _check_until(until: dt.datetime, due: dt.datetime, now: dt.datetime) -> None:
    sentence = None
    if until <= now:
        sentence = "That moment is past."
    elif until > due:
        sentence = "That is after the deadline; nothing is put aside for longer."
    elif until > now + LONGEST:
        sentence = "At most two days."
    if sentence:
        raise Invalid(errors={"until": [sentence]})

"""Somebody was shown an activity: from then on it tells them what has changed since (ux.md, 4 d)."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models.functions import Greatest

from audit.actor import Actor
from audit.locking import database_now
from portal.models import ActivityVisit
from releases.selectors import activity_for


@transaction.atomic
def note_visit(
    *, activity_id: int, seen_at: dt.datetime | None, actor: Actor, now: dt.datetime | None = None
) -> None:
    """Keep up to which moment the actor knows an activity: `seen_at`, or now without one.

    What was seen once stays seen, and nobody has seen what is yet to come. Bookkeeping: no entry in
    the ledger. Raises NotFound for an activity that the actor may not see.
    """
    activity = activity_for(actor, activity_id)
    at = now or database_now()
    known = min(seen_at or at, at)
    visits = ActivityVisit.objects.filter(user_id=actor.account, activity=activity)
    if not visits.update(seen_at=Greatest("seen_at", known)):
        row = ActivityVisit(user_id=actor.account, activity=activity, seen_at=known)
        ActivityVisit.objects.bulk_create([row], ignore_conflicts=True)

"""What was asked for is mended and put to people again, in one step (EXE-6, fix)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from audit.actor import Actor
from audit.errors import Invalid, NotFound
from audit.journal import Journal
from audit.locking import moment
from audit.services.record import record
from releases.facts import load_board
from releases.models import Activity
from releases.services.activities import write_retries
from releases.services.content import ContentChange, lock_to_change, write_change


@transaction.atomic
def fix_activities(
    *,
    release_id: int,
    change: ContentChange,
    activity_ids: Sequence[int],
    reason: str,
    actor: Actor,
    now: dt.datetime | None = None,
) -> list[Activity]:
    """Change what a release ships and try these activities again: both, or neither.

    The new attempts are asked about the new content. Returns the activities as they stand now (see
    `retry_activities`). Refusals: those of `change_release` and of
    `retry_activities`, NotFound for an activity of another release, Invalid when nothing differs
    from what the release says already or nothing is to be tried again.
    """
    own = Activity.objects.filter(release_id=release_id, pk__in=activity_ids)
    if own.count() != len(set(activity_ids)):
        raise NotFound
    release = lock_to_change(release_id, actor)
    if not activity_ids:
        raise Invalid(errors={"activities": ["Choose what is to be tried again."]})
    journal = Journal(actor=actor, at=moment(release, now))
    if not write_change(release, change, journal=journal, reason=reason):
        raise Invalid(errors={"": ["Nothing differs. Change something, or retry it as it is."]})
    # Recorded once, at the end: the head of the stream is the last lock.
    tried = write_retries(load_board(release), activity_ids, journal=journal, reason=reason)
    record(journal, stream=release.stream)
    return tried

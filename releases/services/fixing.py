"""What was asked for is mended and put to people again, in one step (EXE-6, fix)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from audit.actor import Actor
from audit.errors import Invalid, NotFound
from releases.models import Activity, Release
from releases.services.activities import retry_activities
from releases.services.content import ContentChange, change_release


@transaction.atomic
def fix_activities(
    *,
    release_id: int,
    change: ContentChange,
    activity_ids: Sequence[int],
    reason: str,
    actor: Actor,
    now: dt.datetime | None = None,
) -> Release:
    """Change what a release ships and try these activities again: both, or neither.

    The new attempts are asked about the new content. Refusals: those of `change_release` and of
    `retry_activities`, NotFound for an activity of another release, Invalid when nothing differs.
    """
    own = Activity.objects.filter(release_id=release_id, pk__in=activity_ids)
    if own.count() != len(set(activity_ids)):
        raise NotFound
    release = change_release(
        release_id=release_id, change=change, reason=reason, actor=actor, now=now
    )
    if change == ContentChange():
        raise Invalid(errors={"": ["Nothing differs. Change something, or retry it as it is."]})
    retry_activities(activity_ids=activity_ids, reason=reason, actor=actor, now=now)
    return release

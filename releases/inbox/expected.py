"""When the next question is to be expected: of a release that is planned and names the reader."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from approvals.selectors import account_reads_only
from releases.documents import document_of
from releases.facts import DEFAULT_SEPARATION, own_change_ids
from releases.inbox.lists import Reach
from releases.models import Release
from releases.rules.transitions import ReleaseState
from releases.selectors import releases_for

_MOST_LOOKED_AT: Final = 50


def next_expected(reach: Reach) -> Release | None:
    """The release that starts next, of those the actor sees, and asks them by name, group or role.

    Of the `_MOST_LOOKED_AT` that start first, and not where they would decide on their own change. A
    seat with a condition counts: that it applies is known when its round opens.
    """
    planned = releases_for(reach.actor).filter(state=ReleaseState.SCHEDULED)
    rows = planned.select_related("process_version").order_by("scheduled_at", "pk")
    return next((one for one in rows[:_MOST_LOOKED_AT] if _asks(one, reach)), None)


def _asks(release: Release, reach: Reach) -> bool:
    user_id, lineage = reach.actor.user_id, release.scope.lineage
    if user_id is None:
        return False
    held: dict[str, Collection[int]] = {
        "user": {user_id},
        "group": set(reach.groups),
        "role": {role for role, scope in reach.roles if scope in lineage},
    }
    asked = any(
        user_id not in own_change_ids(release, activity.get("separation") or DEFAULT_SEPARATION)
        for activity in document_of(release.process_version).activities.values()
        if any(_names(approver, held) for approver in activity.get("approvers") or ())
    )
    return asked and not account_reads_only(user_id, lineage)


def _names(approver: Mapping[str, Any], held: Mapping[str, Collection[int]]) -> bool:
    return any(approver.get(kind) in keys for kind, keys in held.items())

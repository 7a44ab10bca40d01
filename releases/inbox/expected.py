"""When the next question is to be expected: of a release that is planned and names the reader."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache, partial
from typing import Any, Final

from approvals.selectors import accounts_of, person_reads_only
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
    actor = reach.actor
    if actor.user_id is None or actor.person is None:
        return None
    planned = releases_for(actor).filter(state=ReleaseState.SCHEDULED)
    rows = planned.select_related("process_version").order_by("scheduled_at", "pk")
    accounts = cache(partial(accounts_of, actor.person))
    for one in rows[:_MOST_LOOKED_AT]:
        if _asks(one, reach, accounts) and not person_reads_only(actor.person, one.scope.lineage):
            return one
    return None


def _asks(release: Release, reach: Reach, accounts: Callable[[], frozenset[int]]) -> bool:
    """Whether it names this account; as for votes, a change is a person's own by any of `accounts`."""
    held: dict[str, Collection[int | None]] = {
        "user": {reach.actor.user_id},
        "group": set(reach.groups),
        "role": {role for role, scope in reach.roles if scope in release.scope.lineage},
    }
    separations = [
        activity.get("separation") or DEFAULT_SEPARATION
        for activity in document_of(release.process_version).activities.values()
        if any(_names(approver, held) for approver in activity.get("approvers") or ())
    ]
    return not all(own_change_ids(release, one) & accounts() for one in separations)


def _names(approver: Mapping[str, Any], held: Mapping[str, Collection[int | None]]) -> bool:
    return any(approver.get(kind) in keys for kind, keys in held.items())

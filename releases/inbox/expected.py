"""When the next question is to be expected: of a release that is planned and names the reader."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from releases.documents import ProcessDocument, document_of
from releases.inbox.lists import Reach
from releases.models import Release
from releases.rules.transitions import ReleaseState
from releases.selectors import releases_for

_MOST_LOOKED_AT: Final = 50


def next_expected(reach: Reach) -> Release | None:
    """The release that starts next, of those the actor sees, and asks them by name, group or role.

    Of the `_MOST_LOOKED_AT` that start first. A seat with a condition counts: that it applies is known
    when its round opens.
    """
    held: dict[str, Collection[int]] = {
        "user": (reach.actor.user_id,) if reach.actor.user_id else (),
        "group": reach.groups,
        "role": {role for role, _ in reach.roles},
    }
    planned = releases_for(reach.actor).filter(state=ReleaseState.SCHEDULED)
    rows = planned.select_related("process_version").order_by("scheduled_at", "pk")
    return next(
        (one for one in rows[:_MOST_LOOKED_AT] if _asks(document_of(one.process_version), held)),
        None,
    )


def _asks(document: ProcessDocument, held: Mapping[str, Collection[int]]) -> bool:
    return any(
        _names(approver, held)
        for activity in document.activities.values()
        for approver in activity.get("approvers") or ()
    )


def _names(approver: Mapping[str, Any], held: Mapping[str, Collection[int]]) -> bool:
    return any(approver.get(kind) in keys for kind, keys in held.items() if approver.get(kind))

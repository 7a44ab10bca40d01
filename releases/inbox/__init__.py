"""What waits for whom, for the inbox: its lists, their filters, their counts (MON-4, MON-5).

Every list is one of questions: rows of the projection (`AskedPerson`) for what waits for the actor,
rounds (`Approval`) for what waits for others. `path` is the way from such a row to its round:
"approval__" or nothing.
"""

from __future__ import annotations

from releases.inbox.counts import (
    MOST_COUNTED,
    Bounds,
    Counted,
    CountOf,
    count_lists,
    counting,
)
from releases.inbox.expected import next_expected
from releases.inbox.filters import (
    InboxFilter,
    narrowed,
    releases_in,
)
from releases.inbox.lists import (
    Reach,
    all_pending,
    decided_by,
    holding_production,
    needs_me,
    open_for,
    snoozed_by,
    snoozers_of,
    waiting_on_others,
)
from releases.inbox.rows import (
    AskedActivity,
    activities_behind,
    administrators,
    asked_activities,
    held_up,
    holds_a_seat,
    leads_releases,
    people_awaited,
    skipped_in,
)

__all__ = [
    "MOST_COUNTED",
    "AskedActivity",
    "Bounds",
    "CountOf",
    "Counted",
    "InboxFilter",
    "Reach",
    "activities_behind",
    "administrators",
    "all_pending",
    "asked_activities",
    "count_lists",
    "counting",
    "decided_by",
    "held_up",
    "holding_production",
    "holds_a_seat",
    "leads_releases",
    "narrowed",
    "needs_me",
    "next_expected",
    "open_for",
    "people_awaited",
    "releases_in",
    "skipped_in",
    "snoozed_by",
    "snoozers_of",
    "waiting_on_others",
]

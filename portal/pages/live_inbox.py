"""What has become new in the inbox since a page last asked: counts, rows where they stand, a bar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Final

from audit.actor import Actor
from portal.pages.inbox import Counts, rows_of
from portal.pages.live_asked import Asked, Part, ShownRow
from portal.wording import ACTIVITY_STATES
from releases.inbox import needs_me
from releases.selectors import activities_for

# What was asked in the moment in which the page was made may not have been on it.
_OVERLAP: Final = dt.timedelta(seconds=5)


def inbox_parts(actor: Actor, asked: Asked, counts: Counts, now: dt.datetime) -> Iterator[Part]:
    yield Part("portal/inbox/_headline_live.html", {"counts": counts})
    mine = needs_me(actor, now).select_related("approval")
    known = {row.approval: row for row in asked.rows}
    if known:
        found = rows_of(list(mine.filter(approval__in=known)), actor)
        for row in found:
            if row.approval.version != known[row.approval.pk].version:
                yield Part("portal/inbox/_row.html", {"row": row, "now": now, "oob": True})
        kept = {row.approval.pk for row in found}
        yield from _gone(actor, [row for row in asked.rows if row.approval not in kept])
    if asked.shown is not None:
        fresh = mine.filter(asked_at__gt=asked.shown - _OVERLAP).exclude(approval__in=known)
        yield Part("portal/inbox/_news.html", {"number": fresh.count()})


def _gone(actor: Actor, rows: Sequence[ShownRow]) -> Iterator[Part]:
    """Rows that no longer wait for the actor say so; of what is out of sight nothing else is said."""
    if not rows:
        return
    visible = activities_for(actor).filter(pk__in=[row.activity for row in rows]).in_bulk()
    for row in rows:
        activity = visible.get(row.activity)
        context: dict[str, Any] = {"id": row.activity, "sentence": "No longer waits for you."}
        if activity is not None:
            context["name"] = activity.name
            context["sentence"] = f"No longer waits for you. {ACTIVITY_STATES[activity.state]}."
        yield Part("portal/inbox/_row_done.html", {**context, "oob": True})

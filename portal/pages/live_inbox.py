"""What has become new in the inbox since a page last asked: counts, rows where they stand, a bar.

The page says by its own address which list it shows and what that is narrowed to, so that each list is
live, and the bar counts nothing that "Show" would not show.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.http import QueryDict

from audit.actor import Actor
from portal.pages.inbox import Counts, bounds_for, list_for, rows_of
from portal.pages.inbox_filters import Asked as Place
from portal.pages.inbox_lists import List
from portal.pages.inbox_words import GONE_WORDS, NEW_WORDS, done_look, number_words
from portal.pages.live_asked import Asked, Part, ShownRow
from portal.wording import ACTIVITY_STATES
from releases.selectors import activities_for

# What says when a row came into its list; of what is put aside nothing does.
_CAME_AT: Final = {
    "mine": "asked_at",
    "others": "opened_at",
    "all": "opened_at",
    "decided": "decided_at",
}


def inbox_parts(
    actor: Actor, asked: Asked, counts: Counts, now: dt.datetime, zone: ZoneInfo
) -> Iterator[Part]:
    """The headline, the rows that differ from those that the page shows, and how many it lacks."""
    place = Place.read(QueryDict(asked.place.partition("?")[2]).dict())
    chosen = list_for(actor, place.tab, now)
    yield Part("portal/inbox/_headline_live.html", {"counts": counts})
    known = {row.approval: row for row in asked.rows}
    if known:
        found = rows_of(list(chosen.of_rounds(known)), place.tab, actor)
        context = {"now": now, "oob": True, "here": place.address(cursor=place.cursor)}
        for row in found:
            if row.approval.version != known[row.approval.pk].version:
                yield Part("portal/inbox/_row.html", {"rows": [row], **context})
        kept = {row.approval.pk for row in found}
        gone = [row for row in asked.rows if row.approval not in kept]
        yield from _gone(actor, gone, GONE_WORDS[place.tab])
    number = _count_new(chosen, place, asked, bounds_for(now, zone))
    words = number_words(number, *NEW_WORDS[place.tab])
    yield Part(
        "portal/inbox/_news.html", {"number": number, "words": words, "address": place.address()}
    )


def _count_new(chosen: List, place: Place, asked: Asked, bounds: Any) -> int:
    """How many rows the list has with its filters that the page can't have shown.

    Where the page has its whole list (`shown` is None), that is whatever is not on it; else what came
    after the page was made, since anything older may stand on another page of it.
    """
    known = [row.approval for row in asked.rows]
    rows = chosen.narrowed(place.wanted, bounds).exclude(**{f"{chosen.path}pk__in": known})
    if asked.shown is None:
        return rows.count()
    came_at = _CAME_AT.get(place.tab)
    return rows.filter(**{f"{came_at}__gt": asked.shown}).count() if came_at else 0


def _gone(actor: Actor, rows: Sequence[ShownRow], words: str) -> Iterator[Part]:
    """Rows that have left the list say so; of what is out of sight nothing else is said."""
    if not rows:
        return
    visible = activities_for(actor).filter(pk__in=[row.activity for row in rows]).in_bulk()
    for row in rows:
        activity = visible.get(row.activity)
        context: dict[str, Any] = {"id": row.activity, "sentence": words, "icon": "info"}
        if activity is not None:
            context["name"] = activity.name
            context["sentence"] = f"{words} {ACTIVITY_STATES[activity.state]}."
            context["icon"], context["look"] = done_look(activity.state)
        yield Part("portal/inbox/_row_done.html", {**context, "oob": True})

"""What stands in the place of a list of the inbox that has no rows: why, and what next."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from audit.actor import Actor
from portal.moments import short_moment_words
from portal.pages.inbox_words import counted_words
from releases import inbox
from releases.inbox import Reach

if TYPE_CHECKING:
    from portal.pages.inbox import InboxPage


@dataclass(frozen=True, slots=True)
class Empty:
    """What stands in the place of a list without rows: a title, a sentence, a next step."""

    title: str
    sentence: str
    label: str = ""
    address: str = ""


def empty_list(page: InboxPage, reach: Reach, zone: ZoneInfo) -> Empty:
    """Why a list without rows has none, and what to do next."""
    asked, counts = page.asked, page.counts
    every = counts.lists[asked.tab]
    if every and asked.wanted:
        said = f"{counted_words(every)} without filters."
        return Empty("No match", said, "Clear the filters", page.clear_address)
    if asked.tab != "mine":
        return _EMPTY_TABS[asked.tab]
    if counts.lists["snoozed"]:
        sentence = "What you put aside comes back by itself."
        return Empty(
            "Nothing needs you now", sentence, "See what is snoozed", "/inbox/?tab=snoozed"
        )
    return _nothing_asked(page, reach, zone)


def _nothing_asked(page: InboxPage, reach: Reach, zone: ZoneInfo) -> Empty:
    actor, others = reach.actor, page.counts.lists["others"]
    expected = _expected(reach, page.now, zone)
    if not expected and not inbox.holds_a_seat(actor):
        if others or inbox.leads_releases(actor):
            return _others_next(others)
        return _no_seat(page, actor)
    week = page.now - dt.timedelta(days=7)
    number = inbox.decided_by(actor, week).count()
    done = f"You decided {number} in the last seven days." if number else ""
    further = _OTHERS if others else _ALL
    return Empty("Nothing waits for you", " ".join(filter(None, (done, expected))), *further)


def _expected(reach: Reach, now: dt.datetime, zone: ZoneInfo) -> str:
    """ "Next expected: Mobile 5.0, Mon 09:00." — by what is planned."""
    release = inbox.next_expected(reach)
    if release is None or release.scheduled_at is None:
        return ""
    return f"Next expected: {release}, {short_moment_words(release.scheduled_at, zone, now)}."


_OTHERS: Final = ("Waiting on others", "/inbox/?tab=others")
_ALL: Final = ("All pending", "/inbox/?tab=all")
_MINE: Final = ("What needs you", "/inbox/")
_EMPTY_TABS: Final = {
    "others": Empty(
        "Nobody is awaited",
        "Here stands what others are asked of your releases, your phases and your requests.",
        *_ALL,
    ),
    "snoozed": Empty(
        "Nothing is put aside", "Snooze what you cannot decide yet; it comes back.", *_MINE
    ),
    "decided": Empty(
        "No decision yet", "Here stands what you decided in the last 90 days.", *_MINE
    ),
    "all": Empty(
        "Nothing is pending",
        "No active release that you may see waits for anybody.",
        "Releases",
        "/releases/",
    ),
}

_NO_SEAT_BY_RIGHT: Final = (
    "Administrators are asked for nothing by being administrators. A seat comes with a role, a group or a "
    "process that names you."
)


def _others_next(number: int) -> Empty:
    """For whoever leads releases and is asked nothing: whom their releases wait for."""
    one, many = "question about your releases waits", "questions about your releases wait"
    said = "Your releases wait for nobody now."
    if number:
        said = f"{counted_words(number)} {one if number == 1 else many} for others."
    return Empty("No decision waits for you", said, *_OTHERS)


def _no_seat(page: InboxPage, actor: Actor) -> Empty:
    if actor.is_superuser:
        return Empty("You hold no approver seat", _NO_SEAT_BY_RIGHT, "Roles", "/config/roles/")
    names = ", ".join(inbox.administrators())
    ask = f"Ask an administrator: {names}." if names else "Ask an administrator."
    said = f"Nobody has asked you for a decision yet. {ask}"
    further = _ALL if page.counts.lists["all"] else ("Releases", "/releases/")
    return Empty("You hold no approver seat", said, *further)

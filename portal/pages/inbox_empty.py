"""What stands in the place of a list of the inbox that has no rows: why, and what next."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from audit.actor import Actor
from portal.pages.inbox_words import number_words
from releases import inbox

if TYPE_CHECKING:
    from portal.pages.inbox import InboxPage


@dataclass(frozen=True, slots=True)
class Empty:
    """What stands in the place of a list without rows: a title, a sentence, a next step."""

    title: str
    sentence: str
    label: str = ""
    address: str = ""


def empty_list(page: InboxPage, actor: Actor) -> Empty:
    """Why a list without rows has none, and what to do next."""
    asked = page.asked
    every = page.counts.lists[asked.tab]
    if every and asked.wanted:
        return Empty(
            "No match", f"{every} without filters.", "Clear the filters", page.clear_address
        )
    if asked.tab != "mine":
        return _EMPTY_TABS[asked.tab]
    if page.counts.lists["snoozed"]:
        sentence = "What you put aside comes back by itself."
        return Empty(
            "Nothing needs you now", sentence, "See what is snoozed", "/inbox/?tab=snoozed"
        )
    others = page.counts.lists["others"]
    if not inbox.holds_a_seat(actor):
        if others or inbox.leads_releases(actor):
            return _others_next(others)
        return _no_seat(page, actor)
    week = page.now - dt.timedelta(days=7)
    number = inbox.decided_by(actor, week).count()
    done = f"You decided {number} in the last seven days." if number else ""
    further = _OTHERS if others else ("All pending", "/inbox/?tab=all")
    return Empty("Nothing waits for you", done, *further)


_OTHERS: Final = ("Waiting on others", "/inbox/?tab=others")
_EMPTY_TABS: Final = {
    "others": Empty(
        "Nobody is awaited",
        "Here stands what others are asked of your releases, your phases and your requests.",
    ),
    "snoozed": Empty("Nothing is put aside", "Snooze what you cannot decide yet; it comes back."),
    "decided": Empty("No decision yet", "Here stands what you decided in the last 90 days."),
    "all": Empty("Nothing is pending", "No active release that you may see waits for anybody."),
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
        said = f"{number_words(number, one, many)} for others."
    return Empty("No decision waits for you", said, *_OTHERS)


def _no_seat(page: InboxPage, actor: Actor) -> Empty:
    if actor.is_superuser:
        return Empty("You hold no approver seat", _NO_SEAT_BY_RIGHT, "Roles", "/config/roles/")
    names = ", ".join(inbox.administrators())
    ask = f"Ask an administrator: {names}." if names else "Ask an administrator."
    said = f"Nobody has asked you for a decision yet. {ask}"
    further = ("All pending", "/inbox/?tab=all") if page.counts.lists["all"] else ("", "")
    return Empty("You hold no approver seat", said, *further)

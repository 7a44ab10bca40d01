"""What has become new of what somebody was told: a bar and the number at its tab, and the panel at the bell.

New lines are never put in where somebody reads or points: a bar says how many there are (NTF-5). That one
has read something in another tab is no news by itself; the number follows with the next news.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from audit.actor import Actor
from portal.notifications.centre import MOST_COUNTED, count_newer, count_unread
from portal.pages.live_asked import Asked, Part, Told

# The counter at the tab of what is unread.
UNREAD_TAB: Final = "notices-unread"


def tab_counts(actor: Actor) -> Mapping[str, int]:
    """The number at the tab of the notification centre."""
    return {UNREAD_TAB: count_unread(actor)}


def notices_parts(actor: Actor, asked: Asked) -> Iterator[Part]:
    """The bar of the notification centre: how many it lacks of what its list would show."""
    if asked.told is not None:
        words = _words(actor, asked.told, only_unread=asked.only_unread)
        context = {"words": words, "only_unread": asked.only_unread}
        yield Part("portal/notifications/_news.html", context)


def bell_parts(actor: Actor, asked: Asked) -> Iterator[Part]:
    """The same in the panel at the bell, once somebody has opened it."""
    if asked.bell is not None:
        words = _words(actor, asked.bell, only_unread=False)
        yield Part("portal/notifications/_bell_news.html", {"words": words})


def _words(actor: Actor, known: Told, *, only_unread: bool) -> str:
    """ "2 new"; empty when there is nothing new."""
    number = count_newer(actor, known.before, known.recent, only_unread=only_unread)
    if number >= MOST_COUNTED:
        return f"{MOST_COUNTED - 1}+ new"
    return f"{number} new" if number else ""

"""What has become new since a page last asked: counts, rows, parts of a release or activity (NTF-5).

Whatever is shown is loaded as its page loads it, with the same rights, so that whoever lost sight of
something gets nothing of it (MON-5). Rows are changed where they stand, never put in or moved.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.crypto import constant_time_compare, salted_hmac

from audit.actor import Actor
from portal.marks import Mark
from portal.pages.inbox import load_counts
from portal.pages.live_activity import activity_parts
from portal.pages.live_asked import Asked, Part, Scope
from portal.pages.live_inbox import inbox_parts
from portal.pages.live_notices import bell_parts, notices_parts, tab_counts
from portal.pages.phase import load_phase_page
from portal.pages.release import load_release_page
from portal.pages.release_feed import FeedQuery
from portal.pages.release_fragments import phase_fragments, release_fragments
from releases.selectors import activity_for, count_waiting, release_for

_BETWEEN: Final = "|"
_SALT: Final = "countersign.live"
_ITS_OWN: Final = ("stream", "portal", "snoozed")


@dataclass(frozen=True, slots=True)
class News:
    """What is new: numbers for the counters, and fragments."""

    counts: Mapping[str, int]
    parts: tuple[Part, ...]


def token_of(mark: Mark, scope: Scope, user_id: int) -> str:
    """How far the page of an account has come, as opaque text; another one whenever anything may be new.

    Keyed, so that nobody can make up the token of something that they don't see and learn from the
    answer whether it is there (MON-5). The second half speaks of the page's own release alone.
    """
    own = tuple(getattr(mark, name) for name in _ITS_OWN)
    return ".".join(_keyed(user_id, scope, half) for half in (astuple(mark), own))


def _keyed(user_id: int, scope: Scope, values: tuple[object, ...]) -> str:
    plain = _BETWEEN.join(str(one) for one in (user_id, scope.kind, scope.key, *values))
    return salted_hmac(_SALT, plain, algorithm="sha256").hexdigest()[:32]


def _stands_still(token: str, mark: Mark, scope: Scope, user_id: int) -> bool:
    """Whether nothing has moved since what a page of one release or activity was made of.

    That is its release's stream, the rights and groups of people, and what was put aside.
    """
    own = token_of(mark, scope, user_id).partition(".")[2]
    return constant_time_compare(token.partition(".")[2], own)


def load_news(actor: Actor, asked: Asked, mark: Mark, now: dt.datetime, zone: ZoneInfo) -> News:
    """What a page is told. Raises NotFound for a scope that the actor may not see."""
    found = _news_of_page(actor, asked, mark, now, zone)
    return News(found.counts, (*found.parts, *bell_parts(actor, asked)))


def _news_of_page(actor: Actor, asked: Asked, mark: Mark, now: dt.datetime, zone: ZoneInfo) -> News:
    scope = asked.scope
    if scope.kind == "inbox":
        counts = load_counts(actor, now, zone)
        numbers = {
            "waiting": counts.waiting,
            **{f"tab-{name}": number for name, number in counts.lists.items()},
        }
        return News(numbers, tuple(inbox_parts(actor, asked, counts, now, zone)))
    parts: tuple[Part, ...] = ()
    more: Mapping[str, int] = {}
    still = _stands_still(asked.since, mark, scope, actor.user_id or 0)
    # Nothing new of it is nothing to show, and still only for those who see it.
    if scope.kind == "activity":
        if still:
            activity_for(actor, scope.key)
        else:
            parts = tuple(activity_parts(actor, asked))
    elif scope.kind == "release":
        if still:
            release_for(actor, scope.key)
        else:
            parts = tuple(_release(actor, asked))
    elif scope.kind == "notices":
        parts, more = tuple(notices_parts(actor, asked)), tab_counts(actor)
    return News({"waiting": count_waiting(actor), **more}, parts)


def _release(actor: Actor, asked: Asked) -> Iterator[Part]:
    key = asked.scope.key
    if asked.phase:
        found = phase_fragments(load_phase_page(actor, key, asked.phase), asked.cells)
    else:
        query = FeedQuery(seen=asked.seen)
        page = load_release_page(actor, key, query, everything=asked.everything)
        found = release_fragments(page, asked.cells)
    for one in found:
        yield Part(one.template, {**one.context, "live": True})

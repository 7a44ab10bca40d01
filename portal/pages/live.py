"""What has become new since a page last asked: counts, rows, parts of a release or activity (NTF-5).

Whatever is shown is loaded as its page loads it, with the same rights, so that whoever lost sight of
something gets nothing of it (MON-5). Rows are changed where they stand, never put in or moved.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from zoneinfo import ZoneInfo

from audit.actor import Actor
from portal.marks import Mark
from portal.pages.activity import load_activity
from portal.pages.inbox import load_counts
from portal.pages.live_asked import Asked, Part, Scope
from portal.pages.live_inbox import inbox_parts
from portal.pages.release import load_release_page, release_fragments
from portal.pages.release_feed import FeedQuery
from releases.selectors import count_waiting, release_for


@dataclass(frozen=True, slots=True)
class News:
    """What is new: numbers for the counters, and fragments."""

    counts: Mapping[str, int]
    parts: tuple[Part, ...]


def token_of(mark: Mark, scope: Scope) -> str:
    """How far a page has come, as opaque text; another one whenever anything may be new."""
    plain = ".".join(str(one) for one in (*astuple(mark), scope.kind, scope.key))
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def _stream_of(token: str) -> str:
    """How far the stream was, by a token; nothing for one that says nothing."""
    try:
        plain = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (ValueError, binascii.Error):
        return ""
    parts = plain.split(".")
    return parts[2] if len(parts) == 7 else ""


def load_news(actor: Actor, asked: Asked, mark: Mark, now: dt.datetime, zone: ZoneInfo) -> News:
    """What a page is told. Raises NotFound for a scope that the actor may not see."""
    scope = asked.scope
    if scope.kind == "inbox":
        counts = load_counts(actor, now, zone)
        numbers = {
            "waiting": counts.waiting,
            **{f"tab-{name}": number for name, number in counts.lists.items()},
        }
        return News(numbers, tuple(inbox_parts(actor, asked, counts, now)))
    parts: tuple[Part, ...] = ()
    if scope.kind == "activity":
        parts = tuple(_activity(actor, scope.key))
    elif scope.kind == "release":
        if _stream_of(asked.since) == str(mark.stream):
            release_for(actor, scope.key)  # nothing new of it, and still only for those who see it
        else:
            parts = tuple(_release(actor, asked))
    return News({"waiting": count_waiting(actor)}, parts)


def _release(actor: Actor, asked: Asked) -> Iterator[Part]:
    page = load_release_page(actor, asked.scope.key, FeedQuery(seen=asked.seen))
    for one in release_fragments(page, parts=asked.parts, cells=asked.cells):
        yield Part(one.template, {**one.context, "live": True})


def _activity(actor: Actor, activity_id: int) -> Iterator[Part]:
    record = load_activity(actor, activity_id)
    for name in ("meta", "seats"):
        yield Part(f"portal/activities/_{name}.html", {"record": record, "oob": True})

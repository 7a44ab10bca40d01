"""What has become new since a page last asked: counts, rows, parts of a release or activity (NTF-5).

Whatever is shown is loaded as its page loads it, with the same rights, so that whoever lost sight of
something gets nothing of it (MON-5). Rows are changed where they stand, never put in or moved.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from audit.actor import Actor
from portal.marks import Mark
from portal.pages.activity import load_activity
from portal.pages.inbox import Counts, load_counts, rows_of
from portal.pages.release import load_release_page, release_fragments
from portal.pages.release_feed import FeedQuery
from portal.wording import ACTIVITY_STATES
from releases.inbox import needs_me
from releases.selectors import activities_for, count_waiting, release_for

MOST_ROWS: Final = 60
MOST_CELLS: Final = 500
_MOST_DIGITS: Final = 18
# What was asked in the moment in which the page was made may not have been on it.
_OVERLAP: Final = dt.timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a page shows: "none" (its frame alone), "inbox", "release" or "activity" with a key."""

    kind: str = "none"
    key: int = 0

    @classmethod
    def read(cls, text: str) -> Scope:
        """The scope that a page names; its frame for anything else."""
        kind, _, key = text.partition(":")
        if kind == "inbox" and not key:
            return cls("inbox")
        if kind in {"release", "activity"} and _is_number(key):
            return cls(kind, int(key))
        return cls()

    @property
    def stream(self) -> str:
        """The stream of the record that moves it; none but for a release."""
        return f"release:{self.key}" if self.kind == "release" else ""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row that a page shows: its activity, its round and the version of that."""

    activity: int
    approval: int
    version: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What a poll says of its page."""

    scope: Scope
    since: str = ""
    rows: tuple[ShownRow, ...] = ()
    shown: dt.datetime | None = None
    seen: int | None = None
    cells: frozenset[int] | None = None
    parts: bool = True

    @classmethod
    def read(
        cls,
        scope: str,
        since: str,
        rows: Sequence[str],
        shown: str,
        *,
        seen: str = "",
        cells: str | None = None,
        parts: bool = True,
    ) -> Asked:
        """Read the parameters; what makes no sense is left out."""
        found = [_row(one) for one in rows[:MOST_ROWS]]
        known = tuple(one for one in found if one is not None)
        newest = int(seen) if _is_number(seen) else None
        keys = None if cells is None else frozenset(_numbers(cells.split(".")[:MOST_CELLS]))
        return cls(Scope.read(scope), since[:200], known, _moment(shown), newest, keys, parts)


@dataclass(frozen=True, slots=True)
class Part:
    """A fragment to swap by its id: template and context."""

    template: str
    context: Mapping[str, Any]


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
        return News(numbers, tuple(_inbox(actor, asked, counts, now)))
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


def _inbox(actor: Actor, asked: Asked, counts: Counts, now: dt.datetime) -> Iterator[Part]:
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


def _row(text: str) -> ShownRow | None:
    parts = text.split(".")
    if len(parts) != 3 or not all(_is_number(one) for one in parts):
        return None
    return ShownRow(*(int(one) for one in parts))


def _numbers(texts: Sequence[str]) -> Iterator[int]:
    return (int(one) for one in texts if _is_number(one))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def _moment(text: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(text)
        return found.astimezone(dt.UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None

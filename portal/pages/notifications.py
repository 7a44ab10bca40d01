"""The notification centre: what one was told, what of it needs one, and who was told of an activity."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from approvals.services.telling import ASKED
from audit.actor import Actor
from audit.models import Delivery, Notice
from audit.selectors import notices_about
from portal.notifications.centre import (
    MOST_COUNTED,
    count_unread,
    newest_notices,
    path_of,
    waiting_among,
    waiting_notices,
)
from portal.notifications.words import MOMENTS, asks_for, ending_words, sentence_of, why_words
from releases.models import Activity

PAGE_SIZE: Final = 50
IN_PANEL: Final = 10
# Of these at least so many are the newest, however much waits: what has just come is among them.
_NEWEST_IN_PANEL: Final = 3
# Keys are given when a notice is written and seen when that is committed, in whichever order. What is
# older than this has been committed, with everything below it.
_SETTLED: Final = dt.timedelta(seconds=30)

_RESULTS: Final = {
    Delivery.State.PENDING: ("waits to be sent", "grey"),
    Delivery.State.SENT: ("sent", "green"),
    Delivery.State.FAILED: ("failed, is tried again", "amber"),
    Delivery.State.DEAD: ("failed for good", "red"),
    Delivery.State.DROPPED: ("not sent", "grey"),
}


@dataclass(frozen=True)
class NoticeLine:
    """One line: what happened, why one is told, when, and the one record it leads to."""

    key: int
    sentence: str
    why: str
    quote: str
    path: str
    icon: str
    tone: str
    tag: str
    told_at: dt.datetime
    due_at: dt.datetime | None
    unread: bool
    waits: bool


@dataclass(frozen=True)
class NoticeGroup:
    """Lines below a heading."""

    heading: str
    lines: tuple[NoticeLine, ...]


@dataclass(frozen=True)
class ReadAll:
    """What "mark all read" means on a page: all up to a key, and those that came a moment ago."""

    before: int = 0
    recent: tuple[int, ...] = ()

    @property
    def recent_text(self) -> str:
        """The recent ones as one field."""
        return ".".join(map(str, self.recent))

    @property
    def text(self) -> str:
        """All of it as one field: what a page knows of, as `/live/` is told it."""
        return ".".join(map(str, (self.before, *self.recent)))


@dataclass(frozen=True)
class CentrePage:
    """One page of the centre; `older` and `further` are the keys that it and the next one begin below."""

    groups: tuple[NoticeGroup, ...]
    unread: int
    read_all: ReadAll
    only_unread: bool
    older: int | None
    further: int | None

    @property
    def unread_words(self) -> str:
        """The number at the tab: nothing above 99."""
        return f"{MOST_COUNTED - 1}+" if self.unread >= MOST_COUNTED else str(self.unread)


@dataclass(frozen=True)
class ToldLine:
    """Somebody was told something over a channel, and what became of it (NTF-7)."""

    name: str
    tag: str
    why: str
    attempt: int
    told_at: dt.datetime
    channel: str
    result: str
    tone: str
    at: dt.datetime | None


def centre_page(actor: Actor, *, older: int | None = None, only_unread: bool = False) -> CentrePage:
    """A page of the actor's notices: first what needs them, most urgent first, then the newest.

    `older`: the key below which a further page begins. However much somebody was told, a page reads
    what it shows.
    """
    # What comes while the page is made is better told of twice than never.
    read_all = _read_all(actor, timezone.now())
    unread = True if only_unread else None
    first = waiting_notices(actor, PAGE_SIZE, only_unread=only_unread)
    keys = {one.pk for one in first}
    shown, room = ([], PAGE_SIZE) if older is not None else (first, PAGE_SIZE - len(first))
    # Nothing is below no place: after a page full of what waits comes the newest of the others.
    found = newest_notices(actor, room + 1, before=older or None, unread=unread, leave_out=keys)
    rows, further = found[:room], None
    if len(found) > room:
        further = rows[-1].pk if rows else 0
    waiting = keys | (waiting_among(actor, rows) if len(keys) == PAGE_SIZE else set())
    return CentrePage(
        groups=_grouped([_line(one, one.pk in waiting) for one in [*shown, *rows]]),
        unread=count_unread(actor),
        read_all=read_all,
        only_unread=only_unread,
        older=older,
        further=further,
    )


def _read_all(actor: Actor, now: dt.datetime) -> ReadAll:
    # Of what the actor sees: the key of anything else would tell that it is there (MON-5).
    recent: list[int] = []
    for one in newest_notices(actor, PAGE_SIZE):
        if one.created_at <= now - _SETTLED:
            return ReadAll(one.pk, tuple(recent))
        recent.append(one.pk)
    return ReadAll(recent[-1] if len(recent) == PAGE_SIZE else 0, tuple(recent))


@dataclass(frozen=True)
class BellPanel:
    """The panel at the bell, and what it knows of."""

    groups: tuple[NoticeGroup, ...]
    known: ReadAll


def bell_panel(actor: Actor) -> BellPanel:
    """What the panel at the bell shows: ten, what needs the actor first, the newest among them."""
    # What comes while the panel is made is better told twice than never.
    known = _read_all(actor, timezone.now())
    most = IN_PANEL - _NEWEST_IN_PANEL
    first = waiting_notices(actor, most)
    keys = {one.pk for one in first}
    newest = newest_notices(actor, IN_PANEL - len(first), leave_out=keys)
    waiting = keys | (waiting_among(actor, newest) if len(first) == most else set())
    return BellPanel(_grouped([_line(one, one.pk in waiting) for one in [*first, *newest]]), known)


def _line(notice: Notice, waits: bool) -> NoticeLine:
    facts = json.loads(notice.facts)
    words = MOMENTS[notice.moment]
    due = facts.get("due_at")
    return NoticeLine(
        key=notice.pk,
        sentence=sentence_of(notice.moment, facts),
        why=f"because {why_words(notice.why, notice.why_name)}",
        quote=str(facts.get("quote") or ""),
        path=path_of(notice),
        icon=words.icon,
        tone=words.tone,
        tag=words.tag,
        told_at=notice.created_at,
        due_at=dt.datetime.fromisoformat(str(due)) if due and waits else None,
        unread=notice.read_at is None,
        waits=waits,
    )


def _grouped(lines: Iterable[NoticeLine]) -> tuple[NoticeGroup, ...]:
    several = list(lines)
    groups = (
        NoticeGroup("Needs you", tuple(one for one in several if one.waits)),
        NoticeGroup("For your information", tuple(one for one in several if not one.waits)),
    )
    return tuple(group for group in groups if group.lines)


@dataclass(frozen=True)
class ToldPage:
    """Who was told of an activity: a page of lines; `further` is where the next one begins, or None."""

    lines: tuple[ToldLine, ...]
    older: int
    further: int | None


def told_page(activity: Activity, older: int = 0) -> ToldPage:
    """Who was told what about an activity, over which channel, with what result (NTF-7).

    The newest attempt first, fifty notices a page; `older` of them stand on pages before this one.
    """
    rows = notices_about(activity.host).select_related(None).order_by("-attempt", "-pk")
    found = list(rows[older : older + PAGE_SIZE + 1])
    lines = tuple(line for notice in found[:PAGE_SIZE] for line in _told_lines(notice, activity))
    return ToldPage(lines, older, older + PAGE_SIZE if len(found) > PAGE_SIZE else None)


def _told_lines(notice: Notice, activity: Activity) -> Iterator[ToldLine]:
    tag = MOMENTS[notice.moment].tag
    if notice.moment == ASKED:
        tag = f"{tag} to {asks_for(activity.kind).lower()}"
    why = why_words(notice.why, notice.why_name)
    told = (notice.display_name, tag, why, notice.attempt, notice.created_at)
    seen = "read" if notice.read_at else "not read yet"
    yield ToldLine(*told, "In the portal", seen, "grey", notice.read_at)
    for one in notice.deliveries.all():
        result, tone = _RESULTS[Delivery.State(one.state)]
        if one.error and one.state != Delivery.State.SENT:
            result = f"{result}: {ending_words(one.error).removeprefix('not sent: ')}"
        at = one.sent_at or one.tried_at
        yield ToldLine(*told, one.get_channel_display(), result, tone, at)

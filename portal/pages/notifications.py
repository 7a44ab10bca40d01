"""The notification centre: what one was told, what of it needs one, and who was told of an activity."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from audit.actor import Actor
from audit.models import Delivery, Notice
from audit.selectors import notices_about
from portal.notifications.centre import (
    count_unread,
    count_unread_waiting,
    in_order,
    notices_for,
)
from portal.notifications.words import MOMENTS, ending_words, sentence_of, why_words
from releases.models import Activity

PAGE_SIZE: Final = 50
IN_PANEL: Final = 10

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
class CentrePage:
    """One page of the centre; `newest` is the key up to which "all" is meant by "mark all read"."""

    groups: tuple[NoticeGroup, ...]
    unread: int
    number: int
    has_more: bool
    newest: int
    only_unread: bool

    @property
    def empty(self) -> bool:
        """Whether there is nothing on it."""
        return not self.groups


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


def centre_page(actor: Actor, *, number: int = 1, only_unread: bool = False) -> CentrePage:
    """A page of the actor's notices: what needs them first, then the newest."""
    rows = notices_for(actor)
    if only_unread:
        rows = rows.filter(read_at__isnull=True)
    first = (number - 1) * PAGE_SIZE
    found = list(in_order(rows)[first : first + PAGE_SIZE + 1])
    lines = [_line(one) for one in found[:PAGE_SIZE]]
    return CentrePage(
        groups=_grouped(lines),
        unread=count_unread(actor),
        number=number,
        has_more=len(found) > PAGE_SIZE,
        newest=max((line.key for line in lines), default=0),
        only_unread=only_unread,
    )


def newest_notices(actor: Actor) -> tuple[NoticeGroup, ...]:
    """What the panel at the bell shows: the first ten."""
    return _grouped([_line(one) for one in in_order(notices_for(actor))[:IN_PANEL]])


def unread_counts(actor: Actor) -> tuple[int, int]:
    """How many are unread and need the actor, and how many are unread at all."""
    return count_unread_waiting(actor.user_id), count_unread(actor)


def _line(notice: Any) -> NoticeLine:
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
        due_at=dt.datetime.fromisoformat(str(due)) if due and notice.waits else None,
        unread=notice.read_at is None,
        waits=bool(notice.waits),
    )


def path_of(notice: Notice) -> str:
    """The page of the record that a notice is about."""
    kind, _, key = notice.host.partition(":")
    return f"/activities/{key}/" if kind == "activity" else f"/releases/{key}/"


def _grouped(lines: Iterable[NoticeLine]) -> tuple[NoticeGroup, ...]:
    several = list(lines)
    groups = (
        NoticeGroup("Needs you", tuple(one for one in several if one.waits)),
        NoticeGroup("For your information", tuple(one for one in several if not one.waits)),
    )
    return tuple(group for group in groups if group.lines)


def notices_of(activity: Activity) -> list[ToldLine]:
    """Who was told what about an activity, when, over which channel, with what result: newest first."""
    lines: list[ToldLine] = []
    for notice in notices_about(activity.host):
        tag = MOMENTS[notice.moment].tag
        why = why_words(notice.why, notice.why_name)
        told = (notice.display_name, tag, why, notice.attempt, notice.created_at)
        seen = "read" if notice.read_at else "not read yet"
        lines.append(ToldLine(*told, "In the portal", seen, "grey", notice.read_at))
        for one in notice.deliveries.all():
            result, tone = _RESULTS[Delivery.State(one.state)]
            if one.error and one.state != Delivery.State.SENT:
                result = f"{result}: {ending_words(one.error).removeprefix('not sent: ')}"
            at = one.sent_at or one.tried_at
            lines.append(ToldLine(*told, one.get_channel_display(), result, tone, at))
    return lines

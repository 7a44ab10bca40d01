"""Until when a question may be put aside, and who has put one aside."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from approvals.selectors import open_seats_of
from audit.actor import Actor
from audit.errors import Invalid
from portal.moments import short_moment_words
from releases.models import Activity
from releases.selectors import NEVER, activity_for

_MORNING: Final = dt.time(9)


@dataclass(frozen=True, slots=True)
class Option:
    """A moment until which it may be put aside, or why not."""

    name: str
    label: str
    detail: str
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class SnoozePage:
    """What is asked before a question is put aside."""

    activity: Activity
    options: tuple[Option, ...]
    due: dt.datetime | None
    why_not: str = ""


def until_for(name: str, now: dt.datetime, zone: ZoneInfo) -> dt.datetime | None:
    """The moment that a choice means; None for "until something changes". Raises Invalid."""
    if name == "hour":
        return now + dt.timedelta(hours=1)
    if name == "tomorrow":
        local = now.astimezone(zone)
        morning = dt.datetime.combine(local.date() + dt.timedelta(days=1), _MORNING, zone)
        return morning.astimezone(dt.UTC)
    if name == "change":
        return None
    raise Invalid(errors={"until": ["Choose until when."]})


def load_snooze(actor: Actor, activity_id: int, now: dt.datetime, zone: ZoneInfo) -> SnoozePage:
    """The choices for one question of the actor. Raises NotFound for what they may not see."""
    activity = activity_for(actor, activity_id)
    asked = open_seats_of(actor.user_id).filter(approval__host=activity.host).first()
    if asked is None:
        return SnoozePage(activity, (), None, "This does not wait for you.")
    due = asked.due_at if asked.due_at < NEVER else None
    if due and due <= now:
        return SnoozePage(activity, (), due, "This is overdue; it can't be put aside.")
    return SnoozePage(activity, _options(due, now, zone), due)


def _options(due: dt.datetime | None, now: dt.datetime, zone: ZoneInfo) -> tuple[Option, ...]:
    timed = []
    for name, label in (("hour", "For one hour"), ("tomorrow", "Until tomorrow morning")):
        until = until_for(name, now, zone)
        too_late = bool(due and until and until > due)
        why_not = "That is after the deadline." if too_late else ""
        words = f"until {short_moment_words(until, zone, now)}" if until else ""
        timed.append(Option(name, label, words, why_not))
    change = "a vote, a comment, somebody newly asked" + (
        f"; at the latest {short_moment_words(due, zone, now)}" if due else ""
    )
    return (*timed, Option("change", "Until something changes", change))

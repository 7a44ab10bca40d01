"""Deadlines: when a round is due and what happens from then on, as a ladder of instants.

All instants are timezone-aware UTC; what falls due is told from the present moment that the caller
gives. The deadline decides, not the moment a job ran. Source: POL-9, I11.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, cast

from approvals.rules.seats import Source, entry_reference

Action = Literal["escalate", "reject", "overdue"]
Deadline = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Rung:
    """One thing that happens at an instant.

    `escalate` widens the open seats by `source` (which carries the level), `reject` decides the
    round as the system, `overdue` marks it and tells the release manager. `level` counts the
    escalations from 1 and is 0 for the rest; `number` counts the rungs from 1.
    """

    number: int
    at: datetime
    action: Action
    level: int = 0
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs of a round in the order of time, and when it is due; both empty without a deadline."""

    due_at: datetime | None = None
    rungs: tuple[Rung, ...] = ()


def build_ladder(deadline: Deadline | None, opened_at: datetime) -> Ladder:
    """The whole ladder of a round that opened at `opened_at`; ValueError as `due_at` and `rungs`."""
    if deadline is None:
        return Ladder()
    due = due_at(deadline, opened_at)
    return Ladder(due, rungs(deadline, due))


def due_at(deadline: Deadline, opened_at: datetime) -> datetime:
    """The instant of the deadline: `after` seconds from the opening, or `at` with its offset.

    Raises ValueError when neither or both are given, for a negative time, and for an instant
    without an offset.
    """
    after, at = deadline.get("after"), deadline.get("at")
    if (after is None) == (at is None):
        raise ValueError("a deadline has either after or at")
    if after is not None:
        return _utc(opened_at) + _seconds(after)
    return _utc(datetime.fromisoformat(cast("str", at)))


def rungs(deadline: Deadline, due_at: datetime) -> tuple[Rung, ...]:
    """What happens and when, from the deadline on.

    `on_miss: reject` rejects at the deadline and `stay` marks it overdue. With `escalate` the `after`
    of a level counts from the level before it, of the first from the deadline; a rejection ends the
    ladder. Raises ValueError for an unknown `on_miss` and for an escalation without levels.
    """
    due = _utc(due_at)
    on_miss = deadline.get("on_miss")
    if on_miss == "reject":
        return (Rung(1, due, "reject"),)
    if on_miss == "stay":
        return (Rung(1, due, "overdue"),)
    if on_miss != "escalate":
        raise ValueError(f"unknown on_miss: {on_miss!r}")
    levels = cast("Sequence[Mapping[str, object]]", deadline.get("escalate_to") or ())
    if not levels:
        raise ValueError("an escalation needs somebody to escalate to")
    return _climb(levels, due)


def _climb(levels: Sequence[Mapping[str, object]], due: datetime) -> tuple[Rung, ...]:
    found: list[Rung] = []
    at = due
    for number, entry in enumerate(levels, start=1):
        at += _seconds(entry.get("after") or 0)
        if entry.get("reject"):
            found.append(Rung(number, at, "reject"))
            break
        kind, ref = entry_reference(entry)
        found.append(Rung(number, at, "escalate", number, Source(kind, ref, level=number)))
    return tuple(found)


def decides_at(ladder: Ladder) -> datetime | None:
    """The instant from which a decision is refused, whether or not a job has run; None for never."""
    return next((rung.at for rung in ladder.rungs if rung.action == "reject"), None)


def deadline_passed(ladder: Ladder, now: datetime) -> bool:
    """Whether a decision at `now` comes too late (`deadline_passed`); the instant itself is late."""
    decides = decides_at(ladder)
    return decides is not None and _utc(now) >= decides


def due_rungs(ladder: Ladder, taken: int, now: datetime) -> tuple[Rung, ...]:
    """The rungs to take at `now`, in order, when the first `taken` are behind: none before its time.

    After a standstill all that have fallen due come at once; a rejection is the last.
    """
    present = _utc(now)
    return tuple(rung for rung in _ahead(ladder, taken) if rung.at <= present)


def next_due(ladder: Ladder, taken: int) -> datetime | None:
    """When the next rung falls due, after the first `taken`; None when the ladder is climbed."""
    ahead = _ahead(ladder, taken)
    return ahead[0].at if ahead else None


def _ahead(ladder: Ladder, taken: int) -> tuple[Rung, ...]:
    if taken < 0:
        raise ValueError("no fewer than no rungs are taken")
    return ladder.rungs[taken:]


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("an instant needs its offset from UTC")
    return moment.astimezone(UTC)


def _seconds(value: object) -> timedelta:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"not a number of seconds: {value!r}")
    return timedelta(seconds=value)

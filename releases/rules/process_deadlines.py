"""Durations, deadlines and reminders of an activity (POL-9, `contract.md`, Process)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from approvals.rules.durations import BusinessHours, parse_duration
from audit.errors import Invalid
from releases.rules.process_approvers import read_holder
from releases.rules.process_reader import Place, Section
from releases.rules.process_words import HOLDER_KEYS

_INSTANT: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII
)
_YEARS: Final = range(2000, 3000)
_MOST_REMINDERS: Final = 100


def read_seconds(place: Place | None) -> int | None:
    """A duration (`30m`, `24h`, `2d`) in seconds.

    None when none is written, after an error, and for business hours, which are not available yet.
    """
    written = place.scalar("a duration such as 30m, 24h or 2d") if place else None
    if place is None or written is None:
        return None
    try:
        duration = parse_duration(written)
    except Invalid as error:
        place.wrong("bad_duration", error.sentence)
        return None
    if isinstance(duration, BusinessHours):
        place.later("durations in business hours")
        return None
    return duration.seconds


def read_instant(place: Place | None) -> str | None:
    """An instant in ISO 8601 with its offset, as `datetime.isoformat` writes it."""
    written = place.scalar("a date and time with an offset") if place else None
    if place is None or written is None:
        return None
    example = "write it as 2026-12-01T18:00:00+01:00"
    try:
        instant = datetime.fromisoformat(written) if _INSTANT.fullmatch(written) else None
    except ValueError:
        instant = None
    if instant is None or instant.year not in _YEARS:
        place.wrong("bad_instant", f"This is no date and time: {example}.")
    elif instant.utcoffset() is None:
        place.wrong("bad_instant", f"The offset from UTC is missing: {example}.")
    else:
        return instant.isoformat()
    return None


def read_deadline(place: Place | None) -> dict[str, Any] | None:
    """The deadline with its escalation chain.

    None when there is none, and when it is in business hours: what is not available yet stands in
    no document.
    """
    known = ("after", "at", "warn", "on_miss", "escalate_to")
    section = place.section(known, "a deadline") if place else None
    if place is None or section is None:
        return None
    if ("after" in section.keys) == ("at" in section.keys):
        place.wrong("wrong_value", "A deadline has exactly one of after and at.")
    after = read_seconds(section.take("after"))
    at = read_instant(section.take("at"))
    warn = section.take("warn")
    if warn is not None:
        warn.later("warning before a deadline")
        read_seconds(warn)
    on_miss = section.one_of("on_miss", ("escalate", "reject", "stay"), "stay")
    rungs = _read_chain(section, on_miss)
    if (after is None) == (at is None) or rungs is None:
        return None
    return {"after": after, "at": at, "on_miss": on_miss, "escalate_to": rungs}


def _read_chain(section: Section, on_miss: str) -> list[dict[str, Any]] | None:
    """The rungs of the chain; None when one of them has no place in a document."""
    if on_miss == "escalate":
        listed = section.need("escalate_to", "on_miss: escalate needs escalate_to.")
        items = (listed.items(empty=False) if listed else None) or []
    else:
        if "escalate_to" in section.keys:
            sentence = "escalate_to goes with on_miss: escalate only."
            section.place("escalate_to").wrong("wrong_value", sentence)
        return []
    rungs = [
        _read_rung(item, first=index == 0, last=index == len(items) - 1)
        for index, item in enumerate(items)
    ]
    readable = [rung for rung in rungs if rung is not None]
    return readable if len(readable) == len(rungs) else None


def _read_rung(place: Place, *, first: bool, last: bool) -> dict[str, Any] | None:
    """One level: who is asked besides, or the rejection; `after` counts from the level before."""
    section = place.section((*HOLDER_KEYS, "reject", "after"), "an escalation level")
    if section is None:
        return None
    whom = _read_reject_rung(section, last=last) if "reject" in section.keys else None
    if "reject" not in section.keys:
        whom = read_holder(section)
    waits = section.take("after")
    after = read_seconds(waits)
    if "after" not in section.keys:
        after = 0
        if not first:
            sentence = "Only the first level may leave out after: two are never meant at once."
            section.need("after", sentence)
    return None if whom is None or after is None else {**whom, "after": after}


def _read_reject_rung(section: Section, *, last: bool) -> dict[str, Any] | None:
    place = section.take("reject")
    flag = place.flag() if place else None
    if any(kind in section.keys for kind in HOLDER_KEYS):
        section.at.wrong("wrong_value", "A level either asks somebody or rejects.")
    if place is not None and flag is False:
        place.wrong("wrong_value", "Write reject: true, or leave the level out.")
    elif place is not None and flag and not last:
        place.wrong("wrong_value", "After a rejection there is no further level.")
    return {"reject": True} if flag else None


def check_reminders(place: Place | None) -> None:
    """Reminders are checked for shape; they are not available yet."""
    section = place.section(("every", "max"), "reminders") if place else None
    if place is None or section is None:
        return
    place.later("reminders")
    read_seconds(section.need("every"))
    section.whole("max", 1, _MOST_REMINDERS)

"""Durations as processes write them: `30m`, `24h`, `2d` (days of 24 hours) and `8bh`.

Source: `contract.md`, "Process (YAML)"; POL-9.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from audit.errors import Invalid

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
SHORTEST_SECONDS = MINUTE
LONGEST_SECONDS = 366 * DAY

_UNITS = {"d": DAY, "h": HOUR, "m": MINUTE}
_WRITTEN = re.compile(r"([0-9]{1,9})(m|h|d|bh)")


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A stretch of clock time."""

    seconds: int


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """Hours of a working calendar; how long that is depends on the calendar, not on this number."""

    hours: int


def parse_duration(written: object) -> ClockTime | BusinessHours:
    """Read a written duration, from one minute to 366 days.

    Business hours come back as what they are, so that a caller without a calendar can refuse them.
    Raises Invalid with code `invalid_duration`.
    """
    match = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
    if match is None:
        raise Invalid(
            "Write a duration as a whole number with m, h or d: 30m, 24h, 2d.",
            code="invalid_duration",
        )
    number, unit = int(match[1]), match[2]
    seconds = number * (HOUR if unit == "bh" else _UNITS[unit])
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise Invalid(
            "A duration is at least one minute and at most 366 days.", code="invalid_duration"
        )
    return BusinessHours(number) if unit == "bh" else ClockTime(seconds)


def format_duration(seconds: int) -> str:
    """Write `seconds` (whole minutes, above 0) in the largest unit that says it exactly.

    Raises ValueError for anything else, for no written duration comes to it.
    """
    if seconds < SHORTEST_SECONDS or seconds % MINUTE:
        raise ValueError(f"{seconds} seconds are no written duration")
    letter, size = next(item for item in _UNITS.items() if seconds % item[1] == 0)
    return f"{seconds // size}{letter}"

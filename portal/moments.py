"""Moments and spans in words, in a reader's own time zone (ux.md 3.2, Times)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

_FOUR_HOURS = dt.timedelta(hours=4)


def zone_for(user: Any) -> ZoneInfo:
    """The person's zone; the installation's for whoever has chosen none, or one that is no more."""
    for name in (getattr(user, "time_zone", ""), settings.COUNTERSIGN_TIME_ZONE):
        try:
            return ZoneInfo(str(name))
        except (KeyError, ValueError, OSError):  # not found, not a name, not a file
            continue
    return ZoneInfo("UTC")


def moment_words(moment: dt.datetime, zone: ZoneInfo) -> str:
    """The moment in full: "22 Nov 2026, 10:39 CET"."""
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M} {local.tzname()}"


def short_moment_words(moment: dt.datetime, zone: ZoneInfo, now: dt.datetime) -> str:
    """As short as stays clear: "10:39" today, "Sun 10:39" from yesterday on, else "22 Nov, 10:39".

    A weekday is yesterday's or one of the next five days, so that no one says two things.
    """
    return words_on(moment, zone, now.astimezone(zone).date())


def words_on(moment: dt.datetime, zone: ZoneInfo, today: dt.date) -> str:
    """The same by the reader's day."""
    local = moment.astimezone(zone)
    away = (local.date() - today).days
    if away == 0:
        return f"{local:%H:%M}"
    if -1 <= away < 6:
        return f"{local:%a %H:%M}"
    if local.year == today.year:
        return f"{local.day} {local:%b, %H:%M}"
    return f"{local.day} {local:%b %Y, %H:%M}"


def span_words(span: dt.timedelta) -> str:
    """A length of time: "35 min", "1 h 35", "3 d 4 h"; moments.js counts on by the same words."""
    minutes = int(abs(span).total_seconds()) // 60
    hours, days = minutes // 60, minutes // 1440
    if minutes < 60:
        return f"{minutes} min"
    if hours < 48:
        return f"{hours} h {minutes % 60:02}"
    return f"{days} d {hours % 24} h"


def time_left_words(due: dt.datetime, now: dt.datetime) -> str:
    """What is left until a deadline, or how long it is over."""
    return f"{span_words(due - now)} {'over' if due < now else 'left'}"


def urgency(due: dt.datetime, now: dt.datetime) -> str:
    """The tone of a deadline: red when over, amber below four hours, else plain."""
    if due < now:
        return "red"
    return "amber" if due - now < _FOUR_HOURS else "plain"

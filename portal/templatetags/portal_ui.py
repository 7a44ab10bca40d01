"""The parts that every page is made of: icons, state labels, moments, dots, avatars, Markdown.

Whatever is passed in is escaped here; what comes out may stand in a page as it is.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from portal.marked import html_of
from portal.moments import (
    moment_words,
    short_moment_words,
    span_words,
    time_left_words,
    urgency,
    words_on,
    zone_for,
)
from portal.pages.portal_pages import portal_page
from portal.state_looks import SEATS, look_of

register = template.Library()

_SPRITE = Path(__file__).resolve().parent.parent / "static" / "portal" / "icons.svg"
_MOST_SHOWN = 99
_MESSAGE_LOOKS = {
    "success": ("green", "check_circle"),
    "info": ("blue", "info"),
    "warning": ("amber", "warning"),
    "error": ("red", "error"),
}


@cache
def icon_names() -> frozenset[str]:
    """What the sprite holds."""
    return frozenset(re.findall(r'<symbol id="(\w+)"', _SPRITE.read_text(encoding="utf-8")))


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """An icon of the sprite, for the eye alone: words beside it say the same.

    A name that the sprite has not is a mistake of ours: add it to ICONS in tools/vendor.py.
    """
    return _icon(name, css)


# What has few values and comes many times in a page is put together once.
@lru_cache(maxsize=512)
def _icon(name: str, css: str) -> SafeString:
    if name not in icon_names():
        raise ValueError(f"The sprite has no icon {name!r}.")
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        f"icon {css}".strip(), static("portal/icons.svg"), name,
    )  # fmt: skip


@register.simple_tag
def state_label(kind: str, state: str) -> SafeString:
    """A state of a "release", "phase", "activity", "seat" or "risk": icon, word and tone."""
    return _state_label(kind, str(state))


@lru_cache(maxsize=256)
def _state_label(kind: str, state: str) -> SafeString:
    look = look_of(kind, state)
    shape = _dot(state) if kind == "seat" else icon(look.icon)
    label = format_html(
        '<span class="state state--{}">{}<span>{}</span></span>', look.tone, shape, look.lead
    )
    if not look.beside:
        return label
    return format_html(
        '<span class="state-whole">{} <span class="state-beside state-beside--{}">{}</span></span>',
        label, look.tone, look.beside,
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def moment(context: template.Context, when: dt.datetime | None, form: str = "") -> SafeString:
    """A moment in the reader's zone, in full; "short" leaves out what is clear from today."""
    if when is None:
        return mark_safe('<span class="muted">–</span>')
    return moment_markup(
        when, zone_for(_reader(context)), timezone.now() if form == "short" else None
    )


def moment_markup(when: dt.datetime, zone: ZoneInfo, now: dt.datetime | None = None) -> SafeString:
    """The same by a zone; with `now` as short as stays clear."""
    # Short words change at midnight alone, so that the same moment is put together once a day.
    # In UTC, because two moments of the hour that comes twice in autumn are equal in their own zone.
    return _moment(when.astimezone(dt.UTC), zone, now and now.astimezone(zone).date())


@lru_cache(maxsize=4096)
def _moment(when: dt.datetime, zone: ZoneInfo, today: dt.date | None) -> SafeString:
    full = moment_words(when, zone)
    words = full if today is None else words_on(when, zone, today)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', when.isoformat(timespec="seconds"), full, words
    )


@register.simple_tag(takes_context=True)
def reader_day(context: template.Context) -> str:
    """The reader's zone and day, on which short moments depend: for what is kept of a page."""
    zone = zone_for(_reader(context))
    return f"{zone.key} {timezone.now().astimezone(zone).date()}"


@register.simple_tag(takes_context=True)
def time_left(
    context: template.Context, due: dt.datetime | None, now: dt.datetime | None = None
) -> SafeString:
    """What is left until a deadline, and the deadline itself; moments.js counts on by the minute."""
    return time_left_markup(due, now or timezone.now(), zone_for(_reader(context)))


@register.simple_tag(takes_context=True)
def time_since(
    context: template.Context, when: dt.datetime, now: dt.datetime | None = None
) -> SafeString:
    """How long something has been so, and since when; moments.js counts on by the minute."""
    moment_now, zone = now or timezone.now(), zone_for(_reader(context))
    return format_html(
        '<time datetime="{}" data-since>{}</time>, since <span title="{}">{}</span>',
        when.isoformat(timespec="seconds"),
        span_words(moment_now - when),
        moment_words(when, zone),
        short_moment_words(when, zone, moment_now),
    )


def time_left_markup(due: dt.datetime | None, now: dt.datetime, zone: ZoneInfo) -> SafeString:
    """The same by a moment and a zone."""
    if due is None:
        return mark_safe('<span class="time-left muted">No deadline</span>')
    return _time_left(due.astimezone(dt.UTC), now, zone)  # as in moment_markup


# Rounds that were opened together fall due together: for the rows of one page, at its one moment.
@lru_cache(maxsize=128)
def _time_left(due: dt.datetime, now: dt.datetime, zone: ZoneInfo) -> SafeString:
    return format_html(
        '<span class="time-left time-left--{}">'
        '<time class="time-left-span" datetime="{}" data-due>{}</time> '
        '<span class="time-left-at" title="{}">{}</span></span>',
        urgency(due, now),
        due.isoformat(timespec="seconds"),
        time_left_words(due, now),
        moment_words(due, zone),
        short_moment_words(due, zone, now),
    )


@register.simple_tag
def avatar(name: Any) -> SafeString:
    """The initials of a name, beside which the name itself stands."""
    return _avatar(str(name))


@lru_cache(maxsize=1024)
def _avatar(name: str) -> SafeString:
    words = re.findall(r"\w+", name)
    initials = "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper()
    return format_html('<span class="avatar" aria-hidden="true">{}</span>', initials or "–")


@register.simple_tag
def dots(seats: Iterable[Any]) -> SafeString:
    """A dot for each seat, by its state (a string, or `.state`), and the same in words."""
    return _dots(tuple(str(getattr(seat, "state", seat)) for seat in seats))


@lru_cache(maxsize=512)
def _dots(states: tuple[str, ...]) -> SafeString:
    told = Counter(look_of("seat", state).word.lower() for state in states)
    return format_html(
        '<span class="dots">{}<span class="visually-hidden">{}</span></span>',
        format_html_join("", "{}", ((_dot(state),) for state in states)),
        "Seats: " + ", ".join(f"{number} {word}" for word, number in told.items()),
    )


@register.simple_tag
def markdown(text: str | None) -> SafeString:
    """Markdown that a person wrote, cleaned."""
    # nh3 has cleaned it by an allow-list.
    return mark_safe(f'<div class="prose">{html_of(text)}</div>' if text else "")  # noqa: S308


@register.simple_tag
def count(number: int | None, name: str = "", meaning: str = "") -> SafeString:
    """A number in a badge, nothing for 0; with a `name` portal.js and /live/ keep it fresh.

    `meaning` is read aloud after the number: "7 need you".
    """
    shown = number or 0
    if not shown and not name:
        return SafeString("")
    text = f"{_MOST_SHOWN}+" if shown > _MOST_SHOWN else str(shown)
    return format_html(
        '<span class="badge"{}{}>{}{}</span>',
        format_html(' data-count="{}"', name) if name else "",
        "" if shown else SafeString(" hidden"),
        text,
        format_html('<span class="visually-hidden"> {}</span>', meaning) if meaning else "",
    )


@register.simple_tag
def portal_page_of(row: Any) -> str:
    """The portal's page of a row of the administration; empty where there is none."""
    return portal_page(row)


@register.filter
def digest_of(shown: Any) -> str:
    """What tells a dataclass of plain values from every other: for parts of pages that are kept."""
    return sha256(repr(shown).encode()).hexdigest()


@register.filter
def message_tone(level: str) -> str:
    """The tone of a banner for Django's level of a message."""
    return _MESSAGE_LOOKS.get(level, _MESSAGE_LOOKS["info"])[0]


@register.filter
def message_icon(level: str) -> str:
    """The icon that goes with it."""
    return _MESSAGE_LOOKS.get(level, _MESSAGE_LOOKS["info"])[1]


def _dot(state: str) -> SafeString:
    look = SEATS.get(state, SEATS["waiting"])
    return format_html('<i class="dot dot--{}" aria-hidden="true"></i>', look.icon)


def _reader(context: template.Context) -> Any:
    request = context.get("request")
    return getattr(request, "user", None) or context.get("reader")

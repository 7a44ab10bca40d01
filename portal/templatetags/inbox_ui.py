"""The rows of the inbox: fifty on a page, which differ in their words and in little else.

A row is rendered by its template once for each shape that rows have, with marks in the places of its
words, and kept as text; every row of this shape is that text with its own words in it. It is what
`audit.compiled` does with queries, and for the same reason: to compose costs more than to fill in.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import template
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from portal.moments import zone_for
from portal.pages.inbox_rows import Note, Row, RowShape
from portal.templatetags.portal_ui import moment_markup, time_left_markup

register = template.Library()

_MARK: Final = re.compile("\x1e(\\w+)\x1e")
_TOKEN: Final = "csrf_token"  # noqa: S105
_WORDS: Final = (
    "number", "reference", "name", "address", "press_address", "snooze_address", "unsnooze_address",
    "mark", "place", "attempt", "fingerprint", "key", "when", "here", _TOKEN,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Outline:
    """A row as text: its pieces, and the words that stand between them."""

    pieces: tuple[str, ...]
    words: tuple[str, ...]

    def filled(self, words: Mapping[str, Any]) -> str:
        """The row with these words, escaped unless they are markup."""
        given = {name: conditional_escape(words[name]) for name in set(self.words)}
        found = [self.pieces[0]]
        for name, piece in zip(self.words, self.pieces[1:], strict=True):
            found += (given[name], piece)
        return "".join(found)


@lru_cache(maxsize=512)
def _outline(shape: RowShape) -> _Outline:
    """The outline of all rows of this shape, rendered once."""
    marks = {name: f"\x1e{name}\x1e" for name in _WORDS}
    notes = [Note(f"\x1enote_{place}\x1e", against) for place, against in enumerate(shape.notes)]
    context = {"shape": shape, "words": marks, "notes": notes, _TOKEN: marks[_TOKEN]}
    # Every second part is the name of a mark.
    parts = _MARK.split(render_to_string("portal/inbox/_row_outline.html", context))
    return _Outline(tuple(parts[::2]), tuple(parts[1::2]))


@register.simple_tag(takes_context=True)
def inbox_rows(
    context: template.Context, rows: Iterable[Row], open_id: int | None = None, oob: bool = False
) -> SafeString:
    """Rows of a list; `open_id` is the activity that is open, `oob` lets them replace those shown.

    Takes `now` and `here`, the address of the list, from the context.
    """
    now = context.get("now") or timezone.now()
    zone = zone_for(getattr(context.get("request"), "user", None))
    common = {"here": context.get("here") or "/inbox/", _TOKEN: str(context.get(_TOKEN) or "")}
    found = []
    for row in rows:
        outline = _outline(row.shape(now, is_current=row.activity.pk == open_id, oob=oob))
        found.append(outline.filled({**row.words, **common, "when": _when(row, now, zone)}))
    # The outline is a rendered template, and what was filled in is escaped.
    return mark_safe("".join(found))  # noqa: S308


def _when(row: Row, now: dt.datetime, zone: ZoneInfo) -> SafeString:
    """The moment that a row shows: of the decision, of its coming back, or what is left."""
    if row.decision:
        return moment_markup(row.decision.decided_at, zone, now)
    if row.is_snoozed:
        return moment_markup(row.snoozed_until, zone, now) if row.snoozed_until else SafeString("")
    return time_left_markup(row.due, now, zone)

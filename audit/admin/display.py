"""How values are shown on admin pages: always escaped, long text in a block of its own."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, TypeVar

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

NOTHING = "–"
NO_VALUE = SafeString(NOTHING)

Shown = TypeVar("Shown")


def text_block(text: str) -> SafeString:
    """Text as it stands, in fixed width."""
    return (
        format_html('<pre class="cs-block" tabindex="0">{}</pre>', text)
        if text
        else SafeString(NOTHING)
    )


def json_block(text: str) -> SafeString:
    """A JSON column, indented for reading; what is no JSON is shown as it stands."""
    try:
        value = json.loads(text)
    except ValueError:
        return text_block(text)
    return text_block(json.dumps(value, indent=2, ensure_ascii=False)) if value else NO_VALUE


def instant(moment: dt.datetime | None) -> str:
    """A moment to the second, in UTC, as the record keeps it."""
    return f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC" if moment else NOTHING


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> SafeString:
    """A small table; cells that are no safe strings are escaped."""
    head = format_html_join("", '<th scope="col">{}</th>', ((each,) for each in headings))
    body = format_html_join(
        "",
        "<tr>{}</tr>",
        ((format_html_join("", "<td>{}</td>", ((cell,) for cell in row)),) for row in rows),
    )
    return format_html(
        '<table class="cs-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>', head, body
    )


def link(address: str, words: str) -> SafeString:
    """A link."""
    return format_html('<a class="cs-link" href="{}">{}</a>', address, words)


def once_per_row(show: Callable[[Any, Any], Shown]) -> Callable[[Any, Any], Shown]:
    """For a column that asks the database: the theme shows each value several times over."""

    @wraps(show)
    def shown(page: Any, row: Any) -> Shown:
        known: dict[str, Shown] = row.__dict__.setdefault("shown_once", {})
        if show.__name__ not in known:
            known[show.__name__] = show(page, row)
        return known[show.__name__]

    return shown

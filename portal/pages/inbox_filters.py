"""What the inbox is narrowed to, read from the address and shown again; and its cursor."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from django.db import models
from django.db.models import Q

from audit.errors import Malformed
from portal.pages.inbox_words import BLOCKS, CATEGORY_NAMES, DUE, KINDS, RISKS, TABS
from releases.inbox import InboxFilter
from releases.selectors import NEVER

LONGEST_TEXT = 200
EVERYTHING: Final = InboxFilter()
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks the inbox for. What it says that makes no sense narrows nothing."""

    tab: str = "mine"
    wanted: InboxFilter = EVERYTHING
    cursor: str = ""
    open_id: int | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Asked:
        """Read the parameters of an address."""
        tab = query.get("tab", "mine")
        return cls(
            tab=tab if tab in TABS else "mine",
            wanted=InboxFilter(
                product=_word(query.get("product", "")),
                release=_number(query.get("release", "").upper().removeprefix("REL-")),
                kind=_one_of(query.get("kind", ""), KINDS),
                category=_one_of(query.get("category", ""), CATEGORY_NAMES),
                risk=_one_of(query.get("risk", ""), RISKS),
                environment=_word(query.get("environment", "")),
                # Links of an earlier version say it by a parameter of its own.
                due="overdue"
                if query.get("overdue") == "1"
                else _one_of(query.get("due", ""), DUE),
                text=query.get("q", "").replace("\0", "").strip()[:LONGEST_TEXT],
                holding=query.get("blocks") == "1",
            ),
            cursor=query.get("cursor", ""),
            open_id=_number(query.get("open", "").upper().removeprefix("ACT-")),
        )

    def address(self, **changes: Any) -> str:
        """The address of the inbox that asks for this, with changes; without cursor unless given."""
        asked = replace(self, **{"cursor": "", "open_id": None, **changes})
        wanted = asked.wanted
        values = {
            "tab": "" if asked.tab == "mine" else asked.tab,
            "product": wanted.product,
            "release": wanted.release,
            "kind": wanted.kind,
            "category": wanted.category,
            "risk": wanted.risk,
            "environment": wanted.environment,
            "due": wanted.due,
            "blocks": "1" if wanted.holding else "",
            "q": wanted.text,
            "cursor": asked.cursor,
            "open": f"ACT-{asked.open_id}" if asked.open_id else "",
        }
        given = {name: value for name, value in values.items() if value}
        return f"/inbox/?{urlencode(given)}" if given else "/inbox/"


def _number(text: str) -> int | None:
    if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS:
        return int(text)
    return None


def _one_of(text: str, known: Iterable[str]) -> str:
    return text if text in known else ""


def _word(text: str) -> str:
    # It is looked for inside a JSON list, where these would be something else than letters.
    return "" if set(text) & set('"\\\0') else text[:LONGEST_TEXT]


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a filter."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Select:
    """A filter that offers choices; the first means no narrowing."""

    name: str
    label: str
    every: str
    choices: tuple[Choice, ...]


def selects(asked: Asked, releases: Iterable[tuple[Any, ...]]) -> tuple[Select, ...]:
    """The filters of a list, with the choices that the releases in it leave."""
    wanted = asked.wanted
    rows = list(releases)
    products = {key: name for _, _, _, key, name, _ in rows}
    environments = sorted({one for row in rows for one in json.loads(row[5])})
    named = {str(row[0]): f"{row[1]} {row[2]}" for row in rows}
    release = str(wanted.release or "")
    if release and release not in named:
        named[release] = f"REL-{release}"
    open_ones = (
        _select("due", "Due", "Any time", DUE, wanted.due),
        _select("blocks", "Blocks", "Anything or nothing", BLOCKS, "1" if wanted.holding else ""),
    )
    return (
        *(() if asked.tab == "decided" else open_ones),  # a decision neither falls due nor blocks
        _select("product", "Product", "All products", products, wanted.product),
        _select("release", "Release", "All releases", named, release),
        _select("category", "Category", "All categories", CATEGORY_NAMES, wanted.category),
        _select("kind", "Kind", "All kinds", KINDS, wanted.kind),
        _select("risk", "Risk", "Any risk", RISKS, wanted.risk),
        _select(
            "environment", "Environment", "Any environment",
            {one: one for one in environments}, wanted.environment,
        ),
    )  # fmt: skip


def _select(name: str, label: str, every: str, choices: Mapping[str, str], chosen: str) -> Select:
    known = dict(choices)
    if chosen and chosen not in known:
        known[chosen] = chosen
    shown = tuple(Choice(value, text, value == chosen) for value, text in known.items())
    return Select(name, label, every, shown)


# --- Cursor: the place of the last row shown -----------------------------------------------------


def place_of(due: dt.datetime | None, key: int) -> str:
    """The place of a row in its list; `due` None in one that is newest first."""
    plain = [due.isoformat() if due else None, key]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def after_place(rows: models.QuerySet[Any], cursor: str, order: str) -> models.QuerySet[Any]:
    """The rows behind a place. Raises Malformed for a cursor that leads nowhere.

    `order`: "newest" by key, "due" by a `due_at` that is always there, "open" by one that may be
    missing and then comes last.
    """
    if not cursor:
        return rows
    try:
        padded = (cursor + "=" * (-len(cursor) % 4)).encode("ascii")
        moment, given = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        key = _key(given)
        if order == "newest":
            return rows.filter(pk__lt=key)
        at = _instant(moment)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise Malformed("invalid_cursor", "This cursor leads nowhere.") from error
    behind = Q(due_at__gt=at) | Q(due_at=at, pk__gt=key)
    if order == "due":
        # Said once more for the first part alone: this is what an index can begin with.
        return rows.filter(behind, due_at__gte=at)
    if at >= NEVER:
        return rows.filter(due_at__isnull=True, pk__gt=key)
    return rows.filter(behind | Q(due_at__isnull=True))


def _key(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise ValueError(value)
    return value


def _instant(value: Any) -> dt.datetime:
    found = dt.datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError(value)
    return found.astimezone(dt.UTC)

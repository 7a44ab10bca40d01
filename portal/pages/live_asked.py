"""What a poll says of its page, and what it is answered with: parsed once, for `/live/` alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

MOST_ROWS: Final = 60
MOST_CELLS: Final = 500
_MOST_DIGITS: Final = 18


@dataclass(frozen=True, slots=True)
class Scope:
    """What a page shows: "none" (its frame alone), "inbox", "release" or "activity" with a key."""

    kind: str = "none"
    key: int = 0

    @classmethod
    def read(cls, text: str) -> Scope:
        """The scope that a page names; its frame for anything else."""
        kind, _, key = text.partition(":")
        if kind == "inbox" and not key:
            return cls("inbox")
        if kind in {"release", "activity"} and _is_number(key):
            return cls(kind, int(key))
        return cls()

    @property
    def stream(self) -> str:
        """The stream of the record that moves it; none but for a release."""
        return f"release:{self.key}" if self.kind == "release" else ""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row that a page shows: its activity, its round and the version of that."""

    activity: int
    approval: int
    version: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What a poll says of its page."""

    scope: Scope
    since: str = ""
    rows: tuple[ShownRow, ...] = ()
    shown: dt.datetime | None = None
    seen: int | None = None
    cells: frozenset[int] | None = None
    parts: bool = True

    @classmethod
    def read(
        cls,
        scope: str,
        since: str,
        rows: Sequence[str],
        shown: str,
        *,
        seen: str = "",
        cells: str | None = None,
        parts: bool = True,
    ) -> Asked:
        """Read the parameters; what makes no sense is left out."""
        found = [_row(one) for one in rows[:MOST_ROWS]]
        known = tuple(one for one in found if one is not None)
        newest = int(seen) if _is_number(seen) else None
        keys = None if cells is None else frozenset(_numbers(cells.split(".")[:MOST_CELLS]))
        return cls(Scope.read(scope), since[:200], known, _moment(shown), newest, keys, parts)


@dataclass(frozen=True, slots=True)
class Part:
    """A fragment to swap by its id: template and context."""

    template: str
    context: Mapping[str, Any]


def _row(text: str) -> ShownRow | None:
    parts = text.split(".")
    if len(parts) != 3 or not all(_is_number(one) for one in parts):
        return None
    return ShownRow(*(int(one) for one in parts))


def _numbers(texts: Sequence[str]) -> Iterator[int]:
    return (int(one) for one in texts if _is_number(one))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def _moment(text: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(text)
        return found.astimezone(dt.UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None

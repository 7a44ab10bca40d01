"""What a poll says of its page, and what it is answered with: parsed once, for `/live/` alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

MOST_ROWS: Final = 60
MOST_CELLS: Final = 500
_MOST_DIGITS: Final = 18
_LONGEST_WORD: Final = 100
_LONGEST_PLACE: Final = 2000


class Query(Protocol):
    """Parameters of an address, of which some come several times (Django's QueryDict)."""

    def get(self, name: str, default: str, /) -> str: ...

    def getlist(self, name: str, /) -> list[str]: ...

    def __contains__(self, name: str, /) -> bool: ...


@dataclass(frozen=True, slots=True)
class Scope:
    """What a page shows: "none" (its frame alone), "inbox", "notices", "release" or "activity" with a key."""

    kind: str = "none"
    key: int = 0

    @classmethod
    def read(cls, text: str) -> Scope:
        """The scope that a page names; its frame for anything else."""
        kind, _, key = text.partition(":")
        if kind in {"inbox", "notices"} and not key:
            return cls(kind)
        if kind in {"release", "activity"} and _is_number(key):
            return cls(kind, int(key))
        return cls()

    @property
    def stream(self) -> str:
        """The stream of the record that moves a release; that of an activity is not in its name."""
        return f"release:{self.key}" if self.kind == "release" else ""

    @property
    def activity(self) -> int:
        """The activity that the page shows, else 0."""
        return self.key if self.kind == "activity" else 0


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row that a page shows: its activity, its round and the version of that."""

    activity: int
    approval: int
    version: int


@dataclass(frozen=True, slots=True)
class Told:
    """The notices of which a page knows: all up to a key, and those that came a moment before it was made.

    Beside those others may have been written that nobody could see yet.
    """

    before: int
    recent: tuple[int, ...]

    @classmethod
    def read(cls, text: str) -> Told | None:
        """From "17.19.20", the key and the recent ones; None for anything else."""
        keys = text.split(".")[: MOST_ROWS + 1]
        if not all(_is_number(one) for one in keys):
            return None
        return cls(int(keys[0]), tuple(int(one) for one in keys[1:]))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a poll says of its page: where it has come to, and what stands there.

    Of the inbox: `rows`, those that stand there; `place`, the address of its list, with filters;
    `shown`, when the page was made, if its list goes on on other pages.

    Of a release: `cells`, the activities whose rows stand there; `seen`, the newest line of the
    feed; `everything`, whether the drawing shows it all; `phase`, the phase if it is one's page. Of
    an activity: `situation`, what stands where one decides; `changing`, whether that is a form for
    another decision; `comment`, the newest comment there. None is what the page does not show.

    Of what its reader was told: `told`, what the notification centre knows of, `only_unread`, whether
    it leaves out what is read, and `bell`, what the panel at the bell knows of.
    """

    scope: Scope
    since: str = ""
    rows: tuple[ShownRow, ...] = ()
    place: str = ""
    shown: dt.datetime | None = None
    seen: int | None = None
    cells: frozenset[int] | None = None
    everything: bool = False
    phase: str = ""
    situation: str = ""
    changing: bool = False
    comment: int | None = None
    told: Told | None = None
    only_unread: bool = False
    bell: Told | None = None

    @classmethod
    def read(cls, query: Query) -> Asked:
        """Read the parameters; what makes no sense is left out."""
        cells = query.get("cells", "").split(".")[:MOST_CELLS] if "cells" in query else None
        return cls(
            scope=Scope.read(query.get("scope", "")),
            since=query.get("since", "")[:200],
            rows=tuple(_rows(query.getlist("row"))),
            place=query.get("place", "")[:_LONGEST_PLACE],
            shown=_moment(query.get("shown", "")),
            seen=_number(query.get("seen", "")),
            cells=None if cells is None else frozenset(_numbers(cells)),
            everything=query.get("graph", "") == "all",
            phase=query.get("phase", "")[:_LONGEST_WORD],
            situation=query.get("situation", "")[:_LONGEST_WORD],
            changing=query.get("change", "") == "1",
            comment=_number(query.get("comment", "")),
            told=Told.read(query.get("told", "")[:_LONGEST_PLACE]),
            only_unread=query.get("show", "") == "unread",
            bell=Told.read(query.get("bell", "")[:_LONGEST_PLACE]),
        )


@dataclass(frozen=True, slots=True)
class Part:
    """A fragment to swap by its id: template and context."""

    template: str
    context: Mapping[str, Any]


def _rows(texts: Sequence[str]) -> Iterator[ShownRow]:
    for text in texts[:MOST_ROWS]:
        parts = text.split(".")
        if len(parts) == 3 and all(_is_number(one) for one in parts):
            yield ShownRow(*(int(one) for one in parts))


def _numbers(texts: Sequence[str]) -> Iterator[int]:
    return (int(one) for one in texts if _is_number(one))


def _number(text: str) -> int | None:
    return int(text) if _is_number(text) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def _moment(text: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(text)
        return found.astimezone(dt.UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None

"""Thin lines between the cards of a pipeline, where not each column simply needs the one before it.

In pixels as release.css has them: a card and the room below it make a row, and lines that pass a column
by run in that room. Each has a lane of its own there by the phase that it comes from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

CARD: Final = 176
ROOM: Final = 16
ROW: Final = CARD + ROOM
GUTTER: Final = 40
# Where the lanes of several phases run beside each other.
_LANES: Final = (0, 5, -5)

Needs = Mapping[str, Sequence[str]]


@dataclass
class Lines:
    """What is drawn at a column: in the gutter to its left, and past its cards."""

    height: int
    gutter: list[str] = field(default_factory=list)
    passing: list[str] = field(default_factory=list)


def direct_needs(needs: Needs) -> dict[str, list[str]]:
    """What each needs without what follows from its other needs."""
    known: dict[str, frozenset[str]] = {}

    def before(key: str) -> frozenset[str]:
        if key not in known:
            known[key] = frozenset(needs[key]).union(*(before(one) for one in needs[key]))
        return known[key]

    return {
        key: [one for one in given if not any(one in before(other) for other in given)]
        for key, given in needs.items()
    }


def lines_of(columns: Sequence[Sequence[str]], needs: Needs) -> list[Lines] | None:
    """The lines at each column; None where all of a column need all of the one before, and no other.

    `columns` are keys from left to right, `needs` what each needs directly.
    """
    simple = all(
        set(needs[key]) == (set(columns[place - 1]) if place else set())
        for place, column in enumerate(columns)
        for key in column
    )
    if simple:
        return None
    height = max(len(column) for column in columns) * ROW
    found = [Lines(height) for _ in columns]
    places = {
        key: (across, down)
        for across, column in enumerate(columns)
        for down, key in enumerate(column)
    }
    lanes = _lanes(places, needs)
    for key, given in needs.items():
        for one in given:
            _draw(found, places[one], places[key], lanes.get(one, 0))
    return found


def _middle(row: int) -> int:
    return row * ROW + CARD // 2


def _lanes(places: Mapping[str, tuple[int, int]], needs: Needs) -> dict[str, int]:
    """At which height each phase passes what stands between it and a phase further to the right."""
    passing = [
        one for key, given in needs.items() for one in given if places[key][0] > places[one][0] + 1
    ]
    taken: dict[int, int] = {}
    lanes: dict[str, int] = {}
    for key in dict.fromkeys(passing):
        row = places[key][1]
        beside = _LANES[taken.get(row, 0) % len(_LANES)]
        taken[row] = taken.get(row, 0) + 1
        lanes[key] = row * ROW + CARD + ROOM // 2 + beside
    return lanes


def _draw(found: list[Lines], start: tuple[int, int], end: tuple[int, int], lane: int) -> None:
    (left, high), (right, low) = start, end
    heights = [_middle(high), *([lane] * (right - left - 1)), _middle(low)]
    for number, place in enumerate(range(left + 1, right + 1)):
        _add(found[place].gutter, _curve(heights[number], heights[number + 1]))
        if place < right:
            _add(found[place].passing, f"M0 {lane}H100")


def _curve(start: int, end: int) -> str:
    half = GUTTER // 2
    return f"M0 {start}C{half} {start} {half} {end} {GUTTER} {end}"


def _add(paths: list[str], path: str) -> None:
    if path not in paths:
        paths.append(path)

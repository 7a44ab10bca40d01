"""What of the pages of a release and of a phase is kept up to date in place by `/live/` (NTF-5).

Rows are never put in or moved: what is new in a table is counted in a bar that shows it when pressed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from portal.pages.phase import PhasePage
from portal.pages.release import ReleasePage
from portal.pages.release_rows import ActivityRow

_FOLDER: Final = "portal/releases"
_OF_A_RELEASE: Final = (
    "state", "meta", "acts", "banner", "choices", "mine", "pipeline", "running", "graph_drawing",
    "graph_text", "about", "holdups", "feed_bar",
)  # fmt: skip
_OF_A_PHASE: Final = ("head", "progress")
_CELLS: Final = ("failures", "status", "waiting", "time", "acts")


@dataclass(frozen=True, slots=True)
class Fragment:
    """A part of a page that `/live/` renders anew: the id of its element, its template, its context.

    Its template takes `live`, which adds `hx-swap-oob`.
    """

    id: str
    template: str
    context: Mapping[str, Any]


def release_fragments(page: ReleasePage, cells: Collection[int] | None = None) -> list[Fragment]:
    """The parts of the release page.

    `cells`: the activities whose rows stand there (those that would stand there now, if not said),
    so that a row which has just ended says so where it stands.
    """
    shown = {row.activity.pk for row in page.open_rows} if cells is None else cells
    return [
        *(_part("release", name, {"page": page}) for name in _OF_A_RELEASE),
        _news(page, page.open_rows, shown),
        *_rows((row for row in page.scene.rows if row.activity.pk in shown), _CELLS),
    ]


def phase_fragments(page: PhasePage, cells: Collection[int] | None = None) -> list[Fragment]:
    """The parts of a phase's page; `cells` as of a release."""
    shown = {row.activity.pk for row in page.rows} if cells is None else cells
    return [
        *(_part("phase", name, {"page": page}) for name in _OF_A_PHASE),
        _part("release", "choices", {"page": page}),
        _news(page, page.rows, shown),
        *_rows((row for row in page.rows if row.activity.pk in shown), (*_CELLS, "seats")),
    ]


def _part(whose: str, name: str, context: Mapping[str, Any]) -> Fragment:
    file = f"_{name}.html" if whose == "release" else f"_{whose}_{name}.html"
    return Fragment(f"{whose}-{name.replace('_', '-')}", f"{_FOLDER}/{file}", context)


def _news(
    page: ReleasePage | PhasePage, rows: Iterable[ActivityRow], shown: Collection[int]
) -> Fragment:
    number = sum(row.activity.pk not in shown for row in rows)
    return _part("release", "news", {"page": page, "news": number})


def _rows(rows: Iterable[ActivityRow], cells: Iterable[str]) -> Iterator[Fragment]:
    names = tuple(cells)
    for row in rows:
        for name in names:
            key = f"{name}-{row.activity.pk}"
            yield Fragment(key, f"{_FOLDER}/_cell_{name}.html", {"row": row})

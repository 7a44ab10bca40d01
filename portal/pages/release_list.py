"""The list of releases: those one may see, newest first, each with what of it waits (MON-5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from audit.actor import Actor
from portal.state_looks import StateLook, look_of
from portal.wording import RELEASE_STATES
from releases.models import Phase, Release
from releases.overview import phases_of, products_with_right, waiting_for_me_in
from releases.rules.transitions import RELEASE_ENDED, ReleaseState
from releases.selectors import ReleaseFilter, releases_matching, waiting_counts

PAGE: Final = 50
# "Active" is no state of its own: whatever has not ended.
ACTIVE: Final = "active"
_LIVE: Final = tuple(one.value for one in ReleaseState if one not in RELEASE_ENDED)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which releases are asked for, as the address says."""

    state: str = ""
    product: str = ""
    mine: bool = False
    text: str = ""
    before: int | None = None

    @property
    def wanted(self) -> ReleaseFilter:
        """The same for the selector."""
        states = _LIVE if self.state == ACTIVE else (self.state,) if self.state else ()
        return ReleaseFilter(
            states=states, product=self.product or None, mine=self.mine, text=self.text
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is filtered."""
        return bool(self.state or self.product or self.mine or self.text)

    def address(self, before: int) -> str:
        """The page that begins below a release."""
        given = {
            "state": self.state,
            "product": self.product,
            "mine": "1" if self.mine else "",
            "q": self.text,
            "before": before,
        }
        return "?" + urlencode({name: value for name, value in given.items() if value})


@dataclass(frozen=True, slots=True)
class PhaseMark:
    """A phase as a mark in a row."""

    phase: Phase

    @property
    def look(self) -> StateLook:
        """How its state looks."""
        return look_of("phase", self.phase.state)


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """One release of the list."""

    release: Release
    waiting: int
    mine: int
    phases: Sequence[PhaseMark]

    @property
    def path(self) -> str:
        """Its page."""
        return f"/releases/{self.release.pk}/"

    @property
    def phase_words(self) -> str:
        """The marks in words, for whoever does not see them."""
        return ", ".join(f"{one.phase.name}: {one.look.word}" for one in self.phases)


@dataclass(frozen=True, slots=True)
class ReleaseListPage:
    """One page of the list."""

    query: ListQuery
    rows: Sequence[ReleaseRow]
    next_path: str
    products: Sequence[Any]
    may_create: bool
    states: Mapping[str, str]


def load_release_list(actor: Actor, query: ListQuery) -> ReleaseListPage:
    """Load a page of the list for a reader."""
    matching = releases_matching(actor, query.wanted).order_by("-pk")
    if query.before is not None:
        matching = matching.filter(pk__lt=query.before)
    found = list(matching[: PAGE + 1])
    products = products_with_right(actor)
    return ReleaseListPage(
        query=query,
        rows=_rows(actor, found[:PAGE]),
        next_path=query.address(found[PAGE - 1].pk) if len(found) > PAGE else "",
        products=[product for product, _ in products],
        may_create=any(may_release for _, may_release in products),
        states={ACTIVE: "Active", **{str(key): word for key, word in RELEASE_STATES.items()}},
    )


def _rows(actor: Actor, releases: Sequence[Release]) -> list[ReleaseRow]:
    waiting, mine = waiting_counts(releases), waiting_for_me_in(actor, releases)
    phases = phases_of(releases)
    return [
        ReleaseRow(
            one,
            waiting.get(one.pk, 0),
            mine.get(one.pk, 0),
            [PhaseMark(phase) for phase in phases[one.pk]],
        )
        for one in releases
    ]

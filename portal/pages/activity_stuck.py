"""A round that nobody can complete: whom it lacks, and the way out for whoever can mend it (EXE-9)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.urls import reverse

from approvals.wording import source_words, stuck_words
from portal.pages.activity_standing import ActivityPage
from portal.pages.seats import ShownSeat

_NOBODY_CAN = frozenset({"abstained", "excluded", "unfillable"})


@dataclass(frozen=True, slots=True)
class Mend:
    """A role, or a right, that somebody must be given for the round to go on, and its page."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class StuckPanel:
    """Why nobody can complete it, and where that can be mended."""

    words: str
    mends: tuple[Mend, ...] = ()


def stuck_panel(page: ActivityPage, seats: Sequence[ShownSeat]) -> StuckPanel | None:
    """Nothing for a round that somebody can still complete.

    Its `mends` are for those alone who give roles (`shell.gives_roles`); others can do nothing there.
    """
    evaluation = page.evaluation
    if evaluation is None or not evaluation.stuck:
        return None
    words = f"{stuck_words(evaluation.reason, page.names)}."
    mends = tuple(dict.fromkeys(_mends(page, seats)))
    return StuckPanel(f"{words[:1].upper()}{words[1:]}", mends)


def _mends(page: ActivityPage, seats: Sequence[ShownSeat]) -> Iterator[Mend]:
    """The roles of the seats that nobody can fill; of all that are open when each could be by itself."""
    is_open = [one for one in seats if one.vote is None]
    stranded = [one for one in is_open if one.state in _NOBODY_CAN]
    for shown in stranded or is_open:
        for source in shown.seat.sources:
            if source.kind == "role":
                name = source_words(source.to_dict(), page.names)
                yield Mend(name, reverse("config_role", args=[source.ref]))
            elif source.kind == "right":
                yield Mend(f"the right “{source.ref}”", reverse("config_roles"))

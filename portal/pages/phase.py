"""The page of a phase: what it waits for, what completes it, who decides what in it (MON-2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from approvals.facts import live_decisions, seats_of, vote_of
from approvals.models import Decision
from approvals.rules.seating import seat_votes
from approvals.rules.seats import entry_reference
from approvals.selectors import decisions_of
from approvals.wording import seat_words, source_words
from audit.actor import Actor
from audit.errors import NotFound
from portal.pages.graph import layers_of
from portal.pages.release_acts import Choice, ways_out
from portal.pages.release_phases import (
    PhaseCard,
    entry_rule,
    exit_rule,
    failure_rule,
    phase_cards,
)
from portal.pages.release_rows import ActivityRow, Seat, cells_text
from portal.pages.release_scene import Scene, load_scene, owner_keys
from releases.models import Phase, Release
from releases.rules.transitions import ActivityState

_SEAT_STATES: Final = {"approve": "approved", "reject": "rejected", "abstain": "abstained"}


@dataclass
class PhasePage:
    """A phase as one reader sees it."""

    scene: Scene
    card: PhaseCard
    cards: Sequence[PhaseCard]

    @property
    def release(self) -> Release:
        """Its release."""
        return self.scene.release

    @property
    def phase(self) -> Phase:
        """The phase."""
        return self.card.phase

    @property
    def path(self) -> str:
        """The release's page."""
        return self.scene.path

    @property
    def own_path(self) -> str:
        """The address of this page."""
        return self.card.path

    @property
    def live_cells(self) -> str:
        """The activities whose rows stand on the page, for `/live/`."""
        return cells_text(self.card.rows)

    @property
    def owner(self) -> str:
        """Who owns it; by default whoever manages the release."""
        keys = owner_keys(self.phase)
        if not keys:
            return f"{self.release.manager} (release manager)"
        kind, ref = keys[0]
        name = source_words({"kind": kind, "ref": ref}, self.scene.names)
        return name if kind == "user" else f"{name} ({kind})"

    @property
    def description(self) -> str:
        """What its process says of it."""
        return str(self.scene.board.document.phases[self.phase.key].get("description") or "")

    @property
    def rules(self) -> list[tuple[str, str]]:
        """What begins it, completes it and what a failure does, each with what it is called."""
        return [
            ("Entry", entry_rule(self.scene, self.phase)),
            ("Exit", exit_rule(self.card)),
            ("Failure", failure_rule(self.scene, self.phase)),
        ]

    @property
    def pending_words(self) -> str:
        """ "2 approvals pending"; empty when nothing waits."""
        number = self.card.pending
        return f"{number} {'approval' if number == 1 else 'approvals'} pending" if number else ""

    @cached_property
    def rows(self) -> list[ActivityRow]:
        """Its activities: what has failed on top, then in the order of what needs what."""
        specs = self.scene.board.document.activities
        refs = {self.scene.board.ref(row.activity): row for row in self.card.rows}
        layers = layers_of({ref: specs.get(ref, {}).get("needs", ()) for ref in refs})
        return [
            refs[ref]
            for ref in sorted(
                refs, key=lambda one: (not refs[one].has_failed, layers[one], _position(refs[one]))
            )
        ]

    @property
    def failed(self) -> list[ActivityRow]:
        """What has failed."""
        return [row for row in self.rows if row.has_failed]

    @property
    def choices(self) -> Sequence[Choice]:
        """The ways out of a failure that the reader may take."""
        return ways_out(self.scene) if self.failed else ()

    @property
    def former(self) -> PhaseCard | None:
        """The phase before it."""
        return self._beside(-1)

    @property
    def following(self) -> PhaseCard | None:
        """The phase after it."""
        return self._beside(1)

    def _beside(self, step: int) -> PhaseCard | None:
        place = self.cards.index(self.card) + step
        return self.cards[place] if 0 <= place < len(self.cards) else None


def _position(row: ActivityRow) -> tuple[int, int]:
    return row.activity.position, abs(row.activity.pk)


def load_phase_page(actor: Actor, release_id: int, key: str) -> PhasePage:
    """Load the page for a reader. Raises NotFound where the release is hidden, or has no such phase."""
    scene, _ = load_scene(actor, release_id, phase=key)
    cards = phase_cards(scene)
    card = next((one for one in cards if one.phase.key == key), None)
    if card is None:
        raise NotFound
    _add_seats(scene, card)
    return PhasePage(scene, card, cards)


def _add_seats(scene: Scene, card: PhaseCard) -> None:
    """Give each manual activity its seats: taken and open ones, or those its process plans."""
    waiting = [row for row in card.rows if row.is_waiting and row.approval is not None]
    decisions = decisions_of([row.approval for row in waiting if row.approval]) if waiting else {}
    for row in card.rows:
        if row in waiting and row.approval is not None:
            row.seats = _seats(row, decisions[row.approval.pk])
        elif row.is_manual and row.activity.state == ActivityState.BLOCKED:
            row.planned = _planned(scene, row)


def _seats(row: ActivityRow, decisions: Sequence[Decision]) -> list[Seat]:
    assert row.approval is not None  # noqa: S101  (the caller looked)
    live = live_decisions(decisions)
    seats = seats_of(row.approval)
    filled = seat_votes([vote_of(one) for one in live.values()], seats).filled
    shown = []
    for seat in seats:
        decision = live[filled[seat.number]] if seat.number in filled else None
        shown.append(
            Seat(
                words=seat_words([one.to_dict() for one in seat.sources], row.names),
                state=_SEAT_STATES[decision.verdict] if decision else _open_state(row),
                by=decision.display_name if decision else "",
                required=seat.required,
            )
        )
    return shown


def _open_state(row: ActivityRow) -> str:
    return "your_turn" if row.is_mine and row.approval and _one_seat(row) else "waiting"


def _one_seat(row: ActivityRow) -> bool:
    return row.approval is not None and len(seats_of(row.approval)) == 1


def _planned(scene: Scene, row: ActivityRow) -> list[str]:
    spec: Mapping[str, Any] = scene.board.document.activities.get(scene.board.ref(row.activity), {})
    named = []
    for entry in spec.get("approvers") or ():
        kind, ref = entry_reference(entry)
        words = source_words({"kind": kind, "ref": ref}, scene.names)
        named.append(f"each {words}" if entry.get("each") else words)
    return named

"""The page of a phase: what it waits for, what completes it, who decides what in it (MON-2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from approvals.rules.seats import entry_reference
from approvals.selectors import decisions_of, names_of_sources
from approvals.services.decisions import Standing
from approvals.services.explaining import judged, look_at_rounds, may_vote
from approvals.wording import source_words
from audit.actor import Actor
from audit.errors import NotFound
from portal.pages.graph import layers_of
from portal.pages.phase_owner import owner_path
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
from portal.pages.seats import shown_seats
from releases.facts import lineage_of
from releases.models import Phase, Release
from releases.permissions import can_decide
from releases.rules.transitions import ACTIVITY_WAITING, ActivityState


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
    def owner_path(self) -> str:
        """Where the reader gives it to another owner; empty when they may not, or not now."""
        return owner_path(self.scene, self.own_path)

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
    standings = _standings(scene, key)
    cards = phase_cards(scene)
    card = next((one for one in cards if one.phase.key == key), None)
    if card is None:
        raise NotFound
    for row in card.rows:
        if row.approval is not None and row.approval.pk in standings:
            row.seats = _seats(scene, standings[row.approval.pk])
        elif row.is_manual and row.activity.state == ActivityState.BLOCKED:
            row.planned = _planned(scene, row)
    return PhasePage(scene, card, cards)


def _standings(scene: Scene, key: str) -> dict[int, Standing]:
    """The phase's open rounds, by key, and all names that its page needs; one query for both."""
    rounds = [
        scene.rounds[one.pk]
        for one in scene.board.activities
        if one.phase.key == key and one.state in ACTIVITY_WAITING and one.pk in scene.rounds
    ]
    if not rounds:
        scene.names = names_of_sources(scene.named)
        return {}
    found = look_at_rounds(
        rounds,
        decisions_of(rounds),
        lineage=lineage_of(scene.release),
        now=scene.now,
        named=scene.named,
    )
    scene.names = found[rounds[0].pk].names
    return found


def _seats(scene: Scene, standing: Standing) -> list[Seat]:
    may_decide = can_decide(scene.actor) and may_vote(standing, scene.actor, scene.now)
    shown = shown_seats(
        standing,
        judged(standing),
        standing.names,
        actor=scene.actor,
        may_decide=bool(may_decide),
    )
    return [
        Seat(
            words=one.words,
            state=one.state,
            by=one.vote.display_name if one.vote else "",
            required=one.seat.required,
            note=one.note,
        )
        for one in shown
    ]


def _planned(scene: Scene, row: ActivityRow) -> list[str]:
    spec: Mapping[str, Any] = scene.board.document.activities.get(scene.board.ref(row.activity), {})
    named = []
    for entry in spec.get("approvers") or ():
        kind, ref = entry_reference(entry)
        words = source_words({"kind": kind, "ref": ref}, scene.names)
        named.append(f"each {words}" if entry.get("each") else words)
    return named

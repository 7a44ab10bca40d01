"""The phases of a release as cards of a pipeline: columns by what needs what, parallel ones stacked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from approvals.wording import listed
from portal.moments import span_words
from portal.pages.graph import layers_of, phase_path
from portal.pages.pipeline_lines import Lines, direct_needs, lines_of
from portal.pages.release_rows import ActivityRow
from portal.pages.release_scene import Scene
from portal.state_looks import look_of
from releases.models import Phase
from releases.rules.transitions import PHASE_PASSED, FailureHandling, PhaseState

_BEGUN = (PhaseState.RUNNING, PhaseState.WAITING_FOR_APPROVAL, PhaseState.FAILED)


@dataclass
class PhaseCard:
    """One phase: its word, how much of it is done, since when, how much waits for people.

    `after` says in words which phases it comes after, where their order is not plain to see.
    """

    phase: Phase
    path: str
    rows: Sequence[ActivityRow]
    now: dt.datetime
    is_step: bool = False
    after: str = ""

    @property
    def tone(self) -> str:
        """The tone of its state."""
        return look_of("phase", self.phase.state).tone

    @property
    def word(self) -> str:
        """Its state in a word."""
        return look_of("phase", self.phase.state).word

    @property
    def own(self) -> list[ActivityRow]:
        """Its activities, without requests to skip one of them."""
        return [row for row in self.rows if row.activity.overrides_id is None]

    @property
    def done(self) -> int:
        """How many of them are done."""
        return sum(row.is_done for row in self.own)

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.own)

    @property
    def pending(self) -> int:
        """How many wait for people, requests to skip included."""
        return sum(row.is_waiting for row in self.rows)

    @property
    def failed(self) -> int:
        """How many have failed."""
        return sum(row.has_failed for row in self.own)

    @property
    def elapsed(self) -> str:
        """How long it took, ran until it failed, or has run so far; empty before it begins."""
        begun = [row.activity.opened_at for row in self.own if row.activity.opened_at]
        if not begun:
            return ""
        closed = [row.activity.closed_at for row in self.own if row.activity.closed_at]
        failed = [row.activity.closed_at for row in self.own if row.has_failed]
        if self.phase.state == PhaseState.FAILED and any(failed):
            first = min(one for one in failed if one)
            return f"{span_words(first - min(begun))} until it failed"
        if self.phase.state in _BEGUN or not closed:
            return f"{span_words(self.now - min(begun))} so far"
        return span_words(max(closed) - min(begun))


def phase_cards(scene: Scene) -> list[PhaseCard]:
    """Every phase, as the process has them."""
    rows: dict[int, list[ActivityRow]] = {phase.pk: [] for phase in scene.board.phases}
    for row in scene.rows:
        rows[row.activity.phase_id].append(row)
    cards = [
        PhaseCard(one, phase_path(scene.release.pk, one.key), rows[one.pk], scene.now)
        for one in scene.board.phases
    ]
    first = next((card for card in cards if card.phase.state in _BEGUN), None)
    if first is not None:
        first.is_step = True
    return cards


@dataclass
class Column:
    """Cards that stand below each other, and the lines that lead to them where some are drawn."""

    cards: list[PhaseCard]
    lines: Lines | None = None


def columns_of(scene: Scene, cards: Sequence[PhaseCard]) -> list[Column]:
    """The cards from left to right by the longest path of needs; parallel phases share a column.

    Where not each column simply needs the one before it, lines and words say what comes after what.
    """
    specs = scene.board.document.phases
    needs = {card.phase.key: specs[card.phase.key]["needs"] for card in cards}
    layers, direct = layers_of(needs), direct_needs(needs)
    columns = [Column([]) for _ in range(max(layers.values(), default=-1) + 1)]
    for card in cards:
        columns[layers[card.phase.key]].cards.append(card)
    lines = lines_of([[card.phase.key for card in one.cards] for one in columns], direct)
    if lines is not None:
        names = {card.phase.key: card.phase.name for card in cards}
        for column, drawn in zip(columns, lines, strict=True):
            column.lines = drawn
        for card in cards:
            needed = [names[key] for key in direct[card.phase.key]]
            card.after = f"after {listed(needed, 'and')}" if needed else "from the start"
    return columns


def next_phase_words(scene: Scene) -> str:
    """ "Deploy starts when Test and QA and Security are complete"; empty when nothing is to start."""
    phases = {phase.key: phase for phase in scene.board.phases}
    for phase in scene.board.phases:
        needs = scene.board.document.phases[phase.key]["needs"]
        missing = [phases[key] for key in needs if phases[key].state not in PHASE_PASSED]
        begun = [one for one in missing if one.state in _BEGUN]
        if phase.state == PhaseState.PENDING and begun:
            return f"{phase.name} starts when {complete_words([one.name for one in missing])}."
    return ""


def complete_words(names: Sequence[str]) -> str:
    """ "Build is complete", "Build and Test are complete"."""
    return f"{listed(names, 'and')} {'is' if len(names) == 1 else 'are'} complete"


def entry_rule(scene: Scene, phase: Phase) -> str:
    """What a phase waits for before it begins."""
    names = {one.key: one.name for one in scene.board.phases}
    needs = [names[key] for key in scene.board.document.phases[phase.key]["needs"]]
    return f"Starts when {complete_words(needs)}." if needs else "Starts with the release."


def exit_rule(card: PhaseCard) -> str:
    """What it takes to complete a phase."""
    if not card.total:
        return "It has no activities and completes at once."
    if card.total == 1:
        return "Completes when its activity is resolved."
    every = "both" if card.total == 2 else f"all {card.total}"
    return f"Completes when {every} activities are resolved."


def failure_rule(scene: Scene, phase: Phase) -> str:
    """What a failure in this phase does to the release."""
    return {
        FailureHandling.FAIL: "If something fails here, the release fails until it is mended.",
        FailureHandling.HOLD: "If something fails here, the release is On Hold until it is mended.",
        FailureHandling.CONTINUE: "If something fails here, the other branches go on.",
    }[FailureHandling(scene.board.document.phases[phase.key]["failure"])]

"""How a release moves on: the pure progress function over the whole release (EXE-1, EXE-4, EXE-5).

`settle` brings activities, phases and the release to where the facts put them, in one go and to
the end: settling what it has settled changes nothing (EXE-8). The acts of people (start, hold,
retry …) are planned in `progress_acts`; `settle_after` joins such an act and what follows from it.
"""

from __future__ import annotations

from collections.abc import Mapping

from releases.rules.progress_acts import (
    check_skip_request,
    closing_moves,
    plan_abort,
    plan_defer,
    plan_hold,
    plan_resume,
    plan_retry,
    plan_schedule,
    plan_skip,
    plan_start,
)
from releases.rules.progress_facts import ActivityFacts, PhaseFacts, ReleaseFacts
from releases.rules.progress_plan import (
    ActivityMove,
    Cause,
    MoveReason,
    PhaseMove,
    Plan,
    ReleaseMove,
    change_release,
    facts_after,
    move_activity,
)
from releases.rules.progress_reach import Reach, reach_of
from releases.rules.progress_reasons import Missing, explain_blocked, missing_needs
from releases.rules.progress_standing import (
    Standing,
    halting_phases,
    phase_states_of,
    standing,
    standing_of,
)
from releases.rules.transitions import (
    ACTIVITY_ENDED,
    ACTIVITY_FINAL,
    ActivityState,
    PhaseState,
    ReleaseState,
    check_transition,
    waiting_state,
)

# The one door to these rules: services import from here.
__all__ = [
    "ActivityFacts",
    "ActivityMove",
    "Cause",
    "Missing",
    "MoveReason",
    "PhaseFacts",
    "PhaseMove",
    "Plan",
    "ReleaseFacts",
    "ReleaseMove",
    "Standing",
    "check_skip_request",
    "explain_blocked",
    "facts_after",
    "halting_phases",
    "missing_needs",
    "move_activity",
    "plan_abort",
    "plan_defer",
    "plan_hold",
    "plan_resume",
    "plan_retry",
    "plan_schedule",
    "plan_skip",
    "plan_start",
    "settle",
    "settle_after",
    "standing",
]


def settle(facts: ReleaseFacts) -> Plan:
    """All moves that follow from the facts, and only those; empty when nothing is to change.

    What does not apply is skipped, requests to skip are opened or closed, whatever has all it needs
    is opened in document order unless the release is held or has failed, and phases and release
    take the state that results. Raises `ForbiddenTransitionError` when the facts contradict themselves,
    such as a completed phase with an activity that is still to be done.
    """
    board = _Board(facts)
    if facts.outcome is not None:
        board.close_what_is_left(facts.outcome)
    if facts.live:
        board.skip_what_does_not_apply()
        board.tend_requests_to_skip()
    reach = reach_of(facts, board.states)
    if facts.live and not facts.held and not halting_phases(facts, board.states):
        board.open_what_is_reached(reach)
    phase_states = phase_states_of(facts, board.states, reach)
    found = standing_of(facts, board.states, phase_states, reach)
    return Plan(tuple(board.moves), _phase_moves(facts, phase_states), _release_move(facts, found))


def settle_after(facts: ReleaseFacts, act: Plan) -> Plan:
    """An act of a person and all that follows from it, as one plan.

    An activity may stand in it twice (retried, then opened again), in the order in which it
    happens; the release and each phase stand in it at most once.
    """
    between = facts_after(facts, act)
    rest = settle(between)
    return Plan(
        act.activities + rest.activities,
        act.phases + rest.phases,
        _joined(facts, act.release, rest.release),
    )


class _Board:
    """The activities' states while they are being settled, and the moves made so far."""

    def __init__(self, facts: ReleaseFacts) -> None:
        self.facts = facts
        self.order = facts.in_order()
        self.states = {activity.id: activity.state for activity in self.order}
        self.moves: list[ActivityMove] = []

    def close_what_is_left(self, outcome: str) -> None:
        for move in closing_moves(self.facts, outcome):
            self.states[move.id] = move.following
            self.moves.append(move)

    def skip_what_does_not_apply(self) -> None:
        for activity in self.order:
            if activity.overrides is None and not activity.applies and self._blocked(activity):
                self._move(activity, ActivityState.SKIPPED, MoveReason.NOT_APPLICABLE)

    def tend_requests_to_skip(self) -> None:
        """Opens them, whatever holds the release: they are a way out. Closes the pointless ones."""
        for activity in self.order:
            if activity.overrides is None or self.states[activity.id] in ACTIVITY_ENDED:
                continue
            target = self.states.get(activity.overrides, ActivityState.ABORTED)
            if target in ACTIVITY_FINAL:
                self._move(activity, ActivityState.ABORTED, MoveReason.OVERRIDE_POINTLESS)
            elif self._blocked(activity):
                self._move(activity, waiting_state(activity.kind), MoveReason.OVERRIDE_ASKED)

    def open_what_is_reached(self, reach: Reach) -> None:
        for activity in self.order:
            if self._blocked(activity) and activity.ref in reach.reached:
                self._move(activity, waiting_state(activity.kind), MoveReason.NEEDS_DONE)

    def _blocked(self, activity: ActivityFacts) -> bool:
        return self.states[activity.id] == ActivityState.BLOCKED

    def _move(self, activity: ActivityFacts, following: str, reason: MoveReason) -> None:
        self.moves.append(move_activity(activity, following, reason, self.states[activity.id]))
        self.states[activity.id] = following


def _phase_moves(
    facts: ReleaseFacts, phase_states: Mapping[str, PhaseState]
) -> tuple[PhaseMove, ...]:
    moves = []
    for phase in facts.phases:
        following = phase_states[phase.key]
        if phase.state != following:
            check_transition("phase", phase.state, following)
            moves.append(PhaseMove(phase.key, phase.state, following))
    return tuple(moves)


def _release_move(facts: ReleaseFacts, found: Standing) -> ReleaseMove | None:
    if found.state == ReleaseState.COMPLETED and facts.outcome is None:
        # A hold ends with its release.
        return change_release(facts, found.state, held=False, outcome=ReleaseState.COMPLETED)
    return change_release(facts, found.state, causes=found.causes)


def _joined(
    facts: ReleaseFacts, act: ReleaseMove | None, rest: ReleaseMove | None
) -> ReleaseMove | None:
    last = rest or act
    if last is None:
        return None
    return change_release(
        facts,
        last.following,
        started=last.started,
        held=last.held,
        scheduled=last.scheduled,
        outcome=last.outcome,
        causes=last.causes,
    )

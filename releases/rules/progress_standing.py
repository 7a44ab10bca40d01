"""Where the phases and the release stand, given the states of the activities (contract, States)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from releases.rules.progress_facts import ActivityFacts, PhaseFacts, ReleaseFacts
from releases.rules.progress_plan import Cause
from releases.rules.progress_reach import Reach, reach_of
from releases.rules.transitions import (
    ACTIVITY_FAILED,
    ACTIVITY_OPEN,
    ACTIVITY_WAITING,
    PHASE_PASSED,
    ActivityState,
    FailureHandling,
    PhaseState,
    ReleaseState,
)


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a release and why it is so; completed and the other ends need no cause."""

    state: str
    causes: tuple[Cause, ...] = ()


def standing(facts: ReleaseFacts) -> Standing:
    """Which state the release is in by its activities' states, with the causes (EXE-5, MON-1)."""
    states = {activity.id: activity.state for activity in facts.activities}
    reach = reach_of(facts, states)
    return standing_of(facts, states, phase_states_of(facts, states, reach), reach)


def halting_phases(facts: ReleaseFacts, states: Mapping[int, str]) -> tuple[PhaseFacts, ...]:
    """The failed phases under `fail` or `hold`: while there is one, nothing new starts."""
    failed = {
        activity.phase
        for activity in facts.activities
        if activity.overrides is None and states[activity.id] in ACTIVITY_FAILED
    }
    return tuple(
        phase
        for phase in facts.phases
        if phase.key in failed and phase.failure != FailureHandling.CONTINUE
    )


def phase_states_of(
    facts: ReleaseFacts, states: Mapping[int, str], reach: Reach
) -> dict[str, PhaseState]:
    """The state of each phase by its key: the first of the contract's list that holds."""
    members: dict[str, list[ActivityFacts]] = {phase.key: [] for phase in facts.phases}
    for activity in facts.activities:
        members[activity.phase].append(activity)
    return {
        phase.key: _phase_state(facts, members[phase.key], states, phase.key in reach.entered)
        for phase in facts.phases
    }


def _phase_state(
    facts: ReleaseFacts, members: Sequence[ActivityFacts], states: Mapping[int, str], entered: bool
) -> PhaseState:
    own = [activity for activity in members if activity.overrides is None]
    if not own:
        return _empty_phase_state(facts, entered)
    found = {states[activity.id] for activity in own}
    # Between two activities a phase still runs; in a release that is put off nothing does.
    begun = any(activity.attempt or _is_open(states[activity.id]) for activity in own)
    asked = any(states[activity.id] in ACTIVITY_WAITING for activity in members)
    in_the_contracts_order = (
        (PhaseState.ABORTED, ActivityState.ABORTED in found),
        (PhaseState.SKIPPED, found == {ActivityState.SKIPPED}),
        (PhaseState.FAILED, bool(found & ACTIVITY_FAILED)),
        (PhaseState.COMPLETED, found <= {ActivityState.COMPLETED, ActivityState.SKIPPED}),
        (PhaseState.WAITING_FOR_APPROVAL, asked),
        (PhaseState.RUNNING, facts.live and begun),
    )
    return next((state for state, holds in in_the_contracts_order if holds), PhaseState.PENDING)


def _empty_phase_state(facts: ReleaseFacts, entered: bool) -> PhaseState:
    if facts.started and entered:
        return PhaseState.COMPLETED
    if facts.outcome in {ReleaseState.ABORTED, ReleaseState.CANCELLED}:
        return PhaseState.ABORTED
    return PhaseState.PENDING


def _is_open(state: str) -> bool:
    return state in ACTIVITY_OPEN


def standing_of(
    facts: ReleaseFacts,
    states: Mapping[int, str],
    phase_states: Mapping[str, PhaseState],
    reach: Reach,
) -> Standing:
    """The first of the contract's release states that holds, with its causes."""
    if facts.outcome is not None:
        return Standing(facts.outcome)
    if not facts.started:
        return Standing(ReleaseState.SCHEDULED if facts.scheduled else ReleaseState.DRAFT)
    if all(state in PHASE_PASSED for state in phase_states.values()):
        return Standing(ReleaseState.COMPLETED)
    halting = halting_phases(facts, states)
    fatal = tuple(phase for phase in halting if phase.failure == FailureHandling.FAIL)
    if fatal:
        return Standing(ReleaseState.FAILED, _failures(facts, states, fatal, "phase_failed"))
    if not halting and not _can_move(facts, states, reach):
        stuck = _failures(facts, states, facts.phases, "nothing_can_move")
        return Standing(ReleaseState.FAILED, stuck or (Cause("nothing_can_move"),))
    causes = (
        *((Cause("held"),) if facts.held else ()),
        *_failures(facts, states, halting, "phase_failed"),
        *_waiting(facts, states),
    )
    return Standing(ReleaseState.ON_HOLD if causes else ReleaseState.RUNNING, causes)


def _can_move(facts: ReleaseFacts, states: Mapping[int, str], reach: Reach) -> bool:
    """Something is open, or may be opened as soon as its manager no longer holds the release.

    A request to skip moves nothing by itself: a release that has failed stays so until the skip.
    """
    for activity in facts.activities:
        if activity.overrides is None:
            state = states[activity.id]
            if _is_open(state) or (
                state == ActivityState.BLOCKED and activity.ref in reach.reached
            ):
                return True
    return False


def _failures(
    facts: ReleaseFacts, states: Mapping[int, str], phases: Sequence[PhaseFacts], code: str
) -> tuple[Cause, ...]:
    """One cause for each of these phases that has failed, with the activities that failed it."""
    failed: dict[str, list[str]] = {phase.key: [] for phase in phases}
    for activity in facts.in_order():
        counts = activity.overrides is None and activity.phase in failed
        if counts and states[activity.id] in ACTIVITY_FAILED:
            failed[activity.phase].append(activity.ref)
    return tuple(Cause(code, key, tuple(refs)) for key, refs in failed.items() if refs)


def _waiting(facts: ReleaseFacts, states: Mapping[int, str]) -> tuple[Cause, ...]:
    refs = tuple(a.ref for a in facts.in_order() if states[a.id] in ACTIVITY_WAITING)
    return (Cause("waiting", activities=refs),) if refs else ()

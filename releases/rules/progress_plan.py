"""What the progress rules answer: a plan of moves, holding only what is to change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from releases.rules.progress_facts import ActivityFacts, ReleaseFacts
from releases.rules.transitions import (
    ACTIVITY_OPEN,
    ACTIVITY_WAITING,
    ActivityState,
    check_transition,
)


class MoveReason(StrEnum):
    """Why an activity moves; stored with the event. The first lines are people's and pipelines'."""

    APPROVED = "approved"
    REJECTED = "rejected"
    DEADLINE_MISSED = "deadline_missed"
    PASSED = "passed"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    RETRIED = "retried"
    OVERRIDE_APPROVED = "override_approved"
    # What follows from the rules.
    NEEDS_DONE = "needs_done"
    NOT_APPLICABLE = "not_applicable"
    OVERRIDE_ASKED = "override_asked"
    OVERRIDE_POINTLESS = "override_pointless"
    RELEASE_ABORTED = "release_aborted"
    RELEASE_CANCELLED = "release_cancelled"
    RELEASE_DEFERRED = "release_deferred"


# Where an open activity goes without having been decided.
_UNDECIDED_ENDS: Final = frozenset(
    {ActivityState.BLOCKED, ActivityState.SKIPPED, ActivityState.ABORTED}
)


@dataclass(frozen=True, slots=True)
class ActivityMove:
    """An activity goes from one state to another; `attempt` is its number afterwards."""

    id: int
    ref: str
    former: str
    following: str
    attempt: int
    reason: MoveReason

    @property
    def opens_round(self) -> bool:
        """An approval round is to be opened: people are asked."""
        return self.following in ACTIVITY_WAITING

    @property
    def opens_run(self) -> bool:
        """A pipeline or check is to run."""
        return self.following == ActivityState.RUNNING

    @property
    def closes(self) -> bool:
        """The round or run is to be closed undecided: it is no longer wanted."""
        return self.former in ACTIVITY_OPEN and self.following in _UNDECIDED_ENDS


@dataclass(frozen=True, slots=True)
class PhaseMove:
    """A phase goes from one state to another."""

    key: str
    former: str
    following: str


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause for the state of a release.

    Codes: `held`, `phase_failed`, `nothing_can_move`, `waiting`; with the phase and the full
    references of the activities concerned, where there are any.
    """

    code: str
    phase: str | None = None
    activities: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """The same for an event or an answer of the API."""
        parts: dict[str, object] = {"code": self.code}
        if self.phase is not None:
            parts["phase"] = self.phase
        if self.activities:
            parts["activities"] = list(self.activities)
        return parts


@dataclass(frozen=True, slots=True)
class ReleaseMove:
    """What the release row is to hold; the state may be the former one when only a mark changes."""

    former: str
    following: str
    started: bool
    held: bool
    scheduled: bool
    outcome: str | None
    causes: tuple[Cause, ...] = ()

    @property
    def changes_state(self) -> bool:
        """The state differs, so there is an event to tell."""
        return self.former != self.following


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to change, each list in the order in which it happens. An empty plan is false."""

    activities: tuple[ActivityMove, ...] = ()
    phases: tuple[PhaseMove, ...] = ()
    release: ReleaseMove | None = None

    def __bool__(self) -> bool:
        return bool(self.activities or self.phases or self.release)


def move_activity(
    activity: ActivityFacts, following: str, reason: MoveReason, former: str | None = None
) -> ActivityMove:
    """A checked move of an activity; opening counts one attempt more.

    `former` is given when the activity has moved since the facts were read. Raises
    `ForbiddenTransitionError`.
    """
    former = activity.state if former is None else former
    check_transition("activity", former, following)
    attempt = activity.attempt + (following in ACTIVITY_OPEN)
    return ActivityMove(activity.id, activity.ref, former, following, attempt, reason)


def change_release(
    facts: ReleaseFacts,
    following: str,
    *,
    started: bool | None = None,
    held: bool | None = None,
    scheduled: bool | None = None,
    outcome: str | None = None,
    causes: tuple[Cause, ...] = (),
) -> ReleaseMove | None:
    """A checked change of the release; what is left out stays. None when nothing differs.

    Raises `ForbiddenTransitionError`.
    """
    move = ReleaseMove(
        former=facts.state,
        following=following,
        started=facts.started if started is None else started,
        held=facts.held if held is None else held,
        scheduled=facts.scheduled if scheduled is None else scheduled,
        outcome=facts.outcome if outcome is None else outcome,
        causes=causes,
    )
    if move.changes_state:
        check_transition("release", facts.state, following)
    elif _marks(move) == _marks(facts):
        return None
    return move


def _marks(source: ReleaseFacts | ReleaseMove) -> tuple[bool, bool, bool, str | None]:
    return source.started, source.held, source.scheduled, source.outcome


def facts_after(facts: ReleaseFacts, plan: Plan) -> ReleaseFacts:
    """The facts as they stand once the plan has been written."""
    moved = {move.id: move for move in plan.activities}
    phases = {move.key: move.following for move in plan.phases}
    after = replace(
        facts,
        activities=tuple(_moved_activities(facts.activities, moved)),
        phases=tuple(
            replace(phase, state=phases[phase.key]) if phase.key in phases else phase
            for phase in facts.phases
        ),
    )
    if plan.release is None:
        return after
    started, held, scheduled, outcome = _marks(plan.release)
    return replace(
        after,
        state=plan.release.following,
        started=started,
        held=held,
        scheduled=scheduled,
        outcome=outcome,
    )


def _moved_activities(
    activities: Iterable[ActivityFacts], moved: Mapping[int, ActivityMove]
) -> Iterable[ActivityFacts]:
    for activity in activities:
        move = moved.get(activity.id)
        if move is None:
            yield activity
        else:
            yield replace(activity, state=move.following, attempt=move.attempt)

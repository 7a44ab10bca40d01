"""The states of releases, phases and activities, and the one table of moves each of them may make.

Every change of a state goes through `check_transition` (REL-4). The words are those of the states
in the contract; they are stored, spoken by the API and written into the ledger as they stand here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal


class ReleaseState(StrEnum):
    """Where a whole release stands."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    ON_HOLD = "on_hold"
    FAILED = "failed"
    COMPLETED = "completed"
    DEFERRED = "deferred"
    CANCELLED = "cancelled"
    ABORTED = "aborted"


class PhaseState(StrEnum):
    """Where a phase stands."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING_FOR_APPROVAL = "waiting_for_approval"
    FAILED = "failed"
    COMPLETED = "completed"
    SKIPPED = "skipped"
    ABORTED = "aborted"


class ActivityState(StrEnum):
    """Where an activity stands; over all its attempts it is the same activity."""

    BLOCKED = "blocked"
    RUNNING = "running"
    AWAITING_APPROVAL = "awaiting_approval"
    WAITING_FOR_INPUT = "waiting_for_input"
    COMPLETED = "completed"
    REJECTED = "rejected"
    FAILED = "failed"
    EXPIRED = "expired"
    SKIPPED = "skipped"
    ABORTED = "aborted"


class ActivityKind(StrEnum):
    """What an activity asks for (REL-3)."""

    PIPELINE = "pipeline"
    CHECK = "check"
    APPROVAL = "approval"
    SIGN_OFF = "sign_off"
    EVIDENCE = "evidence"
    VERIFICATION = "verification"
    INFORMATION = "information"
    HANDOFF = "handoff"


class FailureHandling(StrEnum):
    """What a failed phase does to its release (EXE-5)."""

    FAIL = "fail"
    HOLD = "hold"
    CONTINUE = "continue"


ObjectKind = Literal["release", "phase", "activity"]

AUTOMATED_KINDS: Final = frozenset({ActivityKind.PIPELINE, ActivityKind.CHECK})
MANUAL_KINDS: Final = frozenset(ActivityKind) - AUTOMATED_KINDS
APPROVAL_KINDS: Final = frozenset({ActivityKind.APPROVAL, ActivityKind.SIGN_OFF})

# A manual activity that is open: somebody is asked.
ACTIVITY_WAITING: Final = frozenset(
    {ActivityState.AWAITING_APPROVAL, ActivityState.WAITING_FOR_INPUT}
)
ACTIVITY_OPEN: Final = ACTIVITY_WAITING | {ActivityState.RUNNING}
# What makes a phase failed; a retry or a skip mends it.
ACTIVITY_FAILED: Final = frozenset(
    {ActivityState.REJECTED, ActivityState.FAILED, ActivityState.EXPIRED}
)
# No way leads out of these.
ACTIVITY_FINAL: Final = frozenset(
    {ActivityState.COMPLETED, ActivityState.SKIPPED, ActivityState.ABORTED}
)
ACTIVITY_ENDED: Final = ACTIVITY_FAILED | ACTIVITY_FINAL

PHASE_PASSED: Final = frozenset({PhaseState.COMPLETED, PhaseState.SKIPPED})

# A failed release has not ended: a retry or a skip lets it go on.
RELEASE_ENDED: Final = frozenset(
    {
        ReleaseState.COMPLETED,
        ReleaseState.ABORTED,
        ReleaseState.CANCELLED,
        ReleaseState.DEFERRED,
    }
)
# Deferred has ended for now only: it may be re-opened (REL-9) or given up.
RELEASE_FINAL: Final = RELEASE_ENDED - {ReleaseState.DEFERRED}


def _release_moves() -> dict[str, frozenset[str]]:
    s = ReleaseState
    put_off = {s.CANCELLED, s.DEFERRED}
    begun = {s.RUNNING, s.ON_HOLD, s.COMPLETED}
    going = {s.RUNNING, s.ON_HOLD, s.FAILED, s.COMPLETED, s.ABORTED} | put_off
    return {
        s.DRAFT: frozenset({s.SCHEDULED} | begun | put_off),
        s.SCHEDULED: frozenset({s.DRAFT} | begun | put_off),
        s.RUNNING: frozenset(going - {s.RUNNING}),
        s.ON_HOLD: frozenset(going - {s.ON_HOLD}),
        s.FAILED: frozenset(going - {s.FAILED}),
        # Re-opened it stands wherever its activities stand, what had failed included.
        s.DEFERRED: frozenset(
            {s.DRAFT, s.SCHEDULED, s.RUNNING, s.ON_HOLD, s.FAILED, s.CANCELLED, s.ABORTED}
        ),
        s.COMPLETED: frozenset(),
        s.ABORTED: frozenset(),
        s.CANCELLED: frozenset(),
    }


def _phase_moves() -> dict[str, frozenset[str]]:
    s = PhaseState
    unended = {s.PENDING, s.RUNNING, s.WAITING_FOR_APPROVAL}
    # One settle may pass through several states at once, so every end is reached from each of them.
    # Back to pending: the release is put off, or only a request to skip was open and is closed.
    ends = {s.COMPLETED, s.FAILED, s.SKIPPED, s.ABORTED}
    return {
        **{state: frozenset((unended | ends) - {state}) for state in unended},
        s.FAILED: frozenset(unended | (ends - {s.FAILED})),
        s.COMPLETED: frozenset(),
        s.SKIPPED: frozenset(),
        s.ABORTED: frozenset(),
    }


def _activity_moves() -> dict[str, frozenset[str]]:
    s = ActivityState
    # Back to blocked: put off with its release. Skipped: by override. Aborted: with its release.
    from_open = {s.COMPLETED, s.SKIPPED, s.ABORTED, s.BLOCKED}
    mended = frozenset({s.BLOCKED, s.SKIPPED})
    return {
        s.BLOCKED: frozenset(ACTIVITY_OPEN | {s.SKIPPED, s.ABORTED}),
        s.RUNNING: frozenset(from_open | {s.FAILED}),
        s.AWAITING_APPROVAL: frozenset(from_open | {s.REJECTED, s.EXPIRED}),
        s.WAITING_FOR_INPUT: frozenset(from_open | {s.REJECTED, s.EXPIRED}),
        # The next attempt is blocked first and opens by the same rule as the first one did.
        s.REJECTED: mended,
        s.FAILED: mended,
        s.EXPIRED: mended,
        s.COMPLETED: frozenset(),
        s.SKIPPED: frozenset(),
        s.ABORTED: frozenset(),
    }


TRANSITIONS: Final[Mapping[ObjectKind, Mapping[str, frozenset[str]]]] = {
    "release": _release_moves(),
    "phase": _phase_moves(),
    "activity": _activity_moves(),
}


class ForbiddenTransitionError(ValueError):
    """A state was to be changed in a way that no table allows: a mistake in the program.

    Never an answer to a person; what a person may not do is refused before a move is made.
    """

    def __init__(self, object_kind: ObjectKind, former: str, following: str) -> None:
        super().__init__(f"A {object_kind} never goes from {former!s} to {following!s}.")
        self.object_kind = object_kind
        self.former = former
        self.following = following


def next_states(object_kind: ObjectKind, state: str) -> frozenset[str]:
    """The states that an object of this kind may go to from `state`; none for an unknown one."""
    return TRANSITIONS[object_kind].get(state, frozenset())


def check_transition(object_kind: ObjectKind, former: str, following: str) -> None:
    """Lets a move of the table pass (REL-4).

    Staying in the same state is no move and is refused like any other that the table lacks.
    Raises `ForbiddenTransitionError`.
    """
    if following not in next_states(object_kind, former):
        raise ForbiddenTransitionError(object_kind, former, following)


def waiting_state(kind: str) -> ActivityState:
    """The state of an open activity of this kind: running, or what it waits for (REL-3).

    Raises ValueError for an unknown kind.
    """
    activity_kind = ActivityKind(kind)
    if activity_kind in AUTOMATED_KINDS:
        return ActivityState.RUNNING
    if activity_kind in APPROVAL_KINDS:
        return ActivityState.AWAITING_APPROVAL
    return ActivityState.WAITING_FOR_INPUT

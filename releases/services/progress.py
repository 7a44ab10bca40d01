"""Write a plan of moves: rows, rounds, events; then the release stands where the rules put it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from approvals.audience import still_asked_by
from approvals.models import Approval
from approvals.services.rounds import close_rounds, open_rounds
from audit.history import save_tracked
from audit.journal import Journal
from audit.locking import lock_all
from releases.facts import Board
from releases.models import Activity, Phase
from releases.rules.progress import (
    ActivityMove,
    MoveReason,
    Plan,
    ReleaseMove,
    move_activity,
    settle,
    settle_after,
)
from releases.rules.transitions import (
    ACTIVITY_ENDED,
    RELEASE_ENDED,
    ActivityState,
    PhaseState,
    ReleaseState,
)
from releases.services.questions import refresh_linked, round_request
from releases.services.telling import tell_release

# What each move is called on the record, in the past tense.
_ACTIVITY_EVENTS = {
    ActivityState.BLOCKED: "activity.blocked",
    ActivityState.RUNNING: "activity.started",
    ActivityState.AWAITING_APPROVAL: "activity.opened",
    ActivityState.WAITING_FOR_INPUT: "activity.opened",
    ActivityState.COMPLETED: "activity.completed",
    ActivityState.REJECTED: "activity.rejected",
    ActivityState.FAILED: "activity.failed",
    ActivityState.EXPIRED: "activity.expired",
    ActivityState.SKIPPED: "activity.skipped",
    ActivityState.ABORTED: "activity.aborted",
}
_RELEASE_EVENTS = {
    ReleaseState.RUNNING: "release.resumed",
    ReleaseState.ON_HOLD: "release.put_on_hold",
    ReleaseState.FAILED: "release.failed",
    ReleaseState.COMPLETED: "release.completed",
    ReleaseState.ABORTED: "release.aborted",
    ReleaseState.CANCELLED: "release.cancelled",
    ReleaseState.DEFERRED: "release.deferred",
    ReleaseState.SCHEDULED: "release.scheduled",
}
_PHASE_UNDER_WAY = (PhaseState.RUNNING, PhaseState.WAITING_FOR_APPROVAL, PhaseState.FAILED)
_ACTIVITY_FIELDS = [
    "state",
    "state_because",
    "attempt",
    "opened_at",
    "closed_at",
    "times_out_at",
    "version",
]


def settle_release(
    board: Board, *, journal: Journal, act: Plan | None = None, reason: str = ""
) -> Plan:
    """Write an act (if any) and all that follows from it. Idempotent: settled facts change nothing.

    The caller holds the release's lock. `reason` is what a person gave for the act; it stands in
    the history rows.
    """
    facts = board.facts()
    plan = settle_after(facts, act) if act is not None else settle(facts)
    if plan:
        apply_plan(board, plan, journal=journal, reason=reason)
    return plan


def apply_plan(board: Board, plan: Plan, *, journal: Journal, reason: str = "") -> None:
    """Write every move of a plan with one statement a table, and note an event for each."""
    opening: dict[int, ActivityMove] = {}
    closing: dict[str, str] = {}
    for move in plan.activities:
        activity = board.by_id[move.id]
        if move.closes:
            closing[activity.host] = move.reason
        if move.opens_round:
            opening[move.id] = move
        _move_activity(board, activity, move, journal)
    relieved = _close_open_rounds(closing, journal)
    moved = [board.by_id[key] for key in dict.fromkeys(move.id for move in plan.activities)]
    save_tracked(journal, moved, _ACTIVITY_FIELDS, reason)
    requests = [round_request(board, board.by_id[key]) for key in opening]
    open_rounds(requests, journal=journal)
    for move in opening.values():
        if move.attempt > 1:  # whoever decided the former attempt is free again elsewhere
            refresh_linked(board, board.by_id[move.id], journal)
    under_way = [one for one in board.phases if PhaseState(one.state) in _PHASE_UNDER_WAY]
    _move_phases(board, plan, journal, reason)
    _move_release(board, plan, journal, reason, under_way, relieved)


def _move_activity(board: Board, activity: Activity, move: ActivityMove, journal: Journal) -> None:
    following = ActivityState(move.following)
    activity.state = following.value
    activity.state_because = move.reason.value
    activity.attempt = move.attempt
    activity.version += 1
    if move.opens_round or move.opens_run:
        activity.opened_at, activity.closed_at = journal.at, None
        activity.times_out_at = _timeout(board, activity, journal.at) if move.opens_run else None
    elif following in ACTIVITY_ENDED:
        activity.closed_at, activity.times_out_at = journal.at, None
    else:
        activity.opened_at = activity.closed_at = activity.times_out_at = None
    journal.add(
        _ACTIVITY_EVENTS[following],
        activity=activity.pk,
        ref=move.ref,
        attempt=move.attempt,
        because=move.reason.value,
        former=move.former,
        state=following.value,
    )


def _timeout(board: Board, activity: Activity, now: dt.datetime) -> dt.datetime | None:
    seconds = board.document.activities[board.ref(activity)]["timeout"]
    return now + dt.timedelta(seconds=seconds) if seconds else None


def _close_open_rounds(closing: Mapping[str, str], journal: Journal) -> frozenset[int]:
    """Close rounds that are no longer wanted; returns the accounts that they asked until now."""
    if not closing:
        return frozenset()
    rounds = lock_all(Approval.objects.filter(host__in=closing, state=Approval.State.OPEN))
    by_reason: dict[str, list[Approval]] = {}
    for approval in rounds:
        by_reason.setdefault(closing[approval.host], []).append(approval)
    relieved = still_asked_by(rounds) if rounds else frozenset()
    for why, approvals in by_reason.items():
        close_rounds(approvals, why, journal=journal)
    return relieved


def _move_phases(board: Board, plan: Plan, journal: Journal, reason: str) -> None:
    moves = {move.key: move for move in plan.phases}
    moved = [phase for phase in board.phases if phase.key in moves]
    for phase in moved:
        move = moves[phase.key]
        phase.state = move.following
        journal.add(f"phase.{move.following}", phase=phase.key, former=move.former)
    save_tracked(journal, moved, ["state"], reason)


def _move_release(
    board: Board,
    plan: Plan,
    journal: Journal,
    reason: str,
    under_way: Sequence[Phase],
    relieved: frozenset[int],
) -> None:
    move = plan.release
    if move is None:
        return
    release = board.release
    fields = ["state", "held"]
    was_held, release.held, release.state = release.held, move.held, move.following
    if move.started and release.started_at is None:
        release.started_at, release.scheduled_at = journal.at, None
        fields += ["started_at", "scheduled_at"]
        journal.add("release.started", former=move.former)
    if move.changes_state and ReleaseState(move.following) in RELEASE_ENDED:
        release.ended_at = journal.at
        fields.append("ended_at")
    save_tracked(journal, [release], fields, reason)
    if was_held != release.held:
        journal.add("release.held" if release.held else "release.hold_ended", reason=bool(reason))
    if move.changes_state and (move.following != ReleaseState.RUNNING or _had_started(move)):
        journal.add(
            _RELEASE_EVENTS[ReleaseState(move.following)],
            former=move.former,
            causes=[cause.as_dict() for cause in move.causes],
        )
    tell_release(
        release,
        former=move.former,
        was_held=was_held,
        journal=journal,
        reason=reason,
        phases=under_way,
        relieved=relieved,
    )


def _had_started(move: ReleaseMove) -> bool:
    return move.former not in (ReleaseState.DRAFT, ReleaseState.SCHEDULED)


def moves_of(board: Board, changes: Iterable[tuple[Activity, str, str]]) -> Sequence[ActivityMove]:
    """Direct moves of activities: (activity, following state, reason code)."""
    facts = board.facts()
    return [
        move_activity(facts.activity(activity.pk), following, MoveReason(reason))
        for activity, following, reason in changes
    ]

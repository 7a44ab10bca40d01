"""What people do to a release: start, hold, resume, defer, abort, retry, skip (EXE-6).

Each function gives the direct moves of one act, or refuses with `Conflict`; what follows from it
is `settle`'s. Whether the person may do it is asked elsewhere and before.
"""

from __future__ import annotations

from typing import Final

from audit.errors import Conflict
from releases.rules.progress_facts import ActivityFacts, ReleaseFacts
from releases.rules.progress_plan import (
    ActivityMove,
    MoveReason,
    Plan,
    change_release,
    move_activity,
)
from releases.rules.transitions import (
    ACTIVITY_ENDED,
    ACTIVITY_FAILED,
    ACTIVITY_FINAL,
    ACTIVITY_OPEN,
    RELEASE_FINAL,
    ActivityState,
    ReleaseState,
)

_CLOSING_REASON: Final = {
    ReleaseState.ABORTED: MoveReason.RELEASE_ABORTED,
    ReleaseState.CANCELLED: MoveReason.RELEASE_CANCELLED,
    ReleaseState.DEFERRED: MoveReason.RELEASE_DEFERRED,
}


def plan_schedule(facts: ReleaseFacts) -> Plan:
    """The release is to start at a later time; setting another time needs no move.

    Refusals: `already_ended`, `already_started`.
    """
    _refuse_ended(facts)
    _refuse_started(facts)
    return Plan(release=change_release(facts, ReleaseState.SCHEDULED, scheduled=True))


def plan_start(facts: ReleaseFacts) -> Plan:
    """The release starts now, scheduled or not. Refusals: `already_ended`, `already_started`."""
    _refuse_ended(facts)
    _refuse_started(facts)
    return Plan(release=change_release(facts, ReleaseState.RUNNING, started=True, scheduled=False))


def plan_hold(facts: ReleaseFacts) -> Plan:
    """Nothing new starts until it is resumed; what is open stays open.

    A failed release may be held as well: it then stays on hold once it is mended. Refusals:
    `already_ended`, `not_started`, `already_held`.
    """
    _refuse_not_live(facts)
    if facts.held:
        raise Conflict("already_held", "The release is held already.")
    running = facts.state == ReleaseState.RUNNING
    following = ReleaseState.ON_HOLD if running else facts.state
    return Plan(release=change_release(facts, following, held=True))


def plan_resume(facts: ReleaseFacts) -> Plan:
    """Ends what `plan_hold` did and only that: a failure under `hold` is ended by retry or skip.

    Refusal: `not_held`, whatever else keeps the release from going on.
    """
    if not facts.held:
        raise Conflict("not_held", "The release is not held by its manager.")
    return Plan(release=change_release(facts, facts.state, held=False))


def plan_defer(facts: ReleaseFacts) -> Plan:
    """The release is put off: what is open closes undecided and is blocked again.

    What has ended stays as it is; requests to skip are closed for good. Refusal: `already_ended`.
    """
    _refuse_ended(facts)
    return _end(facts, ReleaseState.DEFERRED)


def plan_abort(facts: ReleaseFacts) -> Plan:
    """The release is given up: `aborted` once it has started, `cancelled` before.

    A deferred release may be given up as well. Refusal: `already_ended`.
    """
    if facts.outcome in RELEASE_FINAL:
        _refuse_ended(facts)
    return _end(facts, ReleaseState.ABORTED if facts.started else ReleaseState.CANCELLED)


def plan_retry(facts: ReleaseFacts, activity_id: int) -> Plan:
    """A rejected, failed or expired activity goes back to blocked, to open as its next attempt.

    Raises KeyError for an activity of another release. Refusals: `already_ended`, `not_started`,
    `not_failed`.
    """
    activity = facts.activity(activity_id)
    _refuse_not_live(facts)
    if activity.overrides is not None:
        raise Conflict("not_failed", "A request to skip is not retried; ask again instead.")
    if activity.state not in ACTIVITY_FAILED:
        raise Conflict("not_failed", "Only what was rejected, has failed or expired is retried.")
    return Plan((move_activity(activity, ActivityState.BLOCKED, MoveReason.RETRIED),))


def plan_skip(facts: ReleaseFacts, activity_id: int) -> Plan:
    """An activity is skipped because the request to skip it was approved.

    Raises KeyError for an activity of another release. Refusals: `already_ended`, `not_started`,
    `cannot_skip` (completed, skipped already, or itself a request to skip).
    """
    activity = _skippable(facts, activity_id)
    return Plan((move_activity(activity, ActivityState.SKIPPED, MoveReason.OVERRIDE_APPROVED),))


def check_skip_request(facts: ReleaseFacts, activity_id: int) -> None:
    """Lets a request to skip this activity be made: what `plan_skip` refuses is refused here too.

    Refusal besides those: `already_asked` while another request for it is undecided.
    """
    activity = _skippable(facts, activity_id)
    for other in facts.activities:
        if other.overrides == activity.id and other.state not in ACTIVITY_ENDED:
            raise Conflict("already_asked", "A request to skip this is waiting already.")


def closing_moves(facts: ReleaseFacts, outcome: str) -> tuple[ActivityMove, ...]:
    """What happens to the activities when the release ends like this, in document order.

    Aborted or cancelled: all that has not ended is aborted, what had failed stays as it is.
    Deferred: what is open is blocked again, requests to skip are aborted. Completed: nothing.
    """
    reason = _CLOSING_REASON.get(ReleaseState(outcome))
    if reason is None:
        return ()
    moves = []
    for activity in facts.in_order():
        if activity.state in ACTIVITY_ENDED:
            continue
        if outcome != ReleaseState.DEFERRED or activity.overrides is not None:
            moves.append(move_activity(activity, ActivityState.ABORTED, reason))
        elif activity.state in ACTIVITY_OPEN:
            moves.append(move_activity(activity, ActivityState.BLOCKED, reason))
    return tuple(moves)


def _end(facts: ReleaseFacts, outcome: ReleaseState) -> Plan:
    # A hold or a planned start ends with its release.
    release = change_release(facts, outcome, held=False, scheduled=False, outcome=outcome)
    return Plan(closing_moves(facts, outcome), release=release)


def _skippable(facts: ReleaseFacts, activity_id: int) -> ActivityFacts:
    activity = facts.activity(activity_id)
    _refuse_not_live(facts)
    if activity.overrides is not None:
        raise Conflict("cannot_skip", "A request to skip is not skipped itself.")
    if activity.state in ACTIVITY_FINAL:
        raise Conflict("cannot_skip", f"The activity is {activity.state!s} already.")
    return activity


def _refuse_not_live(facts: ReleaseFacts) -> None:
    _refuse_ended(facts)
    if not facts.started:
        raise Conflict("not_started", "The release has not started yet.")


def _refuse_ended(facts: ReleaseFacts) -> None:
    if facts.outcome is not None:
        raise Conflict("already_ended", f"The release is {facts.outcome!s} already.")


def _refuse_started(facts: ReleaseFacts) -> None:
    if facts.started:
        raise Conflict("already_started", "The release has started already.")

"""People decide on an activity; the release moves on in the same transaction (EXE-4, EXE-8)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from approvals.models import Approval, Decision
from approvals.services.decisions import Ballot, Cast, cast_decision, withdraw_decision
from approvals.wording import sentence_for
from audit.actor import Actor
from audit.errors import Conflict, NotFound
from audit.faults import faultpoint
from audit.journal import Journal
from audit.locking import Lock, lock, moment
from audit.permissions import require
from audit.services.record import record
from releases.facts import Board, lineage_of, load_board
from releases.models import Activity, Release
from releases.permissions import can_decide
from releases.rules.progress import Plan, plan_skip
from releases.rules.transitions import ActivityState, waiting_state
from releases.selectors import activity_for
from releases.services.progress import moves_of, settle_release
from releases.services.questions import exclusions_for, refresh_linked

# Refusals that a person meets because the question was settled before: they go on record.
ON_RECORD = frozenset({"already_decided", "deadline_passed"})


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a vote: the decision that stands, whether it is new, how all stands now."""

    cast: Cast
    activity: Activity
    release: Release

    @property
    def decision(self) -> Decision:
        return self.cast.decision

    @property
    def created(self) -> bool:
        return self.cast.created


@transaction.atomic
def decide_activity(
    *, activity_id: int, ballot: Ballot, actor: Actor, now: dt.datetime | None = None
) -> Decided:
    """Somebody approves, rejects or abstains.

    Raises NotFound, NotPermitted, Conflict and Invalid as `cast_decision` does; Conflict `not_open`
    when nothing is asked. A completed quorum completes the activity and settles the release once.
    """
    board, activity, approval, journal = _open_for(activity_id, actor, now)
    cast = cast_decision(
        approval,
        ballot,
        lineage=lineage_of(board.release),
        exclusions=exclusions_for(board, activity),
        journal=journal,
    )
    return _finish(board, activity, approval, cast, journal)


@transaction.atomic
def withdraw_from_activity(
    *, activity_id: int, reason: str, actor: Actor, now: dt.datetime | None = None
) -> Decided:
    """Somebody takes their own decision back while the round is open (EXE-7).

    Raises as `withdraw_decision` does.
    """
    board, activity, approval, journal = _open_for(activity_id, actor, now)
    cast = withdraw_decision(
        approval,
        reason,
        lineage=lineage_of(board.release),
        exclusions=exclusions_for(board, activity),
        journal=journal,
    )
    return _finish(board, activity, approval, cast, journal)


_RELEASE = Lock(
    lambda key: (
        Release.objects.select_related("product", "scope", "process_version")
        .defer("process_version__document")
        .filter(pk=key)
    ),
    key=int,
)
_NEWEST_ROUND = Lock(lambda host: Approval.objects.filter(host=host).order_by("-attempt"), host=str)


def _open_for(
    activity_id: int, actor: Actor, now: dt.datetime | None
) -> tuple[Board, Activity, Approval, Journal]:
    """Find, ask for the right, lock release and round, top-down."""
    activity = activity_for(actor, activity_id)
    require(can_decide(actor))
    release = _RELEASE.take(key=activity.release_id)
    if release is None:
        raise NotFound
    journal = Journal(actor=actor, at=moment(release, now))
    approval = _lock_round(activity)
    if approval.state == Approval.State.OPEN:
        # The activity was read above the lock; while its round is open the round says how it stands.
        activity.attempt, activity.state = approval.attempt, waiting_state(activity.kind).value
    board = Board(release, [activity.phase], [activity])
    if board.document.four_eyes.get(board.ref(activity)):
        board = load_board(release)
        activity = board.by_id[activity.pk]
    return board, activity, approval, journal


def _lock_round(activity: Activity) -> Approval:
    newest = _NEWEST_ROUND.take(host=activity.host)
    if newest is None:
        raise Conflict("not_open", sentence_for("not_open"))
    return newest


def _finish(
    board: Board, activity: Activity, approval: Approval, cast: Cast, journal: Journal
) -> Decided:
    release = board.release
    if cast.created:
        if cast.evaluation.ended:
            board = load_board(release)
            settle_after_round(board, board.by_id[activity.pk], approval, journal=journal)
            activity = board.by_id[activity.pk]
        refresh_linked(board, activity, journal)
        record(journal, stream=release.stream)
    faultpoint("before_commit")
    return Decided(cast, activity, release)


def settle_after_round(
    board: Board, activity: Activity, approval: Approval, *, journal: Journal
) -> None:
    """Carry the result of a settled round into its activity, and settle the release.

    An approved request to skip skips its target instead.
    """
    if approval.state == Approval.State.APPROVED:
        following, because = ActivityState.COMPLETED, "approved"
    else:
        missed = approval.closed_because == "deadline_missed"
        following, because = ActivityState.REJECTED, "deadline_missed" if missed else "rejected"
    moves = tuple(moves_of(board, [(activity, following.value, because)]))
    if activity.overrides_id is not None and following == ActivityState.COMPLETED:
        skip = plan_skip(board.facts(), activity.overrides_id)
        moves += skip.activities
    settle_release(board, journal=journal, act=Plan(activities=moves))


@transaction.atomic
def record_refused_decision(
    *, activity_id: int, verdict: str, code: str, actor: Actor, now: dt.datetime | None = None
) -> None:
    """Keep on record that somebody decided too late (A-003, A-076): who, what, and the refusal's code.

    Called by the doors after the refused transaction has ended.
    """
    activity = activity_for(actor, activity_id)
    release = lock(Release.objects.all(), pk=activity.release_id)
    journal = Journal(actor=actor, at=moment(release, now))
    journal.add(
        "approval.decision_refused",
        activity=activity.pk,
        attempt=activity.attempt,
        verdict=verdict[:20],
        code=code,
    )
    record(journal, stream=release.stream)

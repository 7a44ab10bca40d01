"""People decide on an activity; the release moves on in the same transaction (EXE-4, EXE-8)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from approvals.models import Approval, Decision
from approvals.services.deadlines import take_due_rungs
from approvals.services.decisions import Ballot, Cast, cast_decision, withdraw_decision
from approvals.wording import sentence_for
from audit.actor import POLICY, Actor
from audit.errors import Conflict, NotFound, Refusal
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
from releases.services.telling import tell_outcome

_SETTLED_BEFORE = frozenset({"already_decided", "deadline_passed"})


def goes_on_record(refusal: Refusal) -> bool:
    """Whether somebody is refused because what they answered had been settled, or closed, before."""
    return refusal.code in _SETTLED_BEFORE or (
        refusal.code == "not_open" and "state" in refusal.data
    )


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


@dataclass(frozen=True, slots=True)
class _Question:
    """A round that the transaction holds, and `seen`: the attempt before it waited for the lock."""

    board: Board
    activity: Activity
    approval: Approval
    journal: Journal
    seen: int

    def who(self) -> dict[str, Any]:
        """What the engine asks about the host: the scopes around, and who may not decide."""
        return {
            "lineage": lineage_of(self.board.release),
            "exclusions": exclusions_for(self.board, self.activity),
            "journal": self.journal,
        }


@transaction.atomic
def decide_activity(
    *, activity_id: int, ballot: Ballot, actor: Actor, now: dt.datetime | None = None
) -> Decided:
    """Somebody approves, rejects or abstains.

    Raises NotFound, NotPermitted, Conflict and Invalid as `cast_decision` does; Conflict `not_open`
    when nothing is asked. A completed quorum completes the activity and settles the release once.
    """
    question = _open_for(activity_id, actor, now)
    # A vote that waited for the lock while somebody retried belongs to the attempt it was given for.
    meant = ballot if ballot.attempt is not None else replace(ballot, attempt=question.seen or None)
    return _finish(question, cast_decision(question.approval, meant, **question.who()))


@transaction.atomic
def withdraw_from_activity(
    *, activity_id: int, reason: str, actor: Actor, now: dt.datetime | None = None
) -> Decided:
    """Somebody takes their own decision back while the round is open (EXE-7).

    Raises as `withdraw_decision` does.
    """
    question = _open_for(activity_id, actor, now)
    return _finish(question, withdraw_decision(question.approval, reason, **question.who()))


_RELEASE = Lock(
    lambda key: (
        Release.objects.select_related("product", "scope", "process_version")
        .defer("process_version__document")
        .filter(pk=key)
    ),
    key=int,
)
_NEWEST_ROUND = Lock(lambda host: Approval.objects.filter(host=host).order_by("-attempt"), host=str)


def _open_for(activity_id: int, actor: Actor, now: dt.datetime | None) -> _Question:
    """Find, ask for the right, lock release and round, top-down."""
    activity = activity_for(actor, activity_id)
    require(can_decide(actor))
    seen = activity.attempt
    release = _RELEASE.take(key=activity.release_id)
    if release is None:
        raise NotFound
    journal = Journal(actor=actor, at=moment(release, now))
    approval = _NEWEST_ROUND.take(host=activity.host)
    if approval is None:
        raise Conflict("not_open", sentence_for("not_open"))
    _escalate(approval, release, journal)
    if approval.state == Approval.State.OPEN:
        # The activity was read above the lock; while its round is open the round says how it stands.
        activity.attempt, activity.state = approval.attempt, waiting_state(activity.kind).value
    board = Board(release, [activity.phase], [activity])
    if board.document.four_eyes.get(board.ref(activity)):
        board = load_board(release)
        activity = board.by_id[activity.pk]
    return _Question(board, activity, approval, journal, seen)


def _escalate(approval: Approval, release: Release, asked: Journal) -> None:
    """What the deadline asks for by now, when `tick` has not come to it: the deadline decides (POL-9).

    One that rejects is left to `tick`: the vote is refused by it all the same.
    """
    at, due, decides_at = asked.at, approval.next_due_at, approval.decides_at
    if due is None or at < due or (decides_at is not None and at >= decides_at):
        return
    journal = Journal(actor=replace(POLICY, door=asked.actor.door), at=at)
    take_due_rungs(approval, lineage=lineage_of(release), journal=journal)
    record(journal, stream=release.stream)


def _finish(question: _Question, cast: Cast) -> Decided:
    board, activity, journal = question.board, question.activity, question.journal
    release = board.release
    if cast.created:
        if cast.evaluation.ended:
            board = load_board(release)
            activity = board.by_id[activity.pk]
            comment = cast.decision.comment
            settle_after_round(board, activity, question.approval, journal=journal, comment=comment)
        refresh_linked(board, activity, journal)
        record(journal, stream=release.stream)
    faultpoint("before_commit")
    return Decided(cast, activity, release)


# What a settled round makes of its activity; one that was closed settles nothing.
_FOLLOWING = {
    Approval.State.APPROVED: ActivityState.COMPLETED,
    Approval.State.REJECTED: ActivityState.REJECTED,
}


def settle_after_round(
    board: Board, activity: Activity, approval: Approval, *, journal: Journal, comment: str = ""
) -> None:
    """Carry the result of a settled round into its activity, and settle the release.

    An approved request to skip skips its target instead. `comment` is what the last vote said.
    """
    state = Approval.State(approval.state)
    following = _FOLLOWING[state]
    moment = following.value
    tell_outcome(board.release, activity, approval, moment, journal=journal, comment=comment)
    missed = approval.closed_because == "deadline_missed"
    because = "deadline_missed" if missed else state.value
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

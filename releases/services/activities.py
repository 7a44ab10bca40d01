"""What people do at an activity besides deciding: retry, ask to skip, comment (EXE-6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from approvals.rules.deadlines import build_ladder, deadline_passed
from approvals.rules.texts import unsafe_text
from audit.actor import Actor
from audit.canonical import instant_text
from audit.errors import Conflict, Invalid, NotFound
from audit.history import create_tracked, insert_rows
from audit.journal import Journal
from audit.locking import moment
from audit.permissions import require
from audit.services.record import record
from releases.facts import Board, load_board
from releases.models import Activity, Comment
from releases.permissions import can_comment, can_manage_phase
from releases.rules.progress import check_skip_request, plan_retry
from releases.rules.transitions import ActivityKind
from releases.selectors import activity_for, release_for
from releases.services.lifecycle import lock_release
from releases.services.progress import settle_release
from releases.services.questions import anybody_may_override, question_put_to
from releases.services.telling import tell_question

LONGEST_TEXT = 10_000


def _checked_text(text: str, field: str, empty: str) -> str:
    errors = None
    if not text.strip():
        errors = empty
    elif len(text) > LONGEST_TEXT:
        errors = f"This has {len(text)} characters; at most {LONGEST_TEXT} fit."
    errors = errors or unsafe_text(text)
    if errors:
        raise Invalid(errors={field: [errors]})
    return text


def _locked_board(
    activity_id: int, actor: Actor, now: dt.datetime | None
) -> tuple[Board, Activity, Journal]:
    """Find, ask whether the actor may act inside the phase, lock the release, read all below it."""
    activity = activity_for(actor, activity_id)
    release = release_for(actor, activity.release_id)
    require(can_manage_phase(actor, release, activity.phase))
    release = lock_release(release.pk)
    board = load_board(release)
    activity = board.by_id[activity_id]
    # Asked again below the lock: the phase may have been given to somebody else meanwhile.
    require(can_manage_phase(actor, release, activity.phase))
    return board, activity, Journal(actor=actor, at=moment(release, now))


@transaction.atomic
def retry_activity(
    *, activity_id: int, reason: str, actor: Actor, now: dt.datetime | None = None
) -> Activity:
    """Try again what was rejected, has failed or expired: attempt n+1, everyone is asked afresh.

    The former attempt stays as it was. Refusals: NotFound, NotPermitted, Conflict (`not_failed`,
    `already_ended`, `not_started`; `deadline_passed` when the process sets one that lies in the past
    and rejects), Invalid without a reason.
    """
    board, activity, journal = _locked_board(activity_id, actor, now)
    write_retry(board, activity, journal=journal, reason=reason)
    record(journal, stream=board.release.stream)
    return activity


@transaction.atomic
def retry_activities(
    *,
    activity_ids: Sequence[int],
    reason: str,
    actor: Actor,
    now: dt.datetime | None = None,
) -> list[Activity]:
    """Try several activities of a release again, all or none, and record them together.

    Returns them as they stand now: open in their next attempt, or blocked while a hold or what else
    has failed keeps it from opening. Refusals as for one; Invalid without any, NotFound for those
    of several releases.
    """
    keys = sorted(set(activity_ids))
    if not keys:
        raise Invalid(errors={"activities": ["Choose what is to be tried again."]})
    board, _, journal = _locked_board(keys[0], actor, now)
    tried = write_retries(board, keys, journal=journal, reason=reason)
    record(journal, stream=board.release.stream)
    return tried


def write_retries(
    board: Board, keys: Sequence[int], *, journal: Journal, reason: str
) -> list[Activity]:
    """Try activities of a locked release again, inside the caller's transaction, which records it.

    Returns them as they stand once all of them are tried again: the last one may open the first.
    One journal for all of them: each takes locks on rounds, and the head of the stream comes after
    the last. Refusals: NotFound for an activity of another release, NotPermitted, and those of
    `write_retry`.
    """
    tried = []
    for key in sorted(set(keys)):
        activity = board.by_id.get(key)
        if activity is None:
            raise NotFound
        require(can_manage_phase(journal.actor, board.release, activity.phase))
        write_retry(board, activity, journal=journal, reason=reason)
        tried.append(activity)
    return tried


def write_retry(board: Board, activity: Activity, *, journal: Journal, reason: str) -> None:
    """Try an activity of a locked release again, inside the caller's transaction, which records it.

    Refusals: those of `retry_activity` for what the activity is and for the reason.
    """
    _checked_text(reason, "reason", "Say why.")
    plan = plan_retry(board.facts(), activity.pk)
    _refuse_if_late(board, activity, journal.at)
    journal.add("activity.retried", activity=activity.pk, former_attempt=activity.attempt)
    settle_release(board, journal=journal, act=plan, reason=reason)


def _refuse_if_late(board: Board, activity: Activity, now: dt.datetime) -> None:
    """Refuse to ask people afresh when whatever they answered would come too late (POL-9)."""
    ladder = build_ladder(board.document.activities[board.ref(activity)]["deadline"], now)
    if ladder.due_at is not None and deadline_passed(ladder, now):
        raise Conflict(
            "deadline_passed",
            "The process sets a deadline for this that lies in the past, so nobody could decide in a "
            "new attempt. Ask to skip it, or publish a later deadline and make a new release.",
            data={"deadline": instant_text(ladder.due_at)},
        )


@transaction.atomic
def request_skip(
    *, activity_id: int, reason: str, actor: Actor, now: dt.datetime | None = None
) -> Activity:
    """Ask that an activity be skipped by override: one seat opens for whoever holds the right.

    Returns the request, an activity of its own that is decided like any other; the asker can't
    approve it. Refusals: NotFound, NotPermitted, Conflict (`cannot_skip`, `already_asked`,
    `not_started`, `already_ended`, `nobody_may_override`), Invalid without a reason.
    """
    board, activity, journal = _locked_board(activity_id, actor, now)
    _checked_text(reason, "reason", "Say why.")
    check_skip_request(board.facts(), activity_id)
    request = _request_row(board, activity, actor, reason)
    if not anybody_may_override(board, request, journal.at):
        raise Conflict(
            "nobody_may_override",
            "Nobody could approve this: it takes somebody else who holds the right “override” here and "
            "neither made, started nor wrote this release. Give somebody a role with it, and ask again.",
        )
    board.add(create_tracked(journal, [request], reason)[0])
    journal.add("activity.skip_requested", activity=activity.pk, request=request.pk)
    settle_release(board, journal=journal)
    record(journal, stream=board.release.stream)
    return request


def _request_row(board: Board, activity: Activity, actor: Actor, reason: str) -> Activity:
    earlier = [one for one in board.activities if one.overrides_id == activity.pk]
    return Activity(
        release=board.release,
        phase_id=activity.phase_id,
        position=activity.position,
        key=f"{activity.key}.override.{len(earlier) + 1}",
        name=f"Skip {activity.name}"[:200],
        kind=ActivityKind.APPROVAL.value,
        overrides=activity,
        asked_by_id=actor.account,
        asked_because=reason,
    )


@transaction.atomic
def write_comment(
    *, activity_id: int, text: str, actor: Actor, now: dt.datetime | None = None
) -> Comment:
    """Say something at an activity, at any time; it decides nothing.

    Refusals: NotFound, NotPermitted (`auditor`, `token_scope`), Invalid for an empty or too long
    text.
    """
    activity = activity_for(actor, activity_id)
    release = release_for(actor, activity.release_id)
    require(can_comment(actor, release))
    _checked_text(text, "text", "Write something.")
    release = lock_release(release.pk)
    journal = Journal(actor=actor, at=moment(release, now))
    comment = _said(activity, text, journal)
    journal.add("activity.commented", activity=activity.pk, comment=comment.pk)
    record(journal, stream=release.stream)
    return comment


@transaction.atomic
def ask_for_information(
    *, activity_id: int, text: str, actor: Actor, now: dt.datetime | None = None
) -> Comment:
    """Somebody who is asked to decide asks back: a comment marked as a question.

    Whoever manages the release, made it or owns the phase is told; it decides nothing, and the seat
    of whoever asks stays open. Refusals: NotFound, NotPermitted (of `write_comment`, and those of a
    vote: `not_an_approver`, `own_change` …), Conflict as a vote has it (`not_open`,
    `already_decided`, `deadline_passed`), Invalid for an empty or too long text.
    """
    activity = activity_for(actor, activity_id)
    release = release_for(actor, activity.release_id)
    require(can_comment(actor, release))
    board = load_board(lock_release(release.pk))
    activity, journal = (
        board.by_id[activity_id],
        Journal(actor=actor, at=moment(board.release, now)),
    )
    approval = question_put_to(board, activity, journal)
    _checked_text(text, "text", "Write your question.")
    comment = _said(activity, text, journal, question=True)
    journal.add("activity.information_asked", activity=activity.pk, comment=comment.pk)
    tell_question(board.release, activity, approval, comment, journal=journal)
    record(journal, stream=board.release.stream)
    return comment


def _said(activity: Activity, text: str, journal: Journal, *, question: bool = False) -> Comment:
    row = Comment(
        activity_id=activity.pk,
        user_id=journal.actor.account,
        display_name=journal.actor.label,
        text=text,
        attempt=activity.attempt,
        question=question,
        written_at=journal.at,
    )
    return insert_rows(journal, [row])[0]

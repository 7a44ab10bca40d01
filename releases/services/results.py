"""Pipelines and checks report; a run that says nothing in time has failed (B-21, CHK-8)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from approvals.rules.texts import unsafe_text
from audit.actor import POLICY, Actor
from audit.canonical import canonical_text, text_digest
from audit.errors import Conflict, Invalid
from audit.history import insert_rows
from audit.journal import Journal
from audit.locking import moment
from audit.permissions import require
from audit.services.record import record
from releases.facts import Board, load_board
from releases.models import Activity, ActivityResult
from releases.permissions import can_report_result
from releases.rules.progress import Plan
from releases.rules.release_details import is_web_address
from releases.rules.transitions import AUTOMATED_KINDS, ActivityKind, ActivityState
from releases.selectors import activity_for, release_for
from releases.services.lifecycle import lock_release
from releases.services.progress import moves_of, settle_release
from releases.services.telling import tell_failure

# A report that says neither is no outcome: skipped, empty or unknown never opens a gate (B-22).
OUTCOMES = ("passed", "failed")
LONGEST_SUMMARY = 20_000
LONGEST_URL = 1000
LONGEST_DATA = 100_000


@dataclass(frozen=True, slots=True)
class Report:
    """What a pipeline or check says about its run; `attempt` is the one it ran for, when it says."""

    outcome: str
    summary: str = ""
    url: str = ""
    data: Mapping[str, Any] | None = None
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """The result that stands, and whether it is new."""

    result: ActivityResult
    activity: Activity
    created: bool


def _check_report(report: Report) -> str:
    """The canonical text of a valid report. Raises Invalid with the fields."""
    errors: dict[str, list[str]] = {}
    if report.outcome not in OUTCOMES:
        errors["outcome"] = ["An outcome is passed or failed; nothing else is one."]
    unsafe = unsafe_text(report.summary)
    if unsafe:
        errors["summary"] = [unsafe]
    elif len(report.summary) > LONGEST_SUMMARY:
        errors["summary"] = [f"At most {LONGEST_SUMMARY} characters fit."]
    if report.url and not is_web_address(report.url):
        errors["url"] = ["Give an address that starts with http:// or https://."]
    elif unsafe_text(report.url) or len(report.url) > LONGEST_URL:
        errors["url"] = [unsafe_text(report.url) or f"At most {LONGEST_URL} characters fit."]
    try:
        text = canonical_text({"data": dict(report.data) if report.data is not None else None})
    except (ValueError, TypeError, RecursionError):
        text, errors["data"] = "", ["This can't be kept as JSON."]
    if len(text) > LONGEST_DATA:
        errors["data"] = [f"At most {LONGEST_DATA} characters of JSON fit."]
    if errors:
        raise Invalid(errors=errors)
    return canonical_text(
        {
            "data": report.data,
            "outcome": report.outcome,
            "summary": report.summary,
            "url": report.url,
        }
    )


@transaction.atomic
def report_result(
    *, activity_id: int, report: Report, actor: Actor, now: dt.datetime | None = None
) -> Reported:
    """Record how the present run of an automated activity ended, and let the release move on.

    A report that was sent before is answered with the result that stands (`_sent_before` says
    which that is). Refusals: NotFound, NotPermitted, Invalid, Conflict (`changed_since` when it
    names another attempt than the present one, `not_running`, `timed_out`).
    """
    activity = activity_for(actor, activity_id)
    release = release_for(actor, activity.release_id)
    require(can_report_result(actor, release))
    text = _check_report(report)
    release = lock_release(release.pk)
    board = load_board(release)
    activity = board.by_id[activity_id]
    journal = Journal(actor=actor, at=moment(release, now))
    earlier = _sent_before(activity, report, text_digest(text))
    if earlier is not None:
        return Reported(earlier, activity, created=False)
    if report.attempt not in (None, activity.attempt):
        raise Conflict(
            "changed_since",
            "This is about another attempt than the present one.",
            data={"attempt": activity.attempt},
        )
    if ActivityKind(activity.kind) not in AUTOMATED_KINDS or activity.state != "running":
        raise Conflict("not_running", "This is not running, so there is nothing to report.")
    if activity.times_out_at is not None and journal.at >= activity.times_out_at:
        raise Conflict("timed_out", "The time for this run is over; it counts as failed.")
    result = _write_result(board, activity, report, text, journal)
    record(journal, stream=release.stream)
    return Reported(result, activity, created=True)


def _sent_before(activity: Activity, report: Report, digest: str) -> ActivityResult | None:
    """The result that a report of this content repeats, if it repeats one.

    A report that names its attempt repeats a result of that attempt only. One that names none is
    the present run's while there is one: a run that fails as the former did has failed, and must not
    be waited for. Otherwise it repeats the newest result of the same content. A pipeline whose
    answer may get lost, so that it sends a report twice, names the attempt.
    """
    same = ActivityResult.objects.filter(activity=activity, digest=digest)
    if report.attempt is not None:
        return same.filter(attempt=report.attempt).first()
    if activity.state == ActivityState.RUNNING:
        return None
    return same.order_by("-attempt").first()


def _write_result(
    board: Board, activity: Activity, report: Report, text: str, journal: Journal
) -> ActivityResult:
    result: ActivityResult = insert_rows(
        journal,
        [
            ActivityResult(
                activity=activity,
                attempt=activity.attempt,
                outcome=report.outcome,
                summary=report.summary,
                url=report.url,
                data=canonical_text(dict(report.data) if report.data is not None else None),
                digest=text_digest(text),
                opened_at=activity.opened_at or journal.at,
                reported_at=journal.at,
                reported_by=journal.actor.label,
            )
        ],
    )[0]
    passed = report.outcome == ActivityResult.Outcome.PASSED
    if not passed:
        tell_failure(
            board.release, activity, journal=journal, summary=report.summary, because=report.outcome
        )
    journal.add(
        "activity.result_reported",
        activity=activity.pk,
        attempt=activity.attempt,
        outcome=report.outcome,
        result=result.pk,
    )
    following = ActivityState.COMPLETED if passed else ActivityState.FAILED
    moves = moves_of(board, [(activity, following.value, report.outcome)])
    settle_release(board, journal=journal, act=Plan(activities=tuple(moves)))
    return result


@transaction.atomic
def fail_timed_out(
    *, activity_id: int, actor: Actor = POLICY, now: dt.datetime | None = None
) -> bool:
    """Fail a run whose time is over; returns whether there was one."""
    activity = activity_for(actor, activity_id)
    release = lock_release(activity.release_id)
    board = load_board(release)
    activity = board.by_id[activity_id]
    journal = Journal(actor=actor, at=moment(release, now))
    due = activity.times_out_at
    if activity.state != ActivityState.RUNNING or due is None or journal.at < due:
        return False
    report = Report(outcome=ActivityResult.Outcome.TIMED_OUT.value)
    _write_result(board, activity, report, canonical_text({"outcome": report.outcome}), journal)
    record(journal, stream=release.stream)
    return True

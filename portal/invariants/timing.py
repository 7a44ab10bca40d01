"""Time: nothing was done before it was due, and nothing due is left undone (I11)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.db.models import Min

from approvals.models import Approval
from approvals.services.deadlines import ladder_of
from audit.history import history_of
from portal.invariants.findings import TICK, TWO_TICKS, Finding
from portal.invariants.rounds import name_of
from releases.documents import document_of
from releases.models import Activity, ActivityResult, Release
from releases.rules.transitions import ActivityState, ReleaseState

CHUNK = 500


def check_deadlines_kept(now: dt.datetime) -> Iterator[Finding]:
    """I11: no round was rejected or escalated, and no run failed, before its time."""
    taken = Approval.objects.filter(rungs_taken__gt=0).order_by("pk")
    for approval in taken.iterator(chunk_size=CHUNK):
        yield from _early_rungs(approval)
    missed = Approval.objects.filter(closed_because="deadline_missed", rungs_taken=0)
    for approval in missed.order_by("pk"):
        detail = "it was rejected for a deadline that it did not miss"
        yield Finding("I11", "too_early", name_of(approval), detail)
    yield from _early_timeouts()


def _early_rungs(approval: Approval) -> Iterator[Finding]:
    rungs = ladder_of(approval).rungs
    versions = history_of(Approval)._base_manager.filter(id=approval.pk, rungs_taken__gt=0)
    first_seen = versions.order_by().values_list("rungs_taken").annotate(at=Min("history_date"))
    for number, at in sorted(first_seen):
        if number > len(rungs):
            detail = f"it has climbed {number} rungs of a ladder of {len(rungs)}"
            yield Finding("I11", "too_early", name_of(approval), detail)
        elif at < rungs[number - 1].at:
            detail = (
                f"what falls due at {rungs[number - 1].at:%Y-%m-%d %H:%M:%S} UTC was done before"
            )
            yield Finding("I11", "too_early", name_of(approval), detail)


def _early_timeouts() -> Iterator[Finding]:
    ended = ActivityResult.objects.filter(outcome=ActivityResult.Outcome.TIMED_OUT)
    rows = ended.select_related("activity__phase", "activity__release__process_version")
    for result in rows.order_by("pk").iterator(chunk_size=CHUNK):
        activity = result.activity
        document = document_of(activity.release.process_version)
        spec = document.activities.get(f"{activity.phase.key}.{activity.key}", {})
        seconds = spec.get("timeout") or 0
        if result.reported_at < result.opened_at + dt.timedelta(seconds=seconds):
            detail = (
                f"attempt {result.attempt} was timed out before its {seconds} seconds were over"
            )
            yield Finding("I11", "too_early", activity.reference, detail)


def check_nothing_overdue(now: dt.datetime) -> Iterator[Finding]:
    """I11: what has been due for more than two ticks has been done."""
    before = now - TWO_TICKS
    for approval in Approval.objects.filter(
        state=Approval.State.OPEN, next_due_at__lt=before
    ).order_by("pk"):
        yield _overdue(name_of(approval), approval.next_due_at)
    for activity in Activity.objects.filter(
        state=ActivityState.RUNNING, times_out_at__lt=before
    ).order_by("pk"):
        yield _overdue(activity.reference, activity.times_out_at)
    for release in Release.objects.filter(
        state=ReleaseState.SCHEDULED, scheduled_at__lt=before
    ).order_by("pk"):
        yield _overdue(release.reference, release.scheduled_at)


def _overdue(subject: str, due: dt.datetime | None) -> Finding:
    detail = f"something has been due since {due:%Y-%m-%d %H:%M:%S} UTC and is not done"
    return Finding("I11", "overdue", subject, detail, TICK)

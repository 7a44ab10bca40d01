"""What has fallen due is done once: deadlines, time-outs, scheduled starts (POL-9, OPS-3).

The aggregates themselves say when something is due; this takes it up. Each piece is tried in a
transaction of its own; its count goes up before it starts, so that work which kills its worker
becomes a dead letter instead of a loop (abuse.md, findings 4 to 7).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import structlog
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q

from approvals.models import Approval
from approvals.selectors import due_rounds
from approvals.services.deadlines import take_due_rungs
from approvals.services.reconcile import reconcile_round, rounds_out_of_step
from audit.actor import POLICY, SCHEDULER, Actor
from audit.errors import Refusal
from audit.journal import Journal
from audit.locking import database_now, lock, moment
from audit.services.record import record
from releases.facts import lineage_of, load_board
from releases.models import Activity, DueWork, Release
from releases.rules.transitions import ActivityState, ReleaseState
from releases.services.decisions import settle_after_round
from releases.services.lifecycle import begin_release, lock_release
from releases.services.results import fail_timed_out
from releases.services.roles import all_grants_due, refresh_grants

log = structlog.get_logger(__name__)

MOST_UNFINISHED = 5
MANY_ATTEMPTS = 5
FIRST_PAUSE = dt.timedelta(seconds=10)
LONGEST_PAUSE = dt.timedelta(minutes=30)
BATCH = 200
# A try that has neither ended nor failed for this long belonged to a worker that died.
STALE_AFTER = dt.timedelta(minutes=2)


@dataclass(slots=True)
class TickReport:
    """What one tick did: how many of each, and what failed."""

    done: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def count(self, kind: str, number: int = 1) -> None:
        """Add to what was done."""
        if number:
            self.done[kind] = self.done.get(kind, 0) + number


@transaction.atomic
def enforce_deadline(
    *, approval_id: int, actor: Actor = POLICY, now: dt.datetime | None = None
) -> bool:
    """Take the rungs of a round that are due, and settle its release; whether there were any."""
    found = Approval.objects.get(pk=approval_id)
    activity = Activity.objects.get(pk=int(found.host.partition(":")[2]))
    release = lock_release(activity.release_id)
    approval = lock(Approval.objects.all(), pk=approval_id)
    journal = Journal(actor=actor, at=moment(release, now))
    if not take_due_rungs(approval, lineage=lineage_of(release), journal=journal):
        return False
    if approval.state == Approval.State.REJECTED:
        board = load_board(release)
        settle_after_round(board, board.by_id[activity.pk], approval, journal=journal)
    record(journal, stream=release.stream)
    return True


@transaction.atomic
def start_scheduled(
    *, release_id: int, actor: Actor = SCHEDULER, now: dt.datetime | None = None
) -> bool:
    """Start a release whose time has come; whether it was so."""
    release = lock_release(release_id)
    journal = Journal(actor=actor, at=moment(release, now))
    due = release.scheduled_at
    if release.state != ReleaseState.SCHEDULED or due is None or due > journal.at:
        return False
    begin_release(load_board(release), journal=journal)
    record(journal, stream=release.stream)
    return True


def run_due(*, actor: Actor = SCHEDULER, now: dt.datetime | None = None) -> TickReport:
    """Do everything that is due, once. What fails is tried again later, ever more rarely.

    What a deadline does is done by the policy, never by a person, through the actor's door.
    """
    report, at = TickReport(), now or database_now()
    policy, scheduler = replace(POLICY, door=actor.door), replace(SCHEDULER, door=actor.door)
    for key, due in _to_try("deadline", due_rounds(at), "next_due_at"):
        _attempt("deadline", key, due, report, _deadline(key, policy, now))
    late = Activity.objects.filter(state=ActivityState.RUNNING, times_out_at__lte=at)
    for key, due in _to_try("timeout", late, "times_out_at"):
        _attempt("timeout", key, due, report, _timeout(key, policy, now))
    planned = Release.objects.filter(state=ReleaseState.SCHEDULED, scheduled_at__lte=at)
    for key, due in _to_try("start", planned, "scheduled_at"):
        _attempt("start", key, due, report, _start(key, scheduler, now))
    for scope, grantee in all_grants_due(at):
        _look_after("grants", scope.pk, report, partial(refresh_grants, scope, grantee, at))
    for key in rounds_out_of_step(limit=BATCH, at=at):
        work = partial(reconcile_round, approval_id=key, actor=actor, now=now)
        _look_after("reconciled", key, report, work)
    return report


def _to_try(kind: str, rows: models.QuerySet[Any], due_at: str) -> list[tuple[int, dt.datetime]]:
    """Key and due time of the rows that may be tried now, what fell due first at the front.

    What pauses after a failure, is being tried, or was given up stays due: it must not crowd out
    what can be done.
    """
    same = DueWork.objects.filter(kind=kind, object_id=OuterRef("pk"), due_at=OuterRef(due_at))
    waiting = same.filter(_not_to_be_tried(database_now()))
    return list(
        rows.filter(~Exists(waiting)).order_by(due_at, "pk").values_list("pk", due_at)[:BATCH]
    )


def _deadline(key: int, actor: Actor, now: dt.datetime | None) -> Callable[[], bool]:
    return lambda: enforce_deadline(approval_id=key, actor=actor, now=now)


def _timeout(key: int, actor: Actor, now: dt.datetime | None) -> Callable[[], bool]:
    return lambda: fail_timed_out(activity_id=key, actor=actor, now=now)


def _start(key: int, actor: Actor, now: dt.datetime | None) -> Callable[[], bool]:
    return lambda: start_scheduled(release_id=key, actor=actor, now=now)


def _attempt(
    kind: str, key: int, due: dt.datetime, report: TickReport, work: Callable[[], bool]
) -> None:
    claimed = _claim(kind, key, due)
    if claimed is None:
        return
    try:
        done = work()
    except Refusal as refusal:
        _note_failure(claimed, refusal.code)
        report.failed.append(f"{kind} {key}: {refusal.code}")
    except Exception as error:
        # One piece of work that cannot be done must not keep the others from being done.
        log.exception("due_work_failed", kind=kind, key=key)
        _note_failure(claimed, type(error).__name__)
        report.failed.append(f"{kind} {key}: {type(error).__name__}")
    else:
        DueWork.objects.filter(pk=claimed.pk).delete()
        report.count(kind, int(done))


def _look_after(kind: str, key: int, report: TickReport, work: Callable[[], bool]) -> None:
    """Upkeep that every tick repeats: one piece that fails keeps no other from being done."""
    try:
        report.count(kind, int(work()))
    except Exception as error:
        log.exception("upkeep_failed", kind=kind, key=key)
        report.failed.append(f"{kind} {key}: {type(error).__name__}")


def _claim(kind: str, key: int, due: dt.datetime) -> DueWork | None:
    """Count an attempt and commit it before the work starts; None when it is not to be tried now."""
    at = database_now()
    with transaction.atomic():
        DueWork.objects.bulk_create(
            [DueWork(kind=kind, object_id=key, due_at=due)], ignore_conflicts=True
        )
        row = (
            DueWork.objects.select_for_update(skip_locked=_can_skip())
            .filter(~_not_to_be_tried(at), kind=kind, object_id=key, due_at=due)
            .first()
        )
        if row is None:
            return None
        if row.unfinished >= MOST_UNFINISHED:
            DueWork.objects.filter(pk=row.pk).update(dead_at=at)
            log.error("due_work_given_up", kind=kind, key=key, attempts=row.attempts)
            return None
        DueWork.objects.filter(pk=row.pk).update(
            attempts=row.attempts + 1, unfinished=row.unfinished + 1, tried_at=at, error=""
        )
    return row


def _can_skip() -> bool:
    return transaction.get_connection().features.has_select_for_update_skip_locked


def _not_to_be_tried(at: dt.datetime) -> Q:
    """Work that was given up, that somebody is at, or whose pause after a failure is not over."""
    being_tried = Q(error="", tried_at__gt=at - STALE_AFTER)
    pausing, attempts, pause = Q(pk__in=[]), 1, FIRST_PAUSE
    while pause < LONGEST_PAUSE:
        pausing |= Q(attempts=attempts, tried_at__gt=at - pause)
        attempts, pause = attempts + 1, pause * 2
    pausing |= Q(attempts__gte=attempts, tried_at__gt=at - LONGEST_PAUSE)
    return Q(dead_at__isnull=False) | being_tried | (~Q(error="") & pausing)


def _note_failure(claimed: DueWork, code: str) -> None:
    DueWork.objects.filter(pk=claimed.pk).update(error=code[:200], unfinished=0)


def dead_letters() -> list[DueWork]:
    """What was given up because it killed its worker again and again; people must look at it."""
    return list(DueWork.objects.filter(dead_at__isnull=False).order_by("dead_at"))


def failing_work() -> list[DueWork]:
    """What has failed several times over and is still being tried."""
    failing = DueWork.objects.filter(dead_at__isnull=True, attempts__gte=MANY_ATTEMPTS)
    return list(failing.exclude(error="").order_by("due_at"))


def revive_dead_letters(*, actor: Actor) -> int:
    """Let the next tick try again what was given up; returns how many there were."""
    number: int = DueWork.objects.filter(dead_at__isnull=False).update(
        dead_at=None, unfinished=0, tried_at=None
    )
    log.info("dead_letters_revived", number=number, by=actor.label)
    return number

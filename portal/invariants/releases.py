"""Releases: activities agree with their rounds, everything is settled, what ended stays (I2, I7)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef

from approvals.models import Approval
from audit.history import history_of
from portal.invariants.findings import LOOK, Finding
from releases.facts import load_board
from releases.models import Activity, ActivityResult, Phase, Release
from releases.rules.progress import settle
from releases.rules.transitions import (
    ACTIVITY_FINAL,
    ACTIVITY_WAITING,
    AUTOMATED_KINDS,
    RELEASE_FINAL,
    ActivityState,
    ForbiddenTransitionError,
    PhaseState,
)

CHUNK = 500
_RESULT_OF_STATE = {
    ActivityState.RUNNING: (None,),
    ActivityState.COMPLETED: ("passed",),
    ActivityState.FAILED: ("failed", "timed_out"),
}
_ROUND_OF_STATE = {
    ActivityState.COMPLETED: Approval.State.APPROVED,
    ActivityState.REJECTED: Approval.State.REJECTED,
    ActivityState.EXPIRED: Approval.State.EXPIRED,
}
_FINAL_STATES: tuple[tuple[type[models.Model], Collection[str]], ...] = (
    (Release, RELEASE_FINAL),
    (Phase, (PhaseState.COMPLETED, PhaseState.SKIPPED, PhaseState.ABORTED)),
    (Activity, ACTIVITY_FINAL),
    (Approval, [state for state in Approval.State if state != Approval.State.OPEN]),
)


def check_activities(now: dt.datetime) -> Iterator[Finding]:
    """I2: an activity's state is what its newest round, or the result of its newest run, says."""
    last = 0
    while True:
        rows = Activity.objects.filter(pk__gt=last).order_by("pk")
        chunk = list(rows[:CHUNK])
        if not chunk:
            return
        rounds = _newest_rounds(chunk)
        results = {
            (result.activity_id, result.attempt): result.outcome
            for result in ActivityResult.objects.filter(activity__in=chunk)
        }
        for activity in chunk:
            wrong = (
                _wrong_run(activity, results.get((activity.pk, activity.attempt)))
                if activity.kind in AUTOMATED_KINDS
                else _wrong_round(activity, rounds.get(activity.host))
            )
            if wrong:
                yield Finding("I2", "activity_differs", activity.reference, wrong)
        last = chunk[-1].pk


def _newest_rounds(activities: Collection[Activity]) -> dict[str, Approval]:
    hosts = [activity.host for activity in activities]
    return {one.host: one for one in Approval.objects.filter(host__in=hosts).order_by("attempt")}


def _wrong_run(activity: Activity, outcome: str | None) -> str | None:
    allowed = _RESULT_OF_STATE.get(ActivityState(activity.state))
    if allowed is None or outcome in allowed:
        return None
    return f"it is {activity.state}; the result of attempt {activity.attempt} is {outcome}"


def _wrong_round(activity: Activity, newest: Approval | None) -> str | None:
    state = ActivityState(activity.state)
    is_open = newest is not None and newest.state == Approval.State.OPEN
    if is_open != (state in ACTIVITY_WAITING):
        return f"it is {state.value}; its round is {'open' if is_open else 'not open'}"
    wanted = _ROUND_OF_STATE.get(state)
    if state not in ACTIVITY_WAITING and wanted is None:
        return None
    if newest is None or newest.attempt != activity.attempt:
        return f"it is {state.value} in attempt {activity.attempt}, which has no round"
    if wanted is not None and newest.state != wanted:
        return f"it is {state.value}; its round is {newest.state}"
    return None


def check_settled(now: dt.datetime) -> Iterator[Finding]:
    """I2: nothing is left to move; phases and release stand where the rules put them (EXE-8)."""
    releases = Release.objects.select_related("process_version").order_by("pk")
    for release in releases.iterator(chunk_size=100):
        try:
            plan = settle(load_board(release).facts())
        except (ForbiddenTransitionError, KeyError, ValueError) as error:
            detail = f"its states contradict each other: {error}"
            yield Finding("I2", "states_contradict", release.reference, detail)
            continue
        if plan:
            detail = "something follows from its states that has not been done"
            yield Finding("I2", "not_settled", release.reference, detail)


def check_ended(now: dt.datetime) -> Iterator[Finding]:
    """I7: nothing has a further version once it has come to its end."""
    for model, final in _FINAL_STATES:
        key = model._meta.pk.attname
        history = history_of(model)._base_manager
        ended = history.filter(
            **{key: OuterRef(key)}, history_id__lt=OuterRef("history_id"),
            state__in=[str(state) for state in final],
        )  # fmt: skip
        later = history.filter(Exists(ended)).order_by("history_id")
        for row_key, number in later.values_list(key, "history_id").iterator(chunk_size=CHUNK):
            yield _changed_after_its_end(model, row_key, number)


def _changed_after_its_end(model: type[models.Model], key: Any, number: int) -> Finding:
    subject = f"{model._meta.verbose_name} {key}"
    detail = f"version {number} was written after it had come to its end"
    return Finding("I7", "changed_after_its_end", subject, detail, LOOK)

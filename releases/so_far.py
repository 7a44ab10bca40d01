"""What has come of a release so far, for whoever decides on a part of it: reports and votes (EXE-3).

Each at the price of a query that the page asks anyway: a release has sixty activities, its page none
to spare.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import models
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q

from approvals.facts import live_decisions
from approvals.models import Approval, Decision
from audit.compiled import CompiledValues, instance_of
from releases.facts import Board, load_board
from releases.models import Activity, Phase, Release

# Votes elsewhere: a decision is seldom read for more of them, and 200 approvers give 200 at each.
NEWEST_VOTES: Final = 40
_HOST: Final = "activity:"


@dataclass(frozen=True, slots=True)
class Report:
    """What was reported of the newest attempt of an automated activity."""

    outcome: str
    summary: str
    url: str
    reported_by: str
    reported_at: dt.datetime


_OF_ACTIVITY: Final = tuple(one.attname for one in Activity._meta.concrete_fields)
_OF_PHASE: Final = tuple(one.attname for one in Phase._meta.concrete_fields)
_PHASE: Final = Activity._meta.get_field("phase")


def _with_reports(release_id: int) -> models.QuerySet[Activity, tuple[Any, ...]]:
    newest = FilteredRelation("results", condition=Q(results__attempt=F("attempt")))
    rows = Activity.objects.filter(release_id=release_id).annotate(newest=newest)
    columns = (
        *_OF_ACTIVITY,
        *(f"phase__{name}" for name in _OF_PHASE),
        *(f"newest__{name}" for name in Report.__slots__),
    )
    return rows.values_list(*columns).order_by("position", "pk")


_WITH_REPORTS: Final = CompiledValues(_with_reports, release_id=int)


def board_with_reports(release: Release) -> Board:
    """The board of a release; its activities know what was reported of their newest attempt."""
    return load_board(release, _read_with_reports(release.pk))


def _read_with_reports(release_id: int) -> Iterator[Activity]:
    """The activities; those of a phase share it, which is made into an instance once."""
    phases: dict[int, Phase] = {}
    until_phase, until_report = len(_OF_ACTIVITY), len(_OF_ACTIVITY) + len(_OF_PHASE)
    for row in _WITH_REPORTS.rows(release_id=release_id):
        activity = instance_of(Activity, _OF_ACTIVITY, row[:until_phase])
        phase = phases.get(activity.phase_id)
        if phase is None:
            phase = instance_of(Phase, _OF_PHASE, row[until_phase:until_report])
            phases[phase.pk] = phase
        _PHASE.set_cached_value(activity, phase)
        activity.newest_report = row[until_report:]  # type: ignore[attr-defined]
        yield activity


def report_on(activity: Activity) -> Report | None:
    """The report on the newest attempt of an activity of such a board; None while there is none."""
    report = Report(*activity.newest_report)  # type: ignore[attr-defined]
    return None if report.outcome is None else report


@dataclass(frozen=True, slots=True)
class VotesSoFar:
    """The decisions of some rounds, by round; and those that stand elsewhere in the release.

    `elsewhere` is by activity, the first given first: of the newest rounds, and of many votes the
    newest. `cut` says that there are more.
    """

    own: dict[int, list[Decision]]
    elsewhere: dict[int, list[Decision]]
    cut: bool


_FIELDS: Final = tuple(one.attname for one in Decision._meta.concrete_fields)


def _votes(host: str, scope_id: int) -> models.QuerySet[Decision, tuple[Any, ...]]:
    """The decisions of a host, and the newest of the newest rounds beside it; host last."""
    newer = Approval.objects.filter(host=OuterRef("host"), attempt__gt=OuterRef("attempt"))
    others = Approval.objects.filter(
        ~Exists(newer), ~Q(host=host), scope_id=scope_id, host__startswith=_HOST
    )
    # Not by key: the database would then read the keys of all that was ever decided, newest first.
    by_time = Decision.objects.filter(approval__in=others).order_by("-decided_at", "-pk")
    rows = Decision.objects.order_by()
    own = rows.filter(approval__host=host).values_list(*_FIELDS, "approval__host")
    elsewhere = rows.filter(pk__in=by_time.values("pk")[: NEWEST_VOTES + 1])
    return own.union(elsewhere.values_list(*_FIELDS, "approval__host"), all=True)


_VOTES: Final = CompiledValues(_votes, host=str, scope_id=int).planned_once()


def votes_so_far(release: Release, host: str, rounds: Sequence[Approval]) -> VotesSoFar:
    """The decisions of `rounds` (all of `host`) and the newest elsewhere in the release: one query."""
    own: dict[int, list[Decision]] = {one.pk: [] for one in rounds}
    elsewhere: dict[int, list[Decision]] = {}
    for *values, about in sorted(_VOTES.rows(host=host, scope_id=release.scope_id)):
        decision = instance_of(Decision, _FIELDS, values)
        if about != host:
            elsewhere.setdefault(int(about.removeprefix(_HOST)), []).append(decision)
        elif decision.approval_id in own:
            own[decision.approval_id].append(decision)
    found = sum(len(several) for several in elsewhere.values())
    return VotesSoFar(own, _standing(elsewhere), cut=found > NEWEST_VOTES)


def _standing(votes: dict[int, list[Decision]]) -> dict[int, list[Decision]]:
    """Of each activity what counts: the last word of each person, unless taken back."""
    counted = {
        key: sorted(live_decisions(given).values(), key=lambda one: one.pk)
        for key, given in votes.items()
    }
    return {key: several for key, several in counted.items() if several}

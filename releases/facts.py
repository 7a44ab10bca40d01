"""Rows → facts: the board of a release, as the progress rules read it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from approvals.models import Scope
from audit.compiled import Compiled
from audit.history import history_of
from releases.documents import ProcessDocument, document_of
from releases.models import Activity, Phase, Product, Release
from releases.rules.conditions import ReleaseFacts as ConditionFacts
from releases.rules.progress import ActivityFacts, PhaseFacts, ReleaseFacts
from releases.rules.transitions import RELEASE_ENDED, ReleaseState


@dataclass
class Board:
    """A release with all its phases and activities, the rows behind the facts."""

    release: Release
    phases: list[Phase]
    activities: list[Activity]

    @cached_property
    def document(self) -> ProcessDocument:
        """The process version that the release keeps."""
        return document_of(self.release.process_version)

    @cached_property
    def phase_keys(self) -> dict[int, str]:
        """Phase keys by primary key."""
        return {phase.pk: phase.key for phase in self.phases}

    @cached_property
    def by_id(self) -> dict[int, Activity]:
        """Activities by primary key."""
        return {activity.pk: activity for activity in self.activities}

    def add(self, activity: Activity) -> None:
        """Take in an activity that was made since the board was read."""
        self.activities.append(activity)
        self.by_id[activity.pk] = activity

    def ref(self, activity: Activity) -> str:
        """The full reference of an activity: "phase.activity"."""
        return f"{self.phase_keys[activity.phase_id]}.{activity.key}"

    def facts(self) -> ReleaseFacts:
        """What the progress rules are given."""
        release = self.release
        return ReleaseFacts(
            state=release.state,
            started=release.started_at is not None,
            held=release.held,
            outcome=release.state if ReleaseState(release.state) in RELEASE_ENDED else None,
            scheduled=release.state == ReleaseState.SCHEDULED,
            phases=tuple(self._phase_facts()),
            activities=tuple(self._activity_facts()),
        )

    def _phase_facts(self) -> Iterable[PhaseFacts]:
        for phase in self.phases:
            spec = self.document.phases[phase.key]
            yield PhaseFacts(phase.key, tuple(spec["needs"]), spec["failure"], phase.state)

    def _activity_facts(self) -> Iterable[ActivityFacts]:
        for activity in self.activities:
            spec = self.document.activities.get(self.ref(activity), {})
            yield ActivityFacts(
                id=activity.pk,
                phase=self.phase_keys[activity.phase_id],
                key=activity.key,
                kind=activity.kind,
                needs=tuple(spec.get("needs", ())),
                state=activity.state,
                applies=activity.applies,
                attempt=activity.attempt,
                overrides=activity.overrides_id,
            )


_OF_RELEASE = Compiled(
    lambda release_id: (
        Activity.objects.filter(release_id=release_id)
        .select_related("phase")
        .order_by("position", "pk")
    ),
    release_id=int,
)


def load_board(release: Release, known: Iterable[Activity] | None = None) -> Board:
    """The board of a release: one query, however many activities it has, when no phase is empty.

    `known`: the activities with their phases, in order, for whoever has read them already.
    """
    activities = list(_OF_RELEASE.rows(release_id=release.pk) if known is None else known)
    phases: dict[int, Phase] = {}
    for activity in activities:
        phase = phases.setdefault(activity.phase_id, activity.phase)
        if activity.phase is not phase:
            activity.phase = phase
    board = Board(release, sorted(phases.values(), key=lambda phase: phase.position), activities)
    if len(phases) < len(board.document.phases):
        board.phases = list(Phase.objects.filter(release=release).order_by("position"))
    return board


def lineage_of(release: Release) -> tuple[int, ...]:
    """The keys of the scopes around a release, everything first (its scope must be loaded)."""
    return release.scope.lineage


def root_scope(release: Release) -> Scope:
    """The scope "everything", from the lineage: no query."""
    return Scope(pk=lineage_of(release)[0], kind=Scope.Kind.EVERYTHING)


def condition_facts(release: Release) -> ConditionFacts:
    """What conditions read: the release, and its product as it was at its creation (POL-10, REL-5)."""
    tags = [*json.loads(release.tags), *json.loads(_product_tags(release))]
    return ConditionFacts(
        risk=release.risk or None,
        change_type=release.change_type or None,
        environments=frozenset(json.loads(release.environments)),
        tags=frozenset(tags),
    )


def _product_tags(release: Release) -> str:
    """The tags of the product when the release was made.

    Releases older than the column keep none (their history can't be rewritten to hold it); the
    product's own history says what its tags were.
    """
    if release.product_tags is not None:
        return release.product_tags
    versions = history_of(Product)._base_manager.filter(id=release.product_id)
    then = versions.filter(history_date__lte=release.created_at).order_by("-history_id")
    found: str | None = then.values_list("tags", flat=True).first()
    return release.product.tags if found is None else found


def starter_ids(release: Release) -> list[int]:
    """The users who scheduled or started a release."""
    return [int(key) for key in json.loads(release.starters)]


def author_ids(release: Release) -> list[int]:
    """The users listed as authors of a release."""
    return [author["user"] for author in json.loads(release.authors)]


# What an activity keeps apart when its process does not say.
DEFAULT_SEPARATION: Final[Mapping[str, Any]] = {"requester": True, "authors": True, "not_with": []}


def own_change_ids(release: Release, separation: Mapping[str, Any]) -> set[int]:
    """Whose change a release is, as far as an activity keeps them from deciding on it (POL-6)."""
    found: set[int] = set()
    if separation["requester"]:
        found |= {release.requester_id, *starter_ids(release)}
    if separation["authors"]:
        found |= set(author_ids(release))
    return found

"""A release with all that its pages read of it, loaded with a constant number of queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Final

from approvals.models import Approval, AskedPerson
from approvals.rules.seats import entry_reference
from approvals.selectors import Reach, current_rounds, names_of_sources, reach_of
from audit.actor import Actor, Answer
from portal.pages.release_feed import Entries
from portal.pages.release_rows import (
    MOST_NAMED,
    ActivityRow,
    Failure,
    Names,
    source_keys_of,
)
from releases.documents import document_of
from releases.facts import Board, condition_facts, load_board
from releases.models import Activity, Phase, Release
from releases.overview import Saying, people_asked, sayings
from releases.permissions import can_manage_shown, can_start_release, owned_phases
from releases.rules.conditions import applies
from releases.rules.progress import Missing, missing_needs
from releases.rules.transitions import (
    ACTIVITY_FAILED,
    ACTIVITY_WAITING,
    AUTOMATED_KINDS,
    ActivityKind,
    ActivityState,
    PhaseState,
    ReleaseState,
)
from releases.shown import release_to_show

SourceKeys = set[tuple[str, Any]]
_NOT_STARTED: Final = frozenset({ReleaseState.DRAFT, ReleaseState.SCHEDULED})


@dataclass
class Scene:
    """A release as one reader sees it at one moment (`now`, the database's)."""

    actor: Actor
    release: Release
    board: Board
    reach: Callable[[], Reach]
    rounds: Mapping[int, Approval] = field(default_factory=dict)
    asked: Mapping[int, list[AskedPerson]] = field(default_factory=dict)
    named: SourceKeys = field(default_factory=set)
    names: Names = field(default_factory=dict)
    said: Mapping[tuple[str, int], Saying] = field(default_factory=dict)

    @property
    def now(self) -> dt.datetime:
        """The database's time at which the release was read."""
        return self.release.read_at  # type: ignore[attr-defined]

    @property
    def path(self) -> str:
        """The release's page."""
        return f"/releases/{self.release.pk}/"

    @property
    def live_scope(self) -> str:
        """What `/live/` is asked for: what is new of this release."""
        return self.release.stream

    @property
    def is_planned(self) -> bool:
        """Whether it has never started: its phases and activities are those of its process."""
        return self.release.started_at is None

    @cached_property
    def may_manage(self) -> Answer:
        """Whether the reader manages the release."""
        return can_manage_shown(self.actor, self.release, self.reach)

    @cached_property
    def may_start(self) -> Answer:
        """Whether the reader may start it: whoever manages it may, without another question."""
        if self.may_manage or self.release.state not in _NOT_STARTED:
            return self.may_manage
        return can_start_release(self.actor, self.release)

    @cached_property
    def owned(self) -> frozenset[int]:
        """The keys of the phases that the reader owns; asked only where it makes a difference."""
        if self.may_manage or self.is_planned:
            return frozenset()
        return owned_phases(self.actor, self.release, self.board.phases, self.reach)

    @cached_property
    def may_mend(self) -> Answer:
        """Whether the reader may change and abort it: its manager, or the owner of a failed phase."""
        failed = {one.pk for one in self.board.phases if one.state == PhaseState.FAILED}
        return Answer(True) if failed and failed & self.owned else self.may_manage

    def mends(self, activity: Activity) -> bool:
        """Whether the reader may retry and skip this activity."""
        return bool(self.may_manage) or activity.phase_id in self.owned

    @cached_property
    def rows(self) -> list[ActivityRow]:
        """Every activity, requests to skip included, as the process has them."""
        return [self.row(one) for one in self.board.activities]

    @cached_property
    def waiting(self) -> list[ActivityRow]:
        """What waits for people."""
        return [row for row in self.rows if row.is_waiting]

    @cached_property
    def failed(self) -> list[ActivityRow]:
        """What keeps a phase failed; a rejected request to skip keeps none."""
        return [row for row in self.rows if row.has_failed and row.activity.overrides_id is None]

    def row(self, activity: Activity) -> ActivityRow:
        """An activity as a table shows it."""
        return ActivityRow(
            activity=activity,
            reader_id=self.actor.user_id or 0,
            now=self.now,
            approval=self.rounds.get(activity.pk),
            asked=self.asked.get(activity.pk, ()),
            names=self.names,
            failures=self._failures(activity),
            acts=self._acts(activity),
            waits_for=self._waits_for(activity),
        )

    def _failures(self, activity: Activity) -> list[Failure]:
        if activity.state not in ACTIVITY_FAILED:
            return []
        approval = self.rounds.get(activity.pk)
        about = {("decision", approval.pk)} if approval else {("result", activity.pk)}
        found = [one for one in self.said.values() if (one.kind, one.about) in about]
        return [Failure(one.by, one.word, one.text) for one in found if one.word != "approve"]

    def _acts(self, activity: Activity) -> dict[str, str]:
        """Retry and skip, for whoever may: the addresses of their pages."""
        live = not self.is_planned and self.release.ended_at is None
        if activity.overrides_id is not None or not live or not self.mends(activity):
            return {}
        acts = {}
        if activity.state in ACTIVITY_FAILED:
            acts["retry"] = f"{self.path}retry/?activity={activity.pk}"
        if activity.state not in (
            ActivityState.COMPLETED, ActivityState.SKIPPED, ActivityState.ABORTED,
        ):  # fmt: skip
            acts["skip"] = f"{self.path}skip/?activity={activity.pk}"
        return acts

    def _waits_for(self, activity: Activity) -> list[str]:
        """The names of what it needs and has not got: activities, or else phases."""
        missing = self._missing.get(activity.pk)
        if missing is None:
            return []
        named = [self._names[ref] for ref in missing.activities if ref in self._names]
        return named or [one.name for one in self.board.phases if one.key in missing.phases]

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return {self.board.ref(one): one.name for one in self.board.activities}

    @cached_property
    def _missing(self) -> Mapping[int, Missing]:
        return missing_needs(self.board.facts())


def load_scene(
    actor: Actor, release_id: int, *, phase: str | None = None, entries: Any = None
) -> tuple[Scene, Entries | None]:
    """Load a release for a reader. Raises NotFound for one that they may not see.

    `phase`: the key of a phase whose planned approvers are `named` too; its page reads the names
    itself, with the people of its rounds. `entries` reads the page of the feed that is shown with it.
    """
    reach = cache(lambda: reach_of(actor.user_id))
    release = release_to_show(actor, release_id, reach)
    board = load_board(release) if release.started_at else planned_board(release)
    scene = Scene(actor, release, board, reach)
    asking = [one for one in board.activities if one.state in ACTIVITY_WAITING]
    failed = [one for one in board.activities if one.state in ACTIVITY_FAILED]
    manual = [one for one in [*asking, *failed] if ActivityKind(one.kind) not in AUTOMATED_KINDS]
    if manual:
        by_host = {one.host: one.pk for one in manual}
        scene.rounds = {by_host[one.host]: one for one in current_rounds(list(by_host))}
    rounds = [scene.rounds[one.pk] for one in asking if one.pk in scene.rounds]
    scene.asked = _by_activity(people_asked(rounds), scene.rounds) if rounds else {}
    # On the release page groups and roles are named only where many people are asked through them.
    many = [scene.rounds[key] for key, asked in scene.asked.items() if len(asked) > MOST_NAMED]
    scene.named = _keys(board, many if phase is None else rounds, phase)
    if phase is None and release.ended_at is None:
        scene.named |= _owners(release, failed)
    if phase is None:
        scene.names = names_of_sources(scene.named)
    read = entries(release) if entries else None
    scene.said = _said(scene, failed, read)
    return scene, read


def _by_activity(
    asked: Iterable[AskedPerson], rounds: Mapping[int, Approval]
) -> dict[int, list[AskedPerson]]:
    activities = {approval.pk: key for key, approval in rounds.items()}
    found: dict[int, list[AskedPerson]] = {}
    for one in asked:
        found.setdefault(activities[one.approval_id], []).append(one)
    return found


def _keys(board: Board, rounds: Collection[Approval], phase: str | None) -> SourceKeys:
    keys = source_keys_of(rounds)
    if phase is None or phase not in board.document.phases:
        return keys
    keys |= {owner for one in board.phases if one.key == phase for owner in owner_keys(one)}
    for spec in board.document.phases[phase]["activities"]:
        keys |= {entry_reference(entry) for entry in spec.get("approvers") or ()}
    return keys


def _owners(release: Release, failed: Iterable[Activity]) -> SourceKeys:
    """Who owns the phases in which something failed; the manager's name is known."""
    owners = {owner for one in failed for owner in owner_keys(one.phase)}
    return owners - {("user", release.manager_id)}


def owner_keys(phase: Phase) -> list[tuple[str, int]]:
    """Whom a phase names as its owner besides the release manager: at most one."""
    owners = {
        "user": phase.owner_user_id,
        "group": phase.owner_group_id,
        "role": phase.owner_role_id,
    }
    return [(kind, ref) for kind, ref in owners.items() if ref is not None]


def _said(
    scene: Scene, failed: Collection[Activity], entries: Entries | None
) -> dict[tuple[str, int], Saying]:
    rounds = [scene.rounds[one.pk].pk for one in failed if one.pk in scene.rounds]
    found = sayings(
        decisions=entries.keys("decision") if entries else (),
        comments=entries.keys("comment") if entries else (),
        rejected_rounds=rounds,
        failed_activities=[one.pk for one in failed if one.pk not in scene.rounds],
    )
    return {(one.kind, one.key): one for one in found}


def planned_board(release: Release) -> Board:
    """What a release that has not started will run through; its rows are not in the database."""
    document, facts = document_of(release.process_version), condition_facts(release)
    phases: list[Phase] = []
    activities: list[Activity] = []
    for key, spec in document.phases.items():
        owner = {f"owner_{kind}_id": ref for kind, ref in (spec["owner"] or {}).items()}
        phase = Phase(
            pk=-1 - len(phases), release=release, key=key, name=spec["name"],
            position=len(phases) + 1, **owner,
        )  # fmt: skip
        phases.append(phase)
        for one in spec["activities"]:
            applied = applies(one["when"], facts).applies
            activity = Activity(
                pk=-1 - len(activities), release=release, phase=phase, key=one["key"],
                name=one["name"], kind=one["kind"], position=len(activities) + 1, applies=applied,
            )  # fmt: skip
            activities.append(activity)
    return Board(release, phases, activities)

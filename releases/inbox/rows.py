"""What a row says of a question besides the round itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Q

from approvals.models import Approval, AskedPerson
from audit.actor import Actor
from audit.compiled import CompiledValues, instance_of
from releases.documents import document_of
from releases.inbox.lists import HOST
from releases.models import Activity, ProcessVersion, Release
from releases.rules.transitions import ActivityState

_MOST_NAMED: Final = 5
_FEWEST_KEYS: Final = 8


@dataclass(frozen=True, slots=True)
class AskedActivity:
    """The activity behind a question, as far as a list says anything of it.

    `place` is its reference in the process ("phase.activity"), `overrides` that of the activity which
    it asks to skip. `environments` is canonical JSON; `process` lacks its document.
    """

    pk: int
    name: str
    kind: str
    state: str
    phase: str
    place: str
    overrides: str
    release_id: int
    version: str
    risk: str
    environments: str
    product: str
    process: ProcessVersion

    @property
    def reference(self) -> str:
        """What people call it: ACT-874."""
        return f"ACT-{self.pk}"


def filled_up(keys: Collection[int]) -> dict[str, int]:
    """Keys as parameters, the last one repeated until there are 8, 16, 32 …: so there are few statements."""
    some = list(keys)
    number = max(_FEWEST_KEYS, 1 << (len(some) - 1).bit_length())
    some += some[-1:] * (number - len(some))
    return {f"key_{place}": key for place, key in enumerate(some)}


@lru_cache(maxsize=16)
def _activities(number: int) -> CompiledValues:
    """The query for so many activities, put together once."""

    def build(**keys: int) -> models.QuerySet[Any, Any]:
        rows = Activity.objects.filter(pk__in=list(keys.values())).order_by()
        return rows.values_list(
            "pk", "name", "kind", "state", "phase__name", "phase__key", "key",
            "overrides__phase__key", "overrides__key", "release_id", "release__version",
            "release__risk", "release__environments", "release__product__name",
            "release__process_version_id", "release__process_version__number",
            "release__process_version__digest",
        )  # fmt: skip

    return CompiledValues(build, **{f"key_{place}": int for place in range(number)})


@lru_cache(maxsize=16)
def _skipped(number: int) -> CompiledValues:
    """The query for what was skipped in so many releases, put together once."""

    def build(**keys: int) -> models.QuerySet[Any, Any]:
        rows = Activity.objects.filter(
            release__in=list(keys.values()), state=ActivityState.SKIPPED
        ).order_by()
        return rows.values_list("release_id", "phase__key", "key")

    return CompiledValues(build, **{f"key_{place}": int for place in range(number)})


def asked_activities(rounds: Iterable[Approval]) -> dict[int, AskedActivity]:
    """The activity behind each round, by the round's key, as a list shows it: one query."""
    keys = {one.pk: int(one.host.removeprefix(HOST)) for one in rounds}
    if not keys:
        return {}
    wanted = filled_up(set(keys.values()))
    versions: dict[int, ProcessVersion] = {}
    found = {
        row[0]: _asked_activity(row, versions) for row in _activities(len(wanted)).rows(**wanted)
    }
    return {round_id: found[key] for round_id, key in keys.items() if key in found}


def _asked_activity(row: Sequence[Any], versions: dict[int, ProcessVersion]) -> AskedActivity:
    pk, name, kind, state, phase, phase_key, key, of_phase, of_key, *of_release = row
    release_id, version, risk, environments, product, version_id, number, digest = of_release
    if version_id not in versions:
        # Its document is deferred: whoever needs it has most often read it before.
        values = [version_id, number, digest]
        versions[version_id] = instance_of(ProcessVersion, ["id", "number", "digest"], values)
    return AskedActivity(
        pk=pk,
        name=name,
        kind=kind,
        state=state,
        phase=phase,
        place=f"{phase_key}.{key}",
        overrides=f"{of_phase}.{of_key}" if of_key else "",
        release_id=release_id,
        version=version,
        risk=risk,
        environments=environments,
        product=product,
        process=versions[version_id],
    )


def activities_behind(rounds: Iterable[Approval]) -> dict[int, Activity]:
    """The activity behind each round, by the round's key, with what an inbox row says of it."""
    keys = {one.pk: int(one.host.removeprefix(HOST)) for one in rounds}
    found = (
        Activity.objects.select_related(
            "release__product", "release__process_version", "phase", "overrides__phase"
        )
        .defer("release__process_version__document")
        .in_bulk(set(keys.values()))
        if keys
        else {}
    )
    return {round_id: found[key] for round_id, key in keys.items() if key in found}


def skipped_in(release_ids: Collection[int]) -> dict[int, set[str]]:
    """The references of what was skipped, by release: nobody waits for that any more."""
    found: dict[int, set[str]] = {}
    if release_ids:
        wanted = filled_up(release_ids)
        for release_id, phase, key in _skipped(len(wanted)).rows(**wanted):
            found.setdefault(release_id, set()).add(f"{phase}.{key}")
    return found


def held_up(activity: AskedActivity, skipped: Collection[str]) -> int:
    """How many activities cannot be done before this one.

    A request to skip holds what its target holds, and the target.
    """
    held = document_of(activity.process).held
    behind = held.get(activity.overrides or activity.place, frozenset())
    return len(behind.difference(skipped)) + bool(activity.overrides)


def people_awaited(approval_ids: Collection[int]) -> dict[int, list[tuple[int, str]]]:
    """Those whose answer each round awaits, as (account, name), in the order they were asked."""
    rows = AskedPerson.objects.filter(
        approval__in=approval_ids, is_open=True, has_answered=False
    ).order_by("pk")
    found: dict[int, list[tuple[int, str]]] = {}
    for row in rows.select_related("user"):
        found.setdefault(row.approval_id, []).append((row.user_id, str(row.user)))
    return found


def administrators() -> list[str]:
    """Whom to ask for a seat: a few of those who may do everything."""
    users = get_user_model()._default_manager.filter(is_superuser=True, is_active=True)
    return [str(user) for user in users.order_by("pk")[:_MOST_NAMED]]


def leads_releases(actor: Actor) -> bool:
    """Whether the actor made or manages a release of a product that is not archived."""
    mine = Q(requester_id=actor.user_id or 0) | Q(manager_id=actor.user_id or 0)
    return Release.objects.filter(mine, product__is_archived=False).exists()


def holds_a_seat(actor: Actor) -> bool:
    """Whether the actor has ever been asked anything."""
    return AskedPerson.objects.filter(user_id=actor.user_id or 0).exists()

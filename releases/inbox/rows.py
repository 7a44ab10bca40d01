"""What a row says of a question besides the round itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from django.contrib.auth import get_user_model

from approvals.models import Approval, AskedPerson
from audit.actor import Actor
from releases.documents import document_of
from releases.inbox.lists import HOST
from releases.models import Activity
from releases.rules.transitions import ActivityState

_MOST_NAMED: Final = 5


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
    rows = Activity.objects.filter(release__in=release_ids, state=ActivityState.SKIPPED).order_by()
    found: dict[int, set[str]] = {}
    for release_id, phase, key in rows.values_list("release_id", "phase__key", "key"):
        found.setdefault(release_id, set()).add(f"{phase}.{key}")
    return found


def held_up(activity: Activity, skipped: Collection[str]) -> int:
    """How many activities cannot be done before this one.

    A request to skip holds what its target holds, and the target.
    """
    asked_of = activity.overrides or activity
    held = document_of(activity.release.process_version).held
    behind = held.get(f"{asked_of.phase.key}.{asked_of.key}", frozenset())
    return len(behind - frozenset(skipped)) + bool(activity.overrides_id)


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


def holds_a_seat(actor: Actor) -> bool:
    """Whether the actor has ever been asked anything."""
    return AskedPerson.objects.filter(user_id=actor.user_id or 0).exists()

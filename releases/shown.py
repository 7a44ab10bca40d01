"""One release, or one activity, with all that its page, its mails and the API say of it, read at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce, Now

from approvals.selectors import Reach
from audit.actor import Actor
from audit.compiled import Compiled
from releases.models import Activity, Release, Snooze
from releases.rules.transitions import ReleaseState
from releases.visibility import asked_or_named, first_visible, may, may_be_asked

Known = Callable[[int], Mapping[str, Any]]


def _to_show(activity_id: int, user_id: int, known: Known | None) -> models.QuerySet[Activity]:
    return (
        Activity.objects.select_related(
            "phase__owner_user",
            "phase__owner_group",
            "phase__owner_role",
            "release__product",
            "release__scope",
            "release__process_version",
            "release__manager",
            "release__requester",
            "asked_by",
        )
        .annotate(
            read_at=Now(),
            was_snoozed=Exists(Snooze.objects.filter(activity_id=OuterRef("pk"))),
            former_version=Subquery(_shipped_before().values("version")[:1]),
            **(known(user_id) if known else {}),
        )
        .filter(pk=activity_id)
        .order_by()
    )


def _shipped_before() -> models.QuerySet[Release]:
    """What the product of an activity's release had completed before that release ended."""
    return Release.objects.filter(
        product=OuterRef("release__product_id"),
        state=ReleaseState.COMPLETED.value,
        ended_at__lt=Coalesce(OuterRef("release__ended_at"), Now()),
    ).order_by("-ended_at", "-pk")


@lru_cache(maxsize=8)
def _asked_to_show(known: Known | None) -> Compiled[Activity]:
    """The first step for most who look, put together once."""
    return Compiled(
        lambda user_id, key: _to_show(key, user_id, known).filter(
            asked_or_named(user_id, "release__")
        ),
        user_id=int,
        key=int,
    ).planned_once()


def activity_to_show(actor: Actor, activity_id: int, known: Known | None = None) -> Activity:
    """One visible activity with all that its page says of it, and `read_at`. Raises NotFound.

    `was_snoozed` says whether anybody ever put it aside: mostly nobody has, and no page asks who.
    `former_version` is what the product shipped last before this release, and no more of that than its
    version, which belongs to what is asked: none when it is the first.
    `known`: a function of the module that asks; of the reader's key, expressions by name to be told
    besides.
    """
    user_id = actor.user_id or 0
    asked = may_be_asked(actor)
    if asked and (found := _asked_to_show(known).first(user_id=user_id, key=activity_id)):
        return found
    shown: Activity = first_visible(
        actor, _to_show(activity_id, user_id, known), "release__", asked=asked
    )
    return shown


def _release(actor: Actor, release_id: int) -> models.QuerySet[Release]:
    return (
        Release.objects.select_related(
            "product", "scope", "process_version__process", "manager", "requester", "starter"
        )
        .annotate(read_at=Now(), gives_manage=may(actor, "manage"))
        .filter(pk=release_id)
    )


# The first step for most who look, put together once: of the actor it asks for the key alone.
_RELEASE_ASKED_ABOUT = Compiled(
    lambda user_id, key: (
        _release(Actor(kind="person", door="page", label="", user_id=user_id), key)
        .filter(asked_or_named(user_id, ""))
        .order_by()
    ),
    user_id=int,
    key=int,
).planned_once()


def release_to_show(
    actor: Actor, release_id: int, reach: Callable[[], Reach] | None = None
) -> Release:
    """One visible release with all that its page says of it, and `read_at`. Raises NotFound.

    `gives_manage` says whether the actor has the right `manage` there. `reach`: what the actor
    holds, read when it is first asked for.
    """
    asked = may_be_asked(actor)
    if asked and (found := _RELEASE_ASKED_ABOUT.first(user_id=actor.user_id or 0, key=release_id)):
        return found
    shown: Release = first_visible(actor, _release(actor, release_id), "", asked=asked, reach=reach)
    return shown

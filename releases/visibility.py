"""The conditions under which a release is seen: by rights, by a seat, by what holds right now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When

from approvals.models import AskedPerson, ScopeGroupPermission, ScopeUserPermission
from approvals.selectors import (
    Reach,
    roles_held,
    scopes_with_a_live_seat,
    scopes_with_a_seat,
    scopes_with_a_vote,
)
from audit.actor import Actor
from audit.errors import NotFound
from audit.permissions import granted, live_group_ids, within_time
from releases.models import Phase, Product, Release

Roles = Sequence[tuple[int, int]]  # (role, scope), as `roles_held` gives them


def everywhere(actor: Actor, action: str) -> Q:
    """Whether guardian's rows on the scope "everything" give the actor the action."""
    named = within_time() & Q(permission__codename=action)
    own = ScopeUserPermission.objects.filter(
        named, user_id=actor.user_id or 0, user__is_active=True
    )
    groups = ScopeGroupPermission.objects.filter(named, group_id__in=live_group_ids(actor.user_id))
    return Q(Exists(own)) | Q(Exists(groups))


def sees_all(actor: Actor) -> bool:
    """Whether nothing is hidden from the actor: the system, and superusers."""
    return actor.kind == "system" or actor.is_superuser


def visible(actor: Actor, to_release: str = "", among: models.QuerySet[Any] | None = None) -> Q:
    """The condition under which the actor sees a release, by rights or by a seat once held.

    `to_release` is the path from the filtered rows to the release ("release__" for activities).
    `among`: the scopes of those rows, where they are few of all.
    """
    return (
        everywhere(actor, "view")
        | granted(actor, "view", Product, f"{to_release}product_id")
        | granted(actor, "view", Release, f"{to_release}pk" if to_release else "pk")
        | Q(**{f"{to_release}scope_id__in": scopes_with_a_seat(actor.user_id, among)})
        | Q(**{f"{to_release}manager_id": actor.user_id})
        | Q(**{f"{to_release}requester_id": actor.user_id})
    )


def reached_live(
    actor: Actor,
    to_release: str = "",
    roles: Roles | None = None,
    among: models.QuerySet[Any] | None = None,
) -> Q:
    """The same by what holds at this moment: a seat or phase that is theirs, a vote they gave.

    `roles`: those they hold, when the caller has read them. `among` as for `visible`.
    """
    held = tuple(roles_held(actor.user_id)) if roles is None else roles
    return (
        Q(**{f"{to_release}scope_id__in": scopes_with_a_live_seat(actor.user_id, held)})
        | Q(**{f"{to_release}scope_id__in": scopes_with_a_vote(actor.user_id, among)})
        | Q(**{f"{to_release}pk__in": phases_owned(actor, held).values("release_id")})
    )


def phases_owned(actor: Actor, roles: Roles) -> models.QuerySet[Phase]:
    """The phases that name the actor as their owner: by person, group, or one of these roles."""
    owned = Q(owner_user_id=actor.user_id) | Q(owner_group_id__in=live_group_ids(actor.user_id))
    for role_id, scope_id in roles:
        owned |= Q(owner_role_id=role_id, release__scope__path__contains=f"/{scope_id}/")
    return Phase.objects.filter(owned).order_by()


def asked_or_named(user_id: int, to_release: str) -> Q:
    """What most who call meet, and the cheapest part of `visible`: asked there, or named by it."""
    asked = AskedPerson.objects.filter(
        user_id=user_id, approval__scope_id=OuterRef(f"{to_release}scope_id")
    )
    return (
        Q(Exists(asked))
        | Q(**{f"{to_release}manager_id": user_id})
        | Q(**{f"{to_release}requester_id": user_id})
    )


def may_be_asked(actor: Actor) -> bool:
    """Whether a seat could be what lets the actor see."""
    return actor.kind == "person" and not sees_all(actor)


def may(actor: Actor, action: str) -> Case:
    """Whether guardian's rows give the actor the action on a release, as a column of it."""
    rights = everywhere(actor, action) | granted(actor, action, Product, "product_id")
    rights |= granted(actor, action, Release, "pk")
    return Case(When(rights, then=Value(True)), default=Value(False))


def first_visible(
    actor: Actor,
    rows: models.QuerySet[Any],
    to_release: str,
    *,
    asked: bool = False,
    reach: Callable[[], Reach] | None = None,
) -> Any:
    """The one row when it is visible: first by what is indexed, then by what holds right now.

    In steps, each asked when the one before found nothing: to put the whole condition together
    takes longer than everything that a decision writes. `asked` says that the first step, whether
    the actor is asked there or named, was taken. With `reach` (what the actor holds, which the
    caller reads for other questions as well) all others are one: a page pays for each query, and
    for little else. Raises NotFound.
    """
    rows = rows.order_by()
    steps: list[Callable[[], Q]] = [
        lambda: visible(actor, to_release),
        lambda: reached_live(actor, to_release),
    ]
    if reach is not None:
        places = reach
        steps = [
            lambda: visible(actor, to_release) | reached_live(actor, to_release, places().places)
        ]
    if sees_all(actor):
        steps = [Q]
    elif may_be_asked(actor) and not asked:
        steps.insert(0, lambda: asked_or_named(actor.user_id or 0, to_release))
    for condition in steps:
        found = next(iter(rows.filter(condition())[:1]), None)
        if found is not None:
            return found
    raise NotFound

"""The conditions under which a release is seen: by rights, by a seat, by what holds right now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from django.db import models
from django.db.models import Case, Exists, ExpressionWrapper, OuterRef, Q, Value, When

from approvals.audience import MANAGER_ROLE
from approvals.models import AskedPerson, ScopeGroupPermission, ScopeUserPermission
from approvals.selectors import (
    Reach,
    live_assignments,
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
    own, groups = grants_everywhere(actor.user_id or 0, action)
    return Q(Exists(own)) | Q(Exists(groups))


def grants_everywhere(
    user_id: int, action: str
) -> tuple[models.QuerySet[ScopeUserPermission], models.QuerySet[ScopeGroupPermission]]:
    """These rows: the account's own, and those of its groups."""
    named = within_time() & Q(permission__codename=action)
    own = ScopeUserPermission.objects.filter(named, user_id=user_id, user__is_active=True)
    groups = ScopeGroupPermission.objects.filter(named, group_id__in=live_group_ids(user_id))
    return own, groups


def sees_all(actor: Actor) -> bool:
    """Whether nothing is hidden from the actor: the system, and superusers."""
    return actor.kind == "system" or actor.is_superuser


def visible(actor: Actor, to_release: str = "") -> Q:
    """The condition under which the actor sees a release, by rights or by a seat once held.

    `to_release` is the path from the filtered rows to the release ("release__" for activities).
    """
    return everywhere(actor, "view") | _visible_here(actor, to_release)


def _visible_here(
    actor: Actor,
    to_release: str,
    among: models.QuerySet[Any] | None = None,
    groups: Collection[int] | None = None,
) -> Q:
    """The same without what is given everywhere. `among`: the scopes of those rows, where they are few."""
    return (
        granted(actor, "view", Product, f"{to_release}product_id", groups)
        | granted(actor, "view", Release, f"{to_release}pk" if to_release else "pk", groups)
        | Q(**{f"{to_release}scope_id__in": scopes_with_a_seat(actor.user_id, among)})
        | Q(**{f"{to_release}manager_id": actor.user_id})
        | Q(**{f"{to_release}requester_id": actor.user_id})
    )


def reached_live(
    actor: Actor,
    to_release: str = "",
    roles: Roles | None = None,
    among: models.QuerySet[Any] | None = None,
    groups: Collection[int] | None = None,
) -> Q:
    """The same by what holds at this moment: a seat or phase that is theirs, a vote they gave.

    `roles` they hold and `groups` they are in, when the caller has read them; `among`: the scopes of
    those rows, where they are few of all.
    """
    held = tuple(roles_held(actor.user_id)) if roles is None else roles
    seats = scopes_with_a_live_seat(actor.user_id, held, groups)
    return (
        Q(**{f"{to_release}scope_id__in": seats})
        | Q(**{f"{to_release}scope_id__in": scopes_with_a_vote(actor.user_id, among)})
        | Q(**{f"{to_release}pk__in": phases_owned(actor, held, groups).values("release_id")})
    )


def scopes_in_sight(
    actor: Actor, roles: Roles, groups: Collection[int], among: models.QuerySet[Any]
) -> models.QuerySet[Release, Any]:
    """Of some scopes of releases, those that the actor sees: all but by a right that is given everywhere.

    `roles` they hold and `groups` they are in, as the caller has read them.
    """
    seen = _visible_here(actor, "", among, groups)
    seen |= reached_live(actor, "", roles, among, groups)
    return Release.objects.filter(seen, scope_id__in=among).order_by().values("scope_id")


def phases_owned(
    actor: Actor, roles: Roles, groups: Collection[int] | None = None
) -> models.QuerySet[Phase]:
    """The phases that name the actor as their owner: by person, group, or one of these roles."""
    member_of = live_group_ids(actor.user_id) if groups is None else groups
    owned = Q(owner_user_id=actor.user_id) | Q(owner_group_id__in=member_of)
    for role_id, scope_id in roles:
        owned |= Q(owner_role_id=role_id, release__scope__path__contains=f"/{scope_id}/")
    return Phase.objects.filter(owned).order_by()


def manages_and_sees(user_id: int, to_release: str) -> Q:
    """Whether an account manages a release now, and sees it: by the role's right, or as the person named.

    The right to view comes with the role Release Manager on the release, unless somebody took it from
    the role; guardian's row says the same, and every other way to see is not worth asking for.
    """
    manages = live_assignments(user_id).filter(
        role__slug=MANAGER_ROLE, scope_id=OuterRef(f"{to_release}scope_id")
    )
    named = ExpressionWrapper(OuterRef(f"{to_release}manager_id"), models.BigIntegerField())
    sees = Q(role__rights__contains='"view"') | Q(named=user_id)
    return Q(Exists(manages.annotate(named=named).filter(sees)))


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

"""Who sees what: every list and every object that a door shows comes from here (SEC-1, MON-5)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Exists, OuterRef, Q

from approvals.models import Role, ScopeGroupPermission, ScopeUserPermission
from approvals.selectors import roles_held, scopes_with_a_live_seat, scopes_with_a_seat
from audit.actor import Actor
from audit.errors import NotFound
from audit.permissions import granted, live_group_ids, within_time
from releases.models import Activity, Phase, Process, ProcessVersion, Product, Release


def _everywhere(actor: Actor, action: str) -> Q:
    """Whether guardian's rows on the scope "everything" give the actor the action."""
    named = within_time() & Q(permission__codename=action)
    own = ScopeUserPermission.objects.filter(
        named, user_id=actor.user_id or 0, user__is_active=True
    )
    groups = ScopeGroupPermission.objects.filter(named, group_id__in=live_group_ids(actor.user_id))
    return Q(Exists(own)) | Q(Exists(groups))


def _sees_all(actor: Actor) -> bool:
    return actor.kind == "system" or actor.is_superuser


def _visible(actor: Actor, to_release: str = "") -> Q:
    """The condition under which the actor sees a release, by rights or by a seat once held.

    `to_release` is the path from the filtered rows to the release ("release__" for activities).
    """
    return (
        _everywhere(actor, "view")
        | granted(actor, "view", Product, f"{to_release}product_id")
        | granted(actor, "view", Release, f"{to_release}pk" if to_release else "pk")
        | Q(**{f"{to_release}scope_id__in": scopes_with_a_seat(actor.user_id)})
        | Q(**{f"{to_release}manager_id": actor.user_id})
        | Q(**{f"{to_release}requester_id": actor.user_id})
    )


def _reached_live(actor: Actor, to_release: str = "") -> Q:
    """The same by what holds at this moment: groups and roles that a seat or a phase names."""
    owned = Q(owner_user_id=actor.user_id) | Q(owner_group_id__in=live_group_ids(actor.user_id))
    for role_id, scope_id in roles_held(actor.user_id):
        owned |= Q(owner_role_id=role_id, release__scope__path__contains=f"/{scope_id}/")
    phases = Phase.objects.filter(owned).values("release_id")
    return Q(**{f"{to_release}scope_id__in": scopes_with_a_live_seat(actor.user_id)}) | Q(
        **{f"{to_release}pk__in": phases}
    )


def releases_for(actor: Actor) -> models.QuerySet[Release]:
    """The releases that the actor may see; those of archived products are left out."""
    rows = Release.objects.select_related("product", "scope").filter(product__is_archived=False)
    if _sees_all(actor):
        return rows
    return rows.filter(_visible(actor) | _reached_live(actor))


def release_for(actor: Actor, release_id: int) -> Release:
    """One release that the actor may see. Raises NotFound for any other."""
    rows = Release.objects.select_related("product", "scope", "process_version").filter(
        pk=release_id
    )
    return _first_visible(actor, rows, "")


def activities_for(actor: Actor) -> models.QuerySet[Activity]:
    """The activities of releases that the actor may see."""
    rows = Activity.objects.select_related("release", "phase").filter(
        release__product__is_archived=False
    )
    if _sees_all(actor):
        return rows
    return rows.filter(_visible(actor, "release__") | _reached_live(actor, "release__"))


def activity_for(actor: Actor, activity_id: int) -> Activity:
    """One activity of a release that the actor may see. Raises NotFound for any other."""
    rows = Activity.objects.select_related("phase").filter(pk=activity_id)
    return _first_visible(actor, rows, "release__")


def _first_visible(actor: Actor, rows: models.QuerySet[Any], to_release: str) -> Any:
    """The one row when it is visible: first by what is indexed, then by what holds right now."""
    if _sees_all(actor):
        found = rows.first()
    else:
        found = rows.filter(_visible(actor, to_release)).first()
        if found is None:
            found = rows.filter(_reached_live(actor, to_release)).first()
    if found is None:
        raise NotFound
    return found


def products_for(actor: Actor) -> models.QuerySet[Product]:
    """The products that the actor may see, or has a release to see in."""
    rows = Product.objects.select_related("scope").filter(is_archived=False)
    if _sees_all(actor):
        return rows
    seen = releases_for(actor).filter(product_id=OuterRef("pk")).values("pk")
    may_view = _everywhere(actor, "view") | granted(actor, "view", Product, "pk")
    return rows.filter(may_view | Q(Exists(seen)))


def product_for(actor: Actor, key: str) -> Product:
    """One product by its key. Raises NotFound when the actor may not see it."""
    found = products_for(actor).filter(key=key).first()
    if found is None:
        raise NotFound
    return found


def processes_for(actor: Actor) -> models.QuerySet[Process]:
    """The processes; whoever is signed in may read what releases are made from."""
    return Process.objects.filter(is_archived=False)


def newest_version(slug: str) -> ProcessVersion | None:
    """The newest published version of a process that is in use."""
    return (
        ProcessVersion.objects.select_related("process")
        .filter(process__slug=slug, process__is_archived=False)
        .order_by("-number")
        .first()
    )


def people_by_username(usernames: list[str]) -> dict[str, Any]:
    """Active accounts by the usernames asked for, without regard to case."""
    wanted = Q(pk__in=[])
    for username in usernames:
        wanted |= Q(username__iexact=username)
    found = {
        user.username.lower(): user
        for user in get_user_model().objects.filter(wanted, is_active=True)
    }
    return {name: found[name.lower()] for name in usernames if name.lower() in found}


def groups_by_name(names: list[str]) -> dict[str, Any]:
    """Groups by name."""
    return {group.name: group for group in Group.objects.filter(name__in=names)}


def roles_by_slug(slugs: list[str]) -> dict[str, Any]:
    """Roles by slug."""
    return {role.slug: role for role in Role.objects.filter(slug__in=slugs)}

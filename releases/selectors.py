"""Who sees what: every list and every object that a door shows comes from here (SEC-1, MON-5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, Now, Substr

from approvals.models import (
    Approval,
    AskedPerson,
    Role,
)
from approvals.selectors import open_seats_of
from audit.actor import Actor
from audit.compiled import Compiled, CompiledValues
from audit.errors import NotFound
from audit.permissions import granted
from releases.models import (
    Activity,
    ActivityResult,
    Comment,
    Process,
    ProcessVersion,
    Product,
    Release,
)
from releases.rules.transitions import ACTIVITY_OPEN, ACTIVITY_WAITING, ActivityState
from releases.visibility import (
    asked_or_named,
    everywhere,
    first_visible,
    may_be_asked,
    reached_live,
    sees_all,
    visible,
)

# In the order of urgency: what is open without a deadline, then what is not open at all.
NEVER = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)
NOT_OPEN = NEVER + dt.timedelta(hours=12)
_HOST = "activity:"


def releases_for(actor: Actor) -> models.QuerySet[Release]:
    """The releases that the actor may see; those of archived products are left out."""
    return archived_too_for(actor).filter(product__is_archived=False)


def archived_too_for(actor: Actor) -> models.QuerySet[Release]:
    """The releases that the actor may see, those of archived products too: for what is on record."""
    rows = Release.objects.select_related("product", "scope")
    if sees_all(actor):
        return rows
    return rows.filter(visible(actor) | reached_live(actor))


def release_for(actor: Actor, release_id: int) -> Release:
    """One release that the actor may see. Raises NotFound for any other."""
    rows = Release.objects.select_related("product", "scope", "process_version").filter(
        pk=release_id
    )
    return first_visible(actor, rows, "")


def activities_for(actor: Actor) -> models.QuerySet[Activity]:
    """The activities of releases that the actor may see."""
    rows = Activity.objects.select_related("release", "phase").filter(
        release__product__is_archived=False
    )
    if sees_all(actor):
        return rows
    return rows.filter(visible(actor, "release__") | reached_live(actor, "release__"))


# Every decision begins with it.
_ACTIVITY_ASKED_ABOUT = Compiled(
    lambda user_id, key: (
        Activity.objects.select_related("phase")
        .filter(asked_or_named(user_id, "release__"), pk=key)
        .order_by()
    ),
    user_id=int,
    key=int,
)


def activity_for(actor: Actor, activity_id: int) -> Activity:
    """One activity of a release that the actor may see. Raises NotFound for any other."""
    rows = Activity.objects.select_related("phase").filter(pk=activity_id)
    if not may_be_asked(actor):
        return first_visible(actor, rows, "release__")
    found = _ACTIVITY_ASKED_ABOUT.first(user_id=actor.user_id or 0, key=activity_id)
    return found or first_visible(actor, rows, "release__", asked=True)


def products_for(actor: Actor) -> models.QuerySet[Product]:
    """The products that the actor may see, or has a release to see in."""
    rows = Product.objects.select_related("scope").filter(is_archived=False)
    if sees_all(actor):
        return rows
    seen = releases_for(actor).filter(product_id=OuterRef("pk")).values("pk")
    may_view = everywhere(actor, "view") | granted(actor, "view", Product, "pk")
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


def version_of(slug: str, number: int | None = None) -> ProcessVersion | None:
    """A published version by its number, of a process in use or not; the newest without one."""
    versions = ProcessVersion.objects.select_related("process").filter(process__slug=slug)
    if number is not None:
        versions = versions.filter(number=number)
    return versions.order_by("-number").first()


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


# --- What doors list and show ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReleaseFilter:
    """Which releases a list is asked for; what is left out does not narrow it."""

    states: Collection[str] = ()
    product: str | None = None
    text: str = ""
    mine: bool = False


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """Which activities a list is asked for; what is left out does not narrow it."""

    release: int | None = None
    states: Collection[str] = ()
    overdue: bool | None = None


def releases_matching(actor: Actor, wanted: ReleaseFilter) -> models.QuerySet[Release]:
    """The visible releases that match; `text` looks at name, version, description and reference."""
    rows = releases_for(actor).select_related(
        "product", "process_version__process", "manager", "requester"
    )
    if wanted.states:
        rows = rows.filter(state__in=wanted.states)
    if wanted.product is not None:
        rows = rows.filter(product__key=wanted.product)
    if wanted.mine:
        rows = rows.filter(Q(manager_id=actor.user_id) | Q(requester_id=actor.user_id))
    if wanted.text:
        found = Q(pk__in=[])
        for name in ("name", "version", "description"):
            found |= Q(**{f"{name}__icontains": wanted.text})
        number = wanted.text.upper().removeprefix("REL-")
        if number.isascii() and number.isdigit():
            found |= Q(pk=int(number))
        rows = rows.filter(found)
    return rows.defer("process_version__document")


def activities_matching(actor: Actor, wanted: ActivityFilter) -> models.QuerySet[Activity]:
    """The visible activities that match, each with `due`: when it falls due, by urgency."""
    host = Concat(Value(_HOST), Cast(OuterRef("pk"), models.CharField()))
    round_due = Approval.objects.filter(host=host, state=Approval.State.OPEN).values("due_at")[:1]
    never = Value(NEVER, models.DateTimeField())
    due = Case(
        When(state__in=ACTIVITY_WAITING, then=Coalesce(Subquery(round_due), never)),
        When(state=ActivityState.RUNNING, then=Coalesce(F("times_out_at"), never)),
        default=Value(NOT_OPEN, models.DateTimeField()),
    )
    rows = activities_for(actor).select_related("release__product", "phase").annotate(due=due)
    if wanted.release is not None:
        rows = rows.filter(release_id=wanted.release)
    if wanted.states:
        rows = rows.filter(state__in=wanted.states)
    if wanted.overdue is not None:
        late = Q(state__in=ACTIVITY_OPEN, due__lte=Now())
        rows = rows.filter(late if wanted.overdue else ~late)
    return rows


def seats_matching(actor: Actor, wanted: ActivityFilter) -> models.QuerySet[AskedPerson]:
    """What waits for the actor, as rows of the projection that match."""
    rows = open_seats_of(actor.user_id).annotate(host=F("approval__host"))
    if wanted.release is not None:
        rows = rows.filter(approval__scope__release=wanted.release)
    if wanted.overdue is not None:
        rows = rows.filter(due_at__lte=Now()) if wanted.overdue else rows.filter(due_at__gt=Now())
    if wanted.states:
        key = Cast(Substr("approval__host", len(_HOST) + 1), models.BigIntegerField())
        hosted = Case(When(approval__host__startswith=_HOST, then=key), default=None)
        match = Activity.objects.filter(pk=OuterRef("activity_key"), state__in=wanted.states)
        rows = rows.annotate(activity_key=hosted).filter(Exists(match))
    return rows


def _waiting_counts(user_id: int) -> models.QuerySet[Any, tuple[Any, ...]]:
    mine = open_seats_of(user_id).order_by()
    archived = Product.objects.filter(is_archived=True).values("pk")
    hidden = mine.filter(approval__scope__release__product__in=archived)
    every, gone = (
        rows.values(counted=Value(kind))
        .annotate(number=Count("pk"))
        .values_list("counted", "number")
        for kind, rows in (("all", mine), ("archived", hidden))
    )
    return every.union(gone, all=True)


_WAITING_COUNTS = CompiledValues(_waiting_counts, user_id=int)


def count_waiting(actor: Actor) -> int:
    """How many questions wait for the actor; those of archived products are not counted."""
    found = _WAITING_COUNTS.rows(user_id=actor.user_id or 0)
    return sum(number if kind == "all" else -number for kind, number in found)


def waiting_counts(releases: Collection[Release]) -> dict[int, int]:
    """How many activities wait for a person, by release; those without any are left out."""
    waiting = Activity.objects.filter(release__in=releases, state__in=ACTIVITY_WAITING)
    counted = waiting.values_list("release_id").annotate(number=models.Count("pk")).order_by()
    return dict(counted)


def waiting_for_me(actor: Actor, release: Release) -> int:
    """How many questions of a release wait for the actor."""
    return open_seats_of(actor.user_id).filter(approval__scope_id=release.scope_id).count()


def authors_of(user_ids: Collection[int]) -> dict[int, Any]:
    """Accounts by key."""
    return dict(get_user_model().objects.in_bulk(list(user_ids)))


def results_of(activity: Activity) -> list[ActivityResult]:
    """What pipelines reported of an activity, oldest attempt first."""
    return list(ActivityResult.objects.filter(activity=activity).order_by("attempt"))


def comments_of(activity: Activity) -> models.QuerySet[Comment]:
    """What people said at an activity."""
    return Comment.objects.select_related("user").filter(activity=activity)


# One page of them, and one more that says whether there are others.
COMMENTS_OF_A_PAGE = 50
_COMMENTS = Compiled(
    lambda activity_id, before: Comment.objects.filter(
        activity_id=activity_id, pk__lt=before
    ).order_by("-pk")[: COMMENTS_OF_A_PAGE + 1],
    activity_id=int,
    before=int,
)
_AFTER_ALL = 2**63 - 1


def newest_comments(activity_id: int, before: int | None = None) -> list[Comment]:
    """The newest comments, newest first, of those whose key is less than `before`.

    `COMMENTS_OF_A_PAGE` and one more, without the accounts: they keep the names that their authors had.
    """
    rows = _COMMENTS.rows(activity_id=activity_id, before=_AFTER_ALL if before is None else before)
    return list(rows)


def newest_versions(processes: Collection[Process]) -> dict[int, ProcessVersion]:
    """The newest version of each process, by process, without the documents."""
    newest = ProcessVersion.objects.filter(process__in=processes).order_by("process", "number")
    return {version.process_id: version for version in newest.defer("document")}


def _newest(model: type[models.Model]) -> Subquery:
    """The key of the newest row of an activity."""
    rows = model._default_manager.filter(activity=OuterRef("pk")).order_by("-pk")
    return Subquery(rows.values("pk")[:1])


def change_marks(activity_id: int) -> tuple[Any, ...]:
    """What moves when anything said of an activity does: one row, for polling; its state is first.

    Its release, its newest round, comment and result count too.
    """
    host = f"{_HOST}{activity_id}"
    rounds = Approval.objects.filter(host=host).order_by("-attempt")
    return (
        Activity.objects.filter(pk=activity_id)
        .values_list(
            "state",
            "version",
            "release__state",
            "release__held",
            Subquery(rounds.values("attempt")[:1]),
            Subquery(rounds.values("version")[:1]),
            _newest(Comment),
            _newest(ActivityResult),
        )
        .first()
        or ()
    )

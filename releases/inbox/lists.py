"""The lists: what waits for the actor, what they put aside, what waits for others, what they decided."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Cast, Coalesce, Concat

from approvals.models import Approval, AskedPerson, Decision
from approvals.selectors import live_assignments, open_seats_of
from audit.actor import Actor
from audit.compiled import CompiledValues
from audit.permissions import live_memberships
from releases.models import Activity, Comment, Release, Snooze
from releases.rules.transitions import ACTIVITY_WAITING
from releases.selectors import NEVER
from releases.visibility import grants_everywhere, phases_owned, scopes_in_sight, sees_all

HOST: Final = "activity:"
# Environments whose releases count as ones of production in the headline.
_PRODUCTION: Final = ("production", "prod", "live")


def _in_force(now: dt.datetime) -> Q:
    """Which snoozes still hold; one without an end does until there is anything new in its round."""
    said = Comment.objects.filter(
        activity_id=OuterRef("activity_id"), pk__gt=OuterRef("seen_comment")
    )
    asked = AskedPerson.objects.filter(
        approval_id=OuterRef("approval_id"), asked_at__gt=OuterRef("snoozed_at")
    )
    unchanged = Q(until__isnull=True, seen_version=F("approval__version"))
    return Q(until__gt=now) | (unchanged & ~Exists(said) & ~Exists(asked))


def _snoozes(actor: Actor, now: dt.datetime) -> models.QuerySet[Snooze]:
    return Snooze.objects.filter(_in_force(now), user_id=actor.user_id or 0)


def _put_aside(actor: Actor, now: dt.datetime) -> Q:
    """What the actor has put aside: looked up once, not row by row."""
    rounds = _snoozes(actor, now).values("approval_id")
    return Q(due_at__gt=now, approval_id__in=rounds)


def open_for(actor: Actor) -> models.QuerySet[AskedPerson]:
    """What waits for the actor, put aside or not; not that of archived products.

    Said by what is left out, which is little: so the index of what waits gives the rows and counts.
    """
    archived = Approval.objects.filter(
        state=Approval.State.OPEN, scope__release__product__is_archived=True
    )
    return open_seats_of(actor.user_id).exclude(approval__in=archived.values("pk"))


def needs_me(actor: Actor, now: dt.datetime) -> models.QuerySet[AskedPerson]:
    """What the actor is asked and has not put aside."""
    return open_for(actor).filter(~_put_aside(actor, now))


def snoozed_by(actor: Actor, now: dt.datetime) -> models.QuerySet[AskedPerson]:
    """What the actor is asked and has put aside, each with `snoozed_until` (None: until a change)."""
    until = _snoozes(actor, now).filter(approval_id=OuterRef("approval_id")).values("until")[:1]
    rows = open_for(actor).filter(_put_aside(actor, now))
    return rows.annotate(snoozed_until=models.Subquery(until))


def snoozers_of(approval_id: int, now: dt.datetime) -> list[Snooze]:
    """Who has put a round aside at the moment, for whoever manages its release."""
    waiting = AskedPerson.objects.filter(
        approval_id=OuterRef("approval_id"),
        user_id=OuterRef("user_id"),
        is_open=True,
        has_answered=False,
        due_at__gt=now,
    )
    return list(
        Snooze.objects.select_related("user")
        .filter(_in_force(now), Exists(waiting), approval_id=approval_id)
        .order_by("snoozed_at")
    )


@dataclass(frozen=True, slots=True)
class Reach:
    """What an actor sees by what they hold at this moment: asked once, used by every list.

    `sees_all`: nothing is hidden from them. `asks_to_skip`: a request of theirs to skip is open.
    """

    actor: Actor
    roles: tuple[tuple[int, int], ...] = ()
    groups: tuple[int, ...] = ()
    sees_all: bool = False
    asks_to_skip: bool = False

    @classmethod
    def of(cls, actor: Actor) -> Reach:
        """Read what an actor holds: one query."""
        found: dict[str, set[tuple[int, int]]] = {kind: set() for kind in _HELD}
        for kind, key, scope in _REACH.rows(user_id=actor.user_id or 0):
            found[kind].add((key, scope))
        return cls(
            actor,
            roles=tuple(sorted(found["role"])),
            groups=tuple(sorted(key for key, _ in found["group"])),
            sees_all=sees_all(actor) or bool(found["view"]),
            asks_to_skip=bool(found["skip"]),
        )


_HELD: Final = ("role", "group", "view", "skip")


def _reach(user_id: int) -> models.QuerySet[Any, Any]:
    roles = live_assignments(user_id).order_by()
    groups = live_memberships().filter(user_id=user_id).order_by()
    none = Value(0)
    parts = [
        roles.values_list(Value("role"), "role_id", "scope_id"),
        groups.values_list(Value("group"), "group_id", none),
        *(
            rows.order_by().values_list(Value("view"), none, none)
            for rows in grants_everywhere(user_id, "view")
        ),
        _requests_to_skip(user_id).values_list(Value("skip"), none, none),
    ]
    return parts[0].union(*parts[1:], all=True)


_REACH = CompiledValues(_reach, user_id=int)


def _requests_to_skip(user_id: int) -> models.QuerySet[Activity]:
    waiting = Activity.objects.filter(state__in=ACTIVITY_WAITING, overrides__isnull=False)
    return waiting.filter(asked_by_id=user_id).order_by()


def _open_rounds() -> models.QuerySet[Any]:
    never = Value(NEVER, models.DateTimeField())
    return Approval.objects.filter(
        state=Approval.State.OPEN, scope__release__product__is_archived=False
    ).annotate(due=Coalesce("due_at", never))


def _in_sight(reach: Reach) -> Q:
    """Which rounds the actor sees, by their releases: those under way, which are few."""
    if reach.sees_all:
        return Q()
    return Q(scope_id__in=scopes_in_sight(reach.actor, reach.roles, reach.groups, _under_way()))


def _under_way() -> models.QuerySet[Any]:
    """The scopes of releases that have not ended: there are no open rounds elsewhere."""
    return Release.objects.filter(ended_at=None).order_by().values("scope_id")


def all_pending(reach: Reach, *, a_page: bool = False) -> models.QuerySet[Any]:
    """Every open question of the releases that the actor may see; with `due`.

    `a_page`: for the first of them by urgency, which an index gives in that order.
    """
    seen = _in_sight(reach)
    if a_page and seen:
        # No round is without a scope. Said with "or", the condition is looked at row by row, and
        # PostgreSQL need not begin with the releases and sort all that waits in them.
        seen |= Q(scope_id__isnull=True)
    return _open_rounds().filter(seen)


def waiting_on_others(reach: Reach) -> models.QuerySet[Any]:
    """What others are asked of the actor's releases, phases and requests; with `due`.

    Theirs are those they created or manage, phases they own, and requests to skip that they made.
    Whose release or phase it is sees it; whether one sees what one asked to skip is looked at.
    """
    user_id = reach.actor.user_id or 0
    mine = open_seats_of(user_id).values("approval_id")
    named = Q(requester_id=user_id) | Q(manager_id=user_id)
    led = Release.objects.filter(named, ended_at=None).order_by().values("scope_id")
    waiting = Activity.objects.filter(state__in=ACTIVITY_WAITING).order_by()
    owned = waiting.filter(phase__in=phases_owned(reach.actor, reach.roles, reach.groups))
    theirs = [Q(scope_id__in=led), Q(host__in=hosts_of(owned))]
    if reach.asks_to_skip:
        theirs.append(Q(host__in=hosts_of(_requests_to_skip(user_id))) & _in_sight(reach))
    # Each is found by an index of its own: in one condition they would read all that is open.
    rounds = Approval.objects.filter(state=Approval.State.OPEN).order_by()
    found = [rounds.filter(one).values("pk") for one in theirs]
    return _open_rounds().filter(~Q(pk__in=mine), pk__in=found[0].union(*found[1:]))


def decided_by(actor: Actor, since: dt.datetime) -> models.QuerySet[Decision]:
    """The actor's decisions that stand, since then; those of archived products are left out."""
    later = Decision.objects.filter(
        approval_id=OuterRef("approval_id"),
        person=OuterRef("person"),
        ordinal__gt=OuterRef("ordinal"),
    )
    return Decision.objects.filter(
        ~Exists(later),
        user_id=actor.user_id or 0,
        decided_at__gte=since,
        approval__scope__release__product__is_archived=False,
    ).exclude(verdict=Decision.Verdict.WITHDRAW)


def hosts_of(activities: models.QuerySet[Activity]) -> models.QuerySet[Any, Any]:
    """The hosts of activities, as a subquery."""
    return activities.values(
        asked_as=Concat(
            Value(HOST), Cast("pk", models.CharField()), output_field=models.CharField()
        )
    )


def holding_production(actor: Actor, now: dt.datetime) -> models.QuerySet[AskedPerson]:
    """What waits for the actor and holds a release for production."""
    production = Q(pk__in=[])
    for name in _PRODUCTION:
        production |= Q(environments__icontains=f'"{name}"')
    scopes = Release.objects.filter(production, ended_at__isnull=True).values("scope_id")
    return needs_me(actor, now).filter(approval__scope_id__in=scopes)

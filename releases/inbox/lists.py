"""The lists: what waits for the actor, what they put aside, what waits for others, what they decided."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Cast, Coalesce, Concat

from approvals.models import Approval, AskedPerson, Decision
from approvals.selectors import live_assignments, open_seats_of, scopes_with_open_rounds
from audit.actor import Actor
from audit.compiled import CompiledValues
from releases.models import Activity, Comment, Release, Snooze
from releases.rules.transitions import ACTIVITY_WAITING
from releases.selectors import NEVER
from releases.visibility import phases_owned, reached_live, sees_all, visible

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


def _mine(actor: Actor) -> models.QuerySet[AskedPerson]:
    """What waits for the actor, put aside or not; not that of archived products.

    Said by what is left out, which is little: so the index of what waits gives the rows and counts.
    """
    archived = Approval.objects.filter(
        state=Approval.State.OPEN, scope__release__product__is_archived=True
    )
    return open_seats_of(actor.user_id).exclude(approval__in=archived.values("pk"))


def needs_me(actor: Actor, now: dt.datetime) -> models.QuerySet[AskedPerson]:
    """What the actor is asked and has not put aside."""
    return _mine(actor).filter(~_put_aside(actor, now))


def snoozed_by(actor: Actor, now: dt.datetime) -> models.QuerySet[AskedPerson]:
    """What the actor is asked and has put aside, each with `snoozed_until` (None: until a change)."""
    until = _snoozes(actor, now).filter(approval_id=OuterRef("approval_id")).values("until")[:1]
    rows = _mine(actor).filter(_put_aside(actor, now))
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
    """What an actor sees by the roles they hold at this moment: asked once, used by every list."""

    actor: Actor
    roles: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, actor: Actor) -> Reach:
        """Read the roles of an actor: one query."""
        return cls(actor, tuple(sorted(set(_ROLES_HELD.rows(user_id=actor.user_id or 0)))))


_ROLES_HELD = CompiledValues(
    lambda user_id: live_assignments(user_id).order_by().values_list("role_id", "scope_id"),
    user_id=int,
)


def _open_rounds(reach: Reach) -> models.QuerySet[Any]:
    rows = Approval.objects.filter(
        state=Approval.State.OPEN, scope__release__product__is_archived=False
    ).annotate(due=Coalesce("due_at", Value(NEVER, models.DateTimeField())))
    if sees_all(reach.actor):
        return rows
    path, among = "scope__release__", scopes_with_open_rounds()
    seen = visible(reach.actor, path, among)
    return rows.filter(seen | reached_live(reach.actor, path, reach.roles, among))


def all_pending(reach: Reach) -> models.QuerySet[Any]:
    """Every open question of the releases that the actor may see; with `due`."""
    return _open_rounds(reach)


def waiting_on_others(reach: Reach) -> models.QuerySet[Any]:
    """What others are asked of the actor's releases, phases and requests; with `due`.

    Theirs are those they created or manage, phases they own, and requests to skip that they made.
    """
    user_id = reach.actor.user_id or 0
    mine = open_seats_of(user_id).values("approval_id")
    waiting = Activity.objects.filter(state__in=ACTIVITY_WAITING).order_by()
    owned = waiting.filter(
        Q(phase__in=phases_owned(reach.actor, reach.roles)) | Q(asked_by_id=user_id)
    )
    return _open_rounds(reach).filter(
        Q(scope__release__requester_id=user_id)
        | Q(scope__release__manager_id=user_id)
        | Q(host__in=hosts_of(owned)),
        ~Q(pk__in=mine),
    )


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

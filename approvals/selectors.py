"""Who is in what at this moment, and which rounds reach a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce, Now, NullIf

from approvals.models import (
    Approval,
    AskedPerson,
    Decision,
    Role,
    RoleAssignment,
    Scope,
    SeatSource,
)
from audit.actor import Actor
from audit.compiled import Compiled, CompiledValues
from audit.history import history_of
from audit.permissions import live_group_ids, live_memberships, within_time


def live_assignments(user_id: int | None) -> models.QuerySet[RoleAssignment]:
    """The role assignments that reach a user at this moment, directly or through a group."""
    return _live_given(Q(user_id=user_id), live_group_ids(user_id))


def _live_given(to: Q, groups: models.QuerySet[Any, Any]) -> models.QuerySet[RoleAssignment]:
    return RoleAssignment.objects.filter(within_time(), to | Q(group_id__in=groups))


def roles_held(user_id: int | None) -> list[tuple[int, int]]:
    """(role, scope) of every role a user holds at this moment."""
    return sorted(set(live_assignments(user_id).values_list("role_id", "scope_id")))


def holds_role(actor: Actor, role_id: int, lineage: Sequence[int]) -> bool:
    """Whether the actor holds a role in one of these scopes at this moment."""
    return live_assignments(actor.user_id).filter(role_id=role_id, scope_id__in=lineage).exists()


@dataclass(frozen=True, slots=True)
class Held:
    """The roles that somebody holds somewhere at one moment, and whether one of them reads only."""

    roles: frozenset[int]
    reads_only: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """All roles that somebody holds at one moment, as (role, scope, reads only), and their groups."""

    roles: frozenset[tuple[int, int, bool]]
    groups: frozenset[int]

    @property
    def places(self) -> list[tuple[int, int]]:
        """(role, scope) of each, as `roles_held` gives them."""
        return sorted({(role, scope) for role, scope, _ in self.roles})

    def held(self, lineage: Sequence[int]) -> Held:
        """What of it counts in one of these scopes."""
        here = [(role, reads) for role, scope, reads in self.roles if scope in lineage]
        return Held(frozenset(role for role, _ in here), any(reads for _, reads in here))


def reach_of(user_id: int | None) -> Reach:
    """What an account holds and belongs to: one query, for a page that asks everything about it."""
    roles = live_assignments(user_id).order_by()
    groups = live_memberships().filter(user_id=user_id).order_by()
    none, no = Value(0), Value(False, models.BooleanField())
    found = roles.values_list(Value("role"), "role_id", "scope_id", "role__reads_only").union(
        groups.values_list(Value("group"), "group_id", none, no), all=True
    )
    rows = list(found)
    return Reach(
        frozenset((key, scope, bool(reads)) for kind, key, scope, reads in rows if kind == "role"),
        frozenset(key for kind, key, _, _ in rows if kind == "group"),
    )


def in_group(actor: Actor, group_id: int) -> bool:
    """Whether the actor is in a group at this moment."""
    return live_memberships().filter(user_id=actor.user_id, group_id=group_id).exists()


def reads_only_in(actor: Actor, lineage: Sequence[int]) -> bool:
    """Whether the actor holds a role here that reads only (auditor)."""
    return account_reads_only(actor.user_id, lineage)


def account_reads_only(user_id: int | None, lineage: Sequence[int]) -> bool:
    """Whether an account holds, in one of these scopes, a role that reads only; none holds none."""
    if user_id is None:
        return False
    return live_assignments(user_id).filter(role__reads_only=True, scope_id__in=lineage).exists()


def accounts_of(person: UUID) -> frozenset[int]:
    """The accounts of one human, closed ones too: what one of them made, all of them made."""
    rows = get_user_model()._default_manager.filter(person=person).order_by()
    return frozenset(rows.values_list("pk", flat=True))


def person_reads_only(person: UUID, lineage: Sequence[int]) -> bool:
    """Whether an open account of a human reads only here: then none of theirs takes part in a vote."""
    accounts = get_user_model()._default_manager.filter(person=person, is_active=True).values("pk")
    groups = live_memberships().filter(user_id__in=accounts).values("group_id")
    held = _live_given(Q(user_id__in=accounts), groups)
    return held.filter(role__reads_only=True, scope_id__in=lineage).exists()


def scopes_with_a_seat(
    user_id: int | None, among: models.QuerySet[Any] | None = None
) -> models.QuerySet[Any]:
    """The scopes of rounds that ask or have asked a user, by the projection.

    `among` these scopes alone, where the caller looks at no others: what somebody was ever asked
    grows for years, and need not be read for what is open now.
    """
    return _within(Approval.objects.filter(asked__user_id=user_id or 0), among)


def scopes_with_a_live_seat(
    user_id: int | None,
    roles: Sequence[tuple[int, int]] | None = None,
    groups: Collection[int] | None = None,
) -> models.QuerySet[Any]:
    """The same by what open rounds name and the user holds now: for one added a moment ago.

    `roles`: those they hold (`roles_held`), `groups`: those they are in, when the caller has read them.
    """
    named = Q(group_id__in=live_group_ids(user_id) if groups is None else groups)
    for role_id, scope_id in roles_held(user_id) if roles is None else roles:
        named |= Q(role_id=role_id, approval__scope__path__contains=f"/{scope_id}/")
    is_open = Q(approval__state=Approval.State.OPEN)
    return SeatSource.objects.filter(named, is_open).values("approval__scope_id")


def scopes_with_a_vote(
    user_id: int | None, among: models.QuerySet[Any] | None = None
) -> models.QuerySet[Any]:
    """The scopes in which a user has decided, also before any projection knew of their seat.

    `among` as for `scopes_with_a_seat`.
    """
    return _within(Approval.objects.filter(decisions__user_id=user_id or 0), among)


def _within(
    rows: models.QuerySet[Approval], among: models.QuerySet[Any] | None
) -> models.QuerySet[Any]:
    return (rows if among is None else rows.filter(scope_id__in=among)).values("scope_id")


def rounds_of(host: str) -> models.QuerySet[Approval]:
    """Every round of a host, oldest first."""
    return Approval.objects.filter(host=host).order_by("attempt")


_ROUNDS = Compiled(rounds_of, host=str)


def all_rounds_of(host: str) -> list[Approval]:
    """The same, read at once: for pages, which ask it whenever somebody looks."""
    return list(_ROUNDS.rows(host=host))


def decisions_of(approvals: Sequence[Approval]) -> dict[int, list[Decision]]:
    """The decisions of rounds, by round, in the order given."""
    found: dict[int, list[Decision]] = {approval.pk: [] for approval in approvals}
    for decision in Decision.objects.filter(approval__in=approvals).order_by("pk"):
        found[decision.approval_id].append(decision)
    return found


def due_rounds(now: dt.datetime) -> models.QuerySet[Approval]:
    """Open rounds of which something has fallen due."""
    return Approval.objects.filter(state=Approval.State.OPEN, next_due_at__lte=now)


def root_scope() -> Scope | None:
    """The scope "everything", when it has been made."""
    return Scope.objects.filter(kind=Scope.Kind.EVERYTHING).first()


def names_of_sources(keys: Collection[tuple[str, Any]]) -> dict[tuple[str, Any], str]:
    """Today's names of users, groups and roles that seats name, by (kind, key): one query at most."""
    wanted: dict[str, set[int]] = {"user": set(), "group": set(), "role": set()}
    for kind, ref in keys:
        if kind in wanted:
            wanted[kind].add(ref)
    user = get_user_model()
    name = Coalesce(NullIf("display_name", Value("")), "username")
    parts = [
        rows.filter(pk__in=wanted[kind]).values_list(Value(kind), "pk", shown)
        for kind, rows, shown in (
            ("user", user._default_manager.all(), name),
            ("group", Group.objects.order_by(), F("name")),
            ("role", Role.objects.order_by(), F("name")),
        )
        if wanted[kind]
    ]
    if not parts:
        return {}
    found = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return {(kind, key): shown for kind, key, shown in found}


def open_seats_of(user_id: int | None) -> models.QuerySet[AskedPerson]:
    """What waits for a user: the rounds that ask and have no answer yet, by the projection."""
    return AskedPerson.objects.filter(user_id=user_id or 0, is_open=True, has_answered=False)


Holdings = dict[tuple[str, int], dt.datetime]


def holdings_changed(after: dt.datetime, user_ids: Collection[int] | None = None) -> Holdings:
    """The groups and roles that accounts (or anybody) came to hold or lost since `after`; one query.

    By ("group"|"role", key), each with the newest moment: of a membership made or ended by whatever
    road, and of memberships and roles whose time has come or run out.
    """
    return _newest(_holdings_changed(after, user_ids))


def my_holdings_changed(user_id: int) -> Holdings:
    """The same for one account, within a day: asked whenever somebody looks at what waits."""
    return _newest(_MINE_CHANGED.rows(user_id=user_id))


def _newest(rows: Iterable[tuple[Any, ...]]) -> Holdings:
    found: Holdings = {}
    for kind, key, moment in rows:
        found[kind, key] = max(moment, found.get((kind, key), moment))
    return found


def _holdings_changed(
    after: dt.datetime | CombinedExpression, user_ids: Collection[int] | None
) -> models.QuerySet[Any, tuple[Any, ...]]:
    members = get_user_model().groups.through
    joined, left = members._default_manager.all(), history_of(members)._base_manager.all()
    assigned = RoleAssignment.objects.all()
    if user_ids is not None:
        groups = joined.filter(user_id__in=user_ids).values("group_id")
        joined, left = joined.filter(user_id__in=user_ids), left.filter(user_id__in=user_ids)
        assigned = assigned.filter(Q(user_id__in=user_ids) | Q(group_id__in=groups))
    gone = left.filter(history_type="-", history_date__gt=after).order_by()
    moments = [
        joined.filter(since__gt=after).values_list(Value("group"), "group_id", "since"),
        gone.values_list(Value("group"), "group_id", "history_date"),
    ]
    for name in ("valid_from", "valid_until"):
        passed = {f"{name}__gt": after, f"{name}__lte": Now()}
        moments.append(joined.filter(**passed).values_list(Value("group"), "group_id", name))
        moments.append(assigned.filter(**passed).values_list(Value("role"), "role_id", name))
    return moments[0].union(*moments[1:], all=True)


_MINE_CHANGED = CompiledValues(
    lambda user_id: _holdings_changed(Now() - dt.timedelta(days=1), [user_id]), user_id=int
)


def rounds_not_seen_since(
    holdings: Iterable[tuple[str, int]], moment: dt.datetime, limit: int
) -> list[int]:
    """Open rounds that name these groups and roles, or a right, and were last looked at before then."""
    keys = list(holdings)
    groups = [key for kind, key in keys if kind == "group"]
    roles = [key for kind, key in keys if kind == "role"]
    seen = Coalesce("approval__reconciled_at", "approval__opened_at")
    held = RoleAssignment.objects.filter(group_id__in=groups).values("role_id")
    named = Q(group_id__in=groups) | Q(role_id__in=roles) | Q(role_id__in=held)
    rows = SeatSource.objects.alias(seen=seen).filter(
        named | ~Q(right=""), approval__state=Approval.State.OPEN, seen__lt=moment
    )
    return sorted(rows.values_list("approval_id", flat=True).distinct()[:limit])


def current_rounds(hosts: Collection[str]) -> list[Approval]:
    """The newest round of each of these hosts: one query, and no row of a former attempt."""
    newer = Approval.objects.filter(host=OuterRef("host"), attempt__gt=OuterRef("attempt"))
    return list(Approval.objects.filter(~Exists(newer), host__in=hosts))


# --- Roles and their holders -----------------------------------------------------------------------


def roles_by_name() -> models.QuerySet[Role]:
    """Every role."""
    return Role.objects.order_by("name", "pk")


def assignments() -> models.QuerySet[RoleAssignment]:
    """Who was given which role where, the newest first."""
    rows = RoleAssignment.objects.select_related("role", "user", "group", "scope")
    return rows.order_by("-pk")


def lasting_assignments(now: dt.datetime) -> models.QuerySet[RoleAssignment]:
    """Those that hold at `now` or will."""
    return assignments().filter(Q(valid_until__isnull=True) | Q(valid_until__gt=now))


def members_of(group_ids: Collection[int]) -> dict[int, list[Any]]:
    """The active people of groups at this moment, by group."""
    found: dict[int, list[Any]] = {}
    rows = live_memberships().filter(group_id__in=group_ids).select_related("user").order_by("pk")
    for row in rows:
        found.setdefault(row.group_id, []).append(row.user)
    return found


def assignment_versions(role_id: int, limit: int, scopes: models.QuerySet[Scope]) -> list[Any]:
    """What became of the assignments of a role in these scopes, the newest first."""
    versions = history_of(RoleAssignment)._base_manager.filter(
        role_id=role_id, scope_id__in=scopes.order_by().values("pk")
    )
    return list(versions.order_by("-history_id")[:limit])


def scopes_of_products() -> models.QuerySet[Scope]:
    """The scopes in which a role can be held for a product."""
    rows = Scope.objects.filter(kind=Scope.Kind.PRODUCT, product__is_archived=False)
    return rows.order_by("label", "pk")


def groups_by_name() -> models.QuerySet[Group]:
    """Every group."""
    return Group.objects.order_by("name")


def roles_without_holders(scopes: models.QuerySet[Scope] | None = None) -> models.QuerySet[Role]:
    """The roles that no assignment gives to anybody at this moment; of those in `scopes`, if given."""
    held = RoleAssignment.objects.filter(within_time(), role_id=OuterRef("pk"))
    if scopes is not None:
        held = held.filter(scope__in=scopes.order_by())
    return roles_by_name().filter(~Exists(held))


def scope_labels(keys: Collection[int]) -> dict[int, str]:
    """What scopes are called, by key."""
    return dict(Scope.objects.filter(pk__in=keys).values_list("pk", "label"))


def role_called(slug: str) -> Role | None:
    """The role of this slug."""
    return Role.objects.filter(slug=slug).first()


def gives_right(right: str) -> bool:
    """Whether anybody holds a role at this moment that gives the right."""
    live = RoleAssignment.objects.filter(within_time(), role__rights__contains=f'"{right}"')
    return live.exists()


def rounds_that_name_role(role_id: int) -> models.QuerySet[Any, Any]:
    """The keys of the rounds with a seat for the role, as a subquery."""
    return SeatSource.objects.filter(role_id=role_id).values("approval_id")


def by_urgency(rounds: models.QuerySet[Approval]) -> models.QuerySet[Approval]:
    """What is due first, first."""
    return rounds.order_by(F("due_at").asc(nulls_last=True), "pk")

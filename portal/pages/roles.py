"""Roles with their holders, what waits on them now, and what became of them (ux.md 4 h, POL-5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, QuerySet
from django.http import HttpRequest

from approvals.models import RIGHTS, Approval, Role, RoleAssignment, Scope
from approvals.permissions import can_configure
from approvals.selectors import (
    assignments,
    by_urgency,
    lasting_assignments,
    members_of,
    roles_by_name,
    root_scope,
    rounds_that_name_role,
)
from approvals.services.roles import rights_of
from audit.actor import Actor, Answer
from audit.errors import NotFound
from audit.permissions import can, require
from portal.pages.admin_records import admin_list, admin_record
from portal.pages.role_history import Happening, history_of_role
from releases.inbox import Reach, activities_behind, all_pending, people_awaited
from releases.models import Activity
from releases.places import scopes_for

MOST_NAMED: Final = 4
MOST_WAITING: Final = 30
MOST_ENDED: Final = 20
MOST_IN_RELEASES: Final = 50
_RIGHT_WORDS: Final = dict(RIGHTS)
_NO_ROOT: Final = Answer(False, "not_set_up", "The database is not set up; run manage.py migrate.")


@dataclass(frozen=True, slots=True)
class Holding:
    """An assignment as a row: who, where, from when until when, by whom."""

    assignment: RoleAssignment
    name: str
    is_group: bool
    people: tuple[str, ...]
    scope: str
    kind: str
    state: str  # now | later | ended
    admin_record: str = ""
    group_record: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open approval that names the role."""

    approval: Approval
    activity: Activity
    awaited: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoleRow:
    """A role in the list."""

    role: Role
    rights: tuple[str, ...]
    holders: tuple[Holding, ...]
    others: int
    in_releases: int
    waiting: int


@dataclass(frozen=True, slots=True)
class RolesPage:
    """The list."""

    rows: tuple[RoleRow, ...]
    may_change: Answer
    sees_everything: bool
    unheld: int
    admin_record: str
    add_address: str


@dataclass(frozen=True, slots=True)
class RolePage:
    """One role."""

    role: Role
    rights: tuple[str, ...]
    holders: tuple[Holding, ...]
    in_releases: tuple[Holding, ...]
    in_releases_number: int
    ended: tuple[Holding, ...]
    waiting: tuple[Waiting, ...]
    waiting_number: int
    sees_everything: bool
    history: tuple[Happening, ...]
    may_change: Answer


def require_reader(actor: Actor) -> Answer:
    """Whether the actor changes roles too; refuses whoever may not even read them (NotPermitted)."""
    root = root_scope()
    if root is None:
        require(_NO_ROOT)
        return _NO_ROOT
    answer = can_configure(actor, root)
    if not answer:
        require(can(actor, "view", root))
    return answer


def role_of(role_id: int) -> Role:
    """One role. Raises NotFound."""
    found = roles_by_name().filter(pk=role_id).first()
    if found is None:
        raise NotFound
    return found


def assignment_of(actor: Actor, assignment_id: int) -> RoleAssignment:
    """One assignment. Raises NotFound, also for one in a release that the actor may not see."""
    found = assignments().filter(pk=assignment_id, scope__in=scopes_for(actor)).first()
    if found is None:
        raise NotFound
    return found


def rights_in_words(role: Role) -> tuple[str, ...]:
    """What a role lets its holders do."""
    words = (_RIGHT_WORDS.get(right, right) for right in rights_of(role))
    return tuple(one.removeprefix("May ") for one in words)


def sees_everything(actor: Actor) -> bool:
    """Whether no release is hidden from the actor: then numbers are complete."""
    root = root_scope()
    return root is not None and bool(can(actor, "view", root))


def pending_on(actor: Actor, role_id: int) -> QuerySet[Approval]:
    """The open approvals that name a role, in releases that the actor may see."""
    rows = all_pending(Reach.of(actor)).filter(pk__in=rounds_that_name_role(role_id))
    return by_urgency(rows.select_related("scope"))


def roles_page(request: HttpRequest, actor: Actor, now: dt.datetime) -> RolesPage:
    """Every role. Raises NotPermitted for whoever neither configures nor sees everything."""
    may_change = require_reader(actor)
    held: dict[int, list[RoleAssignment]] = {}
    rows = list(lasting_assignments(now).filter(scope__in=scopes_for(actor)))
    for one in rows:
        held.setdefault(one.role_id, []).append(one)
    members = members_of({one.group_id for one in rows if one.group_id})
    waiting = _waiting_numbers(actor)
    found = tuple(
        _role_row(role, held.get(role.pk, []), members, waiting.get(role.pk, 0), now)
        for role in roles_by_name()
    )
    address = admin_list(request, Role)
    return RolesPage(
        rows=found,
        may_change=may_change,
        sees_everything=sees_everything(actor),
        unheld=sum(1 for row in found if not (row.holders or row.in_releases)),
        admin_record=address,
        add_address=f"{address}add/" if address and may_change else "",
    )


def role_page(request: HttpRequest, actor: Actor, role_id: int, now: dt.datetime) -> RolePage:
    """One role. Raises NotPermitted and NotFound."""
    may_change = require_reader(actor)
    role = role_of(role_id)
    scopes = scopes_for(actor)
    rows = list(assignments().filter(role=role, scope__in=scopes))
    members = members_of({one.group_id for one in rows if one.group_id})
    shown = [_holding(one, members, now, request) for one in rows]
    holders, in_releases = _split(one for one in shown if one.state != "ended")
    pending = pending_on(actor, role.pk)
    return RolePage(
        role=role,
        rights=rights_in_words(role),
        holders=holders,
        in_releases=in_releases[:MOST_IN_RELEASES],
        in_releases_number=len(in_releases),
        ended=tuple(one for one in shown if one.state == "ended")[:MOST_ENDED],
        waiting=_waiting(list(pending[:MOST_WAITING])),
        waiting_number=pending.count(),
        sees_everything=sees_everything(actor),
        history=history_of_role(role, scopes),
        may_change=may_change,
    )


def _role_row(
    role: Role,
    held: Iterable[RoleAssignment],
    members: Mapping[int, list[Any]],
    waiting: int,
    now: dt.datetime,
) -> RoleRow:
    shown, in_releases = _split(_holding(one, members, now) for one in held)
    return RoleRow(
        role=role,
        rights=rights_in_words(role),
        holders=shown[:MOST_NAMED],
        others=len(shown[MOST_NAMED:]),
        in_releases=len(in_releases),
        waiting=waiting,
    )


def holding_of(assignment: RoleAssignment, now: dt.datetime) -> Holding:
    """One assignment as a row."""
    groups = {assignment.group_id} if assignment.group_id else set()
    return _holding(assignment, members_of(groups), now)


def _holding(
    one: RoleAssignment,
    members: Mapping[int, list[Any]],
    now: dt.datetime,
    request: HttpRequest | None = None,
) -> Holding:
    ended = one.valid_until is not None and one.valid_until <= now
    later = one.valid_from is not None and one.valid_from > now
    people = members.get(one.group_id or 0, ())
    return Holding(
        assignment=one,
        name=str(one.user or one.group),
        is_group=one.group_id is not None,
        people=tuple(str(user) for user in people),
        scope=one.scope.label,
        kind="" if one.scope.kind == Scope.Kind.EVERYTHING else one.scope.kind,
        state="ended" if ended else "later" if later else "now",
        admin_record=admin_record(request, one) if request is not None else "",
        group_record=admin_record(request, one.group) if request is not None and one.group else "",
    )


def _split(rows: Iterable[Holding]) -> tuple[tuple[Holding, ...], tuple[Holding, ...]]:
    """Those for everything and for products, in this order; and those for single releases.

    Every release gives a role to its manager: they would bury the others.
    """
    listed = list(rows)
    wide = [one for one in listed if one.kind != Scope.Kind.RELEASE]
    narrow = [one for one in listed if one.kind == Scope.Kind.RELEASE]
    return tuple(sorted(wide, key=lambda one: one.kind)), tuple(narrow)


def _waiting_numbers(actor: Actor) -> dict[int, int]:
    rows = all_pending(Reach.of(actor)).filter(sources__role__isnull=False).order_by()
    counted = rows.values("sources__role_id").annotate(number=Count("pk", distinct=True))
    return {row["sources__role_id"]: row["number"] for row in counted}


def _waiting(rounds: list[Approval]) -> tuple[Waiting, ...]:
    behind = activities_behind(rounds)
    awaited = people_awaited([one.pk for one in rounds])
    return tuple(
        Waiting(one, behind[one.pk], tuple(name for _, name in awaited.get(one.pk, ())))
        for one in rounds
        if one.pk in behind
    )

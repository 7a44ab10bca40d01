"""Who holds which role where; guardian's rows follow in the same transaction (POL-5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import Q

from approvals.models import Role, RoleAssignment, Scope, ScopeGroupPermission, ScopeUserPermission
from approvals.permissions import can_configure, can_give_rights
from approvals.rules.texts import check_reason
from approvals.services.reconcile import reconcile_rounds, rounds_naming, rounds_reaching
from approvals.services.roles import everything, rights_of
from audit.actor import Actor
from audit.errors import Conflict, Invalid, NotFound
from audit.history import create_tracked, save_tracked
from audit.journal import Journal
from audit.locking import lock, moment
from audit.models import PORTAL_STREAM
from audit.permissions import require
from audit.services.record import record
from releases.models import (
    Product,
    ProductGroupPermission,
    ProductUserPermission,
    Release,
    ReleaseGroupPermission,
    ReleaseUserPermission,
)

LONGEST_STANDSTILL = dt.timedelta(days=7)

_ROWS: dict[str, tuple[type[models.Model], type[models.Model], type[models.Model]]] = {
    Scope.Kind.EVERYTHING: (Scope, ScopeUserPermission, ScopeGroupPermission),
    Scope.Kind.PRODUCT: (Product, ProductUserPermission, ProductGroupPermission),
    Scope.Kind.RELEASE: (Release, ReleaseUserPermission, ReleaseGroupPermission),
}


@dataclass(frozen=True, slots=True)
class Grantee:
    """Whom a role is given to: one user or one group."""

    user_id: int | None = None
    group_id: int | None = None

    def __post_init__(self) -> None:
        if (self.user_id is None) == (self.group_id is None):
            raise ValueError("a role is given to a user or a group")

    @property
    def columns(self) -> dict[str, int | None]:
        """As assignments name it."""
        return {"user_id": self.user_id, "group_id": self.group_id}

    @property
    def key(self) -> dict[str, int]:
        """As guardian's rows name it."""
        return {name: value for name, value in self.columns.items() if value is not None}


def assign_role(
    *,
    role: Role,
    grantee: Grantee,
    actor: Actor,
    scope: Scope | None = None,
    valid_from: dt.datetime | None = None,
    valid_until: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> RoleAssignment:
    """Give a role to a user or group in a scope (everything, if left out), for a time or for good.

    Open rounds ask the new holders at once. Refusals: NotPermitted without `configure` or when it
    reaches the actor (`own_rights`), Invalid for a time that ends before it starts, Conflict
    `already_assigned`.
    """
    assignment = _assign_role(role, grantee, actor, scope, valid_from, valid_until, now)
    reconcile_rounds(approval_ids=rounds_touched(assignment), actor=actor, now=now)
    return assignment


def rounds_touched(assignment: RoleAssignment) -> list[int]:
    """The open rounds that name the role; for one that only reads, all that reach its holders."""
    if not assignment.role.reads_only:
        return rounds_naming(roles=[assignment.role_id])
    if assignment.user_id is not None:
        return rounds_reaching([assignment.user_id])
    members = get_user_model().groups.through._default_manager.filter(group=assignment.group)
    return rounds_reaching(list(members.values_list("user_id", flat=True)))


def persons_reached(grantee: Grantee, now: dt.datetime) -> set[UUID]:
    """The people whom a role of this user or group reaches, now or later."""
    users = get_user_model()._default_manager.all()
    if grantee.user_id is not None:
        users = users.filter(pk=grantee.user_id)
    else:
        members = get_user_model().groups.through._default_manager.filter(group=grantee.group_id)
        lasting = Q(valid_until__isnull=True) | Q(valid_until__gt=now)
        users = users.filter(pk__in=members.filter(lasting).values("user_id"))
    return set(users.values_list("person", flat=True))


@transaction.atomic
def _assign_role(
    role: Role,
    grantee: Grantee,
    actor: Actor,
    scope: Scope | None,
    valid_from: dt.datetime | None,
    valid_until: dt.datetime | None,
    now: dt.datetime | None,
) -> RoleAssignment:
    root = everything()
    require(can_configure(actor, root))
    place = lock(Scope.objects.all(), pk=(scope or root).pk)
    journal = Journal(actor=actor, at=moment(place, now))
    require(can_give_rights(actor, persons_reached(grantee, journal.at)))
    if valid_until is not None and valid_until <= (valid_from or journal.at):
        raise Invalid(errors={"valid_until": ["The end must come after the start."]})
    assignment = write_assignment(
        role, grantee, place, valid_from=valid_from, valid_until=valid_until, journal=journal
    )
    record(journal, stream=PORTAL_STREAM)
    return assignment


def write_assignment(
    role: Role,
    grantee: Grantee,
    scope: Scope,
    *,
    journal: Journal,
    valid_from: dt.datetime | None = None,
    valid_until: dt.datetime | None = None,
) -> RoleAssignment:
    """Write an assignment and guardian's rows, inside the caller's transaction."""
    same = RoleAssignment.objects.filter(role=role, scope=scope, **grantee.key)
    starts = valid_from or journal.at
    at_once = Q(valid_until__isnull=True) | Q(valid_until__gt=starts)
    if valid_until is not None:
        at_once &= Q(valid_from__isnull=True) | Q(valid_from__lt=valid_until)
    if same.filter(at_once).exists():
        raise Conflict("already_assigned", "This role is held there already.")
    assignment: RoleAssignment = create_tracked(
        journal,
        [
            RoleAssignment(
                role=role,
                scope=scope,
                valid_from=valid_from,
                valid_until=valid_until,
                assigned_at=journal.at,
                assigned_by=journal.actor.label,
                **grantee.columns,
            )
        ],
    )[0]
    write_grants(scope, grantee, journal.at)
    journal.add(
        "role.assigned", role=role.slug, scope=scope.pk, assignment=assignment.pk, **grantee.key
    )
    return assignment


def end_role(
    *, assignment_id: int, actor: Actor, reason: str = "", now: dt.datetime | None = None
) -> RoleAssignment:
    """Take a role back from now on; the assignment stays on record.

    Open rounds that nobody can complete any more are stuck at once. Refusals: NotFound,
    NotPermitted, Conflict `already_ended`.
    """
    assignment = _end_role(assignment_id, actor, reason, now)
    reconcile_rounds(approval_ids=rounds_touched(assignment), actor=actor, now=now)
    return assignment


@transaction.atomic
def _end_role(
    assignment_id: int, actor: Actor, reason: str, now: dt.datetime | None
) -> RoleAssignment:
    require(can_configure(actor, everything()))
    found = RoleAssignment.objects.filter(pk=assignment_id).first()
    if found is None:
        raise NotFound
    check_reason(reason, needed=False)
    place = lock(Scope.objects.all(), pk=found.scope_id)
    assignment = lock(RoleAssignment.objects.select_related("role"), pk=assignment_id)
    journal = Journal(actor=actor, at=moment(place, now))
    if assignment.valid_until is not None and assignment.valid_until <= journal.at:
        raise Conflict("already_ended", "This assignment has ended already.")
    write_end(assignment, place, journal=journal, reason=reason)
    record(journal, stream=PORTAL_STREAM)
    return assignment


def write_end(
    assignment: RoleAssignment, scope: Scope, *, journal: Journal, reason: str = ""
) -> None:
    """End an assignment now, and guardian's rows with it, inside the caller's transaction."""
    if assignment.valid_from is not None and assignment.valid_from > journal.at:
        assignment.valid_from = journal.at
    assignment.valid_until = journal.at
    save_tracked(journal, [assignment], ["valid_from", "valid_until"], reason)
    write_grants(scope, Grantee(assignment.user_id, assignment.group_id), journal.at)
    journal.add("role.ended", role=assignment.role.slug, assignment=assignment.pk)


def _object_of(scope: Scope) -> models.Model:
    if scope.kind == Scope.Kind.EVERYTHING:
        return scope
    return scope.product if scope.kind == Scope.Kind.PRODUCT else scope.release


def _windows(
    assignments: Iterable[RoleAssignment],
) -> dict[str, tuple[dt.datetime | None, dt.datetime | None]]:
    """For each right the time in which some assignment gives it.

    Assignments that do not touch each other can't be said in one row: then the row covers the
    nearest one, and `tick` writes it anew when that has ended.
    """
    windows: dict[str, tuple[dt.datetime | None, dt.datetime | None]] = {}
    first = dt.datetime.min.replace(tzinfo=dt.UTC)
    for one in sorted(assignments, key=lambda each: each.valid_from or first):
        for right in rights_of(one.role):
            start, end = windows.get(right, (one.valid_from, one.valid_until))
            if end is not None and (one.valid_from is None or one.valid_from <= end):
                end = None if one.valid_until is None else max(end, one.valid_until)
            windows[right] = (start, end)
    return windows


def wanted_grants(
    scope: Scope, grantee: Grantee, now: dt.datetime
) -> dict[str, tuple[dt.datetime | None, dt.datetime | None]]:
    """The rights that assignments in this very scope give, with their time."""
    lasting = Q(valid_until__isnull=True) | Q(valid_until__gt=now)
    rows = RoleAssignment.objects.select_related("role").filter(lasting, scope=scope, **grantee.key)
    return _windows(rows)


def write_grants(scope: Scope, grantee: Grantee, now: dt.datetime) -> bool:
    """Bring guardian's rows of one grantee on one object to what assignments say; True if changed."""
    model, by_user, by_group = _ROWS[scope.kind]
    rows = by_user if grantee.user_id is not None else by_group
    target = _object_of(scope)
    wanted = wanted_grants(scope, grantee, now)
    held: Any = rows._default_manager.select_related("permission").filter(
        content_object=target, **grantee.key
    )
    present = {row.permission.codename: row for row in held}
    codes = {name: (row.valid_from, row.valid_until) for name, row in present.items()}
    if codes == wanted:
        return False
    stale = [row.pk for name, row in present.items() if wanted.get(name) != codes[name]]
    rows._default_manager.filter(pk__in=stale).delete()
    kind = ContentType.objects.get_for_model(model)
    fresh = [name for name, window in wanted.items() if codes.get(name) != window]
    permissions = {
        one.codename: one
        for one in Permission.objects.filter(content_type=kind, codename__in=fresh)
    }
    rows._default_manager.bulk_create(
        [
            rows(
                content_object=target,
                permission=permissions[name],
                valid_from=wanted[name][0],
                valid_until=wanted[name][1],
                **grantee.key,
            )
            for name in fresh
        ]
    )
    return True


@transaction.atomic
def refresh_grants(scope: Scope, grantee: Grantee, now: dt.datetime) -> bool:
    """`write_grants` in a transaction of its own, for `tick`: one at a time in each scope.

    Without the lock two schedulers would write the same row, or take away what an assignment made
    in the same instant has given.
    """
    if not _grants_differ(scope, grantee, now):
        return False
    return write_grants(lock(Scope.objects.all(), pk=scope.pk), grantee, now)


def _grants_differ(scope: Scope, grantee: Grantee, now: dt.datetime) -> bool:
    _, by_user, by_group = _ROWS[scope.kind]
    rows = by_user if grantee.user_id is not None else by_group
    held = rows._default_manager.filter(content_object=_object_of(scope), **grantee.key)
    present = held.values_list("permission__codename", "valid_from", "valid_until")
    codes = {name: (start, end) for name, start, end in present}
    return codes != wanted_grants(scope, grantee, now)


def all_grants_due(now: dt.datetime) -> list[tuple[Scope, Grantee]]:
    """Where an assignment has begun or ended of late, so that guardian's rows may have to follow.

    `can()` reads the rows' own times, so nothing here is urgent; what lies further back than a long
    standstill is `doctor`'s to compare.
    """
    lately = (now - LONGEST_STANDSTILL, now)
    pairs = (
        RoleAssignment.objects.filter(Q(valid_until__range=lately) | Q(valid_from__range=lately))
        .select_related("scope")
        .order_by("pk")
    )
    seen = {(one.scope_id, one.user_id, one.group_id): one for one in pairs}
    return [(one.scope, Grantee(one.user_id, one.group_id)) for one in seen.values()]

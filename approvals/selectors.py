"""Who is in what at this moment, and which rounds reach a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.models import Q

from approvals.models import Approval, Decision, Role, RoleAssignment, Scope, SeatSource
from audit.actor import Actor
from audit.permissions import live_group_ids, live_memberships, within_time


def live_assignments(user_id: int | None) -> models.QuerySet[RoleAssignment]:
    """The role assignments that reach a user at this moment, directly or through a group."""
    return RoleAssignment.objects.filter(
        within_time(), Q(user_id=user_id) | Q(group_id__in=live_group_ids(user_id))
    )


def roles_held(user_id: int | None) -> list[tuple[int, int]]:
    """(role, scope) of every role a user holds at this moment."""
    return sorted(set(live_assignments(user_id).values_list("role_id", "scope_id")))


def holds_role(actor: Actor, role_id: int, lineage: Sequence[int]) -> bool:
    """Whether the actor holds a role in one of these scopes at this moment."""
    return live_assignments(actor.user_id).filter(role_id=role_id, scope_id__in=lineage).exists()


def in_group(actor: Actor, group_id: int) -> bool:
    """Whether the actor is in a group at this moment."""
    return live_memberships().filter(user_id=actor.user_id, group_id=group_id).exists()


def reads_only_in(actor: Actor, lineage: Sequence[int]) -> bool:
    """Whether the actor holds a role here that reads only (auditor)."""
    return (
        live_assignments(actor.user_id).filter(role__reads_only=True, scope_id__in=lineage).exists()
    )


def scopes_with_a_seat(user_id: int | None) -> models.QuerySet[Any]:
    """The scopes of rounds that ask or have asked a user, by the projection."""
    return Approval.objects.filter(asked__user_id=user_id or 0).values("scope_id")


def scopes_with_a_live_seat(user_id: int | None) -> models.QuerySet[Any]:
    """The same by what rounds name and the user holds now: for one who was added a moment ago."""
    named = Q(group_id__in=live_group_ids(user_id))
    for role_id, scope_id in roles_held(user_id):
        named |= Q(role_id=role_id, approval__scope__path__contains=f"/{scope_id}/")
    return SeatSource.objects.filter(named).values("approval__scope_id")


def current_round(host: str) -> Approval | None:
    """The newest round of a host, open or not."""
    return Approval.objects.select_related("scope").filter(host=host).order_by("-attempt").first()


def rounds_of(host: str) -> models.QuerySet[Approval]:
    """Every round of a host, oldest first."""
    return Approval.objects.filter(host=host).order_by("attempt")


def decisions_of(approvals: Sequence[Approval]) -> dict[int, list[Decision]]:
    """The decisions of rounds, by round, in the order given."""
    found: dict[int, list[Decision]] = {approval.pk: [] for approval in approvals}
    for decision in Decision.objects.filter(approval__in=approvals).order_by("pk"):
        found[decision.approval_id].append(decision)
    return found


def due_rounds(limit: int, now: Any) -> list[Approval]:
    """Open rounds of which something has fallen due, the oldest first."""
    return list(
        Approval.objects.filter(state=Approval.State.OPEN, next_due_at__lte=now).order_by(
            "next_due_at"
        )[:limit]
    )


def role_by_slug(slug: str) -> Role | None:
    """A role by its slug."""
    return Role.objects.filter(slug=slug).first()


def root_scope() -> Scope | None:
    """The scope "everything", when it has been made."""
    return Scope.objects.filter(kind=Scope.Kind.EVERYTHING).first()

"""Groups of accounts as subqueries, asked only inside the statement that writes who is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Q

from approvals.models import AskedPerson, Decision, RoleAssignment
from audit.permissions import live_memberships, within_time

Accounts = models.QuerySet[Any, Any]

MANAGER_ROLE = "release-manager"


def managers_of_scope(scope_id: int) -> Accounts:
    """Who manages this very release: the person named when it was made, and whoever joined them."""
    return _holders(Q(role__slug=MANAGER_ROLE, scope_id=scope_id))


def holders_of_role(role_id: int, lineage: Sequence[int]) -> Accounts:
    """Who holds a role in one of these scopes now, directly or through a group."""
    return _holders(Q(role_id=role_id, scope_id__in=lineage))


def members_of(group_id: int) -> Accounts:
    """Who is in a group now."""
    return live_memberships().filter(group_id=group_id).order_by().values_list("user_id", flat=True)


def waiting_accounts(approval_id: int, *, before: dt.datetime) -> Accounts:
    """Whom a round asks since before this moment, and has no answer of."""
    rows = AskedPerson.objects.filter(
        approval_id=approval_id, is_open=True, has_answered=False, asked_at__lt=before
    )
    return rows.order_by().values_list("user_id", flat=True)


def deciders_of(approval_id: int) -> Accounts:
    """Who has decided in a round."""
    rows = Decision.objects.filter(approval_id=approval_id).order_by()
    return rows.values_list("user_id", flat=True)


def _holders(assigned: Q) -> Accounts:
    rows = RoleAssignment.objects.filter(within_time(), assigned).order_by()
    through = live_memberships().filter(group_id__in=rows.values("group_id"))
    either = Q(pk__in=rows.values("user_id")) | Q(pk__in=through.values("user_id"))
    return get_user_model()._default_manager.filter(either).values_list("pk", flat=True)

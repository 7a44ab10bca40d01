"""Groups of accounts as queries, mostly asked inside the statement that writes who is told.

And who was told of what before, where it must not be said again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Concat

from approvals.models import Approval, AskedPerson, Decision, RoleAssignment
from audit.compiled import CompiledValues, Later
from audit.history import history_of
from audit.models import Notice
from audit.permissions import live_memberships, within_time

Accounts = models.QuerySet[Any, Any]

MANAGER_ROLE = "release-manager"
# The moment when nobody can complete a round any more.
STUCK = "stuck"
# The moment when somebody reminds people by hand; of one question each person once in so long.
REMINDED = "reminded"
REMINDER_PAUSE = dt.timedelta(hours=4)


_MANAGERS = CompiledValues(
    lambda scope_id: _holders(Q(role__slug=MANAGER_ROLE, scope_id=scope_id)), scope_id=int
)


def managers_of_scope(scope_id: int) -> Later:
    """Who manages this very release: whoever holds the role Release Manager on it now.

    The person named when it was made was given the role then; whoever got it later manages with them,
    and whoever lost it manages no more. Who manages everything is not told of every release.
    """
    return _MANAGERS.later(scope_id=scope_id)


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


def still_asked_by(approvals: Sequence[Approval]) -> frozenset[int]:
    """Whom open rounds ask at this moment, without an answer so far; one query, at once."""
    rows = AskedPerson.objects.filter(approval__in=approvals, is_open=True, has_answered=False)
    return frozenset(rows.order_by().values_list("user_id", flat=True))


def _asked_untold(approval_id: int, key: str) -> Accounts:
    told = Notice.objects.filter(key=key, created_at__lte=OuterRef("asked_at"))
    rows = AskedPerson.objects.filter(~Exists(told), approval_id=approval_id)
    named = Concat(Value('"'), Cast("user_id", models.CharField()), Value('":'))
    shut_out = {"approval__exclusions__contains": models.F("named")}
    return rows.annotate(named=named).exclude(**shut_out).order_by().values_list("user_id")


_ASKED_UNTOLD = CompiledValues(_asked_untold, approval_id=int, key=str)


def asked_before_notices(approval: Approval, once: str) -> Later:
    """Whom a round asked when the product did not yet write who is told (before audit.0002).

    A round has told of itself from its first notice on; whoever was asked earlier heard nothing. Those
    who may not decide in it were never asked.
    """
    key = f"{once}:{approval.host}:{approval.attempt}"
    return _ASKED_UNTOLD.later(approval_id=approval.pk, key=key)


def deciders_of(approval_id: int) -> Accounts:
    """Who has decided in a round."""
    rows = Decision.objects.filter(approval_id=approval_id).order_by()
    return rows.values_list("user_id", flat=True)


def _holders(assigned: Q) -> Accounts:
    rows = RoleAssignment.objects.filter(within_time(), assigned).order_by()
    through = live_memberships().filter(group_id__in=rows.values("group_id")).order_by()
    directly = rows.filter(user__isnull=False).values_list("user_id", flat=True)
    return directly.union(through.values_list("user_id", flat=True))


def stuck_and_untold(scope_id: int, user_id: int) -> models.QuerySet[Approval]:
    """The open rounds of a scope that got stuck and of which an account has not been told since.

    What counts is the moment when a round got stuck, by its versions, and not when anybody was told:
    whoever takes over a release is told of it later than those before them.
    """
    versions = history_of(Approval)
    freed = versions._base_manager.filter(
        id=OuterRef("id"), stuck=False, history_id__gt=OuterRef("history_id")
    )
    since = versions._base_manager.filter(~Exists(freed), id=OuterRef("pk"), stuck=True)
    told = Notice.objects.filter(
        user_id=user_id,
        host=OuterRef("host"),
        attempt=OuterRef("attempt"),
        moment=STUCK,
        needs_action=True,
        created_at__gte=OuterRef("stuck_since"),
    )
    rows = Approval.objects.filter(scope_id=scope_id, state=Approval.State.OPEN, stuck=True)
    first = since.order_by("history_id").values("history_date")[:1]
    return rows.alias(stuck_since=Subquery(first)).filter(~Exists(told))


def last_reminded() -> Subquery:
    """When somebody was last reminded of a round: a column for the people that it asks."""
    told = Notice.objects.filter(
        user=OuterRef("user"),
        host=OuterRef("approval__host"),
        attempt=OuterRef("approval__attempt"),
        moment=REMINDED,
        needs_action=True,
    )
    return Subquery(told.order_by("-pk").values("created_at")[:1])

"""What is derived from people and roles: guardian's rows, and whom open rounds ask."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.auth import get_user_model

from approvals.facts import exclusions_of
from approvals.models import (
    Approval,
    AskedPerson,
    RoleAssignment,
    Scope,
    ScopeGroupPermission,
    ScopeUserPermission,
)
from approvals.selectors import holdings_changed
from approvals.services.asked import asked_accounts
from approvals.services.explaining import look_at_round
from portal.invariants.findings import TICK, TWO_TICKS, Finding
from portal.invariants.rounds import name_of, rounds
from releases.models import (
    ProductGroupPermission,
    ProductUserPermission,
    ReleaseGroupPermission,
    ReleaseUserPermission,
)
from releases.services.roles import Grantee, wanted_grants

CHUNK = 500

# guardian's tables, with the path from a row to the scope of its object.
_TABLES: tuple[tuple[Any, str], ...] = (
    (ScopeUserPermission, "content_object_id"),
    (ScopeGroupPermission, "content_object_id"),
    (ProductUserPermission, "content_object__scope_id"),
    (ProductGroupPermission, "content_object__scope_id"),
    (ReleaseUserPermission, "content_object__scope_id"),
    (ReleaseGroupPermission, "content_object__scope_id"),
)
Window = tuple[dt.datetime | None, dt.datetime | None]
Grants = dict[str, Window]


def check_grants(now: dt.datetime) -> Iterator[Finding]:
    """guardian's rows are what role assignments say (a boundary in time may be a tick ago)."""
    present = _present_grants()
    pairs = RoleAssignment.objects.order_by().values_list("scope_id", "user_id", "group_id")
    scopes = Scope.objects.in_bulk()
    for scope_id, user_id, group_id in sorted({*pairs.distinct(), *present}, key=str):
        grantee = Grantee(user_id, group_id)
        rows = _lasting(present.get((scope_id, user_id, group_id), {}), now)
        wanted = (
            _lasting(wanted_grants(scopes[scope_id], grantee, at), now)
            for at in (now, now - TWO_TICKS)
        )
        if rows not in wanted:
            who = f"user {user_id}" if user_id else f"group {group_id}"
            subject = f"rights of {who} on {scopes[scope_id]}"
            detail = "guardian's rows are not what role assignments say"
            yield Finding("rights", "grants_differ", subject, detail, TICK)


def _present_grants() -> dict[tuple[int, int | None, int | None], Grants]:
    found: dict[tuple[int, int | None, int | None], Grants] = {}
    for table, path in _TABLES:
        to_user = hasattr(table, "user_id")
        rows = table._default_manager.values_list(
            path, "user_id" if to_user else "group_id", "permission__codename",
            "valid_from", "valid_until",
        )  # fmt: skip
        for scope_id, grantee, code, start, end in rows.iterator(chunk_size=CHUNK):
            key = (scope_id, grantee, None) if to_user else (scope_id, None, grantee)
            found.setdefault(key, {})[code] = (start, end)
    return found


def _lasting(grants: Mapping[str, Window], now: dt.datetime) -> Grants:
    return {code: (start, end) for code, (start, end) in grants.items() if not end or end > now}


def check_asked(now: dt.datetime) -> Iterator[Finding]:
    """The projection behind inbox and counts names those whose vote open rounds would take.

    Somebody who came or left since the round was last looked at has two ticks' time: a membership
    may be made in a shell, and a role may begin or end by itself.
    """
    for approval, decisions in rounds():
        if approval.state != Approval.State.OPEN:
            continue
        lineage, exclusions = approval.scope.lineage, exclusions_of(approval)
        standing = look_at_round(
            approval, decisions, lineage=lineage, exclusions=exclusions, now=now
        )
        wanted = asked_accounts(standing.evaluate())
        rows = AskedPerson.objects.filter(approval=approval, is_open=True)
        asked = set(rows.values_list("user_id", flat=True))
        late = {user for user in asked ^ wanted if not _changed_lately(user, approval, now)}
        if late:
            detail = (
                f"asked and not to be asked: users {sorted(late & asked)}; "
                f"not asked yet: users {sorted(late & wanted)}"
            )
            yield Finding("asked", "asked_differs", name_of(approval), detail, TICK)
    closed = AskedPerson.objects.filter(is_open=True).exclude(approval__state="open")
    for key in closed.order_by().values_list("approval_id", flat=True).distinct():
        detail = "it has ended and still waits for somebody"
        yield Finding("asked", "asked_differs", f"round {key}", detail, TICK)


def _changed_lately(user_id: int, approval: Approval, now: dt.datetime) -> bool:
    """Whether a human's groups or roles changed after the round was looked at, two ticks ago at most."""
    after = max(now - TWO_TICKS, approval.reconciled_at or approval.opened_at)
    users = get_user_model()._default_manager
    accounts = users.filter(person__in=users.filter(pk=user_id).values("person"))
    keys = list(accounts.values_list("pk", flat=True))
    return bool(holdings_changed(after, keys))

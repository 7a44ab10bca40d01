"""Bring open rounds to what holds now: who is asked, and whether anybody still can complete them.

Membership, roles and accounts change by many roads (services, a shell, time itself), so this is
run by the services that change them and, as the truth, by `tick` (EXE-9).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from approvals.models import Approval, AskedPerson, RoleAssignment, SeatSource
from approvals.selectors import memberships_changed, rounds_not_seen_since
from approvals.services.asked import rewrite_asked
from approvals.services.decisions import standing_of
from approvals.services.rounds import tally_text
from audit.actor import POLICY, Actor
from audit.canonical import canonical_text
from audit.history import save_tracked, update_rows
from audit.journal import Journal
from audit.locking import lock, lock_if_free, moment
from audit.services.record import record

# `tick` has long seen what lies further back.
_LOOKS_BACK = dt.timedelta(days=1)
# Between the clock of the process that made a membership and the database's.
_CLOCKS_DIFFER = dt.timedelta(seconds=2)


def rounds_naming(
    *,
    users: Collection[int] = (),
    groups: Collection[int] = (),
    roles: Collection[int] = (),
) -> list[int]:
    """The open rounds whose seats name any of these users, groups or roles, or a right."""
    named = Q(group_id__in=groups) | Q(role_id__in=roles)
    if roles or groups:
        named |= ~Q(right="")
    is_open = Q(approval__state=Approval.State.OPEN)
    sources = SeatSource.objects.filter(named, is_open).values_list("approval_id", flat=True)
    asked = AskedPerson.objects.filter(is_open, user_id__in=users)
    return sorted({*sources, *asked.values_list("approval_id", flat=True)})


def rounds_reaching(user_ids: Collection[int]) -> list[int]:
    """The open rounds that ask these people, or would ask if they were let in.

    By any of their accounts: an auditor's account shuts out the human behind it, so rounds that
    name another account of theirs are reached as well.
    """
    users = get_user_model()
    persons = users._default_manager.filter(pk__in=user_ids).values("person")
    accounts = list(users._default_manager.filter(person__in=persons).values_list("pk", flat=True))
    members = users.groups.through._default_manager.filter(user_id__in=accounts)
    groups = list(members.values_list("group_id", flat=True))
    held = Q(user_id__in=accounts) | Q(group_id__in=groups)
    roles = list(RoleAssignment.objects.filter(held).values_list("role_id", flat=True))
    return rounds_naming(users=accounts, groups=groups, roles=roles)


def reconcile_rounds(
    *, approval_ids: Collection[int], actor: Actor, now: dt.datetime | None = None
) -> int:
    """Reconcile rounds one by one, each in a transaction of its own; returns how many changed.

    Inside somebody else's transaction (an admin page) ledger heads stay locked from one round to
    the next, so a round in which a vote is being taken is not waited for: `tick` comes to it.
    """
    patient = not transaction.get_connection().in_atomic_block
    return sum(
        reconcile_round(approval_id=approval_id, actor=actor, now=now, patient=patient)
        for approval_id in approval_ids
    )


@transaction.atomic
def reconcile_round(
    *, approval_id: int, actor: Actor, now: dt.datetime | None = None, patient: bool = True
) -> bool:
    """Rewrite whom an open round asks, and note when it becomes or is no longer stuck.

    Returns whether anything differed. Does nothing to a round that has ended; unless `patient`,
    nothing either to one that another transaction holds.
    """
    take = lock if patient else lock_if_free
    approval = take(Approval.objects.select_related("scope"), pk=approval_id)
    if approval is None or approval.state != Approval.State.OPEN:
        return False
    journal = Journal(actor=actor, at=moment(approval, now))
    changed = _reconcile(approval, approval.scope.lineage, journal)
    record(journal, stream=approval.stream)
    return changed


def refresh_round(
    host: str, exclusions: Mapping[int, str], *, lineage: Sequence[int], journal: Journal
) -> None:
    """Give the open round of a host, if there is one, the people who may not decide it now.

    Inside the host's transaction, which holds the lock above the round's.
    """
    approval = Approval.objects.filter(host=host, state=Approval.State.OPEN).first()
    if approval is None:
        return
    approval = lock(Approval.objects.all(), pk=approval.pk)
    text = canonical_text({str(key): code for key, code in exclusions.items()})
    if approval.exclusions != text:
        approval.exclusions = text
        save_tracked(journal, [approval], ["exclusions"])
        _reconcile(approval, lineage, journal)


def _reconcile(approval: Approval, lineage: Sequence[int], journal: Journal) -> bool:
    standing = standing_of(approval, lineage, journal)
    evaluation = standing.evaluate()
    fresh = rewrite_asked(approval, standing.electorate, standing.answered, journal.at)
    approval.reconciled_at = journal.at
    changed = approval.stuck != evaluation.stuck
    if changed:
        approval.stuck = evaluation.stuck
        approval.version += 1
        approval.tally = tally_text(evaluation)
        save_tracked(journal, [approval], ["stuck", "version", "tally", "reconciled_at"])
        journal.add(
            "approval.stuck" if approval.stuck else "approval.unstuck",
            approval=approval.pk,
            host=approval.host,
        )
    else:
        update_rows([approval], ["reconciled_at"])
    if fresh:
        journal.add("approval.asked", approval=approval.pk, host=approval.host, asked=sorted(fresh))
    return changed or bool(fresh)


def ensure_current(*, actor: Actor, limit: int = 200) -> int:
    """Bring the rounds up to date that have not heard whom the actor has joined or left.

    A membership made or ended in a shell, or one whose time has come, shows at once in what waits
    for a person, without waiting for `tick`. Costs one query, and a second one for whoever came or
    went within a day; returns how many rounds changed.
    """
    if actor.user_id is None:
        return 0
    changed = memberships_changed(actor.user_id, timezone.now() - _LOOKS_BACK)
    if not changed:
        return 0
    moment = max(changed.values()) + _CLOCKS_DIFFER
    behind = rounds_not_seen_since(changed.keys(), moment, limit)
    return reconcile_rounds(approval_ids=behind, actor=POLICY)


def rounds_to_reconcile(limit: int) -> list[int]:
    """The open rounds that were looked at longest ago."""
    return list(
        Approval.objects.filter(state=Approval.State.OPEN)
        .order_by(F("reconciled_at").asc(nulls_first=True), "pk")
        .values_list("pk", flat=True)[:limit]
    )

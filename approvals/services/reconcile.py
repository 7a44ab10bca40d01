"""Bring open rounds to what holds now: who is asked, and whether anybody still can complete them.

Membership, roles and accounts change by many roads (services, a shell, time itself), so this is
run by the services that change them and, as the truth, by `tick` (EXE-9).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from django.db import transaction
from django.db.models import F, Q

from approvals.models import Approval, AskedPerson, SeatSource
from approvals.services.asked import rewrite_asked
from approvals.services.decisions import standing_of
from approvals.services.rounds import tally_text
from audit.actor import Actor
from audit.canonical import canonical_text
from audit.history import save_tracked, update_rows
from audit.journal import Journal
from audit.locking import lock, moment
from audit.services.record import record


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


def reconcile_rounds(
    *, approval_ids: Collection[int], actor: Actor, now: dt.datetime | None = None
) -> int:
    """Reconcile rounds one by one, each in a transaction of its own; returns how many changed."""
    return sum(
        reconcile_round(approval_id=approval_id, actor=actor, now=now)
        for approval_id in approval_ids
    )


@transaction.atomic
def reconcile_round(*, approval_id: int, actor: Actor, now: dt.datetime | None = None) -> bool:
    """Rewrite whom an open round asks, and note when it becomes or is no longer stuck.

    Returns whether anything differed. Does nothing to a round that has ended.
    """
    approval = lock(Approval.objects.select_related("scope"), pk=approval_id)
    if approval.state != Approval.State.OPEN:
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
    answered = {decision.user_id for decision in standing.live.values()}
    fresh = rewrite_asked(approval, standing.electorate, answered, journal.at)
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


def rounds_to_reconcile(limit: int) -> list[int]:
    """The open rounds that were looked at longest ago."""
    return list(
        Approval.objects.filter(state=Approval.State.OPEN)
        .order_by(F("reconciled_at").asc(nulls_first=True), "pk")
        .values_list("pk", flat=True)[:limit]
    )

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

from approvals.models import Approval, AskedPerson, RoleAssignment, SeatSource
from approvals.rules.eligibility import INACTIVE
from approvals.rules.seats import named_users
from approvals.selectors import holdings_changed, my_holdings_changed, rounds_not_seen_since
from approvals.services.asked import asked_accounts, rewrite_asked
from approvals.services.decisions import Standing, standing_of
from approvals.services.rounds import tally_text
from approvals.services.telling import tell_asked, tell_stuck, tell_unreachable
from audit.actor import POLICY, Actor
from audit.canonical import canonical_text
from audit.history import save_tracked, update_rows
from audit.journal import Journal
from audit.locking import lock, lock_if_free, moment
from audit.services.record import record

# What a tick that came late must still see; beyond it every round has its turn.
_TICK_LOOKS_BACK = dt.timedelta(hours=1)
# That a round was looked at and found as it should be is noted at most this often.
_NOTED_EVERY = dt.timedelta(minutes=10)
# Somebody who waits for an answer waits for this many rounds; the others are left to `tick`.
_MOST_AT_ONCE = 100
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
    the next, so a round in which a vote is being taken is not waited for: `tick` comes to it, as to
    what is beyond the first hundred.
    """
    patient = not transaction.get_connection().in_atomic_block
    return sum(
        reconcile_round(approval_id=approval_id, actor=actor, now=now, patient=patient)
        for approval_id in sorted(approval_ids)[:_MOST_AT_ONCE]
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
    gone = _named_and_gone(approval, standing)
    if gone:
        journal.add(
            "approval.approver_gone", approval=approval.pk, host=approval.host, gone=[*gone]
        )
    fresh = rewrite_asked(approval, asked_accounts(evaluation), standing.answered, journal.at)
    approval.reconciled_at = journal.at
    changed = approval.stuck != evaluation.stuck
    tally = tally_text(evaluation)
    recounted = approval.tally != tally
    if changed or recounted:
        approval.version += 1
        approval.tally = tally
    if changed:
        approval.stuck = evaluation.stuck
        save_tracked(journal, [approval], ["stuck", "version", "tally", "reconciled_at"])
        journal.add(
            "approval.stuck" if approval.stuck else "approval.unstuck",
            approval=approval.pk,
            host=approval.host,
        )
        if approval.stuck:
            tell_stuck(approval, journal)
    else:
        update_rows([approval], ["reconciled_at", "tally", "version"])
    if fresh:
        journal.add("approval.asked", approval=approval.pk, host=approval.host, asked=sorted(fresh))
        tell_asked(approval, fresh, evaluation.electorate, standing.names, journal)
    if gone and not approval.stuck:  # else the manager hears the worse news alone
        tell_unreachable(approval, gone, journal)
    return changed or recounted or bool(fresh)


def _named_and_gone(approval: Approval, standing: Standing) -> dict[int, str]:
    """People whom the seats name and the round still asks, though their accounts are deactivated.

    By account, with their names; those who had answered before are not missed.
    """
    if all(one.left_out != INACTIVE for one in standing.electorate.left_out()):
        return {}
    asked = AskedPerson.objects.filter(
        approval=approval,
        user_id__in=named_users(standing.seats),
        user__is_active=False,
        is_open=True,
        has_answered=False,
    )
    return {one.user_id: str(one.user) for one in asked.select_related("user").order_by("user_id")}


def ensure_current(*, actor: Actor, limit: int = 200) -> int:
    """Bring the rounds up to date that have not heard what the actor came to hold or lost.

    A membership made or ended in a shell, and a membership or role whose time has come, shows at
    once in what waits for a person, without waiting for `tick`. Costs one query, and a second one
    for whoever came or went within a day; returns how many rounds changed.
    """
    if actor.user_id is None:
        return 0
    changed = my_holdings_changed(actor.user_id)
    if not changed:
        return 0
    moment = max(changed.values()) + _CLOCKS_DIFFER
    behind = rounds_not_seen_since(changed, moment, limit)
    return reconcile_rounds(approval_ids=behind, actor=POLICY)


def rounds_out_of_step(*, limit: int, at: dt.datetime) -> list[int]:
    """Open rounds whose rows may not say what holds at `at`: what `tick` reconciles.

    First those that name what somebody came to hold or lost within the hour, whatever they say;
    then, of the `limit` that were looked at longest ago, those that say something else. Looks
    without locks, and writes only when it looked, ten minutes apart.
    """
    changed = holdings_changed(at - _TICK_LOOKS_BACK)
    touched: list[int] = []
    if changed:
        moment = max(changed.values()) + _CLOCKS_DIFFER
        touched = rounds_not_seen_since(changed, moment, limit)
    rows = Approval.objects.select_related("scope").filter(state=Approval.State.OPEN)
    oldest = rows.exclude(pk__in=touched).order_by(F("reconciled_at").asc(nulls_first=True), "pk")
    differing: list[int] = []
    unchanged: list[Approval] = []
    for approval in oldest[:limit]:
        if _differs(approval, at):
            differing.append(approval.pk)
        elif not approval.reconciled_at or at - approval.reconciled_at >= _NOTED_EVERY:
            approval.reconciled_at = at
            unchanged.append(approval)
    if unchanged:
        update_rows(unchanged, ["reconciled_at"])
    return touched + differing


def _differs(approval: Approval, at: dt.datetime) -> bool:
    """Whether reconciling would change anything; also when that can't be told."""
    try:
        standing = standing_of(approval, approval.scope.lineage, Journal(actor=POLICY, at=at))
        evaluation = standing.evaluate()
    except (KeyError, TypeError, ValueError):
        return True
    rows = AskedPerson.objects.filter(approval=approval).values_list(
        "user_id", "is_open", "has_answered"
    )
    known = {user_id: (is_open, answered) for user_id, is_open, answered in rows}
    asked, answered = asked_accounts(evaluation), standing.answered
    return (
        approval.stuck != evaluation.stuck
        or approval.tally != tally_text(evaluation)
        or not asked <= known.keys()
        or any(said != (key in asked, key in answered) for key, said in known.items())
    )

"""The projection of open seats per person, and the index of whom rounds name.

Bookkeeping behind inbox, counts and visibility; no rule reads it. Services rewrite it when rounds,
membership or roles change, and `tick` reconciles it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from approvals.models import Approval, AskedPerson, SeatSource
from approvals.rules.eligibility import Electorate
from approvals.rules.seats import Seat, named_users

# Stands for "no deadline" in the order of urgency.
NEVER = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)


def asked_accounts(electorate: Electorate) -> set[int]:
    """The accounts through which eligible people hold seats."""
    return {
        way.user_id
        for candidate in electorate.candidates.values()
        if candidate.seats
        for way in candidate.ways
    }


def sources_of(approval: Approval, seats: Sequence[Seat]) -> list[SeatSource]:
    """One row for each group, role and right that the seats of a round name.

    Users who are named have their row among the people asked instead.
    """
    named = {(source.kind, source.ref) for seat in seats for source in seat.sources} | {
        (source.while_kind, source.while_ref)
        for seat in seats
        for source in seat.sources
        if source.while_kind
    }
    rows = []
    for kind, ref in sorted(named, key=str):
        if kind == "right":
            rows.append(SeatSource(approval=approval, right=str(ref)))
        elif kind in ("group", "role"):
            rows.append(SeatSource(approval=approval, **{f"{kind}_id": ref}))
    return rows


def write_sources(rounds: Sequence[tuple[Approval, Sequence[Seat]]]) -> None:
    """Insert the index rows of rounds that open: one statement."""
    SeatSource.objects.bulk_create(
        [row for approval, seats in rounds for row in sources_of(approval, seats)]
    )


def widen_sources(approval: Approval, seats: Sequence[Seat]) -> None:
    """Add what an escalation brought in."""
    known = {
        (row.group_id, row.role_id, row.right)
        for row in SeatSource.objects.filter(approval=approval)
    }
    fresh = [
        row
        for row in sources_of(approval, seats)
        if (row.group_id, row.role_id, row.right) not in known
    ]
    SeatSource.objects.bulk_create(fresh)


def write_asked(
    rounds: Sequence[tuple[Approval, Sequence[Seat], Electorate]], now: dt.datetime
) -> None:
    """Insert the people whom rounds ask, or name in vain, when they open: one statement."""
    rows = []
    for approval, seats, electorate in rounds:
        asked = asked_accounts(electorate)
        rows += [
            AskedPerson(
                approval=approval,
                user_id=user_id,
                is_open=user_id in asked,
                due_at=approval.due_at or NEVER,
                asked_at=now,
            )
            for user_id in sorted(asked | named_users(seats))
        ]
    AskedPerson.objects.bulk_create(rows)


def mark_answered(approval_id: int, user_ids: Collection[int], *, answered: bool) -> None:
    """The round no longer (or again) waits for these accounts."""
    AskedPerson.objects.filter(approval_id=approval_id, user_id__in=user_ids).update(
        has_answered=answered
    )


def close_asked(approval_ids: Collection[int]) -> None:
    """Nobody is asked by these rounds any more; the rows stay and keep the release visible."""
    AskedPerson.objects.filter(approval_id__in=approval_ids, is_open=True).update(is_open=False)


def rewrite_asked(
    approval: Approval, electorate: Electorate, answered: Collection[int], now: dt.datetime
) -> set[int]:
    """Bring the rows of an open round to what holds now; returns the accounts asked afresh."""
    wanted = asked_accounts(electorate)
    rows = {row.user_id: row for row in AskedPerson.objects.filter(approval=approval)}
    gone = [row.pk for user_id, row in rows.items() if row.is_open and user_id not in wanted]
    back = [user_id for user_id in wanted if user_id in rows and not rows[user_id].is_open]
    fresh = wanted - rows.keys()
    if gone:
        AskedPerson.objects.filter(pk__in=gone).update(is_open=False)
    if back:
        AskedPerson.objects.filter(approval=approval, user_id__in=back).update(
            is_open=True, has_answered=False
        )
        mark_answered(approval.pk, set(back) & set(answered), answered=True)
    AskedPerson.objects.bulk_create(
        [
            AskedPerson(
                approval=approval,
                user_id=user_id,
                asked_at=now,
                due_at=approval.due_at or NEVER,
                has_answered=user_id in answered,
            )
            for user_id in sorted(fresh)
        ],
        ignore_conflicts=True,
    )
    return fresh | set(back)

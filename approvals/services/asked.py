"""The projection of open seats per person, and the index of whom rounds name.

Bookkeeping behind inbox, counts and visibility; no rule reads it. Services rewrite it when rounds,
membership or roles change, and `tick` reconciles it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from django.db import connection

from approvals.models import Approval, AskedPerson, SeatSource
from approvals.rules.quorum import Evaluation
from approvals.rules.seats import Seat, named_users
from audit.bulk import among, insert_at_once

# Stands for "no deadline" in the order of urgency.
NEVER = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)


def asked_accounts(evaluation: Evaluation) -> set[int]:
    """The accounts through which those whose vote could be taken now hold their seats."""
    candidates = evaluation.electorate.candidates
    return {way.user_id for person in evaluation.asked for way in candidates[person].ways}


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
    rows = [row for approval, seats in rounds for row in sources_of(approval, seats)]
    if rows:
        insert_at_once(rows)


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
    rounds: Sequence[tuple[Approval, Sequence[Seat], Collection[int]]], now: dt.datetime
) -> None:
    """Insert the accounts that rounds ask, or name in vain, when they open: one statement."""
    rows = [
        AskedPerson(
            approval=approval,
            user_id=user_id,
            is_open=user_id in asked,
            due_at=approval.due_at or NEVER,
            asked_at=now,
        )
        for approval, seats, asked in rounds
        for user_id in sorted({*asked, *named_users(seats)})
    ]
    if rows:
        insert_at_once(rows)


def note_asked(approval_id: int, asked: Collection[int], answered: Collection[int]) -> None:
    """A round asks these accounts now, and has the answers of those; writes only what differs.

    By hand: a vote in a round of 200 seats moves one row, and the ORM would compose two lists of 200.
    """
    table = AskedPerson._meta.db_table
    is_asked, asked_values = among("user_id", asked)
    has_answered, answered_values = among("user_id", answered)
    values = [*asked_values, *answered_values]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET is_open = {is_asked}, has_answered = {has_answered} "  # noqa: S608
            f"WHERE approval_id = %s AND (is_open <> ({is_asked}) OR has_answered <> ({has_answered}))",
            [*values, approval_id, *values],
        )


def close_asked(approval_ids: Collection[int]) -> None:
    """Nobody is asked by these rounds any more; the rows stay and keep the release visible."""
    AskedPerson.objects.filter(approval_id__in=approval_ids, is_open=True).update(is_open=False)


def rewrite_asked(
    approval: Approval, asked: Collection[int], answered: Collection[int], now: dt.datetime
) -> set[int]:
    """Bring the rows of an open round to what holds now; returns the accounts asked afresh."""
    rows = {row.user_id: row for row in AskedPerson.objects.filter(approval=approval)}
    note_asked(approval.pk, asked, answered)
    unknown = set(asked) - rows.keys()
    AskedPerson.objects.bulk_create(
        [
            AskedPerson(
                approval=approval, user_id=user_id, asked_at=now, due_at=approval.due_at or NEVER
            )
            for user_id in sorted(unknown)
        ],
        ignore_conflicts=True,
    )
    back = {user_id for user_id in asked if user_id in rows and not rows[user_id].is_open}
    return unknown | {user_id for user_id in back if not rows[user_id].has_answered}

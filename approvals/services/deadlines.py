"""What a missed deadline does to a round (POL-9): widen, reject, or mark overdue.

Engine functions, inside the host's transaction. The deadline itself decides: `cast_decision`
refuses what comes too late whether or not this has run.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence

from approvals.models import Approval
from approvals.rules.deadlines import Ladder, Rung, build_ladder, due_rungs, next_due
from approvals.rules.quorum import Evaluation, unfilled_seats
from approvals.rules.seats import widen_seats
from approvals.services.asked import asked_accounts, rewrite_asked, widen_sources
from approvals.services.decisions import Standing, standing_of
from approvals.services.rounds import settle_round, tally_text
from approvals.services.telling import tell_asked, tell_overdue
from audit.canonical import canonical_text, instant_text
from audit.history import save_tracked
from audit.journal import Journal


def ladder_of(approval: Approval) -> Ladder:
    """The ladder of a round, from its snapshot."""
    return build_ladder(json.loads(approval.deadline), approval.opened_at)


def next_instant(approval: Approval, ladder: Ladder) -> dt.datetime | None:
    """When something is next to be done about a round: its deadline, then each rung."""
    return next_due(ladder, approval.rungs_taken) if approval.overdue else ladder.due_at


def take_due_rungs(approval: Approval, *, lineage: Sequence[int], journal: Journal) -> bool:
    """Do what a locked open round's deadline asks for by now, each thing once and in order.

    The actor is the journal's (Policy, never a person). Returns whether anything was done; the
    round may be rejected afterwards (`closed_because` is `deadline_missed`).
    """
    ladder = ladder_of(approval)
    due = approval.next_due_at
    if approval.state != Approval.State.OPEN or due is None or journal.at < due:
        return False
    rungs = due_rungs(ladder, approval.rungs_taken, journal.at)
    if not approval.overdue:
        _mark_overdue(approval, ladder, journal)
        if all(rung.action != "reject" for rung in rungs):  # else they hear of the rejection
            tell_overdue(approval, journal)
    for rung in rungs:
        if rung.action == "reject":
            _reject(approval, rung, journal)
            return True
        _take(approval, rung, ladder, lineage, journal)
    return True


def _mark_overdue(approval: Approval, ladder: Ladder, journal: Journal) -> None:
    approval.overdue = True
    approval.next_due_at = next_instant(approval, ladder)
    approval.version += 1
    save_tracked(journal, [approval], ["overdue", "next_due_at", "version"])
    journal.add(
        "approval.deadline_missed",
        approval=approval.pk,
        host=approval.host,
        attempt=approval.attempt,
        due_at=instant_text(approval.due_at) if approval.due_at else None,
    )


def _reject(approval: Approval, rung: Rung, journal: Journal) -> None:
    approval.rungs_taken = rung.number
    settle_round(
        approval, Approval.State.REJECTED, "deadline_missed", journal, fields=["rungs_taken"]
    )


def _take(
    approval: Approval, rung: Rung, ladder: Ladder, lineage: Sequence[int], journal: Journal
) -> None:
    approval.rungs_taken = rung.number
    approval.next_due_at = next_instant(approval, ladder)
    approval.version += 1
    fields = ["rungs_taken", "next_due_at", "version"]
    if rung.source is None:
        save_tracked(journal, [approval], fields)
        return
    standing, evaluation = _widen(approval, rung, lineage, journal)
    save_tracked(journal, [approval], [*fields, "seats", "stuck", "tally"])
    widen_sources(approval, standing.seats)
    fresh = rewrite_asked(approval, asked_accounts(evaluation), standing.answered, journal.at)
    journal.add(
        "approval.escalated",
        approval=approval.pk,
        host=approval.host,
        attempt=approval.attempt,
        level=rung.level,
        to={"kind": rung.source.kind, "ref": rung.source.ref},
        asked=sorted(fresh),
    )
    tell_asked(
        approval,
        fresh,
        evaluation.electorate,
        standing.names,
        journal,
        moment="escalated",
        level=rung.level,
    )


def _widen(
    approval: Approval, rung: Rung, lineage: Sequence[int], journal: Journal
) -> tuple[Standing, Evaluation]:
    """Widen the seats that no vote fills yet, required ones too; the number needed stays."""
    assert rung.source is not None  # noqa: S101  (the caller asked)
    before = standing_of(approval, lineage, journal)
    open_seats = unfilled_seats(before.votes, before.seats)
    seats = widen_seats(before.seats, open_seats, rung.source)
    approval.seats = canonical_text([seat.to_dict() for seat in seats])
    after = standing_of(approval, lineage, journal)
    evaluation = after.evaluate()
    approval.stuck = evaluation.stuck
    approval.tally = tally_text(evaluation)
    return after, evaluation

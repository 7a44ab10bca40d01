"""What ending an assignment would do to open rounds, by the very functions that would then judge them.

Nothing here writes, and nothing is locked: it is said before anybody presses the button.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from approvals.models import Approval
from approvals.services.asked import asked_accounts
from approvals.services.decisions import standing_of
from audit.actor import POLICY
from audit.journal import Journal


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One open round: which accounts it would stop asking or begin to ask, and whether it gets stuck."""

    approval: Approval
    no_longer_asked: frozenset[int]
    newly_asked: frozenset[int]
    becomes_stuck: bool
    nobody_left: bool

    @property
    def changes(self) -> bool:
        """Whether it would make any difference."""
        return bool(self.no_longer_asked or self.newly_asked or self.becomes_stuck)


def foresee_without(
    approvals: Collection[Approval], assignment_id: int, now: dt.datetime
) -> list[Foreseen]:
    """What would become of open rounds (with their scopes) if an assignment ended at `now`.

    Four queries a round: give it few.
    """
    found = (_foresee(approval, assignment_id, now) for approval in approvals)
    return [one for one in found if one.changes]


def _foresee(approval: Approval, assignment_id: int, now: dt.datetime) -> Foreseen:
    lineage, journal = approval.scope.lineage, Journal(actor=POLICY, at=now)
    before = standing_of(approval, lineage, journal).evaluate()
    after = standing_of(approval, lineage, journal, without=(assignment_id,)).evaluate()
    asked_before, asked_after = asked_accounts(before), asked_accounts(after)
    return Foreseen(
        approval=approval,
        no_longer_asked=frozenset(asked_before - asked_after),
        newly_asked=frozenset(asked_after - asked_before),
        becomes_stuck=after.stuck and not before.stuck,
        nobody_left=bool(asked_before) and not asked_after,
    )

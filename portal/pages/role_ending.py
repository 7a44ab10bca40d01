"""What ending an assignment does, said before the button is pressed (ux.md 4 h 8)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet

from approvals.models import Approval, RoleAssignment
from approvals.selectors import by_urgency
from approvals.services.foreseeing import Foreseen, foresee_without
from approvals.services.roles import rights_of
from audit.actor import Actor
from audit.errors import Conflict
from audit.permissions import require
from portal.pages.roles import (
    Holding,
    assignment_of,
    holding_of,
    require_reader,
    rights_in_words,
    sees_everything,
)
from releases.inbox import Reach, activities_behind, all_pending
from releases.models import Activity
from releases.services.roles import rounds_touched

MOST_LOOKED_AT: Final = 40


@dataclass(frozen=True, slots=True)
class Affected:
    """An open approval that loses somebody."""

    activity: Activity
    loses_only_approver: bool
    loses: int
    gains: int


@dataclass(frozen=True, slots=True)
class EndingPage:
    """The question whether to end an assignment."""

    assignment: RoleAssignment
    holding: Holding
    rights: tuple[str, ...]
    stuck: tuple[Affected, ...]
    fewer: tuple[Affected, ...]
    not_looked_at: int
    sees_everything: bool

    @property
    def headline(self) -> str:
        """The gravest effect, in one sentence."""
        if self.stuck:
            if len(self.stuck) == 1:
                return "1 open approval loses its only approver."
            return f"{len(self.stuck)} open approvals lose their only approver."
        if self.fewer:
            one = len(self.fewer) == 1
            return (
                f"{len(self.fewer)} open approval{' asks' if one else 's ask'} somebody else or "
                "fewer people; each can still be completed."
            )
        return "No open approval is affected."


def ending_page(actor: Actor, assignment_id: int, now: dt.datetime) -> EndingPage:
    """The question, with its consequences. Raises NotPermitted, NotFound, Conflict `already_ended`."""
    require(require_reader(actor))
    assignment = assignment_of(actor, assignment_id)
    if assignment.valid_until is not None and assignment.valid_until <= now:
        raise Conflict("already_ended", "This assignment has ended already.")
    rounds = _rounds(actor, assignment)
    looked_at = list(rounds[:MOST_LOOKED_AT])
    foreseen = foresee_without(looked_at, assignment.pk, now)
    affected = _affected(foreseen)
    return EndingPage(
        assignment=assignment,
        holding=holding_of(assignment, now),
        rights=rights_in_words(assignment.role) if rights_of(assignment.role) else (),
        stuck=tuple(one for one in affected if one.loses_only_approver),
        fewer=tuple(one for one in affected if not one.loses_only_approver),
        not_looked_at=rounds.count() - len(looked_at),
        sees_everything=sees_everything(actor),
    )


def _rounds(actor: Actor, assignment: RoleAssignment) -> QuerySet[Approval]:
    """Open rounds below the assignment's scope that name what it gives, as far as the actor sees."""
    rows = all_pending(Reach.of(actor)).filter(
        pk__in=rounds_touched(assignment),
        scope__path__startswith=assignment.scope.path,
    )
    return by_urgency(rows.select_related("scope"))


def _affected(foreseen: list[Foreseen]) -> list[Affected]:
    behind = activities_behind([one.approval for one in foreseen])
    return [
        Affected(
            activity=behind[one.approval.pk],
            loses_only_approver=one.becomes_stuck,
            loses=len(one.no_longer_asked),
            gains=len(one.newly_asked),
        )
        for one in foreseen
        if one.approval.pk in behind
    ]

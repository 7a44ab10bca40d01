"""Why an act at an activity was refused, as a notice where it was asked for."""

from __future__ import annotations

from typing import Final

from approvals.models import Approval
from audit.errors import Refusal
from portal.pages.activity import Notice, Record
from portal.pages.activity_results import Clock
from portal.result_texts import too_late

_SETTLED: Final = frozenset({"already_decided", "not_open"})
_STATES: Final = {
    Approval.State.APPROVED: "completed",
    Approval.State.REJECTED: "rejected",
    Approval.State.EXPIRED: "expired",
    Approval.State.CLOSED: "closed",
}


def notice_for(refusal: Refusal, record: Record, clock: Clock) -> Notice | None:
    """The notice of a refusal; None when the errors stand at their fields."""
    if refusal.errors:
        return None
    if refusal.code == "changed_since":
        return Notice(
            "This has changed since you opened it",
            "Nothing was recorded and what you typed is kept. Look at what differs and decide on the "
            "new version.",
        )
    approval = record.page.approval
    if refusal.code in _SETTLED and approval is not None:
        return Notice("Your decision was not counted", _settled(refusal, record, approval, clock))
    if refusal.code == "deadline_passed" and record.deadline is not None:
        due = clock.words(record.deadline.due_at, record.now)
        return Notice("Your decision came too late", f"The deadline passed at {due}.", "red")
    if refusal.status == 403:
        return Notice("You may not do this", refusal.sentence, "red")
    return Notice("This was not done", refusal.sentence)


def _settled(refusal: Refusal, record: Record, approval: Approval, clock: Clock) -> str:
    if approval.state == Approval.State.OPEN:
        return refusal.sentence
    decisions = record.page.decisions[approval.pk]
    missed = approval.closed_because == "deadline_missed"
    by = "the deadline" if missed else (decisions[-1].display_name if decisions else "")
    at = clock.words(approval.closed_at, record.now) if approval.closed_at else ""
    return too_late(state=_STATES[Approval.State(approval.state)], decided_at=at, by=by)

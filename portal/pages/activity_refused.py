"""Why an act at an activity was refused, as a notice where it was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from approvals.models import Approval
from audit.actor import POLICY
from audit.errors import Refusal
from audit.selectors import versions_of
from portal.pages.activity import Notice, Record
from portal.pages.activity_results import Clock
from portal.result_texts import too_late

_SETTLED: Final = frozenset({"already_decided", "not_open"})
# What ended a round that no vote ended; whoever did it stands before.
_CAUSES: Final[Mapping[str, str]] = {
    "deadline_missed": "the deadline passed",
    "override_approved": "it was skipped by override",
    "override_pointless": "there was nothing left to skip",
    "release_aborted": "the release was aborted",
    "release_cancelled": "the release was cancelled",
    "release_deferred": "the release was put off",
}
_NOT_DONE: Final = {"question": "Your question was not asked"}
# What follows from the rules, whatever somebody did a moment before.
_BY_ITSELF: Final = frozenset({"deadline_missed", "override_pointless"})
_STATES: Final = {
    Approval.State.APPROVED: "completed",
    Approval.State.REJECTED: "rejected",
    Approval.State.EXPIRED: "expired",
    Approval.State.CLOSED: "closed",
}


def notice_for(refusal: Refusal, record: Record, clock: Clock, act: str) -> Notice | None:
    """The notice of a refused act; None when the errors stand at their fields."""
    if refusal.errors:
        return None
    if refusal.code == "changed_since":
        return Notice(
            "This has changed since you opened it",
            "Nothing was recorded and what you typed is kept. Look at what differs and decide on the "
            "new version.",
        )
    rounds = record.page.rounds
    approval = rounds[-1] if rounds else None
    if refusal.code in _SETTLED and approval is not None and act == "decide":
        return Notice("Your decision was not counted", _settled(refusal, record, approval, clock))
    if refusal.code == "deadline_passed" and record.deadline is not None and act == "decide":
        due = clock.words(record.deadline.due_at, record.now)
        return Notice("Your decision came too late", f"The deadline passed at {due}.", "red")
    if refusal.status == 403:
        return Notice("You may not do this", refusal.sentence, "red")
    return Notice(_NOT_DONE.get(act, "This was not done"), refusal.sentence)


def _settled(refusal: Refusal, record: Record, approval: Approval, clock: Clock) -> str:
    if approval.state == Approval.State.OPEN:
        return refusal.sentence
    at = clock.words(approval.closed_at, record.now) if approval.closed_at else ""
    return too_late(
        state=_STATES[Approval.State(approval.state)],
        decided_at=at,
        by=_ended_by(approval),
        because=_CAUSES.get(approval.closed_because, ""),
    )


def _ended_by(approval: Approval) -> str:
    """Whose act ended a round, by its own history: not always the last who voted in it (C10)."""
    if approval.closed_because in _BY_ITSELF:
        return POLICY.label
    ended = [one for one in versions_of(approval) if one.state != Approval.State.OPEN]
    return str(ended[0].history_actor) if ended else ""

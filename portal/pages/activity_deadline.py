"""When an activity is due and what follows from then on, in words and clock times (POL-9, C2)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from approvals.models import Approval
from approvals.rules.deadlines import Rung
from approvals.services.deadlines import ladder_of
from approvals.wording import source_words
from portal.pages.activity_standing import ActivityPage


@dataclass(frozen=True)
class RungLine:
    """One thing that happens at an instant, unless the activity is decided before."""

    at: dt.datetime
    words: str
    taken: bool


@dataclass(frozen=True)
class DeadlinePanel:
    """A deadline; `follows` is what happens at it: "then escalates to Omar Haddad".

    Once the round is closed `rungs` has what was done alone, and `end` says how the deadline was met
    where nothing was.
    """

    due_at: dt.datetime
    follows: str
    rungs: tuple[RungLine, ...]
    is_open: bool
    overdue: bool
    end: str = ""


_IN_TIME = {
    Approval.State.APPROVED: "Decided before the deadline.",
    Approval.State.REJECTED: "Decided before the deadline.",
}
_CLOSED = "Closed without a decision before the deadline."


def deadline_panel(page: ActivityPage) -> DeadlinePanel | None:
    """The deadline of the newest round, or of a pipeline's run; None without one."""
    approval = page.approval
    if approval is None:
        due = page.activity.times_out_at
        if due is None:
            return None
        return DeadlinePanel(due, "then counts as failed", (), True, page.now >= due)
    ladder = ladder_of(approval)
    if ladder.due_at is None:
        return None
    is_open = approval.state == Approval.State.OPEN
    lines = tuple(
        RungLine(one.at, _rung_words(one, page), one.number <= approval.rungs_taken)
        for one in ladder.rungs
        if is_open or one.number <= approval.rungs_taken
    )
    ahead = next((line for line in lines if not line.taken), None)
    follows = f"then {_future(ahead.words)}" if ahead and is_open else ""
    overdue = approval.overdue or (is_open and page.now >= ladder.due_at)
    in_time = approval.closed_at is not None and approval.closed_at < ladder.due_at
    end = _IN_TIME.get(Approval.State(approval.state), _CLOSED) if in_time and not lines else ""
    return DeadlinePanel(ladder.due_at, follows, lines, is_open, overdue, end)


def _rung_words(rung: Rung, page: ActivityPage) -> str:
    if rung.action == "reject":
        return "Rejected automatically"
    if rung.action == "overdue" or rung.source is None:
        return "Marked overdue; it stays open and the release manager is told"
    return f"Escalates to {source_words(rung.source.to_dict(), page.names)}"


def _future(words: str) -> str:
    """The same inside a sentence: "then is rejected automatically"."""
    if words.startswith("Rejected"):
        return "is rejected automatically"
    if words.startswith("Marked"):
        return "is marked overdue and stays open"
    return words[:1].lower() + words[1:]

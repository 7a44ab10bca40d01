"""What a person reads after an act, made in one place: verdict × rule × outcome (ux.md, appendix B)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from approvals.wording import listed

_PAST: Final[Mapping[str, str]] = {
    "Approve": "Approved",
    "Reject": "Rejected",
    "Pass": "Passed",
    "Fail": "Failed",
    "Submit": "Submitted",
    "Decline": "Declined",
    "Acknowledge": "Acknowledged",
    "Send back": "Sent back",
    "Abstain": "Abstained",
}
COMMENTED: Final = "Comment added."


@dataclass(frozen=True)
class Outcome:
    """How things stand after a vote, as the sentence about it needs it.

    `word` is the verdict as its button says it ("Pass"). `state` is the round's: approved, rejected,
    open or stuck. `due` and `follows` are words ("12:11", "then escalates to Omar Haddad").
    """

    verdict: str
    word: str
    state: str
    approvals: int
    needed: int
    rejections: int = 0
    seats: int = 0
    still_needed: str = ""
    awaited: Sequence[str] = ()
    due: str = ""
    follows: str = ""
    starts: Sequence[str] = ()
    completes_release: bool = False
    skipped: str = ""
    phase_failed: str = ""
    release_state: str = ""
    menders: str = ""
    told: Sequence[str] = ()
    stuck: str = ""
    unreachable: bool = False
    created: bool = True


@dataclass(frozen=True)
class ResultText:
    """The sentences, and the tone of the panel that they stand in."""

    text: str
    tone: str


def result_of_vote(outcome: Outcome) -> ResultText:
    """What a vote came to."""
    lead = f"{_PAST.get(outcome.word, outcome.word)}."
    if not outcome.created:
        lead = f"{lead} You had said the same before; it counts once."
    parts = [lead, *_consequence(outcome)]
    return ResultText(" ".join(part for part in parts if part), _tone(outcome))


def _consequence(outcome: Outcome) -> list[str]:
    if outcome.state == "approved":
        return _approved(outcome)
    if outcome.state == "rejected":
        return _rejected(outcome)
    if outcome.state == "stuck":
        return [_sentence(outcome.stuck), _told(outcome)]
    return _open(outcome)


def _approved(outcome: Outcome) -> list[str]:
    quorum = f"Quorum reached ({outcome.approvals} of {outcome.needed})."
    if outcome.skipped:
        return [quorum, f"{outcome.skipped} is skipped.", _starting(outcome), _told(outcome)]
    if outcome.completes_release:
        return [quorum, "The release is completed.", _told(outcome)]
    return [quorum, _starting(outcome), _told(outcome)]


def _starting(outcome: Outcome) -> str:
    number = len(outcome.starts)
    if not number:
        return "Nothing else starts yet."
    noun, verb = ("activity", "starts") if number == 1 else ("activities", "start")
    return f"{number} {noun} {verb} now: {listed(outcome.starts, 'and')}."


def _rejected(outcome: Outcome) -> list[str]:
    parts = []
    if outcome.unreachable:
        parts.append(f"{outcome.needed} of {outcome.seats} can no longer be reached.")
    failed = f"Phase {outcome.phase_failed} failed" if outcome.phase_failed else ""
    standing = f"release is {outcome.release_state}" if outcome.release_state else ""
    said = ", ".join(one for one in (failed, standing) if one)
    if said:
        parts.append(f"{said[:1].upper()}{said[1:]}.")
    if outcome.skipped:
        parts.append(f"{outcome.skipped} is not skipped.")
    return [*parts, *_mending(outcome)]


def _mending(outcome: Outcome) -> list[str]:
    """Who was told of a rejection, and who can do something about it: one sentence for one person."""
    if not outcome.menders:
        return [_told(outcome)]
    can = "can retry, fix or abort."
    if listed(outcome.told, "and") == outcome.menders:
        return [f"{outcome.menders} was told and {can}"]
    return [_told(outcome), f"{outcome.menders} {can}"]


def _open(outcome: Outcome) -> list[str]:
    if outcome.verdict == "reject":
        counts = f"{_number(outcome.approvals, 'approval')} and {_number(outcome.rejections, 'rejection')}"
        left = f"{counts}; {outcome.needed} of {outcome.seats} are still possible."
        return [left, _waiting(outcome), _deadline(outcome)]
    if outcome.approvals >= outcome.needed:
        return [
            f"{outcome.approvals} of {outcome.needed}: the number is reached.",
            f"Still needed: {outcome.still_needed}.",
            _deadline(outcome),
        ]
    counted = f"{outcome.approvals} of {outcome.needed}."
    return [counted, _waiting(outcome), _deadline(outcome)]


def _waiting(outcome: Outcome) -> str:
    return f"Still waiting on {listed(outcome.awaited, 'or')}." if outcome.awaited else ""


def _deadline(outcome: Outcome) -> str:
    if not outcome.due:
        return ""
    return f"Due {outcome.due}, {outcome.follows}." if outcome.follows else f"Due {outcome.due}."


def _told(outcome: Outcome) -> str:
    if not outcome.told:
        return ""
    return f"{listed(outcome.told, 'and')} {_were(outcome.told)} told."


def _were(names: Sequence[str]) -> str:
    return "was" if len(names) == 1 else "were"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


def _tone(outcome: Outcome) -> str:
    if outcome.state == "rejected":
        return "red"
    if outcome.state == "stuck":
        return "amber"
    return "green" if outcome.verdict == "approve" else "blue"


def result_of_withdrawal(outcome: Outcome) -> ResultText:
    """A vote was taken back."""
    text = "Withdrawn. The activity waits for you again."
    return ResultText(" ".join(part for part in (text, _deadline(outcome)) if part), "blue")


def result_of_comment(*, my_turn: bool) -> ResultText:
    """A comment was written."""
    return ResultText(f"{COMMENTED} Your decision is still open." if my_turn else COMMENTED, "blue")


def result_of_retry(attempt: int, *, opened: bool) -> ResultText:
    """An activity is tried again."""
    if opened:
        return ResultText(f"Retried. Attempt {attempt} is open; everyone is asked afresh.", "blue")
    return ResultText(
        "Retried. The next attempt opens when nothing holds it back any more.", "blue"
    )


def result_of_skip_request(reference: str, name: str) -> ResultText:
    """Somebody asked that an activity be skipped."""
    return ResultText(
        f"Asked. {reference} is open: when somebody who may override approves it, {name} is skipped.",
        "blue",
    )


def result_of_old_form() -> ResultText:
    """A form was sent again after what it said had been withdrawn or changed."""
    return ResultText(
        "Nothing was done: this form was sent before, and you have decided otherwise since.",
        "amber",
    )


def too_late(*, state: str, decided_at: str, by: str) -> str:
    """A vote came after the activity had been settled."""
    when = f" at {decided_at}" if decided_at else ""
    who = f" by {by}" if by else ""
    return f"Not counted: the activity was {state}{when}{who}. Nothing else to do."

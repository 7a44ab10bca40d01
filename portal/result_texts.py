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
IN_THE_PORTAL: Final = "in the portal"
MOST_NAMED: Final = 5
COMMENTED: Final = "Comment added."
# Headings of the panel: read first, so they must not say more than what was done.
DONE: Final = "Done"
RECORDED: Final = "Your decision is recorded"
TAKEN_BACK: Final = "Your decision is taken back"
NOT_DONE: Final = "Not done"
DONE_BEFORE: Final = "Done before"


@dataclass(frozen=True)
class Told:
    """Somebody who is told, and over which channels, in words: "email"; "in the portal" without any."""

    name: str
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """How things stand after a vote, as the sentence about it needs it.

    `word` is the verdict as its button says it ("Pass"). `state` is the round's: approved, rejected,
    open or stuck. `due` and `follows` are words ("12:11", "then escalates to Omar Haddad").
    `required` names what the number alone does not give ("1 from Security (Inês Prado)"), `remaining`
    how many could still approve of a stuck round that lacks nothing but voters. `entry` is the number
    of the entry in the release's ledger.
    """

    verdict: str
    word: str
    state: str
    approvals: int
    needed: int
    rejections: int = 0
    seats: int = 0
    required: Sequence[str] = ()
    awaited: Sequence[str] = ()
    due: str = ""
    follows: str = ""
    starts: Sequence[str] = ()
    completes_release: bool = False
    skipped: str = ""
    phase_failed: str = ""
    release_state: str = ""
    menders: str = ""
    told: Sequence[Told] = ()
    stuck: str = ""
    remaining: int | None = None
    unreachable: bool = False
    created: bool = True
    entry: int | None = None


@dataclass(frozen=True)
class ResultText:
    """The sentences, the tone of the panel that they stand in, and its heading."""

    text: str
    tone: str
    heading: str = DONE


def result_of_vote(outcome: Outcome) -> ResultText:
    """What a vote came to."""
    lead = f"{_PAST.get(outcome.word, outcome.word)}."
    if not outcome.created:
        lead = f"{lead} You had said the same before; it counts once."
    text = " ".join(part for part in (lead, *_consequence(outcome)) if part)
    return ResultText(text, _tone(outcome), RECORDED if outcome.created else DONE_BEFORE)


def _consequence(outcome: Outcome) -> list[str]:
    if outcome.state == "approved":
        return _approved(outcome)
    if outcome.state == "rejected":
        return _rejected(outcome)
    if outcome.state == "stuck":
        return [_stuck(outcome), _told(outcome)]
    return _open(outcome)


def _stuck(outcome: Outcome) -> str:
    if outcome.remaining is None:
        return _sentence(outcome.stuck)
    voters = {0: "No voter remains", 1: "Only 1 voter remains"}.get(
        outcome.remaining, f"Only {outcome.remaining} voters remain"
    )
    return f"{voters}, {outcome.needed} {'is' if outcome.needed == 1 else 'are'} needed."


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
    if [one.name for one in outcome.told] == [outcome.menders]:
        return [f"{_told(outcome).rstrip('.')} and {can}"]
    return [_told(outcome), f"{outcome.menders} {can}"]


def _open(outcome: Outcome) -> list[str]:
    if outcome.verdict == "reject":
        counts = f"{_number(outcome.approvals, 'approval')} and {_number(outcome.rejections, 'rejection')}"
        left = f"{counts}; {outcome.needed} of {outcome.seats} are still possible."
        return [left, _waiting(outcome), _deadline(outcome)]
    if outcome.approvals >= outcome.needed:
        counted = f"The number is met ({outcome.approvals} of {outcome.needed})."
        needed = f"Still needed: {listed(outcome.required, 'and')}." if outcome.required else ""
        return [counted, needed, _deadline(outcome)]
    counted = f"{outcome.approvals} of {outcome.needed}."
    return [counted, _waiting(outcome), _deadline(outcome)]


def _waiting(outcome: Outcome) -> str:
    return f"Still waiting on {_names(outcome.awaited)}." if outcome.awaited else ""


def _names(names: Sequence[str]) -> str:
    """Names in a row, as whoever waits reads them; of many only the first few."""
    every = list(dict.fromkeys(names))
    if len(every) > MOST_NAMED:
        every = [*every[: MOST_NAMED - 1], f"{len(every) - MOST_NAMED + 1} others"]
        return f"{', '.join(every[:-1])} and {every[-1]}"
    return ", ".join(every)


def _deadline(outcome: Outcome) -> str:
    if not outcome.due:
        return ""
    return f"Due {outcome.due}, {outcome.follows}." if outcome.follows else f"Due {outcome.due}."


def _told(outcome: Outcome) -> str:
    return _told_words(outcome.told)


def _told_words(told: Sequence[Told]) -> str:
    """Who was told over which channels: "Tom Reuter was told (email)."."""
    reached: dict[str, list[str]] = {}
    for one in told:
        reached.setdefault(", ".join(one.channels) or IN_THE_PORTAL, []).append(one.name)
    if not reached:
        return ""
    were = "was" if len(told) == 1 else "were"
    if len(reached) == 1:
        ((channels, names),) = reached.items()
        return f"{listed(names, 'and')} {were} told ({channels})."
    several = [f"{listed(names, 'and')} ({channels})" for channels, names in reached.items()]
    return f"{listed(several, 'and')} {were} told."


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
    entry = f"Ledger entry #{outcome.entry}." if outcome.entry is not None else ""
    parts = ("Withdrawn. The activity waits for you again.", _deadline(outcome), entry)
    return ResultText(" ".join(part for part in parts if part), "blue", TAKEN_BACK)


def result_of_comment(*, my_turn: bool) -> ResultText:
    """A comment was written."""
    return ResultText(f"{COMMENTED} Your decision is still open." if my_turn else COMMENTED, "blue")


def result_of_question(told: Sequence[Told], *, my_turn: bool) -> ResultText:
    """Somebody who is asked has asked for information; their seat stays open."""
    said = ("Asked.", _told_words(told), "Your decision is still open." if my_turn else "")
    return ResultText(" ".join(one for one in said if one), "blue")


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
        NOT_DONE,
    )


def too_late(*, state: str, decided_at: str, by: str, because: str = "") -> str:
    """A vote came after the activity had been settled, by whom, and what did it when no vote did."""
    when = f" at {decided_at}" if decided_at else ""
    who = f" by {by}" if by else ""
    why = f": {because}" if because else ""
    return f"Not counted: the activity was {state}{when}{who}{why}. Nothing else to do."

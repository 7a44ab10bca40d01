"""Ballots: what a decision must bring with it to be taken.

Source: EXE-3, CAP-3; `contract.md`, "How votes count" and "REST".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from approvals.rules.fields import Field
from approvals.rules.forms import Value, find_input_errors
from approvals.rules.seating import VERDICTS, Verdict
from approvals.rules.texts import unsafe_text
from audit.errors import Invalid

LONGEST_COMMENT = 10_000


@dataclass(frozen=True, slots=True)
class CheckedBallot:
    """A ballot that may be recorded; a blank comment is the empty text."""

    verdict: Verdict
    comment: str
    inputs: Mapping[str, Value]


def check_ballot(
    verdict: object,
    comment: object,
    inputs: object,
    fields: Sequence[Field],
    comment_rule: Mapping[str, object],
) -> CheckedBallot:
    """Check a ballot as it came in.

    `fields` and `comment_rule` ({"required", "min_length"}, in characters without the surrounding
    blanks) are those that the round opened with. A rejection always needs a comment; an abstention
    needs neither comment nor inputs, and those it brings must be valid. Raises Invalid with every
    error at once, by field (`verdict`, `comment`, `inputs.<key>`).
    """
    if not isinstance(verdict, str) or verdict not in VERDICTS:
        raise Invalid(errors={"verdict": [f"A verdict is one of {', '.join(VERDICTS)}."]})
    values, errors = find_input_errors(fields, inputs, verdict)
    sentence = _why_comment_is_wrong(verdict, comment, comment_rule)
    if sentence is not None:
        errors = {"comment": [sentence], **errors}
    if errors:
        raise Invalid(errors=errors)
    text = cast("str | None", comment) or ""
    return CheckedBallot(cast("Verdict", verdict), text if text.strip() else "", values)


def _why_comment_is_wrong(verdict: str, comment: object, rule: Mapping[str, object]) -> str | None:
    text = "" if comment is None else comment
    if not isinstance(text, str):
        return "Give the comment as text."
    if len(text) > LONGEST_COMMENT:
        return f"This has {len(text)} characters; at most {LONGEST_COMMENT} fit."
    return unsafe_text(text) or _why_comment_is_short(verdict, len(text.strip()), rule)


def _why_comment_is_short(verdict: str, written: int, rule: Mapping[str, object]) -> str | None:
    """`written` counts characters without the blanks around them."""
    if verdict == "abstain":
        return None
    if verdict == "reject" and not written:
        return "Say why you reject."
    if rule.get("required") and not written:
        return "A comment is required here."
    shortest = cast("int", rule.get("min_length") or 0)
    return f"Write at least {shortest} characters." if written < shortest else None

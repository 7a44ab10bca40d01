"""A policy in words: how many must approve, what a rejection does, who may not, what must be given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from approvals.wording import listed

_REJECT: Final[Mapping[str, str]] = {
    "first": "One rejection ends it.",
    "unreachable": "Rejections end it once the number can no longer be reached.",
}


def rule_words(rule: Mapping[str, Any], needed: int | None, seats: int | None) -> str:
    """How many of the seats must approve; before the opening (no numbers yet) as it is written."""
    kind, number = str(rule.get("kind")), rule.get("number")
    if needed is None or seats is None:
        return {
            "any": "Any one seat must approve.",
            "majority": "More than half of the seats must approve.",
            "unanimous": "Every seat must approve.",
            "at_least": f"At least {number} seats must approve.",
            "percent": f"{number} % of the seats must approve.",
        }[kind]
    return {
        "any": f"Any one of {seats} must approve." if seats != 1 else "One must approve.",
        "majority": f"More than half must approve: {needed} of {seats}.",
        "unanimous": f"All {seats} must approve." if seats != 1 else "One must approve.",
        "at_least": f"At least {needed} of {seats} must approve.",
        "percent": f"{number} % must approve: {needed} of {seats}.",
    }[kind]


def reject_words(mode: str) -> str:
    """What a rejection does."""
    return _REJECT[mode]


def comment_words(rule: Mapping[str, Any]) -> str:
    """Whether a decision needs a comment, and how long a one."""
    shortest = int(rule.get("min_length") or 0)
    if shortest:
        return f"A comment of at least {shortest} characters is required."
    if rule.get("required"):
        return "A comment is required."
    return "A comment is optional when you approve and required when you reject."


def separation_words(separation: Mapping[str, Any], linked: Sequence[str]) -> list[str]:
    """Who may not decide, a sentence for each duty that is kept apart.

    `linked`: the names of the activities that somebody else must decide.
    """
    found = []
    if separation.get("requester"):
        found.append("Whoever made or started the release may not decide.")
    if separation.get("authors"):
        found.append("Authors of the release may not decide.")
    if linked:
        found.append(f"Whoever decides on {listed(linked, 'or')} may not decide here.")
    return found

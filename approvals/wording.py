"""Sentences of the engine, by code: what people read when something is refused or still needed."""

from __future__ import annotations

SENTENCES = {
    "not_an_approver": "You are not asked for this decision.",
    "own_change": "You asked for or are an author of this release, so you may not decide on it.",
    "four_eyes": "You decided on an activity that must be decided by somebody else than this one.",
    "own_request": "You asked for this override, so somebody else must approve it.",
    "inactive": "This account is deactivated.",
    "machine_user": "A machine user can't decide for a person.",
    "auditor": "Auditors read; they hold no seat.",
    "already_decided": "This is already decided.",
    "not_open": "This is not open for a decision.",
    "deadline_passed": "The deadline has passed; the decision comes too late.",
    "changed_since": "What you decided on has changed since you opened it. Look again.",
    "no_seat_left": "Every seat that you could fill is taken by another vote.",
    "nothing_to_withdraw": "You have no decision here that stands.",
}


def sentence_for(code: str) -> str:
    """The sentence for a code; raises KeyError for an unknown one, so none goes unworded."""
    return SENTENCES[code]

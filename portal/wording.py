"""Words of the portal for people: states, verdicts by kind, conditions, what blocks (REL-3, REL-4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from approvals.wording import listed
from releases import wording
from releases.rules.transitions import ActivityKind

RELEASE_STATES: Final = wording.RELEASE_STATES
PHASE_STATES: Final = wording.PHASE_STATES
ACTIVITY_STATES: Final = wording.ACTIVITY_STATES
KIND_WORDS: Final[Mapping[str, str]] = {
    ActivityKind.PIPELINE: "Pipeline",
    ActivityKind.CHECK: "Check",
    ActivityKind.APPROVAL: "Approval",
    ActivityKind.SIGN_OFF: "Sign-off",
    ActivityKind.EVIDENCE: "Evidence",
    ActivityKind.VERIFICATION: "Verification",
    ActivityKind.INFORMATION: "Information",
    ActivityKind.HANDOFF: "Handoff",
}
# What leads to the record is "Review", and "Fill in" where people bring what is asked; no verdict is
# called so, since a verdict's word stands only on what decides.
_FILLED_IN: Final = frozenset({ActivityKind.EVIDENCE, ActivityKind.INFORMATION})
# What people do with each kind, as (approve, reject): the record has approve and reject alone.
_VERDICTS: Final[Mapping[str, tuple[str, str]]] = {
    ActivityKind.APPROVAL: ("Approve", "Reject"),
    ActivityKind.SIGN_OFF: ("Approve", "Reject"),
    ActivityKind.VERIFICATION: ("Pass", "Fail"),
    ActivityKind.EVIDENCE: ("Submit", "Decline"),
    ActivityKind.INFORMATION: ("Submit", "Decline"),
    ActivityKind.HANDOFF: ("Acknowledge", "Send back"),
}
_CONDITION_KEYS: Final[Mapping[str, str]] = {
    "risk": "risk",
    "change_type": "change type",
    "environment": "environment",
    "tag": "tag",
}


def kind_word(kind: str, *, overrides: bool = False) -> str:
    """What kind of activity it is, in a word; `overrides`: whether it asks to skip another one."""
    return "Request to skip" if overrides else KIND_WORDS[kind]


def task_word(kind: str) -> str:
    """What a link is called that leads to the record, on every page; it decides nothing by itself."""
    return "Fill in" if kind in _FILLED_IN else "Review"


def verdict_words(kind: str) -> dict[str, str]:
    """What each verdict is called for a kind of activity; nothing for automated ones (REL-3)."""
    if kind not in _VERDICTS:
        return {}
    approve, reject = _VERDICTS[kind]
    return {"approve": approve, "reject": reject, "abstain": "Abstain"}


def condition_words(reason: Mapping[str, Any], subject: str = "") -> str:
    """Why an activity or a seat does or does not apply, from the rule's reason (POL-10).

    `subject`: what it is said of ("This activity"), where that is not plain from what stands beside.
    """
    always = reason.get("code") == "always"
    lead = "does not apply" if reason.get("code") == "does_not_apply" else "applies"
    words = f"{subject} {lead}" if subject else lead.capitalize()
    return f"{words} always." if always else f"{words}: {_conditions(reason)}."


def seat_condition_words(reason: Mapping[str, Any]) -> str:
    """Why those whom an entry of the process names are or are not asked (POL-10)."""
    if reason.get("code") == "always":
        return "asked always"
    told = _conditions(reason)
    return f"not asked: {told}" if reason.get("code") == "does_not_apply" else told


def _conditions(reason: Mapping[str, Any]) -> str:
    return "; ".join(_condition(one) for one in reason.get("conditions", ()))


def _condition(judged: Mapping[str, Any]) -> str:
    name = _CONDITION_KEYS.get(judged["key"], judged["key"])
    wanted = listed(judged["wanted"], "or")
    if judged["code"] == "missing":
        return f"asked for with {name} {wanted}, and the release has none"
    found = listed(judged["found"], "and")
    verb = "as" if judged["code"] == "holds" else "while"
    return f"asked for with {name} {wanted}, {verb} the release has {found}"


def blocked_words(explanation: Mapping[str, Any]) -> list[str]:
    """Why an activity has not started, a sentence for each cause."""
    return [_cause(one) for one in explanation.get("causes", ())]


def cause_words(cause: Mapping[str, Any]) -> str:
    """Why a release stands as it does, from one of its causes."""
    activities = listed(cause.get("activities") or (), "and")
    return {
        "held": "Its manager holds it.",
        "phase_failed": f"Phase {cause.get('phase')} has failed: {activities}.",
        "nothing_can_move": f"Nothing can move any more: {activities}.",
        "waiting": f"Waits for people: {activities}.",
    }.get(str(cause.get("code")), str(cause.get("code")))


def _cause(cause: Mapping[str, Any]) -> str:
    refs: Sequence[str] = cause.get("activities") or ()
    names = listed(refs, "and") or "nothing of it is done"
    return {
        "not_blocked": "It is not blocked.",
        "ended": "The release has ended.",
        "not_started": "The release has not started.",
        "not_applicable": "Its condition does not hold.",
        "held": "The release manager holds the release.",
        "phase_failed": f"Phase {cause.get('phase')} has failed ({names}).",
        "needs_phase": f"It needs phase {cause.get('phase')} ({names}).",
        "needs_activity": f"It needs {cause.get('ref')}.",
    }.get(str(cause["code"]), str(cause["code"]))

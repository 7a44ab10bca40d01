"""Words of notices, by the code of the moment and of why somebody is told: the one place for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from approvals.wording import listed
from releases.rules.transitions import ActivityKind


@dataclass(frozen=True, slots=True)
class MomentWords:
    """A moment: its tag in subjects and lists, its sentence, its icon and tone.

    `{title}` is what it is about, `{by}` whoever did it. `by_itself` is its sentence when nobody did
    it, `by_code` that for the code of what led to it, whoever did it.
    """

    tag: str
    sentence: str
    icon: str
    tone: str
    by_itself: str = ""
    by_code: Mapping[str, str] = field(default_factory=dict)


MOMENTS: Final[Mapping[str, MomentWords]] = {
    "asked": MomentWords("Asked", "{title} waits for you.", "back_hand", "amber"),
    "escalated": MomentWords("Escalated", "{title} was escalated to you.", "back_hand", "red"),
    "reminded": MomentWords(
        "Reminder", "{by} reminds you: {title} waits for you.", "back_hand", "amber",
        "{title} still waits for you.",
    ),
    "information_asked": MomentWords(
        "Question", "{by} asks for information on {title}.", "help", "blue"
    ),
    "completed": MomentWords(
        "Completed", "{title} is complete: {by} decided last.", "check_circle", "green",
        "{title} is complete.",
    ),
    "rejected": MomentWords(
        "Rejected", "{title} was rejected by {by}.", "thumb_down", "red",
        "{title} was rejected.", {"deadline_missed": "{title} was rejected: its deadline passed."},
    ),
    "failed": MomentWords(
        "Failed", "{title} has failed, as {by} reports.", "cancel", "red",
        "{title} has failed.", {"timed_out": "{title} has failed: it said nothing in time."},
    ),
    "stuck": MomentWords(
        "Stuck", "{title} cannot be completed by anybody any more.", "warning", "red"
    ),
    "unreachable": MomentWords(
        "Check approvers", "{title} asks for people whose accounts are deactivated: {people}. They "
        "were told nothing.", "warning", "amber",
    ),
    "deadline_missed": MomentWords("Overdue", "{title} is overdue.", "schedule", "red"),
    "release_held": MomentWords(
        "On Hold", "{title} was put on hold by {by}.", "back_hand", "amber",
        "{title} was put on hold.",
    ),
    "release_resumed": MomentWords(
        "Resumed", "{title} was resumed by {by}.", "play_circle", "blue", "{title} was resumed.",
        {
            "mended": "{title} had failed, and goes on.",
            "mended_and_held": "{title} has no failure any more; it is still on hold.",
        },
    ),
    "manager_changed": MomentWords(
        "New manager", "{by} gave {title} to another release manager: {people}.", "assignment_ind",
        "blue", "{title} has another release manager: {people}.",
    ),
    "owner_changed": MomentWords(
        "New owner", "{by} gave {title} to another owner: {people}.", "assignment_ind",
        "blue", "{title} has another owner: {people}.",
    ),
    "release_failed": MomentWords("Failed", "{title} has failed.", "cancel", "red"),
    "release_completed": MomentWords(
        "Completed", "{title} is complete.", "check_circle", "green"
    ),
    "release_deferred": MomentWords(
        "Deferred", "{title} was put off by {by}.", "schedule", "grey", "{title} was put off."
    ),
    "release_aborted": MomentWords(
        "Aborted", "{title} was aborted by {by}.", "stop_circle", "grey", "{title} was aborted."
    ),
    "release_cancelled": MomentWords(
        "Cancelled", "{title} was cancelled by {by}.", "block", "grey", "{title} was cancelled."
    ),
}  # fmt: skip

# What an open round asks of people, by the kind of its activity.
_ASKS: Final[Mapping[str, str]] = {
    ActivityKind.APPROVAL: "Approve",
    ActivityKind.SIGN_OFF: "Approve",
    ActivityKind.VERIFICATION: "Verify",
    ActivityKind.EVIDENCE: "Provide evidence",
    ActivityKind.INFORMATION: "Answer",
    ActivityKind.HANDOFF: "Acknowledge",
}
_WHY: Final[Mapping[str, str]] = {
    "user": "you are named as an approver",
    "group": "you are in the group {name}",
    "role": "you hold the role {name}",
    "right": "you hold the right “{name}”",
    "manager": "you manage this release",
    "former_manager": "you managed this release until now",
    "former_owner": "you owned the phase {name} until now",
    "requester": "you made this release",
    "author": "you are an author of this release",
    "owner": "you own the phase {name}",
    "decided": "you decided on it",
    "asked": "you were asked about it",
    "asked_for": "you asked for it",
    "relieved": "you were asked to decide in it; nothing is awaited from you any more",
}
# How codes begin that a mail server gave for one mail, and for whatever this installation sends.
SMTP: Final = "smtp_"
REFUSED: Final = "smtp_refuses_us_"
# What became of telling somebody, where a code says it (`Delivery.error`).
ENDINGS: Final[Mapping[str, str]] = {
    "no_address": "no e-mail address",
    "too_old": "not sent: it was about something long past",
    "settled": "not sent: it was settled before",
    "no_longer_asked": "not sent: no longer asked",
    "inactive": "not sent: the account is deactivated",
    "not_visible": "not sent: may no longer see the release",
    "archived": "not sent: the product is archived",
    "no_mail": "not sent: this installation sends no mail",
    "worker_died": "whoever sent it died each time",
}
ASKING: Final = frozenset({"asked", "escalated", "reminded"})
# What they are told who can mend it, while it is so.
FAILURES: Final = frozenset({"rejected", "failed"})
# To whom something was until now: they hear that it went, though they may see it no more.
FORMER_MANAGER: Final = "former_manager"
FORMER: Final = frozenset({FORMER_MANAGER, "former_owner"})


def sentence_of(moment: str, facts: Mapping[str, Any]) -> str:
    """What happened, in one sentence."""
    words = MOMENTS[moment]
    by = facts.get("by")
    template = words.sentence if by or not words.by_itself else words.by_itself
    template = words.by_code.get(str(facts.get("because") or ""), template)
    people = listed(facts.get("people") or (), "and")
    return template.format(title=facts.get("title", ""), by=by, people=people)


def asks_for(kind: str) -> str:
    """What is asked at an activity of this kind, as a verb."""
    return _ASKS.get(kind, "Decide")


def why_words(why: str, name: str) -> str:
    """Why somebody is told: "you hold the role QA lead"."""
    return _WHY.get(why, "you have a part in it").format(name=name or "that is named")


def ending_words(error: str) -> str:
    """Why a delivery was dropped or failed, in a few words."""
    if error.startswith(REFUSED):
        code = error.removeprefix(REFUSED).replace("_", " ")
        return f"the mail server takes no mail from this installation (smtp {code})"
    if error.startswith(SMTP):
        return f"not taken by the mail server ({error.replace('_', ' ')})"
    return ENDINGS.get(error, error.replace("_", " "))

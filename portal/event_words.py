"""What each kind of ledger entry is called in a feed: the one place with words for events.

Three sorts: what people (and pipelines) did, "Maya approved QA sign-off"; what followed by itself,
"QA sign-off completed", which names nobody as if they had done it; and echoes, which say once more
what another entry of the same transaction says, and which feeds leave out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from releases.rules.transitions import ActivityKind

Sort = Literal["decision", "act", "system", "echo"]
About = Literal["activity", "phase", "release", "nothing"]


@dataclass(frozen=True, slots=True)
class EventWords:
    """The verb of an event; `about` is what it is said of. Of system events the object comes first."""

    verb: str
    sort: Sort
    about: About


def _did(verb: str, about: About = "nothing") -> EventWords:
    return EventWords(verb, "act", about)


def _decided(verb: str) -> EventWords:
    return EventWords(verb, "decision", "activity")


def _happened(verb: str, about: About) -> EventWords:
    return EventWords(verb, "system", about)


def _echo(verb: str, about: About = "activity") -> EventWords:
    return EventWords(verb, "echo", about)


_RELEASES: Final = {
    "release.created": _did("made this release"),
    "release.changed": _did("changed what this release says or ships"),
    "release.manager_changed": _did("gave the release to another manager"),
    "release.scheduled": _did("scheduled the start"),
    "release.started": _did("started the release"),
    "release.held": _did("held the release"),
    "release.hold_ended": _did("let the release go on"),
    "release.deferred": _did("put the release off"),
    "release.aborted": _did("aborted the release"),
    "release.cancelled": _did("cancelled the release"),
    "release.put_on_hold": _happened("is On Hold", "release"),
    "release.resumed": _happened("runs again", "release"),
    "release.failed": _happened("failed", "release"),
    "release.completed": _happened("is complete", "release"),
}
_PHASES: Final = {
    "phase.pending": _happened("is back before its start", "phase"),
    "phase.running": _happened("runs", "phase"),
    "phase.waiting_for_approval": _happened("waits for approval", "phase"),
    "phase.completed": _happened("is complete", "phase"),
    "phase.failed": _happened("failed", "phase"),
    "phase.skipped": _happened("was skipped", "phase"),
    "phase.aborted": _happened("was aborted", "phase"),
    "phase.owner_changed": _did("changed the owner of", "phase"),
}
_ACTIVITIES: Final = {
    "activity.started": _happened("started", "activity"),
    "activity.opened": _happened("waits for people", "activity"),
    "activity.blocked": _happened("is blocked again", "activity"),
    "activity.completed": _happened("is complete", "activity"),
    "activity.rejected": _happened("was rejected", "activity"),
    "activity.failed": _happened("failed", "activity"),
    "activity.expired": _happened("expired", "activity"),
    "activity.skipped": _happened("was skipped", "activity"),
    "activity.aborted": _happened("was aborted", "activity"),
    "activity.retried": _did("retried", "activity"),
    "activity.skip_requested": _did("asked to skip", "activity"),
    "activity.commented": EventWords("commented on", "decision", "activity"),
    "activity.information_asked": EventWords("asked for information on", "decision", "activity"),
    "activity.result_reported": _did("reported on", "activity"),
}
_APPROVALS: Final = {
    "approval.decision_cast": _decided("decided"),
    "approval.decision_withdrawn": _decided("withdrew the decision on"),
    "approval.decision_refused": _decided("decided too late on"),
    "approval.deadline_missed": _happened("is overdue", "activity"),
    "approval.escalated": _happened("was escalated", "activity"),
    "approval.asked": _happened("now asks more people", "activity"),
    "approval.reminded": _did("reminded people of", "activity"),
    "approval.approver_gone": _happened("names somebody whose account was deactivated", "activity"),
    "approval.stuck": _happened("cannot be completed by anybody", "activity"),
    "approval.unstuck": _happened("can be completed again", "activity"),
    "approval.opened": _echo("was put to people"),
    "approval.approved": _echo("was approved"),
    "approval.rejected": _echo("was rejected"),
    "approval.expired": _echo("expired"),
    "approval.closed": _echo("was closed without a result"),
}
# Of streams that no release page shows; a grant made for a release stands in its stream as well.
_ELSEWHERE: Final = {
    "role.assigned": _echo("gave a role", "nothing"),
    "role.ended": _echo("ended a role", "nothing"),
    "role.created": _did("made a role"),
    "role.changed": _did("changed a role"),
    "scope.created": _echo("made a place for rights", "nothing"),
    "product.created": _did("made a product"),
    "product.changed": _did("changed a product"),
    "process.published": _did("published a process"),
    "process.changed": _did("changed a process"),
    "process.drafted": _did("saved the draft of a process"),
    "process.draft_published": _did("published the draft of a process"),
    "user.created": _did("made an account"),
    "user.changed": _did("changed an account"),
    "user.deleted": _did("deleted an account"),
    "user.activated": _did("activated an account"),
    "user.deactivated": _did("deactivated an account"),
    "user.password_changed": _did("changed a password"),
    "user.signed_in": _did("signed in"),
    "group.created": _did("made a group"),
    "group.changed": _did("changed a group"),
    "group.deleted": _did("deleted a group"),
    "group.renamed": _did("renamed a group"),
    "membership.created": _did("put somebody into a group"),
    "membership.changed": _did("changed how long somebody is in a group"),
    "membership.deleted": _did("took somebody out of a group"),
    "token.issued": _did("issued an access token"),
    "token.revoked": _did("revoked an access token"),
    "delivery.sent_again": _did("had a message sent again"),
    "delivery.all_sent_again": _did("had messages sent again"),
    "demo.seeded": _did("loaded the demo"),
    "demo.removed": _did("removed the demo"),
    "demo.asked_for": _did("asked for the demo"),
    "mail.test_asked": _did("asked for a test mail"),
    "mail.test_taken": _did("had a test mail taken by the mail server"),
}
EVENT_WORDS: Final[Mapping[str, EventWords]] = {
    **_RELEASES, **_PHASES, **_ACTIVITIES, **_APPROVALS, **_ELSEWHERE,
}  # fmt: skip

ECHOES: Final = frozenset(kind for kind, one in EVENT_WORDS.items() if one.sort == "echo")
# What each filter of a feed shows; "all" is everything but echoes.
FILTERS: Final[Mapping[str, frozenset[str]]] = {
    "decisions": frozenset(kind for kind, one in EVENT_WORDS.items() if one.sort == "decision"),
    "system": frozenset(kind for kind, one in EVENT_WORDS.items() if one.sort == "system"),
}

# What a decision is called for each kind of activity (REL-3); approvals and sign-offs are the rest.
_VERDICTS: Final[Mapping[str, tuple[str, str]]] = {
    ActivityKind.SIGN_OFF: ("signed off", "rejected"),
    ActivityKind.VERIFICATION: ("passed", "failed"),
    ActivityKind.EVIDENCE: ("submitted", "declined"),
    ActivityKind.INFORMATION: ("submitted", "declined"),
    ActivityKind.HANDOFF: ("acknowledged", "sent back"),
}


def words_of(kind: str) -> EventWords:
    """The words of an event; one that nobody has given words yet is spelled out."""
    found = EVENT_WORDS.get(kind)
    return found or _did(f"recorded “{kind.replace('.', ' ').replace('_', ' ')}”")


def verb_of(kind: str, data: Mapping[str, Any], activity_kind: str = "") -> str:
    """The verb of an entry, with what its facts say: a decision is called what its verdict is."""
    verb = words_of(kind).verb
    if kind == "approval.decision_cast":
        verb = verdict_verb(str(data.get("verdict")), activity_kind)
        if isinstance(data.get("ordinal"), int) and data["ordinal"] > 1:
            verb = f"changed their decision and {verb}"
    elif kind == "approval.decision_refused":
        verb = _REFUSED.get(str(data.get("code")), verb)
    elif kind == "activity.result_reported" and data.get("outcome") == "timed_out":
        verb = "saw no report in time on"
    return verb


def verdict_verb(verdict: str, activity_kind: str) -> str:
    """What somebody did by a verdict on this kind of activity: "approved", "sent back" …"""
    approve, reject = _VERDICTS.get(activity_kind, ("approved", "rejected"))
    found = {"approve": approve, "reject": reject, "abstain": "abstained from"}
    return found.get(verdict, verdict)


# What did not count, by why it was refused; the deadline's words are those of the event itself.
_REFUSED: Final = {
    "already_decided": "decided after others had decided on",
    "not_open": "decided after the closing of",
}
_OUTCOMES: Final = {"passed": "passed", "failed": "failed", "timed_out": "timed out"}


def _people(data: Mapping[str, Any]) -> str:
    number = len(data.get("reminded") or ())
    return "1 person" if number == 1 else f"{number} people"


def _managers(data: Mapping[str, Any]) -> str:
    names = data.get("names") or {}
    return f"{names.get('former', '')} → {names.get('manager', '')}"


def _owners(data: Mapping[str, Any]) -> str:
    names = data.get("names") or {}
    return f"{names.get('former', '')} → {names.get('owner', '')}"


_DETAILS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "approval.escalated": lambda data: f"level {data.get('level')}",
    "approval.reminded": _people,
    "release.manager_changed": _managers,
    "phase.owner_changed": _owners,
}


def detail_of(kind: str, data: Mapping[str, Any]) -> str:
    """What an entry's own facts add in a few words: "2 of 3", "passed", the fields that changed."""
    if kind in ("approval.decision_cast", "approval.decision_withdrawn") and data.get("needed"):
        return f"{data.get('approvals', 0)} of {data['needed']}"
    if kind == "activity.result_reported":
        return _OUTCOMES.get(str(data.get("outcome")), "")
    if kind == "release.changed":
        return ", ".join(str(one).replace("_", " ") for one in data.get("fields") or ())
    if kind in _DETAILS:
        return _DETAILS[kind](data)
    if kind.startswith("activity.") and (data.get("attempt") or 0) > 1:
        return f"attempt {data['attempt']}"
    return ""

"""What each state means, for the help: one sentence each, in the order in which things get there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from portal.state_looks import SEATS
from releases.rules.transitions import ActivityState, PhaseState, ReleaseState

RELEASES: Final[Mapping[str, str]] = {
    ReleaseState.DRAFT: "It has been made and not started; nobody is asked anything yet.",
    ReleaseState.SCHEDULED: "It starts by itself at the time that its page names.",
    ReleaseState.RUNNING: "Pipelines or checks are at work, and it waits for nobody.",
    ReleaseState.ON_HOLD: "It waits: for people to decide, or for whoever holds it to let it go on.",
    ReleaseState.FAILED: "Something was rejected or has failed. It is retried, fixed, skipped or aborted.",
    ReleaseState.COMPLETED: "Every phase is complete.",
    ReleaseState.DEFERRED: "It is put off until the time that its page names. Nothing of it is open.",
    ReleaseState.CANCELLED: "It was given up before it had started.",
    ReleaseState.ABORTED: "It was given up after it had started. Nothing of it can be resumed.",
}
PHASES: Final[Mapping[str, str]] = {
    PhaseState.PENDING: "The phases that it needs are not complete.",
    PhaseState.RUNNING: "Something in it is under way.",
    PhaseState.WAITING_FOR_APPROVAL: "Nothing goes on in it until people have decided.",
    PhaseState.COMPLETED: "All of its activities are completed or skipped.",
    PhaseState.FAILED: "Something in it was rejected or has failed.",
    PhaseState.SKIPPED: "None of it applies to this release.",
    PhaseState.ABORTED: "The release was given up before it was complete.",
}
ACTIVITIES: Final[Mapping[str, str]] = {
    ActivityState.BLOCKED: "It starts when what it needs is complete; its page says what that is.",
    ActivityState.RUNNING: "A pipeline or check is at work and has not reported yet.",
    ActivityState.AWAITING_APPROVAL: "People are asked to approve it. Whatever needs it waits.",
    ActivityState.WAITING_FOR_INPUT: "People are asked for answers or evidence. Whatever needs it waits.",
    ActivityState.COMPLETED: "Enough people have approved it, or the run has passed.",
    ActivityState.REJECTED: "Somebody rejected it, too few can still approve it, or its deadline passed. It can be tried "
    "again.",
    ActivityState.FAILED: "The run has failed, or reported nothing in time. It can be tried again.",
    ActivityState.SKIPPED: "It does not apply to this release, or a second person approved leaving it out.",
    ActivityState.ABORTED: "It was not done when the release was given up. A request to skip also when it was put off, or "
    "nothing was left to skip.",
}
SEAT_MEANINGS: Final[Mapping[str, str]] = {
    "waiting": "Somebody whom it names can still fill it.",
    "your_turn": "It waits for you.",
    "approved": "Somebody approved in it, and the vote counts.",
    "approved_earlier": "The approval was for content that has changed since, and counts no more.",
    "rejected": "Somebody rejected in it.",
    "abstained": "Whoever could fill it has abstained.",
    "excluded": "Whoever could fill it may not: it is their own change or request, or they decided elsewhere.",
    "unfillable": "Nobody whom it names can decide: nobody is there, or they filled another seat.",
    "left_open": "The round has ended without it.",
}
# What a seat is called that no version shows yet.
_NOT_YET: Final = frozenset({"delegated"})


def meanings() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """(kind, heading, states with their meaning) of all that has states."""
    seats = {key: SEAT_MEANINGS[key] for key in SEATS if key not in _NOT_YET}
    return [
        ("release", "Of a release", list(RELEASES.items())),
        ("phase", "Of a phase", list(PHASES.items())),
        ("activity", "Of an activity", list(ACTIVITIES.items())),
        ("seat", "Of a seat: a place in a round, for one person", list(seats.items())),
    ]

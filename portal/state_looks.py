"""How states look: word, tone and icon of each, one table for pages, admin and mail (ux.md 3.1).

A tone never stands alone: the word is always there, and each icon has a shape of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from releases import wording
from releases.rules.transitions import ActivityState, PhaseState, ReleaseState


@dataclass(frozen=True)
class StateLook:
    """What a label shows; `word` is the whole, as tables and drawings have it in one piece."""

    word: str
    tone: str
    icon: str

    @property
    def lead(self) -> str:
        """What stands in the label itself: "On Hold"."""
        return self.word.partition(_DASH)[0]

    @property
    def beside(self) -> str:
        """What stands beside it, where there is more to say: "Awaiting Approval"."""
        return self.word.partition(_DASH)[2]


# Between a label and what stands beside it, in `releases.wording`.
_DASH: Final = " – "


_RELEASES: Final[Mapping[str, str]] = {
    ReleaseState.DRAFT: "edit",
    ReleaseState.SCHEDULED: "calendar_month",
    ReleaseState.RUNNING: "play_circle",
    ReleaseState.ON_HOLD: "back_hand",
    ReleaseState.FAILED: "cancel",
    ReleaseState.COMPLETED: "check_circle",
    ReleaseState.DEFERRED: "schedule",
    ReleaseState.CANCELLED: "block",
    ReleaseState.ABORTED: "stop_circle",
}
_PHASES: Final[Mapping[str, str]] = {
    PhaseState.PENDING: "radio_button_unchecked",
    PhaseState.RUNNING: "play_circle",
    PhaseState.WAITING_FOR_APPROVAL: "back_hand",
    PhaseState.COMPLETED: "check_circle",
    PhaseState.FAILED: "cancel",
    PhaseState.SKIPPED: "remove",
    PhaseState.ABORTED: "stop_circle",
}
_ACTIVITIES: Final[Mapping[str, str]] = {
    ActivityState.BLOCKED: "lock",
    ActivityState.RUNNING: "play_circle",
    ActivityState.AWAITING_APPROVAL: "back_hand",
    ActivityState.WAITING_FOR_INPUT: "assignment",
    ActivityState.COMPLETED: "check_circle",
    ActivityState.REJECTED: "thumb_down",
    ActivityState.FAILED: "cancel",
    ActivityState.EXPIRED: "timer_off",
    ActivityState.SKIPPED: "remove",
    ActivityState.ABORTED: "stop_circle",
}
# What pages call otherwise than the API.
_ON_PAGES: Final[Mapping[str, str]] = {PhaseState.PENDING: "Not started"}
SEATS: Final[Mapping[str, StateLook]] = {
    "waiting": StateLook("Waiting", "grey", "empty"),
    "your_turn": StateLook("Your turn", "blue", "ring"),
    "approved": StateLook("Approved", "green", "full"),
    "approved_earlier": StateLook("Approved an earlier version", "green", "half"),
    "rejected": StateLook("Rejected", "red", "square"),
    "abstained": StateLook("Abstained", "grey", "dash"),
    "delegated": StateLook("Delegated", "grey", "arrow"),
    "excluded": StateLook("Excluded (conflict of interest)", "grey", "bar"),
    "unfillable": StateLook("Nobody can fill it", "amber", "cross"),
    "left_open": StateLook("Left open", "grey", "empty"),
}
RISKS: Final[Mapping[str, StateLook]] = {
    "low": StateLook("Low risk", "grey", "remove"),
    "medium": StateLook("Medium risk", "amber", "warning"),
    "high": StateLook("High risk", "red", "priority_high"),
}


def _looks(
    words: Mapping[str, str], tones: Mapping[str, str], icons: Mapping[str, str]
) -> dict[str, StateLook]:
    return {
        str(state): StateLook(_ON_PAGES.get(state, words[state]), tones[state], shape)
        for state, shape in icons.items()
    }


LOOKS: Final[Mapping[str, Mapping[str, StateLook]]] = {
    "release": _looks(wording.RELEASE_STATES, wording.RELEASE_TONES, _RELEASES),
    "phase": _looks(wording.PHASE_STATES, wording.PHASE_TONES, _PHASES),
    "activity": _looks(wording.ACTIVITY_STATES, wording.ACTIVITY_TONES, _ACTIVITIES),
    "seat": SEATS,
    "risk": RISKS,
}


def look_of(kind: str, state: str) -> StateLook:
    """The look of a state; one that the table does not know stands there as it is spelled."""
    found = LOOKS[kind].get(str(state))
    return found or StateLook(str(state).replace("_", " ").capitalize(), "grey", "circle")

"""What states are called and how serious they look, for pages, API, admin and mail (REL-4, ux.md 3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from releases.rules.transitions import ActivityState, PhaseState, ReleaseState

RELEASE_STATES: Final[Mapping[str, str]] = {
    ReleaseState.DRAFT: "Draft",
    ReleaseState.SCHEDULED: "Scheduled",
    ReleaseState.RUNNING: "Running",
    ReleaseState.ON_HOLD: "On Hold",
    ReleaseState.FAILED: "Failed",
    ReleaseState.COMPLETED: "Completed",
    ReleaseState.DEFERRED: "Deferred",
    ReleaseState.CANCELLED: "Cancelled",
    ReleaseState.ABORTED: "Aborted",
}
PHASE_STATES: Final[Mapping[str, str]] = {
    PhaseState.PENDING: "Pending",
    PhaseState.RUNNING: "Running",
    PhaseState.WAITING_FOR_APPROVAL: "Waiting for Approval",
    PhaseState.FAILED: "Failed",
    PhaseState.COMPLETED: "Completed",
    PhaseState.SKIPPED: "Skipped",
    PhaseState.ABORTED: "Aborted",
}
ACTIVITY_STATES: Final[Mapping[str, str]] = {
    ActivityState.BLOCKED: "Blocked",
    ActivityState.RUNNING: "Running",
    ActivityState.AWAITING_APPROVAL: "On Hold – Awaiting Approval",
    ActivityState.WAITING_FOR_INPUT: "On Hold – Waiting for Input",
    ActivityState.COMPLETED: "Completed",
    ActivityState.REJECTED: "Rejected",
    ActivityState.FAILED: "Failed",
    ActivityState.EXPIRED: "Expired",
    ActivityState.SKIPPED: "Skipped",
    ActivityState.ABORTED: "Aborted",
}
# grey, blue, amber, green or red; never shown without the word.
RELEASE_TONES: Final[Mapping[str, str]] = {
    ReleaseState.DRAFT: "grey",
    ReleaseState.SCHEDULED: "grey",
    ReleaseState.RUNNING: "blue",
    ReleaseState.ON_HOLD: "amber",
    ReleaseState.FAILED: "red",
    ReleaseState.COMPLETED: "green",
    ReleaseState.DEFERRED: "grey",
    ReleaseState.CANCELLED: "grey",
    ReleaseState.ABORTED: "grey",
}
PHASE_TONES: Final[Mapping[str, str]] = {
    PhaseState.PENDING: "grey",
    PhaseState.RUNNING: "blue",
    PhaseState.WAITING_FOR_APPROVAL: "amber",
    PhaseState.FAILED: "red",
    PhaseState.COMPLETED: "green",
    PhaseState.SKIPPED: "grey",
    PhaseState.ABORTED: "grey",
}
ACTIVITY_TONES: Final[Mapping[str, str]] = {
    ActivityState.BLOCKED: "grey",
    ActivityState.RUNNING: "blue",
    ActivityState.AWAITING_APPROVAL: "amber",
    ActivityState.WAITING_FOR_INPUT: "amber",
    ActivityState.COMPLETED: "green",
    ActivityState.REJECTED: "red",
    ActivityState.FAILED: "red",
    ActivityState.EXPIRED: "red",
    ActivityState.SKIPPED: "grey",
    ActivityState.ABORTED: "grey",
}

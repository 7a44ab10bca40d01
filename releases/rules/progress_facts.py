"""What the progress rules are given: a release with its phases and activities, as it stands.

States are plain strings, as the rows hold them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from releases.rules.transitions import ActivityState


@dataclass(frozen=True, slots=True)
class ActivityFacts:
    """One activity.

    `needs` are full references ("verify.tests"). `attempt` counts the rounds or runs that have been
    opened so far: 0 before the first opening, and opening makes it one more. `applies` is the
    answer of its condition. `overrides` is set on a request to skip another activity: its id.
    """

    id: int
    phase: str
    key: str
    kind: str
    needs: tuple[str, ...] = ()
    state: str = ActivityState.BLOCKED
    applies: bool = True
    attempt: int = 0
    overrides: int | None = None
    # The full reference, "phase.activity": kept, for the rules ask for it over and over.
    ref: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ref", f"{self.phase}.{self.key}")


@dataclass(frozen=True, slots=True)
class PhaseFacts:
    """One phase; `failure` is what its failure does to the release: fail, hold or continue."""

    key: str
    needs: tuple[str, ...]
    failure: str
    state: str


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """A whole release, phases in the order of its process.

    `outcome` is completed, aborted, cancelled or deferred once there is one. `scheduled` says that
    a later start is set; `held` that its manager holds it (a failure under `hold` is not meant).
    """

    state: str
    started: bool
    held: bool
    outcome: str | None
    scheduled: bool
    phases: tuple[PhaseFacts, ...]
    activities: tuple[ActivityFacts, ...]

    @property
    def live(self) -> bool:
        """Started and neither ended nor put off."""
        return self.started and self.outcome is None

    def activity(self, activity_id: int) -> ActivityFacts:
        """The activity with this id; KeyError when the release has none such."""
        for activity in self.activities:
            if activity.id == activity_id:
                return activity
        raise KeyError(activity_id)

    def in_order(self) -> list[ActivityFacts]:
        """Activities in document order: phase by phase, within a phase as they were given.

        Raises ValueError when an activity names a phase that the release lacks.
        """
        position = {phase.key: number for number, phase in enumerate(self.phases)}
        for activity in self.activities:
            if activity.phase not in position:
                raise ValueError(f"Activity {activity.id} is in no phase of its release.")
        return sorted(self.activities, key=lambda activity: position[activity.phase])

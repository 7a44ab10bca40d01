"""Why an activity has not started: the answer of the progress rules with its reason (POL-17)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from releases.rules.progress_facts import ActivityFacts, ReleaseFacts
from releases.rules.progress_reach import Reach, reach_of
from releases.rules.transitions import (
    ACTIVITY_FAILED,
    ACTIVITY_OPEN,
    ActivityState,
    FailureHandling,
)

Cause = dict[str, object]


def explain_blocked(facts: ReleaseFacts, activity_id: int) -> dict[str, object]:
    """Why this activity has not started, as plain data for pages and the API.

    Gives `ref`, `id`, `state`, `causes` and `waits_for`. Causes, each with a `code`:
    `not_blocked`; `ended` (`outcome`); `not_started` (`scheduled`); `not_applicable`; `held`;
    `phase_failed` (`phase`, `failure`, `activities`); `needs_phase` (`phase`, `state`,
    `activities`: what of it is not done); `needs_activity` (`ref`, `id`, `state`). No cause means
    that settling opens it. `waits_for` names what stands at the beginning of the chain, however
    long it is: what is open, has failed, or could start. Raises KeyError for an unknown id.
    """
    activity = facts.activity(activity_id)
    answer: dict[str, object] = {
        "ref": activity.ref,
        "id": activity.id,
        "state": str(activity.state),
    }
    if activity.state != ActivityState.BLOCKED:
        return answer | {"causes": [{"code": "not_blocked"}], "waits_for": []}
    if activity.overrides is not None:
        return answer | {"causes": _not_live(facts), "waits_for": []}
    chain = _Chain(facts)
    causes = _not_live(facts)
    if not activity.applies:
        causes.append({"code": "not_applicable"})
    causes += _halting(facts) + chain.missing_phases(activity) + chain.missing_activities(activity)
    return answer | {"causes": causes, "waits_for": chain.roots(activity)}


@dataclass(frozen=True, slots=True)
class Missing:
    """What a blocked activity needs and has not got: activities by reference, phases by key.

    Each phase with the references of what in it is not done and applies.
    """

    activities: tuple[str, ...]
    phases: Mapping[str, tuple[str, ...]]


def missing_needs(facts: ReleaseFacts, before: ActivityFacts | None = None) -> dict[int, Missing]:
    """For every blocked activity that will be done, by id, what it waits for directly (EXE-4).

    The same as `explain_blocked` says of one; requests to skip need nothing. `before`: only for
    those that need this activity, or the phase that it is in.
    """
    chain = _Chain(facts)
    to_do = {one.ref for one in facts.activities if one.overrides is None and one.applies}
    return {
        one.id: Missing(
            tuple(str(cause["ref"]) for cause in chain.missing_activities(one)),
            {
                key: tuple(ref for ref in refs if ref in to_do)
                for key, refs in chain.missing_members(one)
            },
        )
        for one in facts.in_order()
        if one.state == ActivityState.BLOCKED and one.applies and one.overrides is None
        if before is None or chain.comes_after(one, before)
    }


def _not_live(facts: ReleaseFacts) -> list[Cause]:
    if facts.outcome is not None:
        return [{"code": "ended", "outcome": str(facts.outcome)}]
    if not facts.started:
        return [{"code": "not_started", "scheduled": facts.scheduled}]
    return []


def _halting(facts: ReleaseFacts) -> list[Cause]:
    if not facts.live:
        return []
    causes: list[Cause] = [{"code": "held"}] if facts.held else []
    for phase in facts.phases:
        failed = [
            a.ref
            for a in facts.activities
            if a.phase == phase.key and a.overrides is None and a.state in ACTIVITY_FAILED
        ]
        if failed and phase.failure != FailureHandling.CONTINUE:
            causes.append(
                {
                    "code": "phase_failed",
                    "phase": phase.key,
                    "failure": str(phase.failure),
                    "activities": failed,
                }
            )
    return causes


class _Chain:
    """The needs of a release, followed backwards."""

    def __init__(self, facts: ReleaseFacts) -> None:
        ordinary = [a for a in facts.in_order() if a.overrides is None]
        self._by_ref: dict[str, ActivityFacts] = {a.ref: a for a in ordinary}
        self._phases = {phase.key: phase for phase in facts.phases}
        self._members: dict[str, list[str]] = {key: [] for key in self._phases}
        for activity in ordinary:
            self._members[activity.phase].append(activity.ref)
        states = {activity.id: activity.state for activity in facts.activities}
        self._reach: Reach = reach_of(facts, states)

    def comes_after(self, activity: ActivityFacts, before: ActivityFacts) -> bool:
        """Whether the activity needs this one by itself, or its phase that one's phase."""
        return before.ref in activity.needs or before.phase in self._phases[activity.phase].needs

    def missing_phases(self, activity: ActivityFacts) -> list[Cause]:
        return [
            {
                "code": "needs_phase",
                "phase": key,
                "state": str(self._phases[key].state) if key in self._phases else None,
                "activities": members,
            }
            for key, members in self.missing_members(activity)
        ]

    def missing_members(self, activity: ActivityFacts) -> list[tuple[str, list[str]]]:
        """The phases that its phase needs and that have not passed, with what of them is not done."""
        needed = self._phases[activity.phase].needs
        return [(key, self._unsatisfied(key)) for key in needed if key not in self._reach.done]

    def missing_activities(self, activity: ActivityFacts) -> list[Cause]:
        causes: list[Cause] = []
        for ref in activity.needs:
            if ref not in self._reach.satisfied:
                needed = self._by_ref.get(ref)
                causes.append(
                    {
                        "code": "needs_activity",
                        "ref": ref,
                        "id": needed.id if needed else None,
                        "state": str(needed.state) if needed else None,
                    }
                )
        return causes

    def roots(self, activity: ActivityFacts) -> list[str]:
        """References at the beginning of all that this one waits for, in document order."""
        found: set[str] = set()
        seen: set[str] = {activity.ref}
        ahead = self._before(activity)
        while ahead:
            ref = ahead.pop()
            if ref in seen:
                continue
            seen.add(ref)
            needed = self._by_ref.get(ref)
            if needed is None:
                continue
            ready = needed.state == ActivityState.BLOCKED and ref in self._reach.reached
            if ready or needed.state in ACTIVITY_OPEN | ACTIVITY_FAILED:
                found.add(ref)
            else:
                ahead += self._before(needed)
        return [ref for ref in self._by_ref if ref in found]

    def _before(self, activity: ActivityFacts) -> list[str]:
        """What is not satisfied of the needs of an activity and of all phases before its own."""
        refs = [ref for ref in activity.needs if ref not in self._reach.satisfied]
        seen: set[str] = set()
        ahead = [activity.phase]
        while ahead:
            phase = self._phases.get(ahead.pop())
            for key in phase.needs if phase else ():
                if key not in self._reach.done and key not in seen:
                    seen.add(key)
                    refs += self._unsatisfied(key)
                    ahead.append(key)
        return refs

    def _unsatisfied(self, phase: str) -> list[str]:
        return [r for r in self._members.get(phase, ()) if r not in self._reach.satisfied]

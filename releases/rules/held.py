"""What an activity holds up: all that cannot be done before it is (inbox: "holds 4 activities").

Said of the process alone, whatever has happened in a release: of what follows an activity that still
waits for a person nothing can have passed, but for what was skipped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PhaseShape:
    """A phase with the phases that it needs, and its activities: reference → references needed."""

    key: str
    needs: Sequence[str]
    activities: Mapping[str, Sequence[str]]


def held_by(phases: Sequence[PhaseShape]) -> dict[str, frozenset[str]]:
    """For each activity the references of all that waits for it, directly or through others.

    A phase is left when all its activities are done, so each of them holds all that the phases
    behind it have.
    """
    directly: dict[str, set[str]] = defaultdict(set)
    for phase in phases:
        before = [one for other in phases if other.key in phase.needs for one in other.activities]
        for reference, needs in phase.activities.items():
            for needed in (*needs, *before):
                directly[needed].add(reference)
    return {one: _reached(one, directly) for phase in phases for one in phase.activities}


def _reached(reference: str, directly: Mapping[str, set[str]]) -> frozenset[str]:
    found: set[str] = set()
    following = [reference]
    while following:
        fresh = directly.get(following.pop(), set()) - found
        found |= fresh
        following.extend(fresh)
    return frozenset(found - {reference})

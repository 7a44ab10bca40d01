"""How far a release has come: which phases and activities have all that they need.

A skipped activity satisfies what depends on it. One that does not apply, and a skipped phase, do so
no sooner than what they were themselves to wait for is done: otherwise a phase whose activities do
not apply, being skipped at the start, would open the phase behind it before the phase in front of it
has passed. A skip by override was decided by people, and waits for nothing (EXE-6).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from releases.rules.progress_facts import ReleaseFacts
from releases.rules.transitions import ActivityState

# A point of the graph: ("enter" | "leave", phase) or ("reach" | "satisfy", activity reference).
_Point = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Reach:
    """What the needs allow, whatever else may hold the release.

    `entered`: phases whose needed phases are all done. `done`: phases that satisfy what needs them.
    `reached`: references of activities that have all they need. `satisfied`: references of those
    that satisfy what needs them. Requests to skip are in none of them.
    """

    entered: frozenset[str]
    done: frozenset[str]
    reached: frozenset[str]
    satisfied: frozenset[str]


def reach_of(facts: ReleaseFacts, states: Mapping[int, str]) -> Reach:
    """What the needs allow with these activity states (by id).

    Linear in activities and needs. A need that names nothing is never satisfied, nor is a cycle.
    """
    graph = _Graph()
    members: dict[str, list[_Point]] = defaultdict(list)
    for activity in facts.activities:
        if activity.overrides is not None:
            continue
        ref, state = activity.ref, states[activity.id]
        members[activity.phase].append(("satisfy", ref))
        graph.add(
            ("reach", ref),
            [("enter", activity.phase), *(("satisfy", need) for need in activity.needs)],
        )
        if state == ActivityState.COMPLETED:
            graph.add(("satisfy", ref), ())
        elif state == ActivityState.SKIPPED:
            graph.add(("satisfy", ref), () if activity.applies else [("reach", ref)])
    for phase in facts.phases:
        graph.add(("enter", phase.key), [("leave", need) for need in phase.needs])
        graph.add(("leave", phase.key), [("enter", phase.key), *members[phase.key]])
    found = graph.resolve()
    return Reach(found["enter"], found["leave"], found["reach"], found["satisfy"])


class _Graph:
    """Points that hold as soon as all the points they depend on hold."""

    def __init__(self) -> None:
        self._missing: dict[_Point, int] = {}
        self._feeds: dict[_Point, list[_Point]] = defaultdict(list)

    def add(self, point: _Point, depends_on: Iterable[_Point]) -> None:
        sources = set(depends_on)
        self._missing[point] = len(sources)
        for source in sources:
            self._feeds[source].append(point)

    def resolve(self) -> dict[str, frozenset[str]]:
        """All points that hold, by their kind."""
        missing = dict(self._missing)
        ready = [point for point, count in missing.items() if not count]
        found: dict[str, set[str]] = {
            "enter": set(),
            "leave": set(),
            "reach": set(),
            "satisfy": set(),
        }
        while ready:
            kind, name = point = ready.pop()
            found[kind].add(name)
            for fed in self._feeds.get(point, ()):
                missing[fed] -= 1
                if not missing[fed]:
                    ready.append(fed)
        return {kind: frozenset(names) for kind, names in found.items()}

"""Who waits for whom: needs by full name, and the cycles of phases and activities together (REL-2).

A phase that needs another waits, with everything in it, for everything in the other. So an activity
of an early phase that needs one of a later phase closes a circle, though no activity names itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Final

from releases.rules.process_drafts import ActivityDraft, PhaseDraft
from releases.rules.process_errors import Findings, did_you_mean, quoted
from releases.rules.process_reader import Place
from releases.rules.transitions import MANUAL_KINDS

_MOST_CYCLES: Final = 10

# A point of the graph: an activity ("activity", phase, key), or a phase's start or end.
Point = tuple[str, str, str]


def resolve_graph(phases: Sequence[PhaseDraft], findings: Findings) -> None:
    """Writes `needs` and `not_with` into the documents, by full name, and notes what is wrong.

    Codes: `unknown_need`, `self_dependency`, `duplicate_item`, `cycle`; for `not_with`
    `unknown_activity`, `not_manual`, `self_reference`.
    """
    graph = _Graph()
    names = _Names(phases)
    for index, phase in enumerate(phases):
        graph.add_phase(phase)
        _resolve_phase(phase, phases[index - 1] if index else None, names, graph)
        for position, activity in enumerate(phase.activities):
            _resolve_activity(phase, position, names, graph)
            _resolve_not_with(phase, activity, names)
    for place, cycle in graph.cycles() if names.unique else ():
        sentence = f"This closes a circle, in which nothing could ever start: {cycle}."
        findings.wrong(place.line, place.path, "cycle", sentence)


class _Names:
    """The phases and activities that can be referred to."""

    def __init__(self, phases: Sequence[PhaseDraft]) -> None:
        self.phases = [phase.key for phase in phases if phase.key]
        keys = [phase.key for phase in phases]
        for phase in phases:
            keys.extend(f"{phase.key}.{activity.key}" for activity in phase.activities)
        # A key that is missing or used twice is noted already; circles through it mean nothing.
        self.unique = len(set(keys)) == len(keys) and not any(
            name.startswith(".") or name.endswith(".") or not name for name in keys
        )
        self.kinds = {
            f"{phase.key}.{activity.key}": str(activity.document["kind"])
            for phase in phases
            for activity in phase.activities
            if phase.key and activity.key
        }

    def activity(self, phase: PhaseDraft, place: Place, code: str) -> str | None:
        """The full name of what is written, bare for the same phase; None after noting `code`."""
        written = place.scalar("the key of an activity")
        if written is None or not phase.key:
            return None
        full = written if "." in written else f"{phase.key}.{written}"
        if full in self.kinds:
            return full
        if written in self.phases:
            hint = " It is a phase; name one of its activities as phase.activity."
        else:
            near = [name.removeprefix(f"{phase.key}.") for name in self.kinds]
            hint = did_you_mean(written, near)
        where = "" if "." in written else f" in the phase {quoted(phase.key)}"
        place.wrong(code, f"There is no activity {quoted(written)}{where}.{hint}")
        return None


def _resolve_phase(
    phase: PhaseDraft, former: PhaseDraft | None, names: _Names, graph: _Graph
) -> None:
    """The phases that this one waits for: as written, or the one before it."""
    needs: list[str] = phase.document["needs"]
    if phase.needs is None:
        if former is not None and former.key not in ("", phase.key):
            needs.append(former.key)
            graph.add(_start(phase.key), _end(former.key), None)
        return
    for place in phase.needs:
        written = place.scalar("the key of a phase")
        if written is None:
            continue
        if written == phase.key:
            place.wrong("self_dependency", "A phase cannot wait for itself.")
        elif written not in names.phases:
            hint = did_you_mean(written, names.phases)
            place.wrong("unknown_need", f"There is no phase {quoted(written)}.{hint}")
        elif _append_once(needs, written, place):
            graph.add(_start(phase.key), _end(written), place)


def _resolve_activity(phase: PhaseDraft, position: int, names: _Names, graph: _Graph) -> None:
    """The activities that this one waits for: as written, or all written before it in its phase."""
    activity = phase.activities[position]
    needs: list[str] = activity.document["needs"]
    point = ("activity", phase.key, activity.key)
    if activity.needs is None:
        for earlier in phase.activities[:position]:
            if earlier.key and earlier.key != activity.key:
                needs.append(f"{phase.key}.{earlier.key}")
                graph.add(point, ("activity", phase.key, earlier.key), None)
        return
    for place in activity.needs:
        full = names.activity(phase, place, "unknown_need")
        if full == f"{phase.key}.{activity.key}":
            place.wrong("self_dependency", "An activity cannot wait for itself.")
        elif full is not None and _append_once(needs, full, place):
            graph.add(point, ("activity", *_split(full)), place)


def _resolve_not_with(phase: PhaseDraft, activity: ActivityDraft, names: _Names) -> None:
    """The activities whose deciders may not decide this one (POL-6)."""
    for place in activity.not_with:
        full = names.activity(phase, place, "unknown_activity")
        if full is None:
            continue
        if full == f"{phase.key}.{activity.key}":
            place.wrong("self_reference", "An activity cannot be kept apart from itself.")
        elif names.kinds[full] and names.kinds[full] not in MANUAL_KINDS:
            sentence = f"{quoted(full)} is not decided by people, so nobody can be excluded by it."
            place.wrong("not_manual", sentence)
        else:
            _append_once(activity.document["separation"]["not_with"], full, place)


def _append_once(names: list[str], name: str, place: Place) -> bool:
    if name in names:
        place.wrong("duplicate_item", f"{quoted(name)} is written twice.")
        return False
    names.append(name)
    return True


def _split(full: str) -> tuple[str, str]:
    phase, _, key = full.partition(".")
    return phase, key


def _start(phase: str) -> Point:
    return ("start", phase, "")


def _end(phase: str) -> Point:
    return ("end", phase, "")


@dataclass
class _Graph:
    """Points with what each waits for, and the place of every need that was written."""

    waits_for: dict[Point, dict[Point, Place | None]] = field(default_factory=dict)

    def add(self, point: Point, need: Point, place: Place | None) -> None:
        self.waits_for.setdefault(point, {})[need] = place

    def add_phase(self, phase: PhaseDraft) -> None:
        """A phase ends after its activities, and each of them begins after the phase's start."""
        start, end = _start(phase.key), _end(phase.key)
        inside = [("activity", phase.key, activity.key) for activity in phase.activities]
        self.waits_for[start] = {}
        for point in inside:
            self.add(point, start, None)
        for point in (start, *inside):
            self.add(end, point, None)

    def cycles(self) -> Iterator[tuple[Place, str]]:
        """Each cycle with the written need that closes it; that need is then left out."""
        for _ in range(_MOST_CYCLES):
            try:
                TopologicalSorter(self.waits_for).prepare()
            except CycleError as error:
                # The standard library lists what comes first before what waits for it.
                points: list[Point] = list(reversed(error.args[1]))[:-1]
            else:
                return
            points, place = self._from_closing_need(points)
            del self.waits_for[points[0]][points[1]]
            yield place, " → ".join(_labels([*points, points[0]]))

    def _from_closing_need(self, points: list[Point]) -> tuple[list[Point], Place]:
        """The cycle turned so that it begins with a written need.

        Default needs and phases themselves only ever point backwards in the file, so a cycle has a
        written need that points forwards: the one to look at.
        """
        order = {point: index for index, point in enumerate(self.waits_for)}
        written = []
        for index, point in enumerate(points):
            need = points[(index + 1) % len(points)]
            place = self.waits_for[point][need]
            if place is not None:
                written.append((order[need] <= order[point], index, place))
        _, index, place = min(written, key=lambda entry: entry[:2])
        return points[index:] + points[:index], place


def _labels(points: list[Point]) -> list[str]:
    """The names along a cycle; a phase that is passed from its end to its start is named once."""
    labels: list[str] = []
    index = 0
    while index < len(points):
        kind, phase, key = points[index]
        if kind == "end":
            index = _through(points, index)
        label = f"{phase}.{key}" if kind == "activity" else phase
        if labels[-1:] != [label]:
            labels.append(label)
        index += 1
    return labels


def _through(points: list[Point], index: int) -> int:
    """From a phase's end to its start when only its own activities lie between; else stay."""
    phase = points[index][1]
    ahead = index + 1
    while ahead < len(points) and points[ahead][:2] == ("activity", phase):
        ahead += 1
    return ahead if points[ahead : ahead + 1] == [_start(phase)] else index

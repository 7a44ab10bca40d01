"""What waits for what, as a drawing and as text: nodes in layers by the longest path to them.

Completed phases and those that have not begun are one node each, unless everything is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from portal.pages.release_rows import activity_path
from portal.state_looks import look_of
from releases.facts import Board
from releases.models import Activity, Phase
from releases.rules.transitions import PHASE_PASSED, PhaseState

# Of a node, as the template draws it.
WIDTH: Final = 176
HEIGHT: Final = 44
COLUMN: Final = 250
ROW: Final = 60
MARGIN: Final = 12
_LONGEST_NAME: Final = 23
# More edges than this between two phases are drawn through a node of their own.
_MOST_EDGES: Final = 4

Key = TypeVar("Key", bound=str)


@dataclass
class Node:
    """An activity, a whole phase, or the point at which a phase is complete."""

    key: str
    name: str
    state: str
    kind: str
    path: str
    needs: list[str] = field(default_factory=list)
    detail: str = ""
    x: int = 0
    y: int = 0

    @property
    def tone(self) -> str:
        """The tone of its state."""
        return look_of(self.kind, self.state).tone

    @property
    def word(self) -> str:
        """Its state in a word."""
        return look_of(self.kind, self.state).word

    @property
    def short_name(self) -> str:
        """The name as far as it fits; the whole stands in the text below."""
        if len(self.name) <= _LONGEST_NAME:
            return self.name
        return f"{self.name[: _LONGEST_NAME - 1].rstrip()}…"

    @property
    def place(self) -> str:
        """Its upper left corner; what is in it stands where the template puts it in every node."""
        return f"{self.x} {self.y}"


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from what is needed to what needs it."""

    path: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class Graph:
    """The drawing with its size, and its nodes in the order in which text tells of them."""

    nodes: Sequence[Node]
    edges: Sequence[Edge]
    width: int
    height: int
    node_width: int = WIDTH
    node_height: int = HEIGHT

    @property
    def sentences(self) -> list[tuple[Node, list[Node]]]:
        """Each node with those it waits for: the whole drawing, as text."""
        by_key = {node.key: node for node in self.nodes}
        return [(node, [by_key[key] for key in node.needs]) for node in self.nodes]

    @property
    def told(self) -> list[tuple[Node, str]]:
        """The same with the names of all that each waits for in a row: "Build, Test and Scan"."""
        return [(node, _in_a_row([one.name for one in needs])) for node, needs in self.sentences]


def _in_a_row(names: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def layers_of(needs: Mapping[Key, Collection[Key]]) -> dict[Key, int]:
    """The length of the longest path that leads to each; what is not among the keys counts for none."""
    found: dict[Key, int] = {}
    missing = {key: [need for need in of if need in needs] for key, of in needs.items()}
    while missing:
        ready = [key for key, of in missing.items() if all(need in found for need in of)]
        if not ready:  # a cycle, which publishing refuses: draw it side by side, hang never
            return {**dict.fromkeys(missing, 0), **found}
        for key in ready:
            found[key] = max((found[need] + 1 for need in missing.pop(key)), default=0)
    return found


def graph_of(board: Board, *, everything: bool = False) -> Graph:
    """The graph of a release that has started; without `everything` the unfinished part of it."""
    nodes = _Nodes(board, everything).all()
    layers = layers_of({node.key: node.needs for node in nodes})
    columns = _place(nodes, layers)
    by_key = {node.key: node for node in nodes}
    edges = [_edge(by_key[need], node) for node in nodes for need in node.needs]
    lowest = max((node.y for node in nodes), default=0)
    return Graph(
        nodes=sorted(nodes, key=lambda node: (layers[node.key], node.y)),
        edges=edges,
        width=max(columns - 1, 0) * COLUMN + WIDTH + 2 * MARGIN,
        height=lowest + HEIGHT + MARGIN,
    )


class _Nodes:
    """Chooses what is drawn as an activity and what as a whole phase, and ties them together."""

    def __init__(self, board: Board, everything: bool) -> None:
        self.board = board
        self.members: dict[str, list[Activity]] = {phase.key: [] for phase in board.phases}
        for activity in board.activities:
            if activity.overrides_id is None:
                self.members[board.phase_keys[activity.phase_id]].append(activity)
        self.everything = everything
        self.phases = [one for one in board.phases if everything or one.state not in PHASE_PASSED]
        self.shown: set[str] = set()
        self.ends: dict[str, list[str]] = {}

    def all(self) -> list[Node]:
        """Every node, phase by phase."""
        nodes: list[Node] = []
        for phase in self.phases:
            nodes += self._whole(phase) if self._is_whole(phase) else self._members(phase)
        self.shown = {node.key for node in nodes}
        gates = self._tie_phases(nodes)
        for node in nodes:
            node.needs = [need for need in dict.fromkeys(node.needs) if need in self.shown]
        return nodes + gates

    def _is_whole(self, phase: Phase) -> bool:
        empty = not self.members[phase.key]
        return empty or (phase.state == PhaseState.PENDING and not self.everything)

    def _whole(self, phase: Phase) -> list[Node]:
        number = len(self.members[phase.key])
        detail = f"{number} {'activity' if number == 1 else 'activities'}"
        path = phase_path(self.board.release.pk, phase.key)
        self.ends[phase.key] = [phase.key]
        return [Node(phase.key, phase.name, phase.state, "phase", path, detail=detail)]

    def _members(self, phase: Phase) -> list[Node]:
        activities = self.members[phase.key]
        specs = self.board.document.activities
        nodes = [
            Node(
                key=(ref := self.board.ref(one)),
                name=one.name,
                state=one.state,
                kind="activity",
                path=activity_path(one),
                needs=list(specs[ref]["needs"]),
            )
            for one in activities
        ]
        needed = {need for node in nodes for need in node.needs}
        self.ends[phase.key] = [node.key for node in nodes if node.key not in needed]
        return nodes

    def _tie_phases(self, nodes: list[Node]) -> list[Node]:
        """What has no need inside its phase waits for the phases before it."""
        gates: list[Node] = []
        for phase in self.phases:
            inside = f"{phase.key}."
            starts = [
                node
                for node in nodes
                if node.key == phase.key
                or (
                    node.key.startswith(inside)
                    and not any(need.startswith(inside) for need in node.needs)
                )
            ]
            for needed in self.board.document.phases[phase.key]["needs"]:
                ends = self.ends.get(needed, [])
                if len(ends) * len(starts) > _MOST_EDGES:
                    ends = [self._gate(needed, ends, gates)]
                for node in starts:
                    node.needs += ends
        return gates

    def _gate(self, key: str, ends: list[str], gates: list[Node]) -> str:
        name = f"{key} complete"
        phase = next(one for one in self.board.phases if one.key == key)
        if name not in self.shown:
            path = phase_path(self.board.release.pk, key)
            node = Node(name, f"{phase.name} is complete", phase.state, "phase", path, list(ends))
            gates.append(node)
            self.shown.add(name)
        return name


def phase_path(release_id: int, key: str) -> str:
    """The phase's page."""
    return f"/releases/{release_id}/phases/{key}/"


def _place(nodes: Sequence[Node], layers: Mapping[str, int]) -> int:
    """Columns by layer; inside one each node as near as can be to the middle of what it waits for.

    Returns how many columns there are.
    """
    columns: list[list[Node]] = [[] for _ in range(max(layers.values(), default=-1) + 1)]
    for node in nodes:
        columns[layers[node.key]].append(node)
    tops: dict[str, float] = {}
    for number, column in enumerate(columns):
        wanted = {
            node.key: _middle([tops[need] for need in node.needs if need in tops])
            for node in column
        }
        free = float(MARGIN)
        for node in sorted(column, key=lambda one: wanted[one.key]):
            tops[node.key] = max(free, wanted[node.key])
            free = tops[node.key] + ROW
            node.x, node.y = MARGIN + number * COLUMN, round(tops[node.key])
    return len(columns)


def _middle(tops: Sequence[float]) -> float:
    return (min(tops) + max(tops)) / 2 if tops else float(MARGIN)


def _edge(start: Node, end: Node) -> Edge:
    left, right = start.x + WIDTH, end.x - 7
    top, bottom = start.y + HEIGHT // 2, end.y + HEIGHT // 2
    half = (right - left) // 2
    line = f"M{left} {top}C{left + half} {top} {right - half} {bottom} {right} {bottom}"
    return Edge(line, start.state in ("completed", "skipped"))

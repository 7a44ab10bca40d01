"""The reason tree of an evaluation: what is there, what is missing, and from whom it can come.

Nodes hold codes and facts; sentences are made from them elsewhere (POL-11).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from approvals.rules.eligibility import Electorate
from approvals.rules.matching import moves_between, seats_behind
from approvals.rules.seating import Seating, Vote, remaining_persons
from approvals.rules.seats import Seat

ABSTAINED = "abstained"


@dataclass(frozen=True, slots=True)
class Node:
    """One statement: `code` says which, `data` are its facts, `satisfied` whether it holds."""

    code: str
    satisfied: bool
    data: Mapping[str, object] = field(default_factory=dict)
    children: tuple[Node, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """The node and all below it as plain JSON values."""
        return {
            "code": self.code,
            "satisfied": self.satisfied,
            "data": dict(self.data),
            "children": [child.to_dict() for child in self.children],
        }

    def find(self, code: str) -> tuple[Node, ...]:
        """Every node with this code, this one and all below it, in the order of the tree."""
        own = (self,) if self.code == code else ()
        return own + tuple(found for child in self.children for found in child.find(code))


def number_node(approvals: int, needed: int) -> Node:
    """`number`: how many approvals the rule needs and how many there are."""
    data = {"needed": needed, "approvals": approvals, "missing": max(0, needed - approvals)}
    return Node("number", 0 < needed <= approvals, data)


def required_node(seats: Sequence[Seat], votes: Iterable[Vote], seating: Seating) -> Node:
    """`required`: the seats that must approve whatever the rule, and those that have not."""
    approving = {vote.person for vote in votes if vote.verdict == "approve"}
    numbers = [seat.number for seat in seats if seat.required]
    missing = [one for one in numbers if seating.filled.get(one) not in approving]
    return Node("required", not missing, {"seats": numbers, "missing": missing})


def seats_node(
    seats: Sequence[Seat],
    votes: Sequence[Vote],
    seating: Seating,
    electorate: Electorate,
    *,
    ended: bool,
) -> Node:
    """`seats`: one node a seat, saying who counted for it or who may still fill it.

    `seat_filled` has person and verdict; `seat_open` the persons who may still fill it, themselves
    or by letting those in the seats `via` move over; `seat_unfillable` that nobody may;
    `seat_left_open` a seat that an ended round did without.
    """
    verdicts = {vote.person: vote.verdict for vote in votes}
    openers = {} if ended else _openers(seats, votes, seating, electorate)
    nodes: list[Node] = []
    for seat in seats:
        data: dict[str, object] = {
            "seat": seat.number,
            "required": seat.required,
            "sources": [source.to_dict() for source in seat.sources],
        }
        person = seating.filled.get(seat.number)
        if person is not None:
            data |= {"person": str(person), "verdict": verdicts[person]}
            nodes.append(Node("seat_filled", verdicts[person] == "approve", data))
        elif ended:
            nodes.append(Node("seat_left_open", False, data))
        else:
            via, persons = openers[seat.number]
            code = "seat_open" if persons else "seat_unfillable"
            nodes.append(Node(code, False, {**data, "via": via, "persons": persons}))
    return Node("seats", all(node.satisfied for node in nodes), {}, tuple(nodes))


def _openers(
    seats: Sequence[Seat], votes: Sequence[Vote], seating: Seating, electorate: Electorate
) -> dict[int, tuple[list[int], list[str]]]:
    """For each open seat the seats `via` which it can be reached, and the persons who may fill it.

    Worked out for all of them together: seat by seat and person by person, a round of 200 seats
    would take longer than everything else that a vote does.
    """
    waiting: dict[int, list[int]] = {}
    names: list[str] = []
    for place, person in enumerate(remaining_persons(votes, electorate)):
        names.append(str(person))
        for number in electorate.seats_of(person):
            waiting.setdefault(number, []).append(place)
    moves = moves_between(seating.filled, seating.edges)
    found: dict[int, tuple[list[int], list[str]]] = {}
    for seat in seats:
        if seat.number not in seating.filled:
            within = seats_behind([seat.number], moves)
            places = {place for number in within for place in waiting.get(number, ())}
            persons = [names[place] for place in sorted(places)]
            found[seat.number] = (sorted(within - {seat.number}), persons)
    return found


def left_out_node(seats: Sequence[Seat], votes: Sequence[Vote], electorate: Electorate) -> Node:
    """`left_out`: everyone whom a seat reaches and whose vote cannot count, each with the code."""
    numbers = {seat.number for seat in seats}
    voted = {vote.person for vote in votes if vote.verdict != "abstain"}
    found = [
        (one.person, one.left_out, one.reached)
        for one in electorate.left_out()
        if one.person not in voted
    ]
    found += [
        (vote.person, ABSTAINED, vote.seats & numbers)
        for vote in sorted(votes, key=lambda vote: vote.person.int)
        if vote.verdict == "abstain"
    ]
    children = tuple(
        Node("person", False, {"person": str(person), "code": code, "seats": sorted(reached)})
        for person, code, reached in found
    )
    return Node("left_out", not children, {}, children)


def rejections_node(votes: Iterable[Vote], reject_mode: str) -> Node:
    """`rejections`: who rejected, and what a rejection does here (`first` or `unreachable`)."""
    persons = sorted(str(vote.person) for vote in votes if vote.verdict == "reject")
    return Node("rejections", not persons, {"mode": reject_mode, "persons": persons})


def names_in(electorate: Electorate) -> dict[str, str]:
    """Display names of everyone whom the seats reach, for the sentences about this tree."""
    return {str(person): one.display_name for person, one in electorate.candidates.items()}

"""Maximum bipartite matching between seats and people.

Kuhn's algorithm from the side of the seats, in an order of priority. Sets are Python integers used
as bit sets, so that a step looks at a whole row at once: 200 seats by 200 people take a few
milliseconds. The seats that end up filled are the greedy basis of a transversal matroid (Edmonds and
Fulkerson, 1965): they do not depend on the order or the names of the people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

Person = TypeVar("Person")

Edges = Mapping[Person, frozenset[int]]


def match_seats(edges: Edges[Person], priority: Sequence[int]) -> dict[int, Person]:
    """A maximum matching: seat number to the person who fills it.

    `edges` gives for each person the seats he can fill, and its order decides between equals;
    `priority` are the seats, the ones that matter most first: a seat is filled whenever it can be
    without giving up one before it. Seats outside `priority` are not used.
    """
    people = list(edges)
    rows = dict.fromkeys(priority, 0)
    for index, person in enumerate(people):
        for seat in edges[person]:
            if seat in rows:
                rows[seat] |= 1 << index
    holder_of: dict[int, int] = {}
    seat_of: dict[int, int] = {}
    free = (1 << len(people)) - 1
    for seat in rows:
        taken = _augment(seat, rows, free, holder_of, seat_of)
        if taken is not None:
            free &= ~(1 << taken)
    return {seat: people[holder_of[seat]] for seat in rows if seat in holder_of}


def _augment(
    start: int,
    rows: Mapping[int, int],
    free: int,
    holder_of: dict[int, int],
    seat_of: dict[int, int],
) -> int | None:
    """Fill one more seat by the shortest chain of moves; the person newly seated, or None."""
    queue, came_from, unseen = [start], dict[int, int](), ~0
    for seat in queue:
        reach = rows[seat] & unseen
        if reach & free:
            newcomer = _lowest(reach & free)
            _shift(seat, newcomer, came_from, holder_of, seat_of)
            return newcomer
        unseen &= ~reach
        while reach:
            person = _lowest(reach)
            reach &= reach - 1
            queue.append(seat_of[person])
            came_from[seat_of[person]] = seat
    return None


def _shift(
    seat: int,
    person: int,
    came_from: Mapping[int, int],
    holder_of: dict[int, int],
    seat_of: dict[int, int],
) -> None:
    """Seat `person` in `seat` and let everyone along the chain move on towards its start."""
    while True:
        moved = holder_of.get(seat)
        holder_of[seat], seat_of[person] = person, seat
        if moved is None:
            return
        person, seat = moved, came_from[seat]


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


def seats_within_reach(
    start: Iterable[int], seating: Mapping[int, Person], edges: Edges[Person]
) -> frozenset[int]:
    """The seats from which an open seat of `start` can be reached by people moving over.

    A person who may take any seat of the answer can be seated as well as everyone in `seating`:
    those between move one along. Without moves it is `start` itself.
    """
    return seats_behind(start, moves_between(seating, edges))


def moves_between(seating: Mapping[int, Person], edges: Edges[Person]) -> dict[int, list[int]]:
    """For each seat the seats whose holder could move over to it."""
    moves: dict[int, list[int]] = {}
    for seat, person in seating.items():
        for other in edges[person]:
            moves.setdefault(other, []).append(seat)
    return moves


def seats_behind(start: Iterable[int], moves: Mapping[int, Sequence[int]]) -> frozenset[int]:
    """`start` and every seat from which a chain of moves leads there."""
    found = set(start)
    queue = list(found)
    for seat in queue:
        for source in moves.get(seat, ()):
            if source not in found:
                found.add(source)
                queue.append(source)
    return frozenset(found)

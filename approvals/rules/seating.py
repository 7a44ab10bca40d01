"""Seating the votes: which seats they fill together, and who may still be seated.

Which seat a vote fills is the matching's answer, never a stored fact: it is worked out from all
votes at once and so does not depend on their order. Which seats it may fill is what its author held
when it was given (stored with it as hats): what he comes to hold later moves no vote, so that only
votes end a round, and the record says why each of them counted.
Source: POL-3; `contract.md`, "How votes count".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args
from uuid import UUID

from approvals.rules.eligibility import Electorate
from approvals.rules.matching import match_seats, seats_within_reach
from approvals.rules.seats import Seat

Verdict = Literal["approve", "reject", "abstain"]
VERDICTS: tuple[str, ...] = get_args(Verdict)


@dataclass(frozen=True, slots=True)
class Vote:
    """A live vote; `seats` are the numbers that its person could fill when he gave it."""

    person: UUID
    verdict: Verdict
    seats: frozenset[int]

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(f"unknown verdict: {self.verdict!r}")


@dataclass(frozen=True, slots=True)
class Seating:
    """Votes in their seats; `complete` when every vote that asks for a seat has one.

    `edges` are the seats that each voter may take in this seating.
    """

    filled: Mapping[int, UUID]
    complete: bool
    edges: Mapping[UUID, frozenset[int]]


def seat_votes(votes: Sequence[Vote], seats: Sequence[Seat]) -> Seating:
    """All approvals and rejections in different seats, as many as can be.

    Required seats are filled first, and by approvals alone where that still seats every vote; then
    lower numbers.
    """
    seating = seat_votes_strictly(votes, seats)
    return seating if seating.complete else _seat(_edges(_counted(votes)), seats)


def seat_votes_strictly(votes: Iterable[Vote], seats: Sequence[Seat]) -> Seating:
    """As `seat_votes`, but no rejection ever sits in a required seat: what an approval needs."""
    required = frozenset(one.number for one in seats if one.required)
    return _seat(_edges(_counted(votes), required), seats)


def seat_everyone(
    seating: Seating, remaining: Iterable[UUID], seats: Sequence[Seat], electorate: Electorate
) -> Mapping[int, UUID]:
    """The most seats that the votes of `seating` and all of `remaining` could fill together."""
    edges = dict(seating.edges)
    edges.update((person, electorate.seats_of(person)) for person in remaining)
    return match_seats(edges, priority_of(seats))


def priority_of(seats: Iterable[Seat]) -> list[int]:
    """The numbers of the seats, required ones first, then as they are numbered."""
    return [one.number for one in sorted(seats, key=lambda one: (not one.required, one.number))]


def can_be_seated(votes_so_far: Iterable[Vote], new_vote: Vote) -> bool:
    """Whether the new vote and all so far fit into different seats at once (else `no_seat_left`).

    The new vote replaces an earlier one of the same person. An abstention always fits.
    """
    if new_vote.verdict == "abstain":
        return True
    others = [vote for vote in votes_so_far if vote.person != new_vote.person]
    edges = _edges(_counted([*others, new_vote]))
    numbers = sorted(frozenset[int]().union(*edges.values()))
    return len(match_seats(edges, numbers)) == len(edges)


def unfilled_seats(votes: Sequence[Vote], seats: Sequence[Seat]) -> tuple[int, ...]:
    """The numbers of the seats that no approval or rejection fills: what an escalation widens."""
    filled = seat_votes(votes, seats).filled
    return tuple(seat.number for seat in seats if seat.number not in filled)


def remaining_persons(votes: Iterable[Vote], electorate: Electorate) -> tuple[UUID, ...]:
    """Those who may fill a seat and have given no vote; one who abstained is out."""
    voted = {vote.person for vote in votes}
    return tuple(person for person in electorate.eligible() if person not in voted)


def may_still_vote(
    votes: Sequence[Vote], seats: Sequence[Seat], electorate: Electorate
) -> tuple[UUID, ...]:
    """Those whose vote could be taken now: eligible, not voted yet, and a seat can be freed."""
    seating = seat_votes(votes, seats)
    if not seating.complete:
        return ()
    still_open = [one.number for one in seats if one.number not in seating.filled]
    loose = _edges(_counted(votes))
    within = seats_within_reach(still_open, seating.filled, loose)
    return tuple(
        person
        for person in remaining_persons(votes, electorate)
        if not within.isdisjoint(electorate.seats_of(person))
    )


def _seat(edges: Mapping[UUID, frozenset[int]], seats: Sequence[Seat]) -> Seating:
    filled = match_seats(edges, priority_of(seats))
    return Seating(filled, len(filled) == len(edges), edges)


def _counted(votes: Iterable[Vote]) -> list[Vote]:
    """The votes that ask for a seat, in an order that does not tell when they were given."""
    every = sorted(votes, key=lambda vote: vote.person.int)
    if len({vote.person for vote in every}) != len(every):
        raise ValueError("a person has one live vote")
    return [vote for vote in every if vote.verdict != "abstain"]


def _edges(
    counted: Iterable[Vote], barred: frozenset[int] = frozenset()
) -> dict[UUID, frozenset[int]]:
    """The seats that each voter may take; `barred` are closed to those who reject."""
    return {
        vote.person: vote.seats - barred if vote.verdict == "reject" else vote.seats
        for vote in counted
    }

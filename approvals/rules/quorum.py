"""Whether a round is approved, rejected, still open or stuck, and why.

Source: `contract.md`, "How votes count"; POL-2 to POL-4, EXE-9, A-056 to A-058.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal
from uuid import UUID

from approvals.rules.eligibility import Electorate
from approvals.rules.reasons import (
    Node,
    left_out_node,
    names_in,
    number_node,
    rejections_node,
    required_node,
    seats_node,
)
from approvals.rules.satisfiable import satisfiable
from approvals.rules.seating import (
    Seating,
    Vote,
    can_be_seated,
    may_still_vote,
    remaining_persons,
    seat_everyone,
    seat_votes,
    seat_votes_strictly,
    unfilled_seats,
)
from approvals.rules.seats import Seat

__all__ = [
    "Evaluation",
    "Node",
    "Vote",
    "can_be_seated",
    "evaluate",
    "satisfiable",
    "unfilled_seats",
]

State = Literal["approved", "rejected", "open", "stuck"]
RejectMode = Literal["first", "unreachable"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A state, and for a round that cannot be approved the code and the facts of the cause."""

    state: State
    cause: str | None = None
    possible: int | None = None
    unfillable: tuple[int, ...] = ()

    def nodes(self, needed: int, seat_count: int) -> tuple[Node, ...]:
        if self.cause is None:
            return ()
        data = {
            "code": self.cause,
            "needed": needed,
            "seats": seat_count,
            "possible": self.possible,
            "required_unfillable": list(self.unfillable),
        }
        return (Node("cause", False, data),)


@dataclass(frozen=True)
class Evaluation:
    """The answer about a round with its reason.

    `seating` says which person counts for which seat. `stuck` is no state of an approval: its state
    stays what it was. `asked` and `reason` are worked out when somebody wants to know: a vote in a
    round of 200 seats costs several times as much when it tells of every seat who may still fill it.
    """

    finding: Finding
    needed: int
    reject_mode: RejectMode
    seats: Sequence[Seat]
    votes: Sequence[Vote]
    electorate: Electorate
    seated: Seating

    @property
    def state(self) -> State:
        """`approved`, `rejected`, `open` or `stuck`."""
        return self.finding.state

    @property
    def stuck(self) -> bool:
        """Whether nobody can complete this round any more as people and rules now stand."""
        return self.state == "stuck"

    @property
    def ended(self) -> bool:
        """Whether the round is decided."""
        return self.state in ("approved", "rejected")

    @cached_property
    def approvals(self) -> int:
        """How many approve."""
        return _count(self.votes, "approve")

    @cached_property
    def rejections(self) -> int:
        """How many reject."""
        return _count(self.votes, "reject")

    @cached_property
    def abstentions(self) -> int:
        """How many abstain."""
        return _count(self.votes, "abstain")

    @property
    def seat_count(self) -> int:
        """How many seats there are."""
        return len(self.seats)

    @property
    def seating(self) -> tuple[tuple[int, UUID], ...]:
        """Seat number and person, for each seat that a vote fills."""
        return tuple(sorted(self.seated.filled.items()))

    @cached_property
    def asked(self) -> tuple[UUID, ...]:
        """Who may vote and has not; nobody once the round has ended."""
        return () if self.ended else may_still_vote(self.votes, self.seats, self.electorate)

    @cached_property
    def reason(self) -> Node:
        """The tree of reasons: number, required seats, each seat, who is left out, the cause."""
        children = (
            number_node(self.approvals, self.needed),
            required_node(self.seats, self.votes, self.seated),
            seats_node(self.seats, self.votes, self.seated, self.electorate, ended=self.ended),
            left_out_node(self.seats, self.votes, self.electorate),
            rejections_node(self.votes, self.reject_mode),
            *self.finding.nodes(self.needed, self.seat_count),
        )
        people = {"people": names_in(self.electorate)}
        return Node(self.state, self.state == "approved", people, children)

    def counts(self) -> dict[str, int]:
        """The figures as plain JSON values."""
        return {
            "approvals": self.approvals,
            "rejections": self.rejections,
            "abstentions": self.abstentions,
            "needed": self.needed,
            "seats": self.seat_count,
        }


def evaluate(
    seats: Sequence[Seat],
    needed: int,
    reject_mode: RejectMode,
    votes: Sequence[Vote],
    electorate: Electorate,
) -> Evaluation:
    """Judge a round by its live votes (one a person) and by who may fill its seats now.

    `needed` is the number fixed when the round opened. A round without seats, or one that needs
    nothing, is never approved (A-058). Votes count the same in any order. Raises ValueError when a
    person has two live votes or the mode is unknown.
    """
    if reject_mode not in ("first", "unreachable"):
        raise ValueError(f"unknown way to reject: {reject_mode!r}")
    strict = seat_votes_strictly(votes, seats)
    return Evaluation(
        finding=_find(seats, needed, reject_mode, votes, electorate, strict),
        needed=needed,
        reject_mode=reject_mode,
        seats=seats,
        votes=tuple(votes),
        electorate=electorate,
        seated=strict if strict.complete else seat_votes(votes, seats),
    )


def _count(votes: Sequence[Vote], verdict: str) -> int:
    return sum(vote.verdict == verdict for vote in votes)


def _find(
    seats: Sequence[Seat],
    needed: int,
    reject_mode: RejectMode,
    votes: Sequence[Vote],
    electorate: Electorate,
    strict: Seating,
) -> Finding:
    """The state.

    With no rejection allowed in a required seat, a seating of all votes that also fills every
    required seat exists when each of the two exists by itself (Mendelsohn and Dulmage, 1958), and
    augmenting it to a maximum one empties neither. So three maximum matchings decide.
    """
    if reject_mode == "first" and _count(votes, "reject"):
        return Finding("rejected", "rejection_ends_round")
    if not seats:
        return Finding("stuck", "no_seats", 0)
    if needed < 1:
        return Finding("stuck", "nothing_needed", 0)
    if not strict.complete:
        return _without_seats(seats, needed, votes)
    return _with_seats(seats, needed, votes, electorate, strict)


def _with_seats(
    seats: Sequence[Seat],
    needed: int,
    votes: Sequence[Vote],
    electorate: Electorate,
    strict: Seating,
) -> Finding:
    required = [seat.number for seat in seats if seat.required]
    if _count(votes, "approve") >= needed and all(one in strict.filled for one in required):
        return Finding("approved")
    rejections = _count(votes, "reject")
    best = seat_everyone(strict, remaining_persons(votes, electorate), seats, electorate)
    possible = len(best) - rejections
    unfillable = tuple(one for one in required if one not in best)
    if possible >= needed and not unfillable:
        return Finding("open")
    return _impossible(len(seats), needed, rejections, possible, unfillable)


def _without_seats(seats: Sequence[Seat], needed: int, votes: Sequence[Vote]) -> Finding:
    """Some vote has no seat unless a rejection takes a required one, whoever else may come."""
    approving = [vote for vote in votes if vote.verdict == "approve"]
    if seat_votes_strictly(approving, seats).complete and len(seats) >= needed:
        return Finding("rejected", "required_seat_rejected", 0)
    return Finding("stuck", "votes_without_seats", 0)


def _impossible(
    seat_count: int, needed: int, rejections: int, possible: int, unfillable: tuple[int, ...]
) -> Finding:
    """Not with the people there are: is it for want of people, by the rejections, or neither?

    With somebody new in every open seat `seat_count - rejections` could approve, required seats
    among them.
    """
    if seat_count - rejections >= needed:
        return Finding("stuck", "too_few_people", possible, unfillable)
    if rejections and seat_count >= needed:
        return Finding("rejected", "number_unreachable", possible, unfillable)
    return Finding("stuck", "more_needed_than_seats", possible, unfillable)

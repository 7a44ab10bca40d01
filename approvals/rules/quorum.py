"""Whether a round is approved, rejected, still open or stuck, and why.

Source: `contract.md`, "How votes count"; POL-2 to POL-4, EXE-9, A-056 to A-058.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
class Evaluation:
    """The answer about a round with its reason.

    `seating` says which person counts for which seat, `asked` who may vote and has not; it is empty
    once the round has ended. `stuck` is no state of an approval: its state stays what it was.
    """

    state: State
    approvals: int
    rejections: int
    abstentions: int
    needed: int
    seat_count: int
    seating: tuple[tuple[int, UUID], ...]
    asked: tuple[UUID, ...]
    reason: Node

    @property
    def stuck(self) -> bool:
        """Whether nobody can complete this round any more as people and rules now stand."""
        return self.state == "stuck"

    @property
    def ended(self) -> bool:
        """Whether the round is decided."""
        return self.state in ("approved", "rejected")

    def counts(self) -> dict[str, int]:
        """The figures as plain JSON values."""
        return {
            "approvals": self.approvals,
            "rejections": self.rejections,
            "abstentions": self.abstentions,
            "needed": self.needed,
            "seats": self.seat_count,
        }


@dataclass(frozen=True, slots=True)
class _Finding:
    """A state, and for a round that cannot be approved the code and the facts of the cause."""

    state: State
    cause: str | None = None
    possible: int | None = None
    unfillable: tuple[int, ...] = ()

    def node(self, needed: int, seat_count: int) -> tuple[Node, ...]:
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
    found = _find(seats, needed, reject_mode, votes, electorate)
    seating = seat_votes(votes, seats, electorate)
    ended = found.state in ("approved", "rejected")
    children = (
        number_node(_count(votes, "approve"), needed),
        required_node(seats, votes, seating),
        seats_node(seats, votes, seating, electorate, ended=ended),
        left_out_node(seats, votes, electorate),
        rejections_node(votes, reject_mode),
        *found.node(needed, len(seats)),
    )
    people = names_in(electorate)
    return Evaluation(
        state=found.state,
        approvals=_count(votes, "approve"),
        rejections=_count(votes, "reject"),
        abstentions=_count(votes, "abstain"),
        needed=needed,
        seat_count=len(seats),
        seating=tuple(sorted(seating.filled.items())),
        asked=() if ended else may_still_vote(votes, seats, electorate),
        reason=Node(found.state, found.state == "approved", {"people": people}, children),
    )


def _count(votes: Sequence[Vote], verdict: str) -> int:
    return sum(vote.verdict == verdict for vote in votes)


def _find(
    seats: Sequence[Seat],
    needed: int,
    reject_mode: RejectMode,
    votes: Sequence[Vote],
    electorate: Electorate,
) -> _Finding:
    """The state.

    With no rejection allowed in a required seat, a seating of all votes that also fills every
    required seat exists when each of the two exists by itself (Mendelsohn and Dulmage, 1958), and
    augmenting it to a maximum one empties neither. So three maximum matchings decide.
    """
    if reject_mode == "first" and _count(votes, "reject"):
        return _Finding("rejected", "rejection_ends_round")
    if not seats:
        return _Finding("stuck", "no_seats", 0)
    if needed < 1:
        return _Finding("stuck", "nothing_needed", 0)
    strict = seat_votes_strictly(votes, seats, electorate)
    if not strict.complete:
        return _without_seats(seats, needed, votes, electorate)
    return _with_seats(seats, needed, votes, electorate, strict)


def _with_seats(
    seats: Sequence[Seat],
    needed: int,
    votes: Sequence[Vote],
    electorate: Electorate,
    strict: Seating,
) -> _Finding:
    required = [seat.number for seat in seats if seat.required]
    if _count(votes, "approve") >= needed and all(one in strict.filled for one in required):
        return _Finding("approved")
    rejections = _count(votes, "reject")
    best = seat_everyone(strict, remaining_persons(votes, electorate), seats, electorate)
    possible = len(best) - rejections
    unfillable = tuple(one for one in required if one not in best)
    if possible >= needed and not unfillable:
        return _Finding("open")
    return _impossible(len(seats), needed, rejections, possible, unfillable)


def _without_seats(
    seats: Sequence[Seat], needed: int, votes: Sequence[Vote], electorate: Electorate
) -> _Finding:
    """Some vote has no seat unless a rejection takes a required one, whoever else may come."""
    approving = [vote for vote in votes if vote.verdict == "approve"]
    if seat_votes_strictly(approving, seats, electorate).complete and len(seats) >= needed:
        return _Finding("rejected", "required_seat_rejected", 0)
    return _Finding("stuck", "votes_without_seats", 0)


def _impossible(
    seat_count: int, needed: int, rejections: int, possible: int, unfillable: tuple[int, ...]
) -> _Finding:
    """Not with the people there are: is it for want of people, by the rejections, or neither?

    With somebody new in every open seat `seat_count - rejections` could approve, required seats
    among them.
    """
    if seat_count - rejections >= needed:
        return _Finding("stuck", "too_few_people", possible, unfillable)
    if rejections and seat_count >= needed:
        return _Finding("rejected", "number_unreachable", possible, unfillable)
    return _Finding("stuck", "more_needed_than_seats", possible, unfillable)

"""The evaluation against a reference that tries every seating and every way to go on.

The reference is written from the sentences of the contract and shares nothing with the rules but
their types.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from itertools import combinations
from uuid import UUID

import pytest

from approvals.rules.eligibility import Electorate
from approvals.rules.quorum import RejectMode, Vote, can_be_seated, evaluate, unfilled_seats
from approvals.rules.seating import Verdict
from approvals.rules.seats import Seat
from tests.approvals.rules.rounds import person, reaching

pytestmark = [pytest.mark.req("POL-2", "POL-3", "POL-4", "EXE-9")]

CASES = 6_000
VERDICTS: list[Verdict] = ["approve", "reject", "abstain"]
Ballot = tuple[UUID, bool, frozenset[int]]


def seatings(ballots: Sequence[Ballot], seats: frozenset[int]) -> Iterable[dict[int, bool]]:
    """Every way to seat all ballots in different seats: seat to whether it approves."""
    if not ballots:
        yield {}
        return
    _, approves, reach = ballots[0]
    for seat in reach & seats:
        for rest in seatings(ballots[1:], seats - {seat}):
            yield {seat: approves, **rest}


def is_approved(seats: Sequence[Seat], needed: int, ballots: Sequence[Ballot]) -> bool:
    if not seats or needed < 1 or sum(approves for _, approves, _ in ballots) < needed:
        return False
    required = [seat.number for seat in seats if seat.required]
    numbers = frozenset(seat.number for seat in seats)
    return any(
        all(filled.get(one) is True for one in required) for filled in seatings(ballots, numbers)
    )


def is_possible(
    seats: Sequence[Seat], needed: int, ballots: Sequence[Ballot], others: Sequence[Ballot]
) -> bool:
    """Whether some of the others, approving, complete the round."""
    return any(
        is_approved(seats, needed, [*ballots, *more])
        for count in range(len(seats) - len(ballots) + 1)
        for more in combinations(others, count)
    )


def reference(
    seats: Sequence[Seat],
    needed: int,
    mode: RejectMode,
    votes: Sequence[Vote],
    electorate: Electorate,
) -> str:
    """The state, straight from the contract."""
    ballots: list[Ballot] = [
        (one.person, one.verdict == "approve", one.seats)
        for one in votes
        if one.verdict != "abstain"
    ]
    if mode == "first" and any(one.verdict == "reject" for one in votes):
        return "rejected"
    if is_approved(seats, needed, ballots):
        return "approved"
    voted = {one.person for one in votes}
    others: list[Ballot] = [
        (one, True, electorate.seats_of(one)) for one in electorate.eligible() if one not in voted
    ]
    if is_possible(seats, needed, ballots, others):
        return "open"
    anybody: list[Ballot] = [
        (person(1000 + seat.number), True, frozenset({seat.number})) for seat in seats
    ]
    if is_possible(seats, needed, ballots, [*others, *anybody]):
        return "stuck"
    approvals = [ballot for ballot in ballots if ballot[1]]
    if len(approvals) == len(ballots):
        return "stuck"
    return "rejected" if is_possible(seats, needed, approvals, [*others, *anybody]) else "stuck"


class Case:
    """A small random round. In most the votes are taken one by one, as a service takes them."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - reproducible cases, no secrets
        numbers = range(1, chance.randint(0, 4) + 1)
        self.seats = [Seat(one, chance.random() < 0.3, ()) for one in numbers]
        self.needed = chance.randint(0, len(self.seats) + 1)
        self.mode: RejectMode = "first" if chance.random() < 0.2 else "unreachable"
        reach = {
            human: [one for one in numbers if chance.random() < 0.45]
            for human in range(1, chance.randint(0, 5) + 1)
        }
        self.electorate = reaching(reach)
        self.votes: list[Vote] = []
        careless = chance.random() < 0.2
        for human, own in reach.items():
            if chance.random() < 0.5:
                continue
            stored = [*own, *(one for one in numbers if chance.random() < 0.1)]
            given = Vote(person(human), chance.choices(VERDICTS, [6, 3, 2])[0], frozenset(stored))
            if careless or can_be_seated(self.votes, given):
                self.votes.append(given)
        gone = [human for human in reach if chance.random() < 0.2]
        self.electorate = reaching({one: own for one, own in reach.items() if one not in gone})


@pytest.mark.parametrize("block", range(10))
def test_every_state_is_what_trying_everything_gives(block: int) -> None:
    seen: set[str] = set()
    for seed in range(block * CASES // 10, (block + 1) * CASES // 10):
        case = Case(seed)
        arguments = (case.seats, case.needed, case.mode, case.votes, case.electorate)
        found = evaluate(*arguments)
        assert found.state == reference(*arguments), (seed, arguments)
        seen.add(found.state)
    assert seen == {"approved", "rejected", "open", "stuck"}


def test_a_vote_is_taken_exactly_when_some_seating_holds_all() -> None:
    for seed in range(1_000):
        case = Case(seed)
        numbers = frozenset(seat.number for seat in case.seats)
        for human in case.electorate.eligible():
            given = Vote(human, "reject", case.electorate.seats_of(human))
            ballots = [
                (one.person, True, one.seats)
                for one in [*(two for two in case.votes if two.person != human), given]
                if one.verdict != "abstain"
            ]
            possible = any(True for _ in seatings(ballots, numbers))
            assert can_be_seated(case.votes, given) == possible, seed


def test_those_asked_are_those_whose_vote_would_be_taken() -> None:
    for seed in range(2_000):
        case = Case(seed)
        found = evaluate(case.seats, case.needed, case.mode, case.votes, case.electorate)
        if found.ended:
            assert found.asked == ()
            continue
        voted = {one.person for one in case.votes}
        expected = tuple(
            one
            for one in case.electorate.eligible()
            if one not in voted
            and can_be_seated(case.votes, Vote(one, "approve", case.electorate.seats_of(one)))
        )
        assert found.asked == expected, seed


def test_the_order_of_voting_changes_nothing() -> None:
    for seed in range(1_000):
        case = Case(seed)
        arguments = (case.seats, case.needed, case.mode)
        found = evaluate(*arguments, case.votes, case.electorate)
        for turn in range(3):
            shuffled = list(case.votes)
            random.Random(turn).shuffle(shuffled)  # noqa: S311 - reproducible
            again = evaluate(*arguments, shuffled, case.electorate)
            assert again.finding == found.finding, seed
            assert again.counts() == found.counts(), seed
            assert again.seating == found.seating, seed
            assert again.asked == found.asked, seed
            assert again.reason == found.reason, seed
            assert unfilled_seats(shuffled, case.seats) == unfilled_seats(case.votes, case.seats)


def test_an_approved_round_shows_an_approval_in_every_required_seat() -> None:
    shown = 0
    for seed in range(2_000):
        case = Case(seed)
        found = evaluate(case.seats, case.needed, case.mode, case.votes, case.electorate)
        if found.state != "approved":
            continue
        shown += 1
        approving = {one.person for one in case.votes if one.verdict == "approve"}
        seating = dict(found.seating)
        assert len(set(seating.values())) == len(seating) == found.approvals + found.rejections
        assert all(seating[one.number] in approving for one in case.seats if one.required), seed
    assert shown > 100

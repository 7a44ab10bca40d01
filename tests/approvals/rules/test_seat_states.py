"""What has become of each seat of a round (MON-3, POL-11, POL-17)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import pytest

from approvals.rules.eligibility import Holder
from approvals.rules.quorum import Evaluation, Vote, evaluate
from approvals.rules.seat_states import SeatState, open_seats, seat_states
from approvals.rules.seating import can_be_seated
from approvals.rules.seats import Seat
from tests.approvals.rules.rounds import group_seat, holder, person, user_seat, vote, voters

pytestmark = pytest.mark.req("MON-3", "POL-17")

PEOPLE = (holder(1), holder(2), holder(3), holder(4, active=False), holder(5, auditor=True))


def judge(
    seats: Sequence[Seat],
    needed: int,
    *votes: Vote,
    groups: Mapping[int, Collection[int]] | None = None,
    excluded: Mapping[int, str] | None = None,
    people: Sequence[Holder] = PEOPLE,
) -> Evaluation:
    """A round of these people."""
    held = {("group", key): tuple(members) for key, members in (groups or {}).items()}
    shut = {person(key): code for key, code in (excluded or {}).items()}
    return evaluate(seats, needed, "unreachable", votes, voters(seats, people, held, shut))  # type: ignore[arg-type]


def codes(evaluation: Evaluation) -> list[str]:
    """The state of each seat."""
    return [one.code for one in seat_states(evaluation)]


def barred(state: SeatState) -> list[tuple[int, str]]:
    """Who cannot fill a seat, by number, and why."""
    return [(one.int, why) for one, why in state.barred]


def test_taken_waiting_and_rejected_seats_name_who_took_them_or_may() -> None:
    seats = (user_seat(1, 1), user_seat(2, 2), group_seat(3, 1))
    found = seat_states(
        judge(seats, 2, vote(1, "approve", 1), vote(2, "reject", 2), groups={1: (2, 3)})
    )
    assert [one.code for one in found] == ["approved", "rejected", "waiting"]
    assert [one.voter for one in found] == [person(1), person(2), None]
    assert found[2].persons == (person(3),)


def test_whoever_abstained_is_not_excluded() -> None:
    seats = (user_seat(1, 1), user_seat(2, 2))
    found = seat_states(judge(seats, 1, vote(1, "abstain", 1)))
    assert [one.code for one in found] == ["abstained", "waiting"]
    assert barred(found[0]) == [(1, "abstained")]
    shared = judge((group_seat(1, 1),), 1, vote(1, "abstain", 1), groups={1: (1, 2)})
    assert codes(shared) == ["waiting"]


@pytest.mark.parametrize("code", ["own_change", "four_eyes", "own_request"])
def test_a_conflict_of_interest_excludes_only_when_it_bars_everybody(code: str) -> None:
    seats = (group_seat(1, 1), user_seat(2, 3))
    assert codes(judge(seats, 1, groups={1: (1, 2)}, excluded={1: code, 2: "own_change"})) == [
        "excluded", "waiting",
    ]  # fmt: skip
    assert codes(judge(seats, 1, groups={1: (1, 2)}, excluded={1: code})) == ["waiting", "waiting"]
    # Omar could never have decided: his account is deactivated.
    mixed = judge(seats, 1, groups={1: (1, 4)}, excluded={1: code})
    assert codes(mixed) == ["unfillable", "waiting"]
    assert barred(seat_states(mixed)[0]) == [(1, code), (4, "inactive")]


def test_a_seat_that_reaches_nobody_is_no_conflict_of_interest() -> None:
    found = seat_states(judge((group_seat(1, 1), user_seat(2, 2)), 1))
    assert [one.code for one in found] == ["unfillable", "waiting"]
    assert found[0].barred == ()
    assert codes(judge((group_seat(1, 1),), 1, groups={1: (5,)})) == ["unfillable"]


def test_a_voter_has_one_seat_and_their_other_one_stays_empty() -> None:
    seats = (group_seat(1, 1), user_seat(2, 1), user_seat(3, 2))
    found = seat_states(judge(seats, 2, vote(1, "approve", 1, 2), groups={1: (1,)}))
    assert sorted(one.code for one in found) == ["approved", "unfillable", "waiting"]
    empty = next(one for one in found if one.code == "unfillable")
    assert barred(empty) == [(1, "voted")]


def test_a_seat_that_can_be_reached_by_moving_over_is_waiting() -> None:
    seats = (group_seat(1, 1), user_seat(2, 1))
    # The first voter may sit in either; the second one in the first alone.
    found = seat_states(judge(seats, 2, vote(1, "approve", 1, 2), groups={1: (1, 2)}))
    assert sorted(one.code for one in found) == ["approved", "waiting"]
    still_open = next(one for one in found if one.code == "waiting")
    assert still_open.persons == (person(2),)


def test_an_account_that_may_not_vote_opens_no_seat_for_the_other_of_its_person() -> None:
    people = (holder(1), holder(9, human=1, active=False))
    found = judge((user_seat(1, 1), user_seat(2, 9)), 1, people=people)
    assert codes(found) == ["waiting", "unfillable"]
    assert barred(seat_states(found)[1]) == [(1, "other_account")]


@pytest.mark.parametrize("seed", range(300))
def test_the_figures_of_the_empty_seats_are_those_of_the_seats_themselves(seed: int) -> None:
    """The cheap count that is kept with every vote, against the answer seat by seat."""
    luck = random.Random(seed)  # noqa: S311
    groups = {key: luck.sample(range(1, 7), luck.randint(0, 3)) for key in (1, 2, 3)}
    seats = tuple(
        luck.choice((user_seat(one, luck.randint(1, 6)), group_seat(one, luck.randint(1, 3))))
        for one in range(1, luck.randint(2, 6))
    )
    people = [holder(key, active=luck.random() > 0.2) for key in range(1, 7)]
    excluded = {key: "own_change" for key in range(1, 7) if luck.random() < 0.2}
    fresh = judge(seats, 9, groups=groups, excluded=excluded, people=people)
    votes: list[Vote] = []
    for key in luck.sample(range(1, 7), 3):
        reach = fresh.electorate.seats_of(person(key))
        cast = vote(key, luck.choice(("approve", "reject", "abstain")), *reach)
        if reach and can_be_seated(votes, cast):
            votes.append(cast)
    found = judge(seats, 9, *votes, groups=groups, excluded=excluded, people=people)
    told = Counter(one.code for one in seat_states(found) if one.voter is None)
    assert Counter(open_seats(found)) == (Counter() if found.ended else told)


def test_what_an_ended_round_did_without_is_left_open() -> None:
    seats = (user_seat(1, 1), user_seat(2, 4))
    ended = judge(seats, 1, vote(1, "approve", 1))
    assert codes(ended) == ["approved", "left_open"]
    assert open_seats(ended) == {}

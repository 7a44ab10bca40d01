"""How votes count: approved, rejected, open or stuck."""

from __future__ import annotations

import json
from itertools import permutations

import pytest

from approvals.rules.eligibility import Electorate
from approvals.rules.quorum import Evaluation, Vote, can_be_seated, evaluate, unfilled_seats
from approvals.rules.seating import may_still_vote
from approvals.rules.seats import (
    Rule,
    Seat,
    Source,
    lay_out_seats,
    seats_needed,
    widen_seats,
)
from tests.approvals.rules.rounds import (
    group_seat,
    holder,
    person,
    plain_seats,
    reaching,
    user_seat,
    vote,
    voters,
)

NOBODY = Electorate()
OWN_SEATS = reaching({1: [1], 2: [2], 3: [3], 4: [4], 5: [5]})


def cause(found: Evaluation) -> object:
    (node,) = found.reason.find("cause")
    return node.data["code"]


@pytest.mark.req("POL-2", "EXE-4")
def test_three_of_five_are_approved_with_one_against() -> None:
    seats = plain_seats(5)
    votes = [vote(1, "approve", 1), vote(2, "reject", 2), vote(3, "approve", 3)]

    before = evaluate(seats, 3, "unreachable", votes, OWN_SEATS)
    after = evaluate(seats, 3, "unreachable", [*votes, vote(4, "approve", 4)], OWN_SEATS)

    assert before.state == "open"
    assert before.asked == (person(4), person(5))
    assert after.state == "approved"
    assert (after.approvals, after.rejections, after.abstentions) == (3, 1, 0)
    assert (after.needed, after.seat_count) == (3, 5)
    assert after.asked == ()


@pytest.mark.req("POL-4")
def test_a_first_rejection_ends_the_round() -> None:
    found = evaluate(plain_seats(3), 1, "first", [vote(1, "reject", 1)], OWN_SEATS)

    assert found.state == "rejected"
    assert cause(found) == "rejection_ends_round"


@pytest.mark.req("POL-4")
def test_a_rejection_beats_enough_approvals_where_the_first_one_ends() -> None:
    votes = [vote(1, "approve", 1), vote(2, "reject", 2)]

    assert evaluate(plain_seats(3), 1, "first", votes, OWN_SEATS).state == "rejected"


@pytest.mark.req("POL-4")
def test_unreachable_waits_until_the_number_is_out_of_reach() -> None:
    seats = plain_seats(5)
    votes = [vote(1, "reject", 1), vote(2, "reject", 2)]

    two = evaluate(seats, 3, "unreachable", votes, OWN_SEATS)
    three = evaluate(seats, 3, "unreachable", [*votes, vote(3, "reject", 3)], OWN_SEATS)

    assert two.state == "open"
    assert three.state == "rejected"
    assert cause(three) == "number_unreachable"


@pytest.mark.req("POL-2")
def test_a_required_seat_must_approve_whatever_the_number() -> None:
    seats = plain_seats(5, required=[5])
    votes = [vote(number, "approve", number) for number in (1, 2, 3, 4)]

    without = evaluate(seats, 2, "unreachable", votes, OWN_SEATS)
    with_it = evaluate(seats, 2, "unreachable", [*votes, vote(5, "approve", 5)], OWN_SEATS)

    assert without.state == "open"
    assert without.reason.find("required")[0].data["missing"] == [5]
    assert without.reason.find("number")[0].satisfied
    assert with_it.state == "approved"


@pytest.mark.req("POL-4")
def test_a_rejection_that_only_fits_a_required_seat_ends_the_round() -> None:
    seats = plain_seats(5, required=[5])

    found = evaluate(seats, 2, "unreachable", [vote(5, "reject", 5)], OWN_SEATS)

    assert found.state == "rejected"
    assert cause(found) == "required_seat_rejected"


@pytest.mark.req("POL-3")
def test_a_rejection_moves_out_of_a_required_seat_when_it_can() -> None:
    seats = plain_seats(2, required=[1])
    who = reaching({1: [1, 2], 2: [1, 2]})

    one = evaluate(seats, 1, "unreachable", [vote(1, "reject", 1, 2)], who)
    both = evaluate(
        seats, 1, "unreachable", [vote(1, "reject", 1, 2), vote(2, "approve", 1, 2)], who
    )

    assert one.state == "open"
    assert both.state == "approved"
    assert both.seating == ((1, person(2)), (2, person(1)))


@pytest.mark.req("POL-4", "EXE-9")
def test_abstentions_reject_nothing_and_make_the_round_stuck() -> None:
    seats = plain_seats(3)
    votes = [vote(1, "abstain", 1), vote(2, "abstain", 2)]

    one = evaluate(seats, 2, "unreachable", votes[:1], OWN_SEATS)
    two = evaluate(seats, 2, "unreachable", votes, OWN_SEATS)

    assert one.state == "open"
    assert two.state == "stuck"
    assert two.stuck
    assert not two.ended
    assert two.abstentions == 2
    assert two.seating == ()
    assert cause(two) == "too_few_people"
    left_out = two.reason.find("left_out")[0].children
    assert [(one.data["person"], one.data["code"]) for one in left_out] == [
        (str(person(1)), "abstained"),
        (str(person(2)), "abstained"),
    ]


@pytest.mark.req("EXE-9")
def test_a_rejection_with_an_abstention_is_stuck_not_rejected() -> None:
    votes = [vote(1, "reject", 1), vote(2, "abstain", 2)]

    found = evaluate(plain_seats(3), 2, "unreachable", votes, OWN_SEATS)

    assert found.state == "stuck"


@pytest.mark.req("EXE-9", "POL-6", "A-057")
def test_excluded_people_make_the_round_stuck_and_never_smaller() -> None:
    seats = [user_seat(1, 1), user_seat(2, 2)]
    people = [holder(1), holder(2)]
    who = voters(seats, people, None, {person(2): "own_change"})

    found = evaluate(seats, 2, "first", [vote(1, "approve", 1)], who)

    assert found.state == "stuck"
    assert found.seat_count == 2
    (node,) = found.reason.find("seat_unfillable")
    assert node.data["seat"] == 2
    (left_out,) = found.reason.find("person")
    assert left_out.data == {"person": str(person(2)), "code": "own_change", "seats": [2]}


@pytest.mark.req("EXE-9", "A-057")
def test_one_person_left_for_two_required_seats_is_stuck() -> None:
    seats = plain_seats(2, required=[1, 2])

    found = evaluate(seats, 1, "first", [], reaching({1: [1, 2]}))

    assert found.state == "stuck"
    assert cause(found) == "too_few_people"


@pytest.mark.req("POL-1", "EXE-9")
def test_each_over_nobody_is_a_seat_that_counts_and_stays_empty() -> None:
    seats = lay_out_seats([{"user": 1}, {"role": 4, "each": True}], {})
    who = voters(seats, [holder(1)])
    votes = [vote(1, "approve", 1)]

    unanimous = seats_needed(Rule("unanimous"), len(seats))
    assert unanimous == 2
    assert evaluate(seats, unanimous, "first", votes, who).state == "stuck"
    assert evaluate(seats, 1, "first", votes, who).state == "approved"


@pytest.mark.req("POL-1", "EXE-9")
def test_each_over_nobody_required_keeps_the_gate_shut() -> None:
    seats = lay_out_seats([{"user": 1}, {"role": 4, "each": True, "required": True}], {})

    found = evaluate(seats, 1, "first", [vote(1, "approve", 1)], voters(seats, [holder(1)]))

    assert found.state == "stuck"


@pytest.mark.req("POL-2", "EXE-9")
@pytest.mark.parametrize("rejecting", [False, True])
def test_at_least_five_of_three_is_stuck_from_the_start(*, rejecting: bool) -> None:
    votes = [vote(1, "reject", 1)] if rejecting else []

    found = evaluate(plain_seats(3), 5, "unreachable", votes, OWN_SEATS)

    assert found.state == "stuck"
    assert cause(found) == "more_needed_than_seats"


@pytest.mark.req("A-058")
@pytest.mark.parametrize("needed", [-1, 0, 1])
def test_no_seats_are_never_approved(needed: int) -> None:
    found = evaluate((), needed, "first", [], NOBODY)

    assert found.state == "stuck"
    assert cause(found) == "no_seats"
    assert evaluate((), needed, "first", [vote(1, "approve", 1)], NOBODY).state == "stuck"


@pytest.mark.req("A-058")
@pytest.mark.parametrize("needed", [-1, 0])
def test_a_round_that_needs_nothing_is_never_approved(needed: int) -> None:
    found = evaluate(plain_seats(2), needed, "first", [vote(1, "approve", 1)], OWN_SEATS)

    assert found.state == "stuck"
    assert cause(found) == "nothing_needed"
    assert not found.reason.find("number")[0].satisfied


@pytest.mark.req("A-056", "POL-3")
def test_one_person_in_user_group_and_role_seat_counts_once() -> None:
    seats = [user_seat(1, 1), group_seat(2, 5), Seat(3, False, (Source("role", 6),))]
    who = voters(seats, [holder(1)], {("group", 5): [1], ("role", 6): [1]})

    found = evaluate(seats, 2, "unreachable", [vote(1, "approve", 1, 2, 3)], who)

    assert found.approvals == 1
    assert len(found.seating) == 1
    assert found.state == "stuck"


@pytest.mark.req("A-056")
def test_two_accounts_of_one_human_count_once() -> None:
    seats = [user_seat(1, 1), user_seat(2, 2)]
    who = voters(seats, [holder(1), holder(2, human=1)])

    assert evaluate(seats, 2, "first", [], who).state == "stuck"
    assert evaluate(seats, 1, "first", [], who).asked == (person(1),)
    with pytest.raises(ValueError, match="one live vote"):
        evaluate(seats, 2, "first", [vote(1, "approve", 1), vote(1, "approve", 2)], who)


@pytest.mark.req("POL-3")
def test_votes_are_worth_the_same_in_any_order() -> None:
    seats = plain_seats(4, required=[2])
    who = reaching({1: [1, 2], 2: [1], 3: [2, 3], 4: [3, 4], 5: [4]})
    votes = [
        vote(1, "approve", 1, 2),
        vote(2, "approve", 1),
        vote(3, "reject", 2, 3),
        vote(4, "approve", 3, 4),
    ]

    results = {
        json.dumps(evaluate(seats, 3, "unreachable", order, who).reason.to_dict())
        for order in permutations(votes)
    }

    assert len(results) == 1
    assert evaluate(seats, 3, "unreachable", votes, who).state == "approved"


@pytest.mark.req("POL-3")
def test_a_versatile_person_who_votes_first_strands_nobody() -> None:
    votes = [vote(1, "approve", 1, 2)]

    assert can_be_seated(votes, vote(2, "approve", 1))
    assert can_be_seated(votes, vote(2, "approve", 2))


@pytest.mark.req("POL-3")
def test_a_vote_without_a_seat_left_is_not_taken() -> None:
    votes = [vote(1, "approve", 1), vote(2, "reject", 1, 2)]

    assert not can_be_seated(votes, vote(3, "approve", 1, 2))
    assert not can_be_seated(votes, vote(3, "reject", 1))
    assert not can_be_seated([], vote(3, "approve"))
    assert can_be_seated(votes, vote(3, "abstain", 1, 2))
    assert can_be_seated(votes, vote(3, "approve", 3))


@pytest.mark.req("POL-4")
def test_an_abstention_leaves_its_seat_to_others() -> None:
    assert can_be_seated([vote(1, "abstain", 1)], vote(2, "approve", 1))


@pytest.mark.req("EXE-7")
def test_a_changed_vote_replaces_the_former_one() -> None:
    votes = [vote(1, "approve", 1), vote(2, "approve", 2)]

    assert can_be_seated(votes, vote(1, "reject", 1))
    assert not can_be_seated(votes, vote(1, "reject", 2))


@pytest.mark.req("POL-3", "AUD-1")
def test_a_seat_that_became_a_voters_later_moves_no_vote_of_his() -> None:
    votes = [vote(1, "approve", 1)]
    now_his = reaching({1: [1, 2], 2: [1]})
    seats = plain_seats(2, required=[2])

    assert not can_be_seated(votes, vote(2, "approve", 1))
    assert evaluate(seats, 1, "unreachable", votes, now_his).state != "approved"


@pytest.mark.req("POL-5", "A-011")
def test_a_vote_stays_when_its_author_leaves() -> None:
    seats = [group_seat(1, 5), group_seat(2, 5)]
    who = voters(seats, [holder(1), holder(2)], {("group", 5): [2]})

    found = evaluate(seats, 2, "first", [vote(1, "approve", 1, 2), vote(2, "approve", 1, 2)], who)

    assert found.state == "approved"


@pytest.mark.req("POL-9")
def test_an_escalation_widens_what_is_open_and_lowers_nothing() -> None:
    seats = (user_seat(1, 1), user_seat(2, 2, required=True), user_seat(3, 3))
    votes = [vote(1, "approve", 1)]
    opened = unfilled_seats(votes, seats)
    assert opened == (2, 3)

    widened = widen_seats(seats, opened, Source("group", 9, level=1))
    people = [holder(number) for number in (1, 2, 3, 7)]
    who = voters(widened, people, {("group", 9): [7]})

    assert who.seats_of(person(7)) == {2, 3}
    votes.append(vote(7, "approve", 2, 3))
    found = evaluate(widened, 2, "unreachable", votes, who)
    assert found.state == "approved"
    assert found.seating == ((1, person(1)), (2, person(7)))
    assert evaluate(widened, 3, "unreachable", votes, who).state == "open"


@pytest.mark.req("POL-9", "EXE-9")
def test_an_escalation_brings_people_to_a_seat_that_nobody_could_fill() -> None:
    seats = lay_out_seats([{"role": 4, "each": True}], {})
    assert evaluate(seats, 1, "first", [], voters(seats, [])).state == "stuck"

    widened = widen_seats(seats, unfilled_seats([], seats), Source("user", 1, level=1))

    assert evaluate(widened, 1, "first", [], voters(widened, [holder(1)])).state == "open"


@pytest.mark.req("POL-9")
def test_a_rejection_fills_a_seat_and_an_abstention_none() -> None:
    votes = [vote(1, "reject", 1), vote(2, "abstain", 2)]

    assert unfilled_seats(votes, plain_seats(3)) == (2, 3)
    assert unfilled_seats([vote(1, "approve", 1, 2, 3)], plain_seats(3, required=[3])) == (1, 2)


@pytest.mark.req("POL-11")
def test_the_reason_names_who_can_still_fill_a_seat_by_way_of_others() -> None:
    seats = (group_seat(1, 5), group_seat(2, 6), user_seat(3, 3))
    people = [holder(1), holder(2), holder(3)]
    who = voters(seats, people, {("group", 5): [1, 2], ("group", 6): [1]})

    found = evaluate(seats, 2, "unreachable", [vote(1, "approve", 1, 2)], who)

    first, second, third = found.reason.find("seats")[0].children
    assert (first.code, first.data["person"]) == ("seat_filled", str(person(1)))
    assert (second.code, second.data["via"]) == ("seat_open", [1])
    assert second.data["persons"] == [str(person(2))]
    assert third.data["persons"] == [str(person(3))]
    assert third.data["sources"] == [Source("user", 3).to_dict()]
    assert found.reason.find("number")[0].data == {"needed": 2, "approvals": 1, "missing": 1}
    assert found.asked == (person(2), person(3))
    assert found.reason.data["people"] == {
        str(person(number)): f"User {number}" for number in (1, 2, 3)
    }


@pytest.mark.req("POL-11")
def test_the_reason_is_plain_json_and_tells_the_end() -> None:
    votes = [vote(1, "approve", 1), vote(2, "reject", 2)]

    found = evaluate(plain_seats(3), 1, "unreachable", votes, OWN_SEATS)
    tree = json.loads(json.dumps(found.reason.to_dict()))

    assert (tree["code"], tree["satisfied"]) == ("approved", True)
    codes = [node["code"] for node in tree["children"]]
    assert codes == ["number", "required", "seats", "left_out", "rejections"]
    assert [seat["code"] for seat in tree["children"][2]["children"]] == [
        "seat_filled",
        "seat_filled",
        "seat_left_open",
    ]
    assert tree["children"][4]["data"]["persons"] == [str(person(2))]
    assert found.counts() == {
        "approvals": 1,
        "rejections": 1,
        "abstentions": 0,
        "needed": 1,
        "seats": 3,
    }


@pytest.mark.req("POL-17")
def test_nobody_is_asked_whose_vote_would_not_be_taken() -> None:
    seats = plain_seats(2)
    who = reaching({1: [1], 2: [1], 3: [2]})

    assert may_still_vote([vote(1, "approve", 1)], seats, who) == (person(3),)
    assert may_still_vote([], seats, who) == (person(1), person(2), person(3))
    assert may_still_vote([vote(3, "abstain", 2)], seats, who) == (person(1), person(2))


@pytest.mark.req("POL-3")
def test_votes_that_do_not_fit_their_seats_never_approve() -> None:
    votes = [vote(1, "approve", 1), vote(2, "approve", 1)]

    found = evaluate(plain_seats(2), 1, "unreachable", votes, NOBODY)

    assert found.state == "stuck"
    assert cause(found) == "votes_without_seats"
    assert found.asked == ()


@pytest.mark.req("A-058")
def test_what_is_unknown_is_refused() -> None:
    with pytest.raises(ValueError, match="reject"):
        evaluate(plain_seats(1), 1, "never", [], NOBODY)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="verdict"):
        Vote(person(1), "withdraw", frozenset())  # type: ignore[arg-type]


def test_two_hundred_seats_with_all_votes_are_approved() -> None:
    seats = plain_seats(200, required=range(1, 21))
    everyone = frozenset(range(1, 201))
    votes = [Vote(person(number), "approve", everyone) for number in range(1, 201)]

    assert evaluate(seats, 200, "first", votes, NOBODY).state == "approved"

"""Who may fill which seat, and why not."""

from __future__ import annotations

import pytest

from approvals.rules.eligibility import Electorate, Holder, hats, why_not
from approvals.rules.seats import Seat, Source, SourceKey
from tests.approvals.rules.rounds import group_seat, holder, person, user_seat, voters


def code_for(found: Electorate, number: int) -> str | None:
    reason = why_not(found, person(number))
    return reason.code if reason else None


@pytest.mark.req("POL-1")
def test_each_kind_of_source_reaches_its_people() -> None:
    seats = (
        user_seat(1, 1),
        group_seat(2, 5),
        Seat(3, False, (Source("role", 6),)),
        Seat(4, False, (Source("right", "override"),)),
        Seat(5, False, ()),
        Seat(6, False, (Source("nobody", 1),)),
    )
    people = [holder(number) for number in range(1, 6)]

    found = voters(
        seats, people, {("group", 5): [2], ("role", 6): [2, 3], ("right", "override"): [4]}
    )

    assert {number: sorted(found.seats_of(person(number))) for number in range(1, 6)} == {
        1: [1],
        2: [2, 3],
        3: [3],
        4: [4],
        5: [],
    }
    assert code_for(found, 5) == "not_an_approver"
    assert code_for(found, 1) is None


@pytest.mark.req("POL-5", "A-011")
@pytest.mark.parametrize(("still", "code"), [([1], None), ([], "not_an_approver")])
def test_an_each_seat_lasts_while_its_person_holds_the_role(
    still: list[int], code: str | None
) -> None:
    seats = [Seat(1, False, (Source("user", 1, 0, "role", 4),))]

    assert code_for(voters(seats, [holder(1)], {("role", 4): still}), 1) == code


@pytest.mark.req("A-060", "A-066", "B-17")
@pytest.mark.parametrize(
    ("account", "code"),
    [
        (holder(1, active=False), "inactive"),
        (holder(1, machine=True), "machine_user"),
        (holder(1, auditor=True), "auditor"),
    ],
)
def test_an_account_that_can_hold_no_seat_has_none(account: Holder, code: str) -> None:
    found = voters([user_seat(1, 1), group_seat(2, 5)], [account], {("group", 5): [1]})

    assert code_for(found, 1) == code
    assert found.seats_of(person(1)) == frozenset()
    assert found.eligible() == ()
    assert hats(found, person(1)) == ()
    reason = why_not(found, person(1))
    assert reason is not None
    assert reason.data == {"seats": [1, 2]}


@pytest.mark.req("POL-6", "A-054")
@pytest.mark.parametrize("code", ["own_change", "four_eyes", "own_request"])
def test_an_exclusion_shuts_out_every_account_of_the_person(code: str) -> None:
    seats = [user_seat(1, 1), group_seat(2, 5), Seat(3, False, (Source("role", 6),))]
    people = [holder(1), holder(2, human=1), holder(3)]
    reached: dict[SourceKey, list[int]] = {("group", 5): [2, 3], ("role", 6): [2]}

    found = voters(seats, people, reached, {person(1): code})

    assert code_for(found, 1) == code
    assert found.seats_of(person(1)) == frozenset()
    assert code_for(found, 3) is None
    assert found.eligible() == (person(3),)
    assert [one.reached for one in found.left_out()] == [frozenset({1, 2, 3})]


@pytest.mark.req("A-054")
def test_an_exclusion_without_words_still_excludes() -> None:
    found = voters([user_seat(1, 1)], [holder(1)], None, {person(1): ""})

    assert why_not(found, person(1)) is not None
    assert found.seats_of(person(1)) == frozenset()
    assert len(found.left_out()) == 1


@pytest.mark.req("POL-6")
def test_an_excluded_person_whom_no_seat_reaches_is_no_approver() -> None:
    found = voters([user_seat(1, 1)], [holder(1), holder(2)], None, {person(2): "own_change"})

    assert code_for(found, 2) == "not_an_approver"


@pytest.mark.req("A-056")
def test_accounts_of_one_human_unite_their_seats() -> None:
    seats = [user_seat(1, 1), group_seat(2, 5)]

    found = voters(seats, [holder(1), holder(2, human=1)], {("group", 5): [2]})

    assert found.seats_of(person(1)) == {1, 2}
    assert found.eligible() == (person(1),)
    assert [(hat.seat, hat.user_id, hat.source) for hat in hats(found, person(1))] == [
        (1, 1, Source("user", 1)),
        (2, 2, Source("group", 5)),
    ]


@pytest.mark.req("A-060")
def test_an_inactive_account_contributes_nothing_to_its_human() -> None:
    seats = [user_seat(1, 1), group_seat(2, 5)]
    people = [holder(1, active=False), holder(2, human=1)]

    found = voters(seats, people, {("group", 5): [2]})

    assert code_for(found, 1) is None
    assert found.seats_of(person(1)) == {2}
    assert found.name_of(person(1)) == "User 2"


@pytest.mark.req("SEC-1")
def test_an_auditor_gets_no_seat_through_a_second_account() -> None:
    people = [holder(1, auditor=True), holder(2, human=1)]

    assert code_for(voters([user_seat(1, 2)], people), 1) == "auditor"


@pytest.mark.req("SEC-1")
def test_a_former_auditors_dead_account_shuts_nobody_out() -> None:
    people = [holder(1, auditor=True, active=False), holder(2, human=1)]

    assert code_for(voters([user_seat(1, 2)], people), 1) is None


@pytest.mark.req("POL-17")
def test_every_hat_is_told_with_the_vote() -> None:
    seats = [Seat(1, False, (Source("user", 1), Source("group", 5), Source("role", 6, level=2)))]

    found = voters(seats, [holder(1)], {("group", 5): [1], ("role", 6): [1]})

    assert [hat.to_dict() for hat in hats(found, person(1))] == [
        {
            "seat": 1,
            "user_id": 1,
            "kind": kind,
            "ref": ref,
            "level": level,
            "while_kind": None,
            "while_ref": None,
        }
        for kind, ref, level in (("user", 1, 0), ("group", 5, 0), ("role", 6, 2))
    ]


def test_an_account_that_was_not_loaded_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="user 9"):
        voters([user_seat(1, 9)], [holder(1)])


@pytest.mark.req("A-058")
def test_no_seats_reach_nobody() -> None:
    found = voters([], [holder(1)])

    assert found.candidates == {}
    assert code_for(found, 1) == "not_an_approver"


@pytest.mark.req("POL-6", "A-069")
def test_separation_of_duties_holds_for_those_an_escalation_brings() -> None:
    seats = [Seat(1, False, (Source("user", 1), Source("user", 2, level=1)))]

    found = voters(seats, [holder(1), holder(2)], None, {person(2): "own_change"})

    assert code_for(found, 2) == "own_change"
    assert found.eligible() == (person(1),)

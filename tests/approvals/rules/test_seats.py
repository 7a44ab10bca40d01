"""Seats and rules: what a round is made of when it opens."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.rules.seats import (
    Rule,
    RuleKind,
    Seat,
    Source,
    lay_out_seats,
    named_users,
    seats_needed,
    source_keys,
    widen_seats,
)

pytestmark = [pytest.mark.req("POL-1", "POL-2")]


@pytest.mark.parametrize(
    ("seat_count", "needed"),
    [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4), (7, 4), (15, 8), (200, 101)],
)
def test_majority_is_more_than_half(seat_count: int, needed: int) -> None:
    assert seats_needed(Rule("majority"), seat_count) == needed
    assert 2 * needed > seat_count
    assert 2 * (needed - 1) <= seat_count


@pytest.mark.parametrize(
    ("percent", "seat_count", "needed"),
    [
        (60, 5, 3),
        (50, 5, 3),
        (50, 4, 2),
        (34, 3, 2),
        (33, 3, 1),
        (66, 3, 2),
        (67, 3, 3),
        (1, 1, 1),
        (1, 100, 1),
        (1, 101, 2),
        (100, 7, 7),
        (7, 100, 7),
        (29, 100, 29),
        (57, 100, 57),
        (58, 100, 58),
    ],
)
def test_percent_is_rounded_up(percent: int, seat_count: int, needed: int) -> None:
    assert seats_needed(Rule("percent", percent), seat_count) == needed


@given(percent=st.integers(1, 100), seat_count=st.integers(0, 10_000))
def test_percent_never_suffers_from_floats(percent: int, seat_count: int) -> None:
    exact = math.ceil(Fraction(percent, 100) * seat_count)
    assert seats_needed(Rule("percent", percent), seat_count) == exact


def test_the_other_rules_are_as_written() -> None:
    assert [seats_needed(Rule("any"), count) for count in (0, 1, 5)] == [1, 1, 1]
    assert [seats_needed(Rule("unanimous"), count) for count in (0, 1, 5)] == [0, 1, 5]
    assert [seats_needed(Rule("at_least", 3), count) for count in (1, 3, 5)] == [3, 3, 3]


@pytest.mark.req("A-058")
@pytest.mark.parametrize(
    "document",
    [
        {},
        {"kind": None, "number": None},
        {"kind": "nobody", "number": None},
        {"kind": "at_least", "number": None},
        {"kind": "at_least", "number": True},
        {"kind": "percent", "number": 50.5},
        {"kind": "any", "number": 1},
    ],
)
def test_a_rule_that_is_none_is_no_rule(document: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="rule"):
        Rule.from_dict(document)


def test_seats_stand_in_the_order_written() -> None:
    approvers: list[dict[str, object]] = [
        {"user": 7, "each": False, "required": False, "when": None},
        {"group": 3, "each": False, "required": True, "when": None},
        {"role": 4, "each": True, "required": True, "when": None},
        {"user": 7, "each": True, "required": False, "when": None},
    ]

    seats = lay_out_seats(approvers, {("role", 4): [11, 9, 11], ("group", 3): [1, 2]})

    assert seats == (
        Seat(1, False, (Source("user", 7),)),
        Seat(2, True, (Source("group", 3),)),
        Seat(3, True, (Source("user", 11, 0, "role", 4),)),
        Seat(4, True, (Source("user", 9, 0, "role", 4),)),
        Seat(5, False, (Source("user", 7),)),
    )


def test_each_over_nobody_makes_one_seat_that_nobody_can_fill() -> None:
    approvers: list[dict[str, object]] = [{"group": 3, "each": True, "required": True}, {"user": 1}]

    assert lay_out_seats(approvers, {}) == (
        Seat(1, True, ()),
        Seat(2, False, (Source("user", 1),)),
    )


@pytest.mark.req("A-056")
def test_two_accounts_of_one_human_share_one_each_seat() -> None:
    persons = {1: UUID(int=1), 2: UUID(int=2), 3: UUID(int=1)}

    seats = lay_out_seats([{"group": 5, "each": True}], {("group", 5): [1, 2, 3]}, persons=persons)

    assert [[source.ref for source in seat.sources] for seat in seats] == [[1, 3], [2]]


@pytest.mark.parametrize(
    "entry",
    [{}, {"user": None}, {"user": 1, "group": 2}, {"user": True}, {"role": 1.5}, {"right": "x"}],
)
def test_an_entry_that_names_nobody_is_no_seat(entry: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="approver"):
        lay_out_seats([entry], {})


@pytest.mark.req("POL-9")
def test_widening_adds_to_the_open_seats_alone_and_once() -> None:
    seats = (Seat(1, False, (Source("user", 1),)), Seat(2, True, ()), Seat(3, True, ()))
    helper = Source("role", 8, level=1)

    widened = widen_seats(seats, (2, 3), helper)

    assert widened == (
        Seat(1, False, (Source("user", 1),)),
        Seat(2, True, (helper,)),
        Seat(3, True, (helper,)),
    )
    assert widen_seats(widened, (2, 3), helper) == widened
    with pytest.raises(ValueError, match="no seat 4"):
        widen_seats(seats, (4,), helper)


def test_what_an_electorate_must_look_up_is_told() -> None:
    seats = (
        Seat(1, False, (Source("user", 1), Source("group", 2))),
        Seat(2, False, (Source("user", 3, 0, "role", 4), Source("right", "override"))),
        Seat(3, False, (Source("nobody", 0),)),
    )

    assert source_keys(seats) == {("group", 2), ("role", 4), ("right", "override")}
    assert named_users(seats) == {1, 3}


def test_sources_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown kind of source"):
        Source.from_dict({"kind": "team", "ref": 1})
    with pytest.raises(ValueError, match="together"):
        Source("user", 1, 0, "role", None)
    with pytest.raises(ValueError, match="unknown kind of holder"):
        Source.from_dict({"kind": "user", "ref": 1, "while_kind": "user", "while_ref": 1})


_whiles = st.one_of(
    st.tuples(st.none(), st.none()),
    st.tuples(st.sampled_from(["group", "role"]), st.integers(1, 9)),
)
_sources = st.builds(
    lambda kind, ref, level, held: Source(kind, ref, level, *held),
    st.sampled_from(["user", "group", "role", "right", "nobody"]),
    st.one_of(st.integers(1, 99), st.text(max_size=9)),
    st.integers(0, 5),
    _whiles,
)
_kinds: list[RuleKind] = ["any", "majority", "unanimous"]
_rules = st.one_of(
    st.builds(Rule, st.sampled_from(_kinds)),
    st.builds(Rule, st.sampled_from(["at_least", "percent"]), st.integers(-1, 999)),
)


@given(
    seat=st.builds(
        Seat, st.integers(1, 99), st.booleans(), st.lists(_sources, max_size=4).map(tuple)
    ),
    rule=_rules,
)
def test_seats_and_rules_survive_json(seat: Seat, rule: Rule) -> None:
    assert Seat.from_dict(json.loads(json.dumps(seat.to_dict()))) == seat
    assert Rule.from_dict(json.loads(json.dumps(rule.to_dict()))) == rule

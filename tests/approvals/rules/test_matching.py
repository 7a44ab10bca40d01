"""Matching: as many seats filled as can be, whatever the order of the people."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.rules.matching import match_seats, seats_within_reach

pytestmark = [pytest.mark.req("POL-3")]

Edges = dict[str, frozenset[int]]


def most_by_trying(edges: Edges, used: frozenset[int] = frozenset()) -> int:
    """The size of a maximum matching, found by trying everything."""
    if not edges:
        return 0
    name, rest = next(iter(edges)), dict(list(edges.items())[1:])
    with_name = [1 + most_by_trying(rest, used | {seat}) for seat in edges[name] - used]
    return max([most_by_trying(rest, used), *with_name])


def all_filled_sets(edges: Edges, size: int) -> set[frozenset[int]]:
    """Every set of seats that some matching of this size fills."""
    found: set[frozenset[int]] = set()

    def step(names: list[str], used: frozenset[int]) -> None:
        if len(used) == size:
            found.add(used)
            return
        if names:
            step(names[1:], used)
            for seat in edges[names[0]] - used:
                step(names[1:], used | {seat})

    step(list(edges), frozenset())
    return found


_edges = st.dictionaries(
    st.sampled_from("abcde"), st.frozensets(st.integers(1, 5), max_size=5), max_size=5
)


@given(edges=_edges, priority=st.permutations([1, 2, 3, 4, 5]))
def test_the_matching_is_a_maximum_and_prefers_by_priority(
    edges: Edges, priority: list[int]
) -> None:
    filled = match_seats(edges, priority)

    assert all(seat in edges[name] for seat, name in filled.items())
    assert len(set(filled.values())) == len(filled) == most_by_trying(edges)
    by_rank = {
        tuple(sorted(priority.index(seat) for seat in one))
        for one in all_filled_sets(edges, len(filled))
    }
    assert tuple(sorted(priority.index(seat) for seat in filled)) == min(by_rank)


@given(edges=_edges, shuffled=st.randoms(use_true_random=False))
def test_the_seats_filled_do_not_depend_on_the_order_of_people(
    edges: Edges, shuffled: random.Random
) -> None:
    items = list(edges.items())
    shuffled.shuffle(items)

    assert set(match_seats(dict(items), [1, 2, 3, 4, 5])) == set(
        match_seats(edges, [1, 2, 3, 4, 5])
    )


@given(edges=_edges)
def test_whoever_reaches_an_open_seat_can_be_seated_as_well(edges: Edges) -> None:
    seats = [1, 2, 3, 4, 5]
    seating = match_seats(edges, seats)
    seated = {name: edges[name] for name in seating.values()}
    within = seats_within_reach([one for one in seats if one not in seating], seating, seated)

    for seat in seats:
        wider = {**seated, "new": frozenset({seat})}
        assert (len(match_seats(wider, seats)) == len(wider)) == (seat in within)


def test_a_chain_moves_along() -> None:
    count = 200
    edges = {str(one): frozenset({one, one + 1}) for one in range(count)}
    edges["last"] = frozenset({0})

    filled = match_seats(edges, range(count + 1))

    assert len(filled) == count + 1
    assert filled[0] == "last"


@pytest.mark.parametrize("seed", range(3))
def test_two_hundred_seats_and_people_are_matched(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - reproducible cases, no secrets
    edges = {str(one): frozenset(chance.sample(range(200), 3)) for one in range(200)}
    edges |= {f"all{one}": frozenset(range(200)) for one in range(200)}

    assert len(match_seats(edges, range(200))) == 200


def test_seats_that_do_not_exist_are_never_filled() -> None:
    assert match_seats({"a": frozenset({1, 9})}, [1]) == {1: "a"}
    assert match_seats({"a": frozenset({9})}, [1]) == {}
    assert match_seats({}, [1]) == {}

"""Simultaneous votes, in processes: each counts once, a round ends once (A-001 to A-006, A-017).

Every race has its control: the same with the rows left unlocked must go wrong, or the race would
show nothing.
"""

from __future__ import annotations

from typing import Any

import pytest

from approvals.models import Decision
from tests.concurrency.crew import Crew, Job, rounds
from tests.concurrency.scenes import SLOW, UNLOCKED, Gates, gates, nothing_broken, said, stands

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]

RACE: dict[str, Any] = {}
CONTROL: dict[str, Any] = {"unlocked": UNLOCKED, "faults": SLOW}


def both_complete(crew: Crew, number: int, **how: Any) -> list[int]:
    """Two of two vote at once; returns the gates where that went wrong."""
    made = gates(number, 2, "unanimous")
    answers = crew.together(Job("vote", made.calls(0), **how), Job("vote", made.calls(1), **how))
    return [
        gate
        for gate, pair in zip(made.ids, answers, strict=True)
        if [one["is"] for one in pair] != ["done", "done"]
        or sorted(one["state"] for one in pair) != ["approved", "open"]
        or stands(gate) != ("completed", "approved", 2)
        or said(gate, "approval.approved", "activity.completed").most_common()
        != [("approval.approved", 1), ("activity.completed", 1)]
    ]


@pytest.mark.req("A-001", "EXE-8")
def test_two_of_two_at_the_same_instant_complete_the_round_once(crew: Crew) -> None:
    assert both_complete(crew, rounds()) == []
    nothing_broken()


@pytest.mark.req("A-001")
@pytest.mark.postgres
def test_control_two_of_two_without_the_lock_wait_for_ever(crew: Crew) -> None:
    number = rounds(0.1, least=20)
    wrong = both_complete(crew, number, **CONTROL)
    assert len(wrong) >= 0.95 * number
    # Both votes are there and nobody is asked any more: stuck, as nobody would notice.
    silent = [gate for gate in wrong if stands(gate) == ("awaiting_approval", "open", 2)]
    assert len(silent) >= 0.95 * number


def one_completes(crew: Crew, number: int, **how: Any) -> list[int]:
    """Two of three with one vote given: the other two vote at once."""
    made = gates(number, 3, {"at_least": 2})
    crew.together(Job("vote", made.calls(0)))
    answers = crew.together(Job("vote", made.calls(1), **how), Job("vote", made.calls(2), **how))
    return [
        gate
        for gate, pair in zip(made.ids, answers, strict=True)
        if sorted(one["is"] for one in pair) != ["already_decided", "done"]
        or stands(gate) != ("completed", "approved", 2)
        or set(said(gate, "approval.approved", "activity.completed").values()) != {1}
    ]


@pytest.mark.req("A-002", "B-14")
def test_the_vote_after_the_completing_one_is_refused(crew: Crew) -> None:
    assert one_completes(crew, rounds(0.1)) == []
    nothing_broken()


@pytest.mark.req("A-002")
@pytest.mark.postgres
def test_control_without_the_lock_a_round_completes_twice_or_breaks(crew: Crew) -> None:
    number = rounds(0.05, least=10)
    assert len(one_completes(crew, number, **CONTROL)) >= 0.9 * number


def one_wins(crew: Crew, number: int, **how: Any) -> list[int]:
    """Approve and reject arrive together where one vote decides."""
    made = gates(number, 2, "any")
    answers = crew.together(
        Job("vote_and_keep_refusals", made.calls(0, "approve"), **how),
        Job("vote_and_keep_refusals", made.calls(1, "reject"), **how),
    )
    return [gate for gate, pair in zip(made.ids, answers, strict=True) if not _won(gate, pair)]


def _won(gate: int, pair: list[dict[str, Any]]) -> bool:
    if sorted(one["is"] for one in pair) != ["already_decided", "done"]:
        return False
    [winner] = [one for one in pair if one["is"] == "done"]
    [loser] = [one for one in pair if one["is"] == "already_decided"]
    ended = {"approved": "completed", "rejected": "rejected"}[winner["state"]]
    told = said(gate, "approval.decision_cast", "approval.decision_refused")
    return (
        loser["data"] == {"state": winner["state"]}
        and stands(gate) == (ended, winner["state"], 1)
        and set(told.values()) == {1}
        and len(told) == 2
    )


@pytest.mark.req("A-003")
def test_of_approve_and_reject_together_one_wins_and_both_are_on_record(crew: Crew) -> None:
    assert one_wins(crew, rounds(0.1)) == []
    nothing_broken()


@pytest.mark.req("A-003")
@pytest.mark.postgres
def test_control_without_the_lock_approve_and_reject_both_win(crew: Crew) -> None:
    number = rounds(0.05, least=10)
    assert len(one_wins(crew, number, **CONTROL)) >= 0.9 * number


def one_decision(crew: Crew, made: Gates, **how: Any) -> list[int]:
    """One person submits the same four times at once."""
    jobs = [Job("vote", made.calls(0), **how) for _ in range(4)]
    answers = crew.together(*jobs)
    return [
        gate
        for gate, four in zip(made.ids, answers, strict=True)
        if {one["is"] for one in four} != {"done"}
        or len({one["decision"] for one in four}) != 1
        or sum(one["created"] for one in four) != 1
        or stands(gate)[2] != 1
    ]


@pytest.mark.req("A-005", "A-006", "EXE-8")
@pytest.mark.parametrize("rule", ["any", "unanimous"])
def test_the_same_vote_four_times_at_once_is_one_decision(crew: Crew, rule: str) -> None:
    assert one_decision(crew, gates(rounds(0.05), 2, rule)) == []
    nothing_broken()


@pytest.mark.req("A-005")
@pytest.mark.postgres
def test_control_without_the_lock_the_same_vote_is_several_or_an_error(crew: Crew) -> None:
    number = rounds(0.05, least=10)
    wrong = one_decision(crew, gates(number, 2, "unanimous"), **CONTROL)
    assert len(wrong) >= 0.9 * number


@pytest.mark.req("A-016")
@pytest.mark.postgres
def test_under_repeatable_read_votes_are_lost_which_is_why_the_checks_refuse_it(
    crew: Crew,
) -> None:
    number = rounds(0.05, least=10)
    wrong = both_complete(crew, number, isolation="REPEATABLE_READ")
    assert len(wrong) >= 0.5 * number
    # Locked and versioned as it is, it says so with an error instead of waiting for ever.
    assert not [gate for gate in wrong if stands(gate)[2] == 2]
    nothing_broken()


@pytest.mark.req("A-017")
def test_four_writers_never_find_the_database_locked(crew: Crew) -> None:
    made = gates(rounds(0.1), 4, "unanimous")
    answers = crew.together(*(Job("vote", made.calls(place)) for place in range(4)))
    assert {one["is"] for row in answers for one in row} == {"done"}
    assert {stands(gate) for gate in made.ids} == {("completed", "approved", 4)}
    assert Decision.objects.count() == 4 * len(made.ids)
    nothing_broken()


@pytest.mark.req("A-017", "EXE-8")
def test_four_writers_on_different_gates_do_not_disturb_each_other(crew: Crew) -> None:
    each = rounds(0.05)
    made = gates(4 * each, 1, "any")
    calls = made.calls(0)
    answers = crew.together(*(Job("vote", calls[place::4]) for place in range(4)))
    assert {one["is"] for row in answers for one in row} == {"done"}
    assert {stands(gate) for gate in made.ids} == {("completed", "approved", 1)}
    nothing_broken()

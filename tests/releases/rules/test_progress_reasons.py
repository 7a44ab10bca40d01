"""Why an activity has not started: each cause, and what stands at the beginning of the chain."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from releases.rules.progress import ReleaseFacts, explain_blocked, settle
from tests.releases.rules.progress_cases import (
    A,
    P,
    ask_to_skip,
    found,
    opened,
    put,
    release,
    settled,
)


def why(facts: ReleaseFacts, ref: str) -> dict[str, Any]:
    answer = explain_blocked(facts, found(facts, ref).id)
    assert json.loads(json.dumps(answer)) == answer
    return answer


def codes(facts: ReleaseFacts, ref: str) -> list[str]:
    return [cause["code"] for cause in why(facts, ref)["causes"]]


def three() -> ReleaseFacts:
    return settled(
        release(
            P("a", [A("x"), A("y", needs=["x"])], failure="hold"),
            P("b", [A("n", applies=False)], needs=["a"]),
            P("c", [A("z", needs=["a.y"])], needs=["b"]),
        )
    )


@pytest.mark.req("POL-17")
def test_needs_are_named_with_their_state() -> None:
    assert why(three(), "a.y") == {
        "ref": "a.y",
        "id": 2,
        "state": "blocked",
        "causes": [{"code": "needs_activity", "ref": "a.x", "id": 1, "state": "awaiting_approval"}],
        "waits_for": ["a.x"],
    }


@pytest.mark.req("POL-17")
def test_chain_is_followed_to_its_beginning_through_skipped_phases() -> None:
    answer = why(three(), "c.z")
    assert answer["causes"] == [
        {"code": "needs_phase", "phase": "b", "state": "skipped", "activities": ["b.n"]},
        {"code": "needs_activity", "ref": "a.y", "id": 2, "state": "blocked"},
    ]
    assert answer["waits_for"] == ["a.x"]


@pytest.mark.req("POL-17")
def test_hold_and_failure_are_named() -> None:
    facts = settled(put(three(), "a.x", "rejected"))
    facts = settled(replace(facts, held=True))
    answer = why(facts, "a.y")
    assert [cause["code"] for cause in answer["causes"]] == [
        "held",
        "phase_failed",
        "needs_activity",
    ]
    assert answer["causes"][1] == {
        "code": "phase_failed",
        "phase": "a",
        "failure": "hold",
        "activities": ["a.x"],
    }
    assert answer["waits_for"] == ["a.x"]


@pytest.mark.req("POL-17")
def test_what_is_ready_but_held_back_names_only_what_holds_it() -> None:
    facts = settled(release(P("a", [A("x"), A("y", needs=["x"])])))
    facts = settled(put(replace(facts, held=True), "a.x", "completed"))
    assert codes(facts, "a.y") == ["held"]
    assert why(facts, "a.y")["waits_for"] == []


@pytest.mark.req("POL-17")
def test_before_the_start_and_after_the_end() -> None:
    facts = release(P("a", [A("x")]), started=False, state="scheduled", scheduled=True)
    assert why(facts, "a.x")["causes"] == [{"code": "not_started", "scheduled": True}]
    over = replace(facts, started=True, outcome="deferred", state="deferred", held=True)
    assert why(over, "a.x")["causes"] == [{"code": "ended", "outcome": "deferred"}]


@pytest.mark.req("POL-17")
def test_what_is_not_blocked_says_so() -> None:
    assert why(three(), "a.x")["causes"] == [{"code": "not_blocked"}]


@pytest.mark.req("POL-17")
def test_empty_phase_in_between_leads_on_to_what_is_before_it() -> None:
    facts = settled(release(P("a", [A("x")]), P("e", needs=["a"]), P("c", [A("z")], needs=["e"])))
    answer = why(facts, "c.z")
    assert answer["causes"] == [
        {"code": "needs_phase", "phase": "e", "state": "pending", "activities": []}
    ]
    assert answer["waits_for"] == ["a.x"]


@pytest.mark.req("POL-17")
def test_need_that_names_nothing_is_named_as_unknown() -> None:
    facts = settled(release(P("a", [A("x", needs=["a.ghost"])], needs=["nowhere"])))
    assert why(facts, "a.x")["causes"] == [
        {"code": "needs_phase", "phase": "nowhere", "state": None, "activities": []},
        {"code": "needs_activity", "ref": "a.ghost", "id": None, "state": None},
    ]
    assert why(facts, "a.x")["waits_for"] == []


@pytest.mark.req("POL-17")
def test_no_cause_means_that_settling_opens_it() -> None:
    facts = release(P("a", [A("x"), A("n", applies=False)]))
    assert codes(facts, "a.x") == []
    assert codes(facts, "a.n") == ["not_applicable"]
    assert [move.ref for move in opened(settle(facts))] == ["a.x"]
    asked = ask_to_skip(replace(facts, held=True), "a.x")
    assert codes(asked, asked.activities[-1].ref) == []


@pytest.mark.req("POL-17")
def test_chain_begins_at_what_could_start_and_is_held_back() -> None:
    facts = settled(release(P("a", [A("x"), A("y", needs=["x"]), A("z", needs=["y"])])))
    facts = settled(put(replace(facts, held=True), "a.x", "completed"))
    assert codes(facts, "a.z") == ["held", "needs_activity"]
    assert why(facts, "a.z")["waits_for"] == ["a.y"]


@pytest.mark.req("POL-17")
def test_cycle_has_no_beginning_and_is_not_followed_for_ever() -> None:
    facts = settled(
        release(P("a", [A("x", needs=["z"]), A("y", needs=["x"]), A("z", needs=["y"])]))
    )
    assert facts.state == "failed"
    assert why(facts, "a.x")["waits_for"] == []


@pytest.mark.req("POL-17")
def test_unknown_activity_has_no_reason() -> None:
    with pytest.raises(KeyError):
        explain_blocked(three(), 99)

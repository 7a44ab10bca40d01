"""The tables of states: what may follow what, and what must never."""

from __future__ import annotations

import pytest

from releases.rules import transitions as t

ENUMS = {"release": t.ReleaseState, "phase": t.PhaseState, "activity": t.ActivityState}
KINDS: list[t.ObjectKind] = ["release", "phase", "activity"]

# In the order of the specification.
RELEASE_MOVES = {
    "draft": "scheduled running on_hold completed cancelled deferred",
    "scheduled": "draft running on_hold completed cancelled deferred",
    "running": "on_hold failed completed aborted cancelled deferred",
    "on_hold": "running failed completed aborted cancelled deferred",
    "failed": "running on_hold completed aborted cancelled deferred",
    "completed": "",
    "deferred": "draft scheduled running on_hold failed cancelled aborted",
    "cancelled": "",
    "aborted": "",
}
ACTIVITY_MOVES = {
    "blocked": "running awaiting_approval waiting_for_input skipped aborted",
    "running": "completed failed skipped aborted blocked",
    "awaiting_approval": "completed rejected expired skipped aborted blocked",
    "waiting_for_input": "completed rejected expired skipped aborted blocked",
    "completed": "",
    "rejected": "blocked skipped",
    "failed": "blocked skipped",
    "expired": "blocked skipped",
    "skipped": "",
    "aborted": "",
}


@pytest.mark.req("REL-4")
@pytest.mark.parametrize("kind", KINDS)
def test_table_has_a_row_for_every_state_and_names_no_other(kind: t.ObjectKind) -> None:
    assert set(t.TRANSITIONS[kind]) == set(ENUMS[kind])
    for following in t.TRANSITIONS[kind].values():
        assert following <= set(ENUMS[kind])


@pytest.mark.req("REL-4")
def test_states_are_spelled_as_the_specification_says() -> None:
    assert [state.value for state in t.ReleaseState] == list(RELEASE_MOVES)
    assert [state.value for state in t.ActivityState] == list(ACTIVITY_MOVES)
    assert {state.value for state in t.PhaseState} == {
        "pending",
        "running",
        "waiting_for_approval",
        "failed",
        "completed",
        "skipped",
        "aborted",
    }


@pytest.mark.req("REL-4")
@pytest.mark.parametrize("kind", KINDS)
def test_no_state_follows_itself(kind: t.ObjectKind) -> None:
    for state in ENUMS[kind]:
        with pytest.raises(t.ForbiddenTransitionError):
            t.check_transition(kind, state, state)


@pytest.mark.req("REL-4", "I7")
@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("release", "completed"),
        ("release", "aborted"),
        ("release", "cancelled"),
        ("phase", "completed"),
        ("phase", "skipped"),
        ("phase", "aborted"),
        ("activity", "completed"),
        ("activity", "skipped"),
        ("activity", "aborted"),
    ],
)
def test_nothing_follows_a_final_state(kind: t.ObjectKind, state: str) -> None:
    assert t.next_states(kind, state) == frozenset()
    for following in ENUMS[kind]:
        with pytest.raises(t.ForbiddenTransitionError):
            t.check_transition(kind, state, following)


@pytest.mark.req("REL-4", "EXE-6")
@pytest.mark.parametrize("state", ACTIVITY_MOVES)
def test_activity_moves_are_these_and_no_others(state: str) -> None:
    allowed = set(ACTIVITY_MOVES[state].split())
    assert t.next_states("activity", state) == allowed
    for following in set(t.ActivityState) - allowed:
        with pytest.raises(t.ForbiddenTransitionError):
            t.check_transition("activity", state, following)


@pytest.mark.req("REL-4")
@pytest.mark.parametrize("state", RELEASE_MOVES)
def test_release_moves_are_these_and_no_others(state: str) -> None:
    assert t.next_states("release", state) == set(RELEASE_MOVES[state].split())


@pytest.mark.req("REL-4")
@pytest.mark.parametrize("state", ["draft", "scheduled"])
def test_release_that_has_not_started_is_cancelled_and_never_aborted_or_failed(state: str) -> None:
    t.check_transition("release", state, "cancelled")
    for following in ("aborted", "failed"):
        with pytest.raises(t.ForbiddenTransitionError):
            t.check_transition("release", state, following)


@pytest.mark.req("REL-4")
@pytest.mark.parametrize("following", ["draft", "scheduled"])
def test_release_that_has_started_never_goes_back_before_its_start(following: str) -> None:
    for state in ("running", "on_hold", "failed"):
        with pytest.raises(t.ForbiddenTransitionError):
            t.check_transition("release", state, following)


@pytest.mark.req("REL-4")
def test_rejected_never_becomes_completed_without_a_new_attempt() -> None:
    for failed in t.ACTIVITY_FAILED:
        with pytest.raises(t.ForbiddenTransitionError):
            t.check_transition("activity", failed, "completed")


@pytest.mark.req("REL-4")
def test_unknown_state_is_a_mistake_of_the_program_and_a_value_error() -> None:
    with pytest.raises(ValueError, match="never goes from nonsense to running"):
        t.check_transition("activity", "nonsense", "running")
    with pytest.raises(t.ForbiddenTransitionError) as caught:
        t.check_transition("release", "running", "nonsense")
    assert (caught.value.object_kind, caught.value.former, caught.value.following) == (
        "release",
        "running",
        "nonsense",
    )


@pytest.mark.req("REL-3")
@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("pipeline", "running"),
        ("check", "running"),
        ("approval", "awaiting_approval"),
        ("sign_off", "awaiting_approval"),
        ("evidence", "waiting_for_input"),
        ("verification", "waiting_for_input"),
        ("information", "waiting_for_input"),
        ("handoff", "waiting_for_input"),
    ],
)
def test_open_activity_waits_as_its_kind_says(kind: str, state: str) -> None:
    assert t.waiting_state(kind) == state
    assert (kind in t.MANUAL_KINDS) == (state in t.ACTIVITY_WAITING)


@pytest.mark.req("REL-3")
def test_unknown_kind_never_opens() -> None:
    with pytest.raises(ValueError, match="prayer"):
        t.waiting_state("prayer")


@pytest.mark.req("REL-4")
def test_sets_divide_the_states_without_rest() -> None:
    assert set(t.ActivityState) == t.ACTIVITY_OPEN | t.ACTIVITY_ENDED | {"blocked"}
    assert not t.ACTIVITY_OPEN & t.ACTIVITY_ENDED
    assert not t.ACTIVITY_FAILED & t.ACTIVITY_FINAL
    going = {"draft", "scheduled", "running", "on_hold", "failed"}
    assert set(t.ReleaseState) - going == t.RELEASE_ENDED

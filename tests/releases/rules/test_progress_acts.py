"""What people do to a release: the direct moves, and every refusal with its code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from audit.errors import Conflict
from releases.rules.progress import (
    Plan,
    ReleaseFacts,
    check_skip_request,
    facts_after,
    plan_abort,
    plan_defer,
    plan_hold,
    plan_resume,
    plan_retry,
    plan_schedule,
    plan_skip,
    plan_start,
    settle_after,
)
from tests.releases.rules.progress_cases import (
    A,
    P,
    ask_to_skip,
    phases,
    put,
    release,
    settled,
    states,
)

Act = Callable[[ReleaseFacts], object]


def draft() -> ReleaseFacts:
    return release(P("a", [A("x")]), state="draft", started=False)


def running() -> ReleaseFacts:
    """x is open, run failed under continue, y is blocked behind x, done is completed."""
    return settled(
        release(
            P(
                "a",
                [
                    A("x"),
                    A("run", "pipeline", state="failed"),
                    A("y", needs=["x"]),
                    A("done", state="completed"),
                ],
                failure="continue",
            ),
            P("b", needs=["a"]),
        )
    )


def ended(outcome: str) -> ReleaseFacts:
    return replace(running(), state=outcome, outcome=outcome)


def code(act: Act, facts: ReleaseFacts) -> str:
    with pytest.raises(Conflict) as caught:
        act(facts)
    assert str(caught.value).endswith(".")
    return caught.value.code


def on(act: Callable[[ReleaseFacts, int], object], activity_id: int) -> Act:
    return lambda facts: act(facts, activity_id)


RETRY, SKIP, ASK = on(plan_retry, 2), on(plan_skip, 2), on(check_skip_request, 2)


@pytest.mark.req("EXE-6")
@pytest.mark.parametrize("act", [plan_hold, RETRY, SKIP, ASK])
def test_what_needs_a_started_release_is_refused_before_the_start(act: Act) -> None:
    facts = replace(running(), started=False, state="draft")
    assert code(act, facts) == "not_started"


@pytest.mark.req("EXE-6", "I7")
@pytest.mark.parametrize("outcome", ["completed", "aborted", "cancelled"])
@pytest.mark.parametrize(
    "act", [plan_start, plan_schedule, plan_hold, plan_defer, plan_abort, RETRY, SKIP, ASK]
)
def test_nothing_is_done_to_a_release_that_has_ended(act: Act, outcome: str) -> None:
    assert code(act, ended(outcome)) == "already_ended"


@pytest.mark.req("EXE-6")
@pytest.mark.parametrize("act", [plan_start, plan_schedule, plan_hold, plan_defer, RETRY, SKIP])
def test_deferred_release_takes_nothing_but_being_given_up(act: Act) -> None:
    assert code(act, ended("deferred")) == "already_ended"


@pytest.mark.req("EXE-8")
@pytest.mark.parametrize("act", [plan_start, plan_schedule])
def test_release_starts_once(act: Act) -> None:
    assert code(act, running()) == "already_started"


@pytest.mark.req("EXE-8")
def test_scheduled_release_starts_and_is_scheduled_no_longer() -> None:
    facts = facts_after(draft(), plan_schedule(draft()))
    assert (facts.state, facts.scheduled, facts.started) == ("scheduled", True, False)
    assert plan_schedule(facts) == Plan()
    plan = settle_after(facts, plan_start(facts))
    after = facts_after(facts, plan)
    assert (after.state, after.scheduled, after.started) == ("on_hold", False, True)
    assert states(after) == {"a.x": "awaiting_approval"}


@pytest.mark.req("EXE-6")
def test_hold_and_resume_refuse_to_be_done_twice() -> None:
    facts = settled(release(P("a", [A("run", "pipeline")])))
    assert code(plan_resume, facts) == "not_held"
    held = facts_after(facts, settle_after(facts, plan_hold(facts)))
    assert (held.state, held.held) == ("on_hold", True)
    assert code(plan_hold, held) == "already_held"
    resumed = facts_after(held, settle_after(held, plan_resume(held)))
    assert (resumed.state, resumed.held) == ("running", False)


@pytest.mark.req("EXE-5")
@pytest.mark.parametrize("failure", ["fail", "hold"])
def test_resume_never_ends_what_a_failure_holds(failure: str) -> None:
    facts = settled(put(settled(release(P("a", [A("x")], failure=failure))), "a.x", "rejected"))
    assert code(plan_resume, facts) == "not_held"
    held = facts_after(facts, settle_after(facts, plan_hold(facts)))
    resumed = facts_after(held, settle_after(held, plan_resume(held)))
    assert resumed.state == facts.state


@pytest.mark.req("EXE-6")
@pytest.mark.parametrize("facts", [draft(), ended("aborted"), ended("deferred")])
def test_resume_of_what_is_not_held_says_so_whatever_else_there_is(facts: ReleaseFacts) -> None:
    assert code(plan_resume, facts) == "not_held"


@pytest.mark.req("EXE-6")
def test_abort_ends_all_that_has_not_ended_and_rewrites_nothing_that_has() -> None:
    facts = settled(ask_to_skip(replace(running(), held=True), "a.run"))
    plan = settle_after(facts, plan_abort(facts))
    after = facts_after(facts, plan)
    assert [(m.id, m.following, m.reason) for m in plan.activities] == [
        (1, "aborted", "release_aborted"),
        (3, "aborted", "release_aborted"),
        (5, "aborted", "release_aborted"),
    ]
    assert plan.activities[0].closes
    assert not plan.activities[1].closes
    assert states(after)["a.run"] == "failed"
    assert states(after)["a.done"] == "completed"
    assert phases(after) == {"a": "aborted", "b": "aborted"}
    assert (after.state, after.outcome, after.held) == ("aborted", "aborted", False)


@pytest.mark.req("REL-4")
def test_phase_that_failed_and_has_nothing_left_stays_failed_when_the_release_is_aborted() -> None:
    facts = settled(put(settled(release(P("a", [A("x")]), P("b", [A("y")]))), "a.x", "rejected"))
    after = facts_after(facts, settle_after(facts, plan_abort(facts)))
    assert phases(after) == {"a": "failed", "b": "aborted"}


@pytest.mark.req("REL-4")
@pytest.mark.parametrize("scheduled", [True, False])
def test_giving_up_before_the_start_cancels(scheduled: bool) -> None:
    facts = replace(draft(), scheduled=scheduled, state="scheduled" if scheduled else "draft")
    after = facts_after(facts, settle_after(facts, plan_abort(facts)))
    assert (after.state, after.outcome, after.scheduled) == ("cancelled", "cancelled", False)
    assert states(after) == {"a.x": "aborted"}
    assert phases(after) == {"a": "aborted"}


@pytest.mark.req("REL-4")
def test_defer_closes_what_is_open_without_a_verdict_and_keeps_what_has_ended() -> None:
    facts = settled(ask_to_skip(running(), "a.run"))
    plan = settle_after(facts, plan_defer(facts))
    after = facts_after(facts, plan)
    assert [(m.id, m.following, m.attempt) for m in plan.activities] == [
        (1, "blocked", 1),
        (5, "aborted", 1),
    ]
    assert (after.state, after.outcome) == ("deferred", "deferred")
    assert states(after)["a.done"] == "completed"
    assert states(after)["a.run"] == "failed"


@pytest.mark.req("REL-9")
def test_deferred_release_can_be_opened_again_and_asks_afresh() -> None:
    facts = settled(release(P("a", [A("x"), A("y", needs=["x"])]), P("b", [A("z")], needs=["a"])))
    facts = facts_after(facts, settle_after(facts, plan_defer(facts)))
    assert phases(facts) == {"a": "pending", "b": "pending"}
    opened = settled(replace(facts, outcome=None))
    assert opened.state == "on_hold"
    first = opened.activities[0]
    assert (first.ref, first.state, first.attempt) == ("a.x", "awaiting_approval", 2)


@pytest.mark.req("REL-4")
def test_deferred_release_can_be_given_up() -> None:
    facts = running()
    facts = facts_after(facts, settle_after(facts, plan_defer(facts)))
    after = facts_after(facts, settle_after(facts, plan_abort(facts)))
    assert after.state == "aborted"
    never = facts_after(draft(), settle_after(draft(), plan_defer(draft())))
    assert never.state == "deferred"
    assert facts_after(never, settle_after(never, plan_abort(never))).state == "cancelled"


@pytest.mark.req("EXE-6")
@pytest.mark.parametrize("state", ["rejected", "failed", "expired"])
def test_retry_blocks_first_and_keeps_the_number_of_the_old_attempt(state: str) -> None:
    facts = release(P("a", [A("x", state=state, attempt=3)]), state="failed")
    (move,) = plan_retry(facts, 1).activities
    assert (move.former, move.following, move.attempt) == (state, "blocked", 3)
    assert settle_after(facts, plan_retry(facts, 1)).activities[-1].attempt == 4


@pytest.mark.req("EXE-6")
@pytest.mark.parametrize(
    "state", ["blocked", "running", "awaiting_approval", "completed", "skipped", "aborted"]
)
def test_retry_of_what_has_not_failed_is_refused(state: str) -> None:
    assert code(on(plan_retry, 1), release(P("a", [A("x", state=state)]))) == "not_failed"


@pytest.mark.req("EXE-6")
@pytest.mark.parametrize("state", ["completed", "skipped", "aborted"])
@pytest.mark.parametrize("act", [plan_skip, check_skip_request])
def test_skip_of_what_has_ended_for_good_is_refused(
    act: Callable[[ReleaseFacts, int], object], state: str
) -> None:
    assert code(on(act, 1), release(P("a", [A("x", state=state)]))) == "cannot_skip"


@pytest.mark.req("EXE-6")
@pytest.mark.parametrize(
    ("state", "closes"),
    [
        ("blocked", False),
        ("rejected", False),
        ("failed", False),
        ("expired", False),
        ("running", True),
        ("awaiting_approval", True),
        ("waiting_for_input", True),
    ],
)
def test_skip_closes_what_is_open(state: str, closes: bool) -> None:
    (move,) = plan_skip(release(P("a", [A("x", state=state)])), 1).activities
    assert (move.following, move.reason, move.closes) == ("skipped", "override_approved", closes)


@pytest.mark.req("EXE-6")
def test_request_to_skip_is_made_once_at_a_time_and_never_for_a_request() -> None:
    facts = settled(release(P("a", [A("x")])))
    check_skip_request(facts, 1)
    asked = settled(ask_to_skip(facts, "a.x"))
    assert code(on(check_skip_request, 1), asked) == "already_asked"
    assert code(on(check_skip_request, 2), asked) == "cannot_skip"
    assert code(on(plan_skip, 2), asked) == "cannot_skip"
    rejected = settled(put(asked, asked.activities[1].ref, "rejected"))
    assert code(on(plan_retry, 2), rejected) == "not_failed"
    check_skip_request(rejected, 1)


@pytest.mark.req("EXE-6")
@pytest.mark.parametrize("act", [plan_retry, plan_skip, check_skip_request])
def test_activity_of_another_release_is_never_touched(
    act: Callable[[ReleaseFacts, int], object],
) -> None:
    with pytest.raises(KeyError):
        act(running(), 99)

"""Settling after a failure, under a hold, and with requests to skip: what must not go on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from releases.rules.progress import settle, settle_after, standing
from releases.rules.progress_acts import plan_hold, plan_retry, plan_skip
from tests.releases.rules.progress_cases import (
    A,
    P,
    ask_to_skip,
    chain,
    opened,
    phases,
    put,
    release,
    settled,
    states,
)

# Failure


@pytest.mark.req("EXE-5")
@pytest.mark.parametrize("end", ["rejected", "expired"])
@pytest.mark.parametrize(("failure", "state"), [("fail", "failed"), ("hold", "on_hold")])
def test_failure_stops_every_start_and_leaves_open_what_is_open(
    failure: str, state: str, end: str
) -> None:
    facts = settled(
        release(
            P("a", [A("x"), A("y")], failure=failure),
            P("b", [A("run", "pipeline"), A("later", needs=["run"])], failure="continue"),
        )
    )
    facts = settled(put(facts, "a.x", end))
    assert facts.state == state
    assert facts.outcome is None
    assert phases(facts)["a"] == "failed"
    assert states(facts)["a.y"] == "awaiting_approval"
    assert states(facts)["b.run"] == "running"
    facts = settled(put(put(facts, "b.run", "completed"), "a.y", "completed"))
    assert states(facts)["b.later"] == "blocked"
    assert facts.state == state
    assert phases(facts)["b"] == "running"


@pytest.mark.req("EXE-5")
def test_failed_pipeline_fails_its_phase() -> None:
    facts = settled(put(chain(), "verify.tests", "failed"))
    assert phases(facts)["verify"] == "failed"
    assert facts.state == "failed"
    causes = [cause.as_dict() for cause in standing(facts).causes]
    assert causes == [{"code": "phase_failed", "phase": "verify", "activities": ["verify.tests"]}]


@pytest.mark.req("EXE-5")
def test_failure_under_hold_names_all_that_keeps_the_release_on_hold() -> None:
    facts = settled(put(chain("hold"), "verify.tests", "failed"))
    facts = settled(replace(facts, held=True))
    assert facts.state == "on_hold"
    assert [cause.code for cause in standing(facts).causes] == ["held", "phase_failed", "waiting"]


@pytest.mark.req("EXE-5")
def test_fail_is_stronger_than_hold() -> None:
    facts = settled(release(P("a", [A("x")], failure="hold"), P("b", [A("y")], failure="fail")))
    facts = settled(put(put(facts, "a.x", "rejected"), "b.y", "rejected"))
    assert facts.state == "failed"


@pytest.mark.req("EXE-5")
def test_under_continue_only_what_depends_on_the_failure_stays_blocked() -> None:
    facts = settled(
        release(
            P("a", [A("x"), A("after", needs=["x"]), A("beside", "pipeline")], failure="continue"),
            P("behind", [A("z")], needs=["a"]),
            P("other", [A("run", "pipeline"), A("ask", needs=["run"])]),
        )
    )
    facts = settled(put(put(facts, "a.x", "rejected"), "other.run", "completed"))
    assert states(facts)["a.after"] == "blocked"
    assert states(facts)["behind.z"] == "blocked"
    assert states(facts)["other.ask"] == "awaiting_approval"
    assert phases(facts)["a"] == "failed"
    assert facts.state == "on_hold"
    facts = settled(put(facts, "other.ask", "completed"))
    assert facts.state == "running"
    facts = settled(put(facts, "a.beside", "completed"))
    assert facts.state == "failed"
    assert facts.outcome is None
    assert [cause.as_dict() for cause in standing(facts).causes] == [
        {"code": "nothing_can_move", "phase": "a", "activities": ["a.x"]}
    ]


@pytest.mark.req("EXE-5")
def test_under_continue_a_release_never_completes_with_a_failed_phase() -> None:
    facts = settled(release(P("a", [A("x")], failure="continue"), P("b", [A("y")])))
    facts = settled(put(put(facts, "a.x", "rejected"), "b.y", "completed"))
    assert facts.state == "failed"


@pytest.mark.req("EXE-5")
def test_under_continue_a_held_release_that_could_go_on_is_on_hold_and_not_failed() -> None:
    facts = settled(
        release(
            P("a", [A("x")], failure="continue"),
            P("b", [A("y", "pipeline"), A("z", needs=["y"])]),
        )
    )
    facts = replace(put(put(facts, "a.x", "rejected"), "b.y", "completed"), held=True)
    facts = settled(facts)
    assert (facts.state, states(facts)["b.z"]) == ("on_hold", "blocked")
    assert states(settled(replace(facts, held=False)))["b.z"] == "awaiting_approval"


@pytest.mark.req("EXE-6")
@pytest.mark.parametrize("failure", ["fail", "hold", "continue"])
def test_retry_lets_it_go_on_as_the_next_attempt(failure: str) -> None:
    facts = settled(put(chain(failure), "verify.tests", "failed"))
    plan = settle_after(facts, plan_retry(facts, 1))
    assert [(m.former, m.following, m.attempt) for m in plan.activities] == [
        ("failed", "blocked", 1),
        ("blocked", "running", 2),
    ]
    assert [(m.key, m.following) for m in plan.phases] == [("verify", "waiting_for_approval")]


@pytest.mark.req("EXE-6")
def test_retried_activity_does_not_start_while_another_failure_halts_the_release() -> None:
    facts = settled(release(P("a", [A("x"), A("y")])))
    facts = settled(put(put(facts, "a.x", "rejected"), "a.y", "rejected"))
    first = settle_after(facts, plan_retry(facts, 1))
    assert opened(first) == ()
    facts = settled(put(facts, "a.x", "blocked"))
    assert facts.state == "failed"
    both = settle_after(facts, plan_retry(facts, 2))
    assert [(move.ref, move.attempt) for move in opened(both)] == [("a.x", 2), ("a.y", 2)]


@pytest.mark.req("EXE-6")
def test_skip_of_what_failed_lets_it_go_on_and_shows_it_as_skipped() -> None:
    facts = settled(put(chain(), "verify.tests", "failed"))
    plan = settle_after(facts, plan_skip(facts, 1))
    assert [move.ref for move in opened(plan)] == ["verify.qa"]
    assert plan.activities[0].following == "skipped"
    assert plan.release is not None
    assert plan.release.following == "on_hold"


@pytest.mark.req("EXE-6")
def test_what_depends_on_an_activity_skipped_by_override_never_waits_for_that_ones_needs() -> None:
    chained = [A("x"), A("y", needs=["x"]), A("z", needs=["y"])]
    facts = settled(release(P("a", chained, failure="continue")))
    facts = settled(put(facts, "a.x", "rejected"))
    assert states(facts)["a.z"] == "blocked"
    assert facts.state == "failed"
    facts = settled(put(facts, "a.y", "skipped"))
    assert states(facts)["a.z"] == "awaiting_approval"
    assert facts.state == "on_hold"


@pytest.mark.req("EXE-6", "EXE-5")
def test_skip_inside_a_phase_never_opens_the_phase_behind_it_before_the_rest_is_done() -> None:
    facts = settled(
        release(
            P("a", [A("x"), A("y", needs=["x"])]),
            P("b", [A("z")], needs=["a"]),
            P("c", [A("w")], needs=["b"]),
        )
    )
    facts = settled(put(put(facts, "a.y", "skipped"), "b.z", "skipped"))
    assert states(facts)["a.x"] == "awaiting_approval"
    assert states(facts)["c.w"] == "blocked"


# Hold


@pytest.mark.req("EXE-5")
def test_held_release_starts_nothing_but_what_is_open_can_be_decided() -> None:
    facts = chain()
    facts = settled(replace(facts, held=True))
    facts = settled(put(put(facts, "verify.tests", "completed"), "verify.docs", "completed"))
    assert states(facts)["verify.qa"] == "blocked"
    assert facts.state == "on_hold"
    assert [cause.code for cause in standing(facts).causes] == ["held"]


@pytest.mark.req("EXE-5")
def test_held_release_completes_with_its_last_activity_and_is_held_no_longer() -> None:
    facts = settled(release(P("a", [A("x")])))
    plan = settle_after(facts, plan_hold(facts))
    assert plan.release is not None
    assert (plan.release.held, plan.release.changes_state) == (True, False)
    facts = settled(put(replace(facts, held=True), "a.x", "completed"))
    assert (facts.state, facts.held) == ("completed", False)


# Requests to skip


@pytest.mark.req("EXE-6")
@pytest.mark.parametrize("failure", ["fail", "hold", "continue"])
def test_request_to_skip_opens_in_a_halted_release_and_mends_nothing_by_itself(
    failure: str,
) -> None:
    facts = settled(put(settled(release(P("a", [A("x")], failure=failure))), "a.x", "rejected"))
    before = facts.state
    plan = settle(ask_to_skip(facts, "a.x"))
    (move,) = opened(plan)
    assert (move.following, move.reason) == ("awaiting_approval", "override_asked")
    asked = settled(ask_to_skip(facts, "a.x"))
    assert asked.state == before
    assert phases(asked) == {"a": "failed"}
    assert phases(settled(put(asked, move.ref, "rejected"))) == {"a": "failed"}


@pytest.mark.req("EXE-6")
def test_request_to_skip_waits_for_a_person_and_is_nobodys_need() -> None:
    facts = settled(release(P("a", [A("run", "pipeline")]), P("b", [A("y")], needs=["a"])))
    assert facts.state == "running"
    facts = settled(ask_to_skip(facts, "a.run"))
    assert facts.state == "on_hold"
    assert phases(facts)["a"] == "waiting_for_approval"
    request = facts.activities[-1].ref
    rejected = settled(put(facts, request, "rejected"))
    assert rejected.state == "running"
    assert phases(rejected)["a"] == "running"


@pytest.mark.req("EXE-6")
@pytest.mark.parametrize("end", ["completed", "skipped"])
def test_request_to_skip_is_closed_when_its_target_has_ended(end: str) -> None:
    facts = settled(ask_to_skip(settled(release(P("a", [A("x")]))), "a.x"))
    facts = settled(put(facts, "a.x", end))
    assert facts.activities[-1].state == "aborted"
    assert facts.state == "completed"
    assert phases(facts)["a"] == end


@pytest.mark.req("EXE-6")
def test_request_to_skip_outlives_the_failure_of_its_target() -> None:
    facts = settled(ask_to_skip(settled(release(P("a", [A("x", "pipeline")]))), "a.x"))
    facts = settled(put(facts, "a.x", "failed"))
    assert facts.activities[-1].state == "awaiting_approval"

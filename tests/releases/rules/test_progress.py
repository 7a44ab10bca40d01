"""Settling: what starts, what must not, and where phases and release stand afterwards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from releases.rules.progress import MoveReason, Plan, move_activity, settle, settle_after, standing
from releases.rules.progress_acts import plan_start
from releases.rules.transitions import ForbiddenTransitionError
from tests.releases.rules.progress_cases import (
    A,
    P,
    chain,
    found,
    opened,
    phases,
    put,
    release,
    settled,
    states,
)


@pytest.mark.req("EXE-1")
def test_only_what_has_all_it_needs_is_opened_and_each_as_its_kind_waits() -> None:
    facts = chain()
    assert states(facts) == {
        "verify.tests": "running",
        "verify.qa": "blocked",
        "verify.docs": "waiting_for_input",
        "deploy.go": "blocked",
    }
    assert phases(facts) == {"verify": "waiting_for_approval", "deploy": "pending"}
    assert facts.state == "on_hold"


@pytest.mark.req("EXE-1")
def test_release_runs_while_only_pipelines_are_open() -> None:
    facts = settled(release(P("build", [A("make", "pipeline")])))
    assert facts.state == "running"
    assert phases(facts) == {"build": "running"}


@pytest.mark.req("EXE-1")
def test_opening_tells_round_from_run_and_counts_the_attempt() -> None:
    plan = settle(release(P("a", [A("run", "check"), A("ask", "handoff")])))
    run, ask = plan.activities
    assert (run.opens_run, run.opens_round, run.attempt) == (True, False, 1)
    assert (ask.opens_run, ask.opens_round, ask.attempt) == (False, True, 1)
    assert not run.closes
    assert opened(plan) == plan.activities
    assert run.reason == "needs_done"


@pytest.mark.req("EXE-4")
def test_approval_resumes_the_release_and_opens_its_dependants() -> None:
    facts = chain()
    facts = settled(put(facts, "verify.docs", "completed"))
    assert facts.state == "running"
    assert phases(facts)["verify"] == "running"
    facts = settled(put(facts, "verify.tests", "completed"))
    assert states(facts)["verify.qa"] == "awaiting_approval"
    assert states(facts)["deploy.go"] == "blocked"
    facts = settled(put(facts, "verify.qa", "completed"))
    assert phases(facts) == {"verify": "completed", "deploy": "waiting_for_approval"}
    facts = settled(put(facts, "deploy.go", "completed"))
    assert (facts.state, facts.outcome) == ("completed", "completed")


@pytest.mark.req("EXE-8", "A-013")
def test_two_phases_behind_two_activities_that_complete_at_once_start_once() -> None:
    facts = settled(
        release(
            P("left", [A("a")]),
            P("right", [A("b")]),
            P("one", [A("x")], needs=["left", "right"]),
            P("two", [A("y")], needs=["left", "right"]),
        )
    )
    half = put(facts, "left.a", "completed")
    assert opened(settle(half)) == ()
    both = put(half, "right.b", "completed")
    plan = settle(both)
    assert [move.ref for move in opened(plan)] == ["one.x", "two.y"]
    assert [move.attempt for move in opened(plan)] == [1, 1]
    assert settle(settled(both)) == Plan()


@pytest.mark.req("EXE-8")
def test_settling_twice_changes_nothing() -> None:
    assert not settle(chain())
    assert settle(chain()) == Plan()


@pytest.mark.req("EXE-1")
def test_nothing_starts_before_the_release_does() -> None:
    facts = release(P("a", [A("x"), A("n", applies=False)]), P("b"), state="draft", started=False)
    assert settle(facts) == Plan()
    scheduled = settled(replace(facts, scheduled=True))
    assert scheduled.state == "scheduled"
    assert set(states(scheduled).values()) == {"blocked"}


@pytest.mark.req("REL-2")
def test_activities_open_in_document_order_however_they_are_given() -> None:
    facts = release(
        P("first", [A("b", "pipeline"), A("a")]), P("second", [A("d"), A("c", "check")])
    )
    expected = ["first.b", "first.a", "second.d", "second.c"]
    assert [move.ref for move in opened(settle(facts))] == expected
    mixed = replace(facts, activities=tuple(facts.activities[index] for index in (2, 0, 3, 1)))
    assert [move.ref for move in opened(settle(mixed))] == expected


@pytest.mark.req("REL-2")
def test_need_in_another_phase_blocks_until_that_activity_is_done() -> None:
    facts = settled(release(P("a", [A("x"), A("y")]), P("b", [A("z", needs=["a.x"])], needs=[])))
    assert states(facts)["b.z"] == "blocked"
    assert phases(facts)["b"] == "pending"
    facts = settled(put(facts, "a.x", "completed"))
    assert states(facts)["b.z"] == "awaiting_approval"
    assert states(facts)["a.y"] == "awaiting_approval"


@pytest.mark.req("REL-2")
def test_need_that_names_nothing_never_opens_and_the_release_does_not_pretend_to_run() -> None:
    facts = settled(release(P("a", [A("x", needs=["a.ghost"])])))
    assert states(facts) == {"a.x": "blocked"}
    assert facts.state == "failed"
    assert standing(facts).causes[0].code == "nothing_can_move"


@pytest.mark.req("REL-2")
def test_phase_between_two_activities_runs_and_is_not_pending_again() -> None:
    facts = settled(release(P("a", [A("x"), A("y", needs=["x", "b.z"])]), P("b", [A("z")])))
    facts = settled(put(facts, "a.x", "completed"))
    assert phases(facts)["a"] == "running"


# What does not apply, empty phases, skipped phases


@pytest.mark.req("POL-10")
def test_what_does_not_apply_is_skipped_at_the_start_and_never_asked() -> None:
    facts = settled(release(P("a", [A("x", applies=False), A("y", needs=["x"])])))
    assert states(facts) == {"a.x": "skipped", "a.y": "awaiting_approval"}
    assert found(facts, "a.x").attempt == 0


@pytest.mark.req("POL-10")
def test_activity_behind_a_skipped_one_still_waits_for_what_that_one_waited_for() -> None:
    facts = settled(
        release(P("a", [A("x"), A("n", needs=["x"], applies=False), A("y", needs=["n"])]))
    )
    assert states(facts) == {"a.x": "awaiting_approval", "a.n": "skipped", "a.y": "blocked"}
    assert states(settled(put(facts, "a.x", "completed")))["a.y"] == "awaiting_approval"


@pytest.mark.req("POL-10")
def test_phase_that_does_not_apply_never_lets_the_phase_behind_it_overtake_the_one_before() -> None:
    facts = settled(
        release(
            P("verify", [A("qa")]),
            P("security", [A("scan", applies=False)], needs=["verify"]),
            P("deploy", [A("go")], needs=["security"]),
        )
    )
    assert phases(facts)["security"] == "skipped"
    assert states(facts)["deploy.go"] == "blocked"
    assert states(settled(put(facts, "verify.qa", "completed")))["deploy.go"] == "awaiting_approval"


@pytest.mark.req("REL-4")
def test_phase_is_skipped_only_when_all_of_it_is() -> None:
    facts = settled(release(P("a", [A("x", applies=False), A("y")])))
    assert phases(facts) == {"a": "waiting_for_approval"}
    assert phases(settled(put(facts, "a.y", "completed"))) == {"a": "completed"}


@pytest.mark.req("EXE-8")
def test_many_empty_and_skipped_phases_pass_in_one_settle() -> None:
    empty = [P(f"p{n}", needs=[f"p{n - 1}"] if n else []) for n in range(20)]
    off = P("off", [A("n", applies=False)], needs=["p19"])
    facts = settled(release(*empty, off, P("end", [A("go")], needs=["off"])))
    assert set(phases(facts).values()) == {"completed", "skipped", "waiting_for_approval"}
    assert states(facts)["end.go"] == "awaiting_approval"


@pytest.mark.req("EXE-8")
def test_release_of_empty_phases_completes_in_one_settle() -> None:
    facts = release(P("a"), P("b", needs=["a"]), state="draft", started=False)
    plan = settle_after(facts, plan_start(facts))
    assert plan.release is not None
    assert (plan.release.former, plan.release.following) == ("draft", "completed")
    assert plan.release.outcome is not None


@pytest.mark.req("REL-4")
def test_empty_phase_waits_for_the_phase_it_needs() -> None:
    facts = settled(release(P("a", [A("x")]), P("b", needs=["a"])))
    assert phases(facts)["b"] == "pending"
    assert phases(settled(put(facts, "a.x", "completed")))["b"] == "completed"


# The function itself


@pytest.mark.req("REL-4")
def test_contradictory_facts_are_refused_and_not_mended_in_silence() -> None:
    facts = release(P("a", [A("x")], state="completed"))
    with pytest.raises(ForbiddenTransitionError):
        settle(facts)
    stray = replace(facts, phases=())
    with pytest.raises(ValueError, match="no phase"):
        settle(stray)


@pytest.mark.req("EXE-8")
@pytest.mark.parametrize("outcome", ["completed", "aborted", "cancelled", "deferred"])
def test_ended_release_never_opens_anything(outcome: str) -> None:
    done = outcome == "completed"
    facts = release(
        P("a", [A("x", state="completed" if done else "blocked")]), state=outcome, outcome=outcome
    )
    assert opened(settle(facts)) == ()


@pytest.mark.req("REL-4")
@pytest.mark.parametrize(
    ("outcome", "following"),
    [("aborted", "aborted"), ("cancelled", "aborted"), ("deferred", "blocked")],
)
def test_nothing_stays_open_in_a_release_that_got_its_outcome_elsewhere(
    outcome: str, following: str
) -> None:
    plan = settle(replace(chain(), outcome=outcome))
    closed = {move.ref: move.following for move in plan.activities if move.closes}
    assert closed == {"verify.tests": following, "verify.docs": following}
    assert plan.release is not None
    assert plan.release.outcome is not None


@pytest.mark.req("REL-4")
def test_move_that_the_table_lacks_is_never_made() -> None:
    done = found(put(chain(), "verify.tests", "completed"), "verify.tests")
    with pytest.raises(ForbiddenTransitionError):
        move_activity(done, "blocked", MoveReason.RETRIED)


@pytest.mark.req("EXE-4")
@pytest.mark.parametrize(
    ("following", "reason"),
    [("completed", MoveReason.APPROVED), ("rejected", MoveReason.DEADLINE_MISSED)],
)
def test_decided_round_is_not_closed_a_second_time(following: str, reason: MoveReason) -> None:
    facts = chain()
    move = move_activity(found(facts, "verify.docs"), following, reason)
    assert not move.closes
    assert move.attempt == 1
    after = settle_after(facts, Plan((move,)))
    assert after.activities == (move,)


@pytest.mark.req("EXE-1")
def test_release_that_goes_on_does_not_end() -> None:
    facts = chain()
    plan = settle(put(facts, "verify.docs", "completed"))
    assert plan.release is not None
    assert plan.release.changes_state
    assert plan.release.outcome is None


@pytest.mark.req("EXE-8")
def test_chain_of_thousands_settles() -> None:
    count = 3000
    activities = [A(f"a{n}", needs=[f"a{n - 1}"] if n else [], applies=False) for n in range(count)]
    facts = settled(release(P("long", activities), P("end", [A("go")], needs=["long"])))
    assert states(facts)["end.go"] == "awaiting_approval"

"""Missed deadlines: the deadline decides, each rung is taken once, only open seats widen (POL-9)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from approvals.models import Approval, AskedPerson, Decision
from audit.errors import Conflict, NotPermitted
from releases.services.due import enforce_deadline, run_due
from releases.services.lifecycle import hold_release
from tests import builders as b
from tests.refusals import refused
from tests.scenes import ask, asked, entry, events, instant, people, release_state, state, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

REJECT = {"after": "1h", "on_miss": "reject"}
STAY = {"after": "1h", "on_miss": "stay"}
CHAIN = {
    "after": "1h",
    "on_miss": "escalate",
    "escalate_to": [
        {"user": "esc"},
        {"user": "boss", "after": "30m"},
        {"reject": True, "after": "30m"},
    ],
}


def gate_at_nine(*names: str, rule: Any = "any", **more: Any) -> Any:
    """A gate opened at nine, for these people; the escalation's people exist."""
    people(*names, "esc", "boss")
    return ask(*({"user": name} for name in names), rule=rule, now=instant(), **more)


@pytest.mark.req("POL-9", "A-004")
def test_a_vote_after_a_reject_deadline_is_refused_although_no_job_has_run() -> None:
    gate = gate_at_nine("ann", deadline=REJECT)
    ann = people("ann").ann
    for late in (60, 61, 10_000):
        with refused("deadline_passed", Conflict):
            b.vote(gate, ann, now=instant(late))
        with refused("deadline_passed", Conflict):
            b.vote(gate, ann, "reject", now=instant(late))
    b.vote(gate, ann, now=instant(59.999))
    assert state(gate) == "completed"


@pytest.mark.req("POL-9")
def test_a_vote_is_not_taken_back_after_a_reject_deadline() -> None:
    gate = gate_at_nine("ann", "ben", rule="unanimous", deadline=REJECT)
    b.vote(gate, people("ann").ann, now=instant(5))
    with refused("deadline_passed", Conflict):
        b.withdraw(gate, people("ann").ann, now=instant(60))


@pytest.mark.req("POL-9", "I11")
def test_a_missed_reject_deadline_is_decided_by_the_system_never_by_a_person() -> None:
    gate = gate_at_nine("ann", deadline=REJECT)
    assert run_due(now=instant(59)).done.get("deadline") is None
    assert state(gate) == "awaiting_approval"
    assert run_due(now=instant(60)).done["deadline"] == 1
    assert state(gate) == "rejected"
    row = b.round_of(gate)
    assert (row.state, row.closed_because, row.overdue) == ("rejected", "deadline_missed", True)
    assert release_state(gate) == "failed"
    assert not Decision.objects.exists()
    told = entry(gate, "approval.rejected")
    assert told["actor"]["kind"] == "system"
    assert told["actor"]["person"] is None
    gate.refresh_from_db()
    assert gate.state_because == "deadline_missed"
    assert run_due(now=instant(61)).done.get("deadline") is None
    assert events(gate).count("approval.deadline_missed") == 1


@pytest.mark.req("POL-9", "A-076")
def test_after_the_deadline_has_rejected_no_vote_counts() -> None:
    gate = gate_at_nine("ann", deadline=REJECT)
    run_due(now=instant(60))
    with refused("already_decided", Conflict):
        b.vote(gate, people("ann").ann, now=instant(59))
    assert state(gate) == "rejected"


@pytest.mark.req("POL-9")
def test_without_a_consequence_a_missed_deadline_leaves_the_round_open_and_overdue() -> None:
    gate = gate_at_nine("ann", deadline=STAY)
    run_due(now=instant(60))
    row = b.round_of(gate)
    assert (row.state, row.overdue, row.next_due_at) == ("open", True, None)
    assert events(gate).count("approval.deadline_missed") == 1
    run_due(now=instant(120))
    assert events(gate).count("approval.deadline_missed") == 1
    b.vote(gate, people("ann").ann, now=instant(121))
    assert state(gate) == "completed"


@pytest.mark.req("POL-9", "A-018")
def test_each_level_is_taken_once_and_in_its_time() -> None:
    gate = gate_at_nine("ann", deadline=CHAIN)
    for minute, who, levels in (
        (59, {"ann"}, 0), (60, {"ann", "esc"}, 1), (61, {"ann", "esc"}, 1),
        (89, {"ann", "esc"}, 1), (90, {"ann", "esc", "boss"}, 2), (119, {"ann", "esc", "boss"}, 2),
    ):  # fmt: skip
        run_due(now=instant(minute))
        run_due(now=instant(minute))
        assert asked(gate) == who, minute
        assert events(gate).count("approval.escalated") == levels
    assert json.loads(b.round_of(gate).policy)["needed"] == 1
    b.vote(gate, people("boss").boss, now=instant(119))
    assert state(gate) == "completed"


@pytest.mark.req("POL-9", "A-038")
def test_the_last_rung_rejects_what_nobody_answered() -> None:
    gate = gate_at_nine("ann", deadline=CHAIN)
    run_due(now=instant(500))
    assert state(gate) == "rejected"
    assert events(gate).count("approval.escalated") == 2
    assert b.round_of(gate).rungs_taken == 3


@pytest.mark.req("POL-9")
def test_the_last_rung_decides_although_no_job_has_run() -> None:
    gate = gate_at_nine("ann", deadline=CHAIN)
    b.round_of(gate)
    with refused("deadline_passed", Conflict):
        b.vote(gate, people("ann").ann, now=instant(120))
    b.vote(gate, people("ann").ann, now=instant(119))


@pytest.mark.req("POL-9", "A-069")
def test_only_seats_that_no_vote_fills_are_widened_required_ones_too() -> None:
    people("ann", "ben", "cho", "esc", "boss")
    gate = ask(
        {"user": "ann"}, {"user": "ben", "required": True}, {"user": "cho"},
        rule={"at_least": 2}, deadline=CHAIN, now=instant(),
    )  # fmt: skip
    b.vote(gate, people("ann").ann, now=instant(5))
    run_due(now=instant(60))
    seats = json.loads(b.round_of(gate).seats)
    assert [len(seat["sources"]) for seat in seats] == [1, 2, 2]
    b.vote(gate, people("esc").esc, now=instant(61))
    # Two approvals, the escalated one in the required seat.
    assert state(gate) == "completed"
    assert [seat["required"] for seat in seats] == [False, True, False]


@pytest.mark.req("POL-9", "POL-6", "A-069")
def test_an_escalation_to_the_author_asks_nobody_and_the_next_level_helps() -> None:
    people("ann", "esc", "boss")
    gate = ask({"user": "ann"}, deadline=CHAIN, now=instant(), authors=["ann", "esc"])
    assert b.round_of(gate).stuck
    run_due(now=instant(60))
    assert b.round_of(gate).stuck
    assert asked(gate) == set()
    b.role("viewer", rights=["view"])
    b.give("viewer", people("esc").esc)
    with refused("own_change", NotPermitted):
        b.vote(gate, people("esc").esc, now=instant(61))
    run_due(now=instant(90))
    assert not b.round_of(gate).stuck
    assert asked(gate) == {"boss"}


@pytest.mark.req("POL-9")
def test_an_escalation_leaves_the_fingerprint_and_the_number_needed_alone() -> None:
    gate = gate_at_nine("ann", "ben", rule="unanimous", deadline=CHAIN)
    before = b.round_of(gate)
    b.vote(gate, people("ann").ann, fingerprint=before.fingerprint, now=instant(1))
    run_due(now=instant(60))
    after = b.round_of(gate)
    assert (after.fingerprint, after.content, after.policy) == (
        before.fingerprint, before.content, before.policy,
    )  # fmt: skip
    b.vote(gate, people("esc").esc, fingerprint=before.fingerprint, now=instant(61))
    assert state(gate) == "completed"


@pytest.mark.req("POL-9")
def test_clocks_run_while_the_release_is_held() -> None:
    gate = gate_at_nine("ann", deadline=REJECT)
    hold_release(
        release_id=gate.release_id, reason="Wait.", actor=b.actor_for(tom()), now=instant(5)
    )
    run_due(now=instant(60))
    assert state(gate) == "rejected"


@pytest.mark.req("POL-9")
def test_an_absolute_deadline_that_has_passed_already_decides_with_the_next_tick() -> None:
    gate = gate_at_nine("ann", deadline={"at": "2026-11-02T09:30:00+01:00", "on_miss": "reject"})
    assert b.round_of(gate).due_at == instant(-30)
    with refused("deadline_passed", Conflict):
        b.vote(gate, people("ann").ann, now=instant(1))
    run_due(now=instant(1))
    assert state(gate) == "rejected"


@pytest.mark.req("POL-9", "EXE-8")
def test_a_rung_that_is_not_due_or_a_round_that_is_closed_is_left_alone() -> None:
    gate = gate_at_nine("ann", deadline=REJECT)
    key = b.round_of(gate).pk
    assert enforce_deadline(approval_id=key, now=instant(59)) is False
    b.vote(gate, people("ann").ann, now=instant(59))
    before = events(gate)
    assert enforce_deadline(approval_id=key, now=instant(60)) is False
    assert events(gate) == before


@pytest.mark.req("POL-9")
def test_a_deadline_orders_what_waits_for_a_person() -> None:
    gate = gate_at_nine("ann", deadline=REJECT)
    assert AskedPerson.objects.get(approval=b.round_of(gate)).due_at == instant(60)
    free = ask({"user": "ann"})
    assert AskedPerson.objects.get(approval=b.round_of(free)).due_at.year == 9999
    assert Approval.objects.filter(state="open", next_due_at__isnull=False).count() == 1


@pytest.mark.req("POL-9", "A-004")
def test_an_escalation_counts_from_its_own_time_although_no_job_has_run() -> None:
    gate = gate_at_nine("ann", deadline=CHAIN)
    b.role("viewer", rights=["view"])
    b.give("viewer", people("esc").esc)
    b.give("viewer", people("boss").boss)
    with refused("not_an_approver", NotPermitted):
        b.vote(gate, people("esc").esc, now=instant(59.999))
    assert "approval.deadline_missed" not in events(gate)
    with refused("not_an_approver", NotPermitted):
        b.vote(gate, people("boss").boss, now=instant(61))
    assert "approval.deadline_missed" not in events(gate)
    b.vote(gate, people("esc").esc, now=instant(61))
    assert state(gate) == "completed"
    told = entry(gate, "approval.escalated")
    assert told["actor"]["kind"] == "system"
    assert events(gate).count("approval.escalated") == 1
    assert events(gate).index("approval.deadline_missed") < events(gate).index("approval.escalated")
    assert events(gate).index("approval.escalated") < events(gate).index("approval.decision_cast")

"""Votes are taken, changed, taken back and counted as the contract says (EXE-7, EXE-8, POL-2 to POL-4)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from approvals.models import Approval, AskedPerson, Decision
from approvals.services.decisions import Ballot
from audit import locking
from audit.errors import Conflict, Invalid, NotFound, NotPermitted
from portal.services.people import add_member
from releases.models import Release
from releases.services.activities import retry_activity
from releases.services.decisions import decide_activity, goes_on_record, record_refused_decision
from releases.services.lifecycle import abort_release
from tests import builders as b
from tests.refusals import refused
from tests.scenes import ask, asked, entry, events, people, release_state, run, state, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

FIVE = ("ann", "ben", "cho", "dan", "eve")


def five(rule: Any, **more: Any) -> tuple[Any, list[Any]]:
    """A gate of five user seats, and the five."""
    who = people(*FIVE)
    gate = ask(*({"user": name} for name in FIVE), rule=rule, **more)
    return gate, [getattr(who, name) for name in FIVE]


@pytest.mark.req("POL-2", "EXE-4")
@pytest.mark.parametrize(
    ("rule", "needed"),
    [
        ("any", 1),
        ("majority", 3),
        ("unanimous", 5),
        ({"at_least": 2}, 2),
        ({"percent": 60}, 3),
        ({"percent": 61}, 4),
    ],
)
def test_each_rule_completes_at_its_number_and_not_one_vote_earlier(rule: Any, needed: int) -> None:
    gate, voters = five(rule)
    assert json.loads(b.round_of(gate).policy)["needed"] == needed
    for voter in voters[: needed - 1]:
        assert b.vote(gate, voter).cast.evaluation.state != "approved"
        assert state(gate) == "awaiting_approval"
        assert release_state(gate) == "on_hold"
    assert b.vote(gate, voters[needed - 1]).cast.evaluation.state == "approved"
    assert state(gate) == "completed"
    assert release_state(gate) == "completed"
    assert b.round_of(gate).state == Approval.State.APPROVED
    assert Decision.objects.filter(approval__host=gate.host).count() == needed


@pytest.mark.req("POL-4")
@pytest.mark.parametrize(
    ("rule", "reject", "rejections"),
    [
        ("any", None, 1),
        ("unanimous", None, 1),
        ("majority", None, 3),
        ({"at_least": 2}, None, 4),
        ({"percent": 60}, None, 3),
        ("majority", "first", 1),
        ("any", "unreachable", 5),
    ],
)
def test_a_rejection_ends_the_round_when_the_policy_says_so_and_not_before(
    rule: Any, reject: str | None, rejections: int
) -> None:
    gate, voters = five(rule, **({"reject": reject} if reject else {}))
    for voter in voters[: rejections - 1]:
        b.vote(gate, voter, "reject")
        assert state(gate) == "awaiting_approval"
    b.vote(gate, voters[rejections - 1], "reject")
    assert state(gate) == "rejected"
    assert release_state(gate) == "failed"
    assert b.round_of(gate).state == Approval.State.REJECTED


@pytest.mark.req("POL-4")
def test_an_abstention_rejects_nothing_and_a_round_nobody_can_complete_is_stuck() -> None:
    who = people("ann", "ben")
    gate = ask({"user": "ann"}, {"user": "ben"}, rule="unanimous")
    b.vote(gate, who.ann, "abstain")
    row = b.round_of(gate)
    assert row.state == Approval.State.OPEN
    assert row.stuck
    assert state(gate) == "awaiting_approval"
    assert "approval.stuck" in events(gate)
    b.vote(gate, who.ann, "approve")
    assert not b.round_of(gate).stuck
    assert events(gate).count("approval.unstuck") == 1


@pytest.mark.req("POL-2")
def test_a_required_seat_must_approve_whatever_the_rule() -> None:
    who = people("ann", "ben")
    gate = ask({"user": "ann"}, {"user": "ben", "required": True}, rule="any")
    b.vote(gate, who.ann)
    assert state(gate) == "awaiting_approval"
    b.vote(gate, who.ben)
    assert state(gate) == "completed"


@pytest.mark.req("EXE-7")
def test_a_changed_mind_is_a_new_decision_and_the_last_one_counts() -> None:
    who = people("ann", "ben", "cho")
    gate = ask({"user": "ann"}, {"user": "ben"}, {"user": "cho"}, rule="majority")
    b.vote(gate, who.ann, "reject", "No rollback plan.")
    again = b.vote(gate, who.ann, "approve", "There is one now.")
    assert again.created
    rows = Decision.objects.filter(approval__host=gate.host).order_by("ordinal")
    assert [(row.ordinal, row.verdict, row.comment) for row in rows] == [
        (1, "reject", "No rollback plan."),
        (2, "approve", "There is one now."),
    ]
    assert events(gate).count("approval.decision_cast") == 2
    b.vote(gate, who.ben)
    assert state(gate) == "completed"


@pytest.mark.req("EXE-7")
def test_a_withdrawn_vote_does_not_count_and_stays_on_record() -> None:
    gate, voters = five({"at_least": 2})
    b.vote(gate, voters[0])
    b.withdraw(gate, voters[0])
    assert asked(gate, waiting=True) == set(FIVE)
    b.vote(gate, voters[1])
    assert state(gate) == "awaiting_approval"
    rows = Decision.objects.filter(approval__host=gate.host, user=voters[0]).order_by("ordinal")
    assert list(rows.values_list("verdict", "comment")) == [
        ("approve", ""),
        ("withdraw", "Changed my mind."),
    ]
    b.vote(gate, voters[0])
    assert state(gate) == "completed"
    assert rows.count() == 3


@pytest.mark.req("EXE-7")
def test_there_must_be_a_vote_to_withdraw() -> None:
    gate, voters = five("majority")
    with refused("nothing_to_withdraw", Conflict):
        b.withdraw(gate, voters[0])
    b.vote(gate, voters[0])
    b.withdraw(gate, voters[0])
    with refused("nothing_to_withdraw", Conflict):
        b.withdraw(gate, voters[0])


@pytest.mark.req("EXE-7")
def test_a_vote_is_not_withdrawn_once_the_round_is_decided() -> None:
    gate, voters = five("any")
    b.vote(gate, voters[0])
    with refused("already_decided", Conflict):
        b.withdraw(gate, voters[0])
    assert state(gate) == "completed"


@pytest.mark.req("A-005", "EXE-8")
def test_the_same_vote_again_is_answered_with_the_decision_that_stands() -> None:
    gate, voters = five("majority")
    first = b.vote(gate, voters[0], "approve", "Fine.")
    again = b.vote(gate, voters[0], "approve", "Fine.")
    assert not again.created
    assert again.decision.pk == first.decision.pk
    assert Decision.objects.count() == 1
    assert events(gate).count("approval.decision_cast") == 1


@pytest.mark.req("A-005")
def test_the_same_vote_again_is_answered_after_the_round_is_decided() -> None:
    gate, voters = five("any")
    first = b.vote(gate, voters[0])
    again = b.vote(gate, voters[0])
    assert (again.created, again.decision.pk) == (False, first.decision.pk)
    assert Decision.objects.count() == 1


@pytest.mark.req("A-003", "A-076", "B-14")
def test_no_other_vote_is_taken_after_the_round_is_decided() -> None:
    gate, voters = five("any")
    b.vote(gate, voters[0])
    with refused("already_decided", Conflict) as caught:
        b.vote(gate, voters[1], "reject")
    assert caught.refusal.data == {"state": "approved"}
    with refused("already_decided", Conflict):
        b.vote(gate, voters[0], "reject", "On second thoughts, no.")
    assert state(gate) == "completed"


@pytest.mark.req("A-003", "A-076")
def test_a_refused_late_vote_can_be_kept_on_record_and_changes_nothing() -> None:
    gate, voters = five("any")
    b.vote(gate, voters[0])
    before = Approval.objects.values().get()
    record_refused_decision(
        activity_id=gate.pk, verdict="reject", code="already_decided", actor=b.actor_for(voters[1])
    )
    told = entry(gate, "approval.decision_refused")
    assert told["data"] == {
        "activity": gate.pk, "attempt": 1, "verdict": "reject", "code": "already_decided",
    }  # fmt: skip
    assert told["actor"]["username"] == "ben"
    assert Approval.objects.values().get() == before
    assert Decision.objects.count() == 1


@pytest.mark.req("A-010", "B-01")
@pytest.mark.parametrize("named", [{"attempt": 2}, {"attempt": 0}, {"fingerprint": "0" * 64}])
def test_a_vote_for_something_else_than_what_stands_is_refused(named: dict[str, Any]) -> None:
    gate, voters = five("any")
    with refused("changed_since", Conflict) as caught:
        b.vote(gate, voters[0], **named)
    row = b.round_of(gate)
    assert caught.refusal.data == {"attempt": 1, "fingerprint": row.fingerprint}
    assert b.vote(gate, voters[0], attempt=1, fingerprint=row.fingerprint).created


@pytest.mark.req("POL-3")
def test_one_person_fills_one_seat_and_whom_no_seat_is_left_for_is_refused() -> None:
    who = people("ann", "ben", "cho")
    b.group("qa", who.ann, who.ben)
    gate = ask({"group": "qa"}, {"user": "cho"}, rule="unanimous", reject="unreachable")
    b.vote(gate, who.ann)
    with refused("no_seat_left", Conflict):
        b.vote(gate, who.ben)
    assert state(gate) == "awaiting_approval"
    b.withdraw(gate, who.ann)
    b.vote(gate, who.ben)
    b.vote(gate, who.cho)
    assert state(gate) == "completed"


@pytest.mark.req("POL-3")
@pytest.mark.parametrize("order", [("ann", "ben"), ("ben", "ann")])
def test_seats_are_assigned_by_matching_whatever_the_order_of_votes(order: tuple[str, str]) -> None:
    who = people("ann", "ben")
    b.group("qa", who.ann, who.ben)
    b.group("security", who.ann)
    gate = ask({"group": "qa"}, {"group": "security"}, rule="unanimous")
    for name in order:
        b.vote(gate, getattr(who, name))
    assert state(gate) == "completed"


@pytest.mark.req("EXE-3", "CAP-3", "A-073")
@pytest.mark.parametrize(
    ("verdict", "comment", "inputs", "fields"),
    [
        ("maybe", "", {"n": 1}, {"verdict"}),
        ("reject", "", {"n": 1}, {"comment"}),
        ("reject", "   ", {"n": 1}, {"comment"}),
        ("approve", "x" * 10_001, {"n": 1}, {"comment"}),
        ("approve", "nul\x00", {"n": 1}, {"comment"}),
        ("approve", "", {}, {"inputs.n"}),
        ("approve", "", {"n": "three"}, {"inputs.n"}),
        ("approve", "", {"n": 99}, {"inputs.n"}),
        ("approve", "", {"n": 1, "other": 2}, {"inputs.other"}),
        ("reject", "", {"n": True}, {"comment", "inputs.n"}),
    ],
)
def test_an_invalid_ballot_is_answered_at_the_field_and_records_nothing(
    verdict: str, comment: str, inputs: dict[str, Any], fields: set[str]
) -> None:
    who = people("ann")
    number = {"key": "n", "type": "number", "label": "Number", "required": "approve", "max": 10}
    gate = ask({"user": "ann"}, fields=[number])
    with refused("invalid", Invalid) as caught:
        ballot = Ballot(verdict, comment, inputs)
        decide_activity(activity_id=gate.pk, ballot=ballot, actor=b.actor_for(who.ann))
    assert set(caught.refusal.errors) == fields


@pytest.mark.req("AUD-1", "CAP-4", "A-079")
def test_a_decision_keeps_all_that_it_was_given_by_and_for() -> None:
    who = people("ann")
    qa = b.group("qa", who.ann)
    field = {"key": "n", "type": "number", "label": "Number"}
    gate = ask({"group": "qa"}, fields=[field])
    row = b.round_of(gate)
    decision = b.vote(gate, who.ann, "approve", "Fine.", inputs={"n": 3}).decision
    decision.refresh_from_db()
    assert (decision.person, decision.username, decision.display_name) == (
        who.ann.person, "ann", "ann",
    )  # fmt: skip
    assert json.loads(decision.inputs) == {"n": 3}
    assert decision.form == row.form
    assert json.loads(decision.form)[0]["key"] == "n"
    assert decision.fingerprint == row.fingerprint
    [hat] = json.loads(decision.hats)
    assert (hat["seat"], hat["kind"], hat["ref"]) == (1, "group", qa.pk)
    assert (decision.door, decision.authenticated_by) == ("api", "token")
    assert len(decision.origin) == 64
    text = json.dumps(entry(gate, "approval.decision_cast"))
    assert "192.0.2.7" not in text
    assert "test-session" not in text
    assert decision.origin in text


@pytest.mark.req("EXE-9", "B-13", "A-059")
def test_an_outsider_sees_nothing_and_an_insider_without_a_seat_may_not_vote() -> None:
    who = people("ann", "out", "vic")
    gate = ask({"user": "ann"})
    with refused("not_found", NotFound):
        b.vote(gate, who.out)
    b.role("viewer", rights=["view"])
    b.give("viewer", who.vic)
    with refused("not_an_approver", NotPermitted):
        b.vote(gate, who.vic)


@pytest.mark.req("EXE-1")
def test_nothing_is_taken_before_the_activity_opens() -> None:
    who = people("ann")
    release = run(
        b.phase("one", b.pipeline("build"), b.manual("gate", {"user": "ann"})),
    )
    gate = b.activity(release, "gate")
    assert gate.state == "blocked"
    b.give("release-manager", who.ann)
    with refused("not_open", Conflict):
        b.vote(gate, who.ann)


@pytest.mark.req("A-076")
def test_nothing_is_taken_after_the_release_was_aborted() -> None:
    gate, voters = five("majority")
    b.vote(gate, voters[0])
    tom = Release.objects.get(pk=gate.release_id).manager
    abort_release(release_id=gate.release_id, reason="No longer wanted.", actor=b.actor_for(tom))
    with refused("not_open", Conflict) as caught:
        b.vote(gate, voters[1])
    assert caught.refusal.data == {"state": "closed"}
    with refused("not_open", Conflict):
        b.withdraw(gate, voters[0])
    assert not AskedPerson.objects.filter(is_open=True).exists()
    assert goes_on_record(caught.refusal)


@pytest.mark.req("A-076")
def test_a_vote_where_nothing_was_ever_asked_is_not_kept_on_record() -> None:
    waiting = b.manual("later", {"user": "ann"}, rule="any", needs=["main.gate"])
    people("ann")
    release = run(b.phase("main", b.manual("gate", {"user": "ann"}, rule="any"), waiting))
    with refused("not_open", Conflict) as caught:
        b.vote(b.activity(release, "later"), people("ann").ann)
    assert not goes_on_record(caught.refusal)


@pytest.mark.req("A-010")
def test_a_vote_that_names_no_attempt_never_counts_for_one_opened_while_it_waited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The retry lands between finding the activity and getting the lock."""
    who = people("ann", "ben")
    gate = ask({"user": "ann"}, {"user": "ben"}, rule="any")
    b.vote(gate, who.ann, "reject", "No.")
    pause = iter([True])

    def retry_meanwhile(name: str) -> None:
        if name == "before_lock" and next(pause, False):
            retry_activity(activity_id=gate.pk, reason="Again.", actor=b.actor_for(tom()))

    monkeypatch.setattr(locking, "faultpoint", retry_meanwhile)
    with refused("changed_since", Conflict):
        b.vote(gate, who.ben)
    assert not Decision.objects.filter(user=who.ben).exists()


@pytest.mark.req("POL-3", "POL-17", "EXE-9")
def test_whose_vote_no_seat_is_left_for_is_not_asked_until_one_is_free_again() -> None:
    who = people("ann", "ben", "cho")
    b.group("qa", who.ann, who.ben)
    gate = ask({"group": "qa"}, {"user": "cho"}, rule="unanimous", reject="unreachable")
    assert asked(gate) == {"ann", "ben", "cho"}
    b.vote(gate, who.ann)
    assert asked(gate) == {"cho"}
    b.withdraw(gate, who.ann)
    assert asked(gate) == {"ann", "ben", "cho"}


@pytest.mark.req("POL-3", "AUD-1")
def test_what_a_voter_comes_to_hold_later_fills_no_seat_and_ends_nothing() -> None:
    """Ann is put into Security after her vote; somebody else's abstention must not complete it."""
    who = people("ann", "ben")
    b.group("qa", who.ann, who.ben)
    security = b.group("security")
    gate = ask({"group": "security", "required": True}, {"group": "qa"}, rule="any")
    b.vote(gate, who.ann)
    add_member(user=who.ann, group=security, actor=b.SYSTEM)
    b.vote(gate, who.ben, "abstain")
    assert state(gate) == "awaiting_approval"
    assert b.vote(gate, who.ann).created
    assert state(gate) == "completed"


@pytest.mark.req("EXE-7", "A-101")
def test_the_person_and_the_moment_are_asked_before_what_is_wrong_with_the_ballot() -> None:
    who = people("ann", "ben")
    second = b.person("ann-2", person=who.ann.person)
    gate = ask({"user": "ann"}, {"user": "ann-2"}, {"user": "ben"}, rule="any")
    b.vote(gate, who.ann, "abstain")
    with refused("not_your_vote", NotPermitted):
        b.vote(gate, second, "perhaps", attempt=9)
    b.vote(gate, who.ben)
    with refused("already_decided", Conflict):
        b.vote(gate, who.ann, "perhaps")

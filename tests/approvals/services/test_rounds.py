"""A round is a snapshot: of its content, its rule, its seats, its form (EXE-10, REL-5)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from approvals.models import Approval
from audit.errors import Invalid
from audit.locking import database_now
from releases.services.activities import retry_activity
from releases.services.lifecycle import abort_release
from tests import builders as b
from tests.refusals import refused
from tests.scenes import ask, asked, entry, instant, people, run, state, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

ARTIFACT = {"name": "app", "digest": "sha256:1", "url": "https://example.org/app"}


def _fingerprint(gate_options: dict[str, Any] | None = None, **details: Any) -> str:
    people("ann", "ben")
    gate = b.manual("gate", {"user": "ann"}, {"user": "ben"}, **(gate_options or {}))
    values = {"version": "1.0", "commit": "abc", "artifacts": [ARTIFACT], **details}
    by = values.pop("by", None)
    return b.round_of(b.activity(run(b.phase("p", gate), by=by, **values), "gate")).fingerprint


@pytest.mark.req("EXE-10", "B-01", "B-06")
@pytest.mark.parametrize(
    "change",
    [
        {"version": "1.1"},
        {"commit": "abd"},
        {"artifacts": [{**ARTIFACT, "digest": "sha256:2"}]},
        {"artifacts": []},
        {"authors": ["ben"]},
        {"gate_options": {"rule": "unanimous"}},
        {"gate_options": {"fields": [{"key": "n", "type": "number", "label": "N"}]}},
    ],
)
def test_the_fingerprint_covers(change: dict[str, Any]) -> None:
    assert _fingerprint() != _fingerprint(**change)


@pytest.mark.req("EXE-10")
def test_the_content_names_all_that_the_answer_is_given_for() -> None:
    people("ann", "ben")
    gate = ask({"user": "ann"}, authors=["ben"])
    content = json.loads(b.round_of(gate).content)
    assert set(content) == {
        "activity", "artifacts", "attempt", "authors", "commit", "form", "overrides", "process",
        "release", "rule", "seats", "version",
    }  # fmt: skip
    assert content["authors"] == [people("ben").ben.pk]


@pytest.mark.req("EXE-10", "EXE-6")
def test_a_retry_has_another_fingerprint() -> None:
    who = people("ann")
    gate = ask({"user": "ann"})
    before = b.round_of(gate)
    b.vote(gate, who.ann, "reject")
    retry_activity(activity_id=gate.pk, reason="Fixed.", actor=b.actor_for(tom()))
    after = b.round_of(gate)
    assert (before.attempt, after.attempt) == (1, 2)
    assert before.fingerprint != after.fingerprint


@pytest.mark.req("REL-5", "A-012", "B-04")
def test_a_new_version_of_the_process_never_touches_a_running_release() -> None:
    who = people("ann", "ben", "cho")
    b.product("pay")

    def publish(rule: Any, *names: str, fields: list[Any] | None = None) -> Any:
        gate = b.manual("gate", *({"user": name} for name in names), rule=rule, fields=fields or [])
        return b.process(b.phase("p", gate), slug="moving")

    first = publish({"at_least": 2}, "ann", "ben")
    gate = b.activity(b.release(tom(), process="moving"), "gate")
    before = Approval.objects.filter(pk=b.round_of(gate).pk).values().get()
    second = publish(
        "any", "cho", fields=[{"key": "n", "type": "number", "label": "N", "required": "approve"}]
    )
    assert second.number == first.number + 1
    assert Approval.objects.filter(pk=b.round_of(gate).pk).values().get() == before
    b.vote(gate, who.ann)
    assert state(gate) == "awaiting_approval"
    b.vote(gate, who.ben, "reject")
    retry_activity(activity_id=gate.pk, reason="Fixed.", actor=b.actor_for(tom()))
    assert asked(gate) == {"ann", "ben"}
    assert json.loads(b.round_of(gate).policy)["needed"] == 2
    fresh = b.activity(b.release(tom(), process="moving"), "gate")
    assert asked(fresh) == {"cho"}


@pytest.mark.req("POL-10")
def test_seats_whose_condition_does_not_hold_are_left_out_with_the_reason() -> None:
    people("ann", "ben")
    gate = ask(
        {"user": "ann"}, {"user": "ben", "when": {"risk": ["high"]}}, rule="unanimous", risk="low"
    )
    policy = json.loads(b.round_of(gate).policy)
    assert (policy["seat_count"], policy["needed"]) == (1, 1)
    [left] = policy["left_out"]
    assert left["user"] == people("ben").ben.pk
    assert left["reason"]
    risky = ask(
        {"user": "ann"}, {"user": "ben", "when": {"risk": ["high"]}}, rule="unanimous", risk="high"
    )
    assert json.loads(b.round_of(risky).policy)["needed"] == 2


@pytest.mark.req("POL-2", "EXE-9", "A-058")
def test_a_gate_all_of_whose_seats_are_left_out_is_closed_never_open() -> None:
    people("ann")
    gate = ask({"user": "ann", "when": {"risk": ["high"]}}, risk="low")
    row = b.round_of(gate)
    assert json.loads(row.seats) == []
    assert (row.state, row.stuck, state(gate)) == ("open", True, "awaiting_approval")


@pytest.mark.req("AUD-1", "EXE-2")
def test_the_record_says_what_was_asked_of_whom() -> None:
    who = people("ann", "ben")
    gate = ask({"user": "ann"}, {"user": "ben"}, rule="unanimous")
    told = entry(gate, "approval.opened")["data"]
    assert told["asked"] == sorted([who.ann.pk, who.ben.pk])
    assert (told["needed"], told["seats"], told["attempt"]) == (2, 2, 1)
    assert told["fingerprint"] == b.round_of(gate).fingerprint


@pytest.mark.req("A-079")
def test_the_client_cannot_date_a_decision() -> None:
    ann = people("ann").ann
    gate = ask({"user": "ann"})
    before = database_now()
    decision = b.vote(gate, ann).decision
    # A transaction's statements may share one moment, so the bounds are included.
    assert before <= decision.decided_at <= database_now()


@pytest.mark.req("AUD-1", "EXE-8")
@pytest.mark.parametrize("end", ["completed", "aborted"])
def test_a_round_never_closes_before_its_newest_vote(end: str) -> None:
    """Of two requests that wait for the lock, the one that began later may get it first."""
    who = people("ann", "ben")
    gate = ask({"user": "ann"}, {"user": "ben"}, rule="unanimous", now=instant())
    later = b.vote(gate, who.ann, now=instant(1)).decision
    if end == "completed":
        b.vote(gate, who.ben, now=instant(0.5))
    else:
        abort_release(
            release_id=gate.release_id, reason="No.", actor=b.actor_for(tom()), now=instant(0.5)
        )
    assert state(gate) == end
    assert b.round_of(gate).closed_at == later.decided_at


_DETAILS: dict[str, Any] = {
    "description": "Faster.",
    "manager": "tom",
    "authors": ["ben"],
    "environments": ["prod"],
    "commit": "abc",
    "risk": "low",
    "change_type": "normal",
    "tags": ["pci"],
    "artifacts": [ARTIFACT],
    "links": [{"kind": "tracker", "title": "PAY-1", "url": "https://example.org/1"}],
    "stakeholders": [{"user": "ben"}],
}


@pytest.mark.req("B-09", "EXE-1")
@pytest.mark.parametrize("left_out", [None, *_DETAILS])
def test_leaving_out_an_optional_detail_never_takes_a_gate_away(left_out: str | None) -> None:
    people("ann", "ben", "cho")
    tom()
    gates = (
        b.manual("first", {"user": "ann"}, {"user": "cho"}, rule="unanimous"),
        b.manual("second", {"user": "ann"}),
    )
    details = {name: value for name, value in _DETAILS.items() if name != left_out}
    made = run(b.phase("p", *gates), **details)
    first, second = b.activity(made, "first"), b.activity(made, "second")
    assert (first.state, second.state) == ("awaiting_approval", "blocked")
    policy = json.loads(b.round_of(first).policy)
    assert (policy["needed"], policy["seat_count"]) == (2, 2)
    assert asked(first) == {"ann", "cho"}


@pytest.mark.req("B-09", "A-073", "EXE-3")
@pytest.mark.parametrize("more", [{}, {"attempt": None}, {"fingerprint": None}, {"inputs": None}])
def test_leaving_out_an_optional_part_of_a_ballot_never_takes_a_check_away(
    more: dict[str, Any],
) -> None:
    ann = people("ann").ann
    field = {"key": "n", "type": "number", "label": "N", "required": "approve"}
    gate = ask({"user": "ann"}, fields=[field])
    with refused("invalid", Invalid) as caught:
        b.vote(gate, ann, **more)
    assert set(caught.refusal.errors) == {"inputs.n"}

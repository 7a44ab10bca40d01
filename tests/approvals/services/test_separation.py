"""Who may not decide although a seat reaches them (POL-6): own change, four eyes, machines, auditors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models.signals import post_init

from approvals.models import Approval, Decision
from approvals.selectors import current_rounds
from audit.errors import Conflict, NotFound, NotPermitted
from portal.services.people import add_member, set_user_active
from releases.services.activities import request_skip, retry_activity
from releases.services.lifecycle import start_release
from tests import builders as b
from tests.refusals import refused
from tests.scenes import ask, asked, people, pipe, run, state, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def _requester() -> tuple[Any, Any]:
    ines = b.manager("ines")
    return ask({"user": "ines"}, {"user": "omar"}, by=ines), ines


def _starter() -> tuple[Any, Any]:
    ines = b.manager("ines")
    release = run(b.phase("p", b.manual("gate", {"user": "ines"}, {"user": "omar"})), start=False)
    start_release(release_id=release.pk, actor=b.actor_for(ines))
    return b.activity(release, "gate"), ines


def _author() -> tuple[Any, Any]:
    ines = people("ines").ines
    return ask({"user": "ines"}, {"user": "omar"}, authors=["ines"]), ines


def _author_in_group() -> tuple[Any, Any]:
    ines = people("ines").ines
    b.group("team", ines, people("omar").omar)
    return ask({"group": "team"}, {"user": "omar"}, authors=["ines"]), ines


def _author_in_role() -> tuple[Any, Any]:
    ines = people("ines").ines
    b.role("lead")
    b.give("lead", ines)
    b.give("lead", people("omar").omar)
    return ask({"role": "lead"}, {"user": "omar"}, authors=["ines"]), ines


def _author_in_each() -> tuple[Any, Any]:
    ines = people("ines").ines
    b.group("team", ines, people("omar").omar)
    return ask({"group": "team", "each": True}, rule="any", authors=["ines"]), ines


def _second_account_of_author() -> tuple[Any, Any]:
    first = people("ines").ines
    second = b.person("ines-admin", person=first.person)
    return ask({"user": "ines-admin"}, {"user": "omar"}, authors=["ines"]), second


@pytest.mark.req("POL-6", "B-15", "B-18")
@pytest.mark.parametrize(
    "scene",
    [
        _requester, _starter, _author, _author_in_group, _author_in_role, _author_in_each,
        _second_account_of_author,
    ],
)  # fmt: skip
def test_nobody_decides_on_their_own_change_by_any_road(
    scene: Callable[[], tuple[Any, Any]],
) -> None:
    omar = people("omar").omar
    gate, own = scene()
    for verdict in ("approve", "reject", "abstain"):
        with refused("own_change", NotPermitted):
            b.vote(gate, own, verdict)
    assert own.username not in asked(gate)
    b.vote(gate, omar)
    assert state(gate) == "completed"


@pytest.mark.req("POL-6", "EXE-9", "B-24")
def test_a_gate_that_only_the_author_could_open_is_stuck_from_the_start() -> None:
    people("ines")
    gate = ask({"user": "ines"}, authors=["ines"])
    assert b.round_of(gate).stuck
    assert state(gate) == "awaiting_approval"


@pytest.mark.req("POL-6")
def test_a_process_may_let_authors_decide() -> None:
    ines = people("ines").ines
    gate = ask({"user": "ines"}, authors=["ines"], separation={"authors": False})
    b.vote(gate, ines)
    assert state(gate) == "completed"


def _tied(**first: Any) -> tuple[Any, Any, Any, Any]:
    """Two open gates of which one names the other in `not_with`; and their two voters."""
    who = people("ann", "ben")
    release = run(
        b.phase(
            "p",
            b.manual("a", {"user": "ann"}, {"user": "ben"}, needs=[], **first),
            b.manual(
                "b", {"user": "ann"}, {"user": "ben"}, needs=[], separation={"not_with": ["p.a"]}
            ),
            failure="continue",
        )
    )
    return b.activity(release, "a"), b.activity(release, "b"), who.ann, who.ben


@pytest.mark.req("POL-6")
@pytest.mark.parametrize("turned", [False, True])
def test_four_eyes_hold_both_ways(turned: bool) -> None:
    a, other, ann, ben = _tied()
    first, second = (other, a) if turned else (a, other)
    b.vote(first, ann)
    assert asked(second) == {"ben"}
    with refused("four_eyes", NotPermitted):
        b.vote(second, ann)
    b.vote(second, ben)
    assert state(second) == "completed"


@pytest.mark.req("POL-6")
def test_four_eyes_bind_whoever_has_voted_also_before_the_round_is_decided() -> None:
    a, other, ann, _ = _tied(rule="unanimous")
    b.vote(a, ann)
    assert state(a) == "awaiting_approval"
    with refused("four_eyes", NotPermitted):
        b.vote(other, ann)
    b.withdraw(a, ann)
    assert asked(other) == {"ann", "ben"}
    b.vote(other, ann)
    assert state(other) == "completed"
    with refused("four_eyes", NotPermitted):
        b.vote(a, ann)


@pytest.mark.req("POL-6", "EXE-9")
def test_four_eyes_make_the_other_gate_stuck_at_once_and_a_withdrawal_frees_it() -> None:
    who = people("ann")
    release = (
        run(
            b.phase(
                "p",
                b.manual("a", {"user": "ann"}, {"user": "ann2"}, needs=[], rule="unanimous"),
                b.manual("b", {"user": "ann"}, needs=[], separation={"not_with": ["p.a"]}),
            )
        )
        if b.person("ann2")
        else None
    )
    a, other = b.activity(release, "a"), b.activity(release, "b")
    b.vote(a, who.ann)
    assert b.round_of(other).stuck
    b.withdraw(a, who.ann)
    assert not b.round_of(other).stuck


@pytest.mark.req("POL-6", "EXE-6")
def test_a_retry_of_one_gate_frees_its_former_deciders_at_the_other() -> None:
    a, other, ann, _ = _tied()
    b.vote(a, ann, "reject")
    assert asked(other) == {"ben"}
    retry_activity(activity_id=a.pk, reason="Fixed.", actor=b.actor_for(tom()))
    assert asked(other) == {"ann", "ben"}
    b.vote(other, ann)
    assert state(other) == "completed"
    with refused("four_eyes", NotPermitted):
        b.vote(a, ann)


@pytest.mark.req("B-17", "A-066")
def test_a_machine_user_never_votes_and_never_counts() -> None:
    machine = pipe()
    ann = people("ann").ann
    b.group("team", machine, ann)
    gate = ask({"group": "team"})
    assert asked(gate) == {"ann"}
    with refused("machine_user", NotPermitted):
        b.vote(gate, machine)
    b.vote(gate, ann)
    assert state(gate) == "completed"


@pytest.mark.req("A-066", "EXE-9")
def test_a_seat_that_only_a_machine_could_fill_is_stuck() -> None:
    b.group("bots", pipe())
    gate = ask({"group": "bots"})
    assert b.round_of(gate).stuck


@pytest.mark.req("A-070", "SEC-1")
def test_an_auditor_can_hold_no_seat_by_any_road() -> None:
    who = people("aud", "ann")
    b.give("auditor", who.aud)
    b.group("team", who.aud, who.ann)
    for gate in (ask({"user": "aud"}, {"user": "ann"}), ask({"group": "team"})):
        with refused("auditor", NotPermitted):
            b.vote(gate, who.aud)
        assert asked(gate) == {"ann"}


@pytest.mark.req("A-070")
def test_one_who_became_an_auditor_no_longer_takes_a_vote_back() -> None:
    who = people("ann", "ben")
    gate = ask({"user": "ann"}, {"user": "ben"}, rule="unanimous")
    b.vote(gate, who.ann)
    b.give("auditor", who.ann)
    with refused("auditor", NotPermitted):
        b.withdraw(gate, who.ann)
    b.vote(gate, who.ben)
    assert state(gate) == "completed"


@pytest.mark.req("A-070")
def test_a_deactivated_auditor_account_does_not_shut_out_the_human_behind_it() -> None:
    ann = people("ann").ann
    reader = b.person("ann-audit", person=ann.person)
    b.give("auditor", reader)
    gate = ask({"user": "ann"})
    with refused("auditor", NotPermitted):
        b.vote(gate, ann)
    set_user_active(user_id=reader.pk, active=False, actor=b.SYSTEM)
    b.vote(gate, ann)
    assert state(gate) == "completed"


@pytest.mark.req("A-060")
def test_a_deactivated_person_decides_nothing_and_their_earlier_vote_stays() -> None:
    who = people("ann", "ben", "cho")
    gate = ask({"user": "ann"}, {"user": "ben"}, {"user": "cho"}, rule={"at_least": 2})
    b.vote(gate, who.ann)
    for gone in (who.ann, who.ben):
        set_user_active(user_id=gone.pk, active=False, actor=b.SYSTEM)
    with refused("inactive", NotPermitted):
        b.vote(gate, who.ben)
    with refused("inactive", NotPermitted):
        b.withdraw(gate, who.ann)
    b.vote(gate, who.cho)
    assert state(gate) == "completed"
    assert Decision.objects.filter(user=who.ann, verdict="approve").count() == 1


@pytest.mark.req("A-050", "SEC-1")
def test_a_superuser_has_no_seat_by_being_one() -> None:
    people("ann")
    ada = b.superuser()
    gate = ask({"user": "ann"})
    with refused("not_an_approver", NotPermitted):
        b.vote(gate, ada)
    assert asked(gate) == {"ann"}


@pytest.mark.req("POL-3", "B-15")
def test_two_accounts_of_one_human_fill_one_seat() -> None:
    first = people("ann").ann
    second = b.person("ann-2", person=first.person)
    ben = people("ben").ben
    gate = ask({"user": "ann"}, {"user": "ann-2"}, {"user": "ben"}, rule={"at_least": 2})
    b.vote(gate, first)
    again = b.vote(gate, second)
    assert again.decision.person == first.person
    assert state(gate) == "awaiting_approval"
    assert asked(gate, waiting=True) == {"ben"}
    b.vote(gate, ben)
    assert state(gate) == "completed"


@pytest.mark.req("POL-3", "B-15", "EXE-7")
def test_a_linked_account_neither_changes_nor_takes_back_the_vote_of_another() -> None:
    who = people("ann", "ben")
    second = b.person("ann-2", person=who.ann.person)
    b.group("qa", who.ann, second)
    gate = ask({"group": "qa"}, {"user": "ben"}, rule="unanimous")
    given = b.vote(gate, who.ann, comment="Fine.").decision
    with refused("not_your_vote", NotPermitted):
        b.vote(gate, second, "reject")
    with refused("not_your_vote", NotPermitted):
        b.withdraw(gate, second)
    same = b.vote(gate, second, comment="Fine.")
    assert (same.created, same.decision.pk) == (False, given.pk)
    b.withdraw(gate, who.ann)
    assert b.vote(gate, second).created
    with refused("not_your_vote", NotPermitted):
        b.withdraw(gate, who.ann)


@pytest.mark.req("POL-3", "B-15")
def test_who_has_voted_is_not_asked_again_through_another_account() -> None:
    who = people("ann", "ben")
    second = b.person("ann-2", person=who.ann.person)
    qa = b.group("qa", who.ben)
    gate = ask({"user": "ann"}, {"group": "qa"}, rule="unanimous")
    b.vote(gate, who.ann)
    add_member(user=second, group=qa, actor=b.SYSTEM)
    assert asked(gate) == asked(gate, waiting=True) == {"ben"}


@pytest.mark.req("POL-6", "EXE-6")
def test_of_many_attempts_only_the_newest_round_is_ever_read() -> None:
    ann = people("ann").ann
    gate = ask({"user": "ann"})
    for _ in range(3):
        b.vote(gate, ann, "reject")
        retry_activity(activity_id=gate.pk, reason="Again.", actor=b.actor_for(tom()))
    read: list[int] = []

    def note(instance: Approval, **_: Any) -> None:
        read.append(instance.attempt)

    post_init.connect(note, sender=Approval)
    try:
        current_rounds([gate.host])
    finally:
        post_init.disconnect(note, sender=Approval)
    assert read == [4]


@pytest.mark.req("B-02")
def test_a_requester_cannot_have_the_gate_of_their_own_change_skipped_alone() -> None:
    b.role("overrider", rights=["view", "override"])
    ines = b.manager("ines")
    b.give("overrider", ines)
    people("ann")
    gate = ask({"user": "ann"}, by=ines)

    def ask_to_skip() -> Any:
        return request_skip(activity_id=gate.pk, reason="Hurry.", actor=b.actor_for(ines))

    with refused("nobody_may_override", Conflict):
        ask_to_skip()
    b.give("overrider", people("una").una)
    asking = ask_to_skip()
    with refused("own_request", NotPermitted):
        b.vote(asking, ines)
    assert state(gate) == "awaiting_approval"


@pytest.mark.req("SEC-3", "B-16")
@pytest.mark.parametrize(
    "scopes", [frozenset(), frozenset({"read"}), frozenset({"read", "manage"})]
)
def test_a_token_without_the_scope_decides_nothing(scopes: frozenset[str]) -> None:
    from approvals.services.decisions import Ballot
    from releases.services.decisions import decide_activity

    ann = people("ann").ann
    gate = ask({"user": "ann"})
    with refused("token_scope", NotPermitted):
        decide_activity(
            activity_id=gate.pk, ballot=Ballot("approve"), actor=b.actor_for(ann, scopes=scopes)
        )


@pytest.mark.req("A-059")
def test_a_stranger_cannot_tell_a_gate_from_nothing() -> None:
    who = people("ann", "out")
    gate = ask({"user": "ann"})
    with refused("not_found", NotFound) as there:
        b.vote(gate, who.out)
    gate.pk = gate.pk + 10_000
    with refused("not_found", NotFound) as nowhere:
        b.vote(gate, who.out)
    assert str(there.refusal) == str(nowhere.refusal)

"""Who is told at which moment, once, and who never is (NTF-1, EXE-2, EXE-5, A-061)."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from approvals.models import Approval
from audit.errors import Refusal
from audit.models import Delivery, Notice
from portal.notifications.words import sentence_of
from portal.services.people import add_member, remove_member, set_user_active
from releases.services.activities import request_skip, retry_activity, write_comment
from releases.services.due import enforce_deadline, run_due
from releases.services.lifecycle import (
    abort_release,
    defer_release,
    hold_release,
    resume_release,
)
from releases.services.roles import Grantee, assign_role, end_role
from tests import builders as b
from tests.portal.notifications.scenes import deliveries, reachable, told, tom_by_mail
from tests.scenes import ask, pipe, run

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.mark.req("EXE-2", "NTF-1", "NTF-3")
def test_those_whom_a_round_asks_are_told_when_it_opens_and_as_what() -> None:
    tom = tom_by_mail()
    who = reachable("ann", "bea", "cid", "dora")
    b.group("qa", who.bea)
    b.role("lead")
    b.give("lead", who.cid)
    gate = ask(
        {"user": "ann"}, {"group": "qa"}, {"role": "lead"}, rule="unanimous", by=tom,
        deadline={"after": "24h", "on_miss": "stay"},
    )  # fmt: skip
    assert sorted(told(gate)) == [
        ("asked", "ann", "user"), ("asked", "bea", "group"), ("asked", "cid", "role"),
    ]  # fmt: skip
    names = dict(Notice.objects.values_list("user__username", "why_name"))
    assert names == {"ann": "", "bea": "qa", "cid": "lead"}
    assert {(state, error) for _, state, error in deliveries()} == {("pending", "")}
    assert set(Notice.objects.values_list("needs_action", "read_at")) == {(True, None)}


@pytest.mark.req("EXE-2")
def test_nobody_is_told_before_their_turn_nor_twice_in_a_round() -> None:
    who, tom = reachable("ann", "bea"), tom_by_mail()
    release = run(
        b.phase(
            "p",
            b.manual("first", {"user": "ann"}),
            b.manual("later", {"user": "bea"}, needs=["first"]),
        ),
        by=tom,
    )
    later = b.activity(release, "later")
    assert told(later) == []
    first = b.activity(release, "first")
    b.vote(first, who.ann)
    assert told(later) == [("asked", "bea", "user")]
    run_due(now=timezone.now())
    b.vote(later, who.bea, "abstain")
    b.withdraw(later, who.bea)
    assert told(later, "asked") == [("asked", "bea", "user")]


@pytest.mark.req("EXE-2", "NTF-1")
def test_a_new_attempt_asks_and_tells_again() -> None:
    who, tom = reachable("ann"), tom_by_mail()
    gate = ask({"user": "ann"}, by=tom)
    b.vote(gate, who.ann, "reject")
    retry_activity(activity_id=gate.pk, reason="Mended.", actor=b.actor_for(tom))
    assert told(gate, "asked") == [("asked", "ann", "user")] * 2
    assert list(Notice.objects.filter(moment="asked").values_list("attempt", flat=True)) == [1, 2]


@pytest.mark.req("EXE-2", "NTF-1")
def test_whoever_joins_a_group_or_gets_a_role_is_told_at_once_and_once() -> None:
    who = reachable("ann", "bea", "cid")
    qa = b.group("qa", who.ann)
    b.role("lead")
    gate = ask({"group": "qa"}, {"role": "lead"}, rule="unanimous", by=tom_by_mail())
    b.give("lead", who.cid)
    for _ in range(2):
        add_member(user=who.bea, group=qa, actor=b.SYSTEM)
        remove_member(user=who.bea, group=qa, actor=b.SYSTEM)
    assert sorted(told(gate, "asked")) == [
        ("asked", "ann", "group"), ("asked", "bea", "group"), ("asked", "cid", "role"),
    ]  # fmt: skip


@pytest.mark.req("EXE-5", "NTF-1")
def test_an_outcome_is_told_to_whoever_runs_it_or_had_a_part_but_not_to_whoever_acted() -> None:
    who, tom = reachable("ann", "bea", "cid", "olga", "rita", "stranger"), tom_by_mail()
    gate = b.manual("gate", {"user": "ann"}, {"user": "bea"}, {"user": "cid"}, rule={"at_least": 2})
    release = run(
        b.phase("p", gate, owner={"user": "olga"}, failure="continue"),
        by=tom, manager="rita",
    )  # fmt: skip
    gate = b.activity(release, "gate")
    b.vote(gate, who.ann)
    assert [one for one in told(gate) if one[0] != "asked"] == []
    b.vote(gate, who.bea)
    assert sorted(told(gate, "completed")) == [
        ("completed", "ann", "decided"), ("completed", "cid", "asked"),
        ("completed", "olga", "owner"), ("completed", "rita", "manager"),
        ("completed", "tom", "requester"),
    ]  # fmt: skip
    assert not Notice.objects.filter(user__username="stranger").exists()


@pytest.mark.req("EXE-5", "NTF-1")
@pytest.mark.parametrize("kind", ["group", "role"])
def test_a_rejection_is_told_to_the_manager_and_everyone_who_owns_the_phase(kind: str) -> None:
    who, tom = reachable("ann", "olga", "otto"), tom_by_mail()
    owners = b.group("owners", who.olga, who.otto)
    b.role("phase-lead")
    b.give("phase-lead", owners)
    owner = {"group": "owners"} if kind == "group" else {"role": "phase-lead"}
    release = run(b.phase("p", b.manual("gate", {"user": "ann"}), owner=owner), by=tom)
    b.vote(b.activity(release, "gate"), who.ann, "reject", "The totals differ.")
    gate = b.activity(release, "gate")
    assert sorted(told(gate, "rejected")) == [
        ("rejected", "olga", "owner"), ("rejected", "otto", "owner"),
        ("rejected", "tom", "manager"),
    ]  # fmt: skip
    assert "The totals differ." in Notice.objects.filter(moment="rejected").first().facts
    assert told(release) == [("release_failed", "tom", "manager")]


@pytest.mark.req("EXE-9", "NTF-1", "A-061")
def test_the_manager_is_told_when_nobody_can_complete_a_round_each_time_it_happens() -> None:
    who, tom = reachable("ann"), tom_by_mail()
    gate = ask({"user": "ann"}, by=tom)
    for active in (False, True, False):
        set_user_active(user_id=who.ann.pk, active=active, actor=b.SYSTEM)
    assert told(gate, "stuck") == [("stuck", "tom", "manager")] * 2


@pytest.mark.req("A-061", "NTF-1")
def test_the_deactivated_and_machines_are_never_told_and_the_manager_is_warned() -> None:
    who, tom = reachable("ann", "bea"), tom_by_mail()
    set_user_active(user_id=who.bea.pk, active=False, actor=b.SYSTEM)
    machine = pipe()
    b.role("old")
    for user in (who.bea, machine):
        assign_role(role=b.role("old"), grantee=Grantee(user_id=user.pk), actor=b.SYSTEM)
    gate = ask({"user": "ann"}, {"role": "old"}, rule="any", by=tom)
    assert told(gate, "asked") == [("asked", "ann", "user")]
    assert not Notice.objects.filter(user__in=[who.bea, machine]).exists()


@pytest.mark.req("A-061")
def test_the_manager_hears_of_a_named_approver_whose_account_is_deactivated() -> None:
    who, tom = reachable("ann", "bea"), tom_by_mail()
    b.product("pay")
    b.process(b.phase("p", b.manual("gate", {"user": "ann"}, {"user": "bea"})), slug="named")
    set_user_active(user_id=who.bea.pk, active=False, actor=b.SYSTEM)
    gate = b.activity(b.release(tom, process="named"), "gate")
    # Who manages it is warned, though it is their own act that opens the round.
    assert sorted(told(gate)) == [("asked", "ann", "user"), ("unreachable", "tom", "manager")]
    rita = reachable("rita").rita
    gate = b.activity(b.release(tom, process="named", manager="rita"), "gate")
    assert sorted(told(gate)) == [("asked", "ann", "user"), ("unreachable", "rita", "manager")]
    assert '"people":["bea"]' in Notice.objects.get(user=rita).facts


@pytest.mark.req("POL-9", "NTF-1")
def test_a_missed_deadline_is_told_to_the_silent_and_the_manager_and_escalates_to_the_new() -> None:
    who, tom = reachable("ann", "bea", "cid"), tom_by_mail()
    gate = ask(
        {"user": "ann"}, {"user": "bea"}, rule="unanimous", by=tom,
        deadline={"after": "1h", "on_miss": "escalate", "escalate_to": [{"user": "cid"}]},
    )  # fmt: skip
    b.vote(gate, who.bea)
    later = timezone.now() + dt.timedelta(hours=2)
    enforce_deadline(approval_id=b.round_of(gate).pk, now=later)
    assert sorted(told(gate)[2:]) == [
        ("deadline_missed", "ann", "asked"), ("deadline_missed", "tom", "manager"),
        ("escalated", "cid", "user"),
    ]  # fmt: skip
    enforce_deadline(approval_id=b.round_of(gate).pk, now=later)
    assert len(told(gate)) == 5


@pytest.mark.req("POL-9", "NTF-1")
def test_a_deadline_that_rejects_is_told_as_a_rejection_and_not_twice() -> None:
    reachable("ann")
    gate = ask({"user": "ann"}, by=tom_by_mail(), deadline={"after": "1h", "on_miss": "reject"})
    later = timezone.now() + dt.timedelta(hours=2)
    enforce_deadline(approval_id=b.round_of(gate).pk, now=later)
    assert sorted(told(gate)[1:]) == [("rejected", "ann", "asked"), ("rejected", "tom", "manager")]


@pytest.mark.req("NTF-1")
def test_what_becomes_of_a_release_is_told_to_manager_requester_and_authors() -> None:
    who, tom = reachable("ann", "rita", "dev"), tom_by_mail()
    b.pipeline_user("pipeline")
    release = run(
        b.phase("p", b.manual("gate", {"user": "ann"})), by=tom, manager="rita", authors=["dev"]
    )
    rita = b.actor_for(who.rita)
    hold_release(release_id=release.pk, reason="Wait for the bank.", actor=rita)
    resume_release(release_id=release.pk, reason="", actor=rita)
    until = timezone.now() + dt.timedelta(days=3)
    defer_release(release_id=release.pk, until=until, reason="Later.", actor=rita)
    named = sorted({"tom": "requester", "dev": "author"}.items(), key=_by_key)
    assert [one for one in told(release) if one[1] != "ann"] == [
        (f"release_{what}", name, why)
        for what in ("held", "resumed", "deferred")
        for name, why in named
    ]
    # Whoever was asked hears nothing of a hold, and of an end that nothing is awaited any more.
    assert [one for one in told(release) if one[1] == "ann"] == [
        ("release_deferred", "ann", "relieved")
    ]
    abort_release(release_id=release.pk, reason="No.", actor=b.actor_for(tom))
    assert sorted(told(release, "release_aborted")) == [
        ("release_aborted", "dev", "author"), ("release_aborted", "rita", "manager"),
    ]  # fmt: skip


@pytest.mark.req("NTF-1", "EXE-6")
def test_a_release_that_failed_and_goes_on_is_told_to_those_who_heard_of_the_failure() -> None:
    who, tom = reachable("ann", "olga", "rita"), tom_by_mail()
    release = run(
        b.phase("p", b.manual("gate", {"user": "ann"}), owner={"user": "olga"}),
        by=tom, manager="rita",
    )  # fmt: skip
    gate = b.activity(release, "gate")
    b.vote(gate, who.ann, "reject")
    failed = {name for _, name, _ in told(release, "release_failed")}
    retry_activity(activity_id=gate.pk, reason="Mended.", actor=b.actor_for(who.olga))
    assert sorted(told(release, "release_resumed")) == [
        ("release_resumed", "rita", "manager"), ("release_resumed", "tom", "requester"),
    ]  # fmt: skip
    assert failed == {"rita", "tom"}
    facts = Notice.objects.filter(moment="release_resumed").first().facts
    assert sentence_of("release_resumed", json.loads(facts)) == (
        "Payments 1.0 had failed, and goes on."
    )
    b.vote(gate, who.ann, "reject")
    hold_release(release_id=release.pk, reason="", actor=b.actor_for(tom))
    assert len(told(release, "release_held")) == 2  # rita, and olga whose phase is under way
    retry_activity(activity_id=gate.pk, reason="Mended.", actor=b.actor_for(who.olga))
    newest = Notice.objects.filter(moment="release_resumed").last()
    assert "still on hold" in sentence_of(newest.moment, json.loads(newest.facts))


@pytest.mark.req("NTF-1")
def test_owners_of_phases_under_way_hear_of_hold_resume_and_end_and_the_asked_of_the_end() -> None:
    who, tom = reachable("ann", "bea", "olga", "otto"), tom_by_mail()
    release = run(
        b.phase(
            "p", b.manual("gate", {"user": "ann"}, {"user": "bea"}, rule="unanimous"),
            owner={"user": "olga"},
        ),
        b.phase("later", b.manual("next", {"user": "bea"}), owner={"user": "otto"}),
        by=tom,
    )  # fmt: skip
    b.vote(b.activity(release, "gate"), who.bea)
    actor = b.actor_for(tom)
    hold_release(release_id=release.pk, reason="", actor=actor)
    resume_release(release_id=release.pk, reason="", actor=actor)
    abort_release(release_id=release.pk, reason="No.", actor=actor)
    assert told(release) == [
        ("release_held", "olga", "owner"), ("release_resumed", "olga", "owner"),
        ("release_aborted", "ann", "relieved"), ("release_aborted", "olga", "owner"),
    ]  # fmt: skip


@pytest.mark.req("EXE-9", "NTF-1")
def test_the_manager_is_whoever_holds_the_role_on_the_release_for_every_moment() -> None:
    who, tom = reachable("ann", "rita", "mona"), tom_by_mail()
    release = run(b.phase("p", b.manual("gate", {"user": "ann"})), by=tom, manager="rita")
    b.give("release-manager", who.mona, release.scope)
    for held in release.scope.assignments.filter(user=who.rita):
        end_role(assignment_id=held.pk, actor=b.SYSTEM)
    gate = b.activity(release, "gate")
    hold_release(release_id=release.pk, reason="", actor=b.actor_for(tom))
    b.vote(gate, who.ann, "reject")
    managers = {(moment, name) for moment, name, why in told() if why == "manager"}
    assert managers == {
        ("release_held", "mona"), ("rejected", "mona"), ("release_failed", "mona"),
    }  # fmt: skip


@pytest.mark.sqlite
@pytest.mark.req("A-061", "A-060")
def test_nobody_is_told_at_an_account_that_is_closed_whatever_their_part() -> None:
    """The requester, an approver who has decided, the owner of the phase: none of them hears any more."""
    who, tom = reachable("ann", "bea", "liz", "rita"), tom_by_mail()
    b.give("release-manager", who.rita)
    gate = b.manual("gate", {"user": "ann"}, {"user": "bea"}, rule="unanimous")
    release = run(b.phase("p", gate, owner={"user": "liz"}), by=who.rita, manager="tom")
    activity = b.activity(release, "gate")
    b.vote(activity, who.ann)
    for one in (who.ann, who.liz, who.rita):
        set_user_active(user_id=one.pk, active=False, actor=b.SYSTEM)
    before = set(Notice.objects.values_list("pk", flat=True))
    b.vote(activity, who.bea, "reject")
    fresh = Notice.objects.exclude(pk__in=before)
    assert set(fresh.values_list("user__username", flat=True)) == {tom.username}


@pytest.mark.req("A-061")
def test_a_named_approver_who_is_deactivated_during_the_round_is_no_secret() -> None:
    who, tom = reachable("ann", "bea", "cid"), tom_by_mail()
    gate = ask({"user": "ann"}, {"user": "bea"}, {"user": "cid"}, rule="any", by=tom)
    other = ask({"user": "ann"}, {"user": "bea"}, rule="unanimous", by=tom)
    answered = ask({"user": "bea"}, {"user": "cid"}, rule="unanimous", by=tom)
    b.vote(answered, who.bea)
    set_user_active(user_id=who.bea.pk, active=False, actor=b.SYSTEM)
    run_due(now=timezone.now())
    assert told(gate, "unreachable") == [("unreachable", "tom", "manager")]
    assert '"people":["bea"]' in Notice.objects.get(host=gate.host, moment="unreachable").facts
    # Where nobody can complete it any more the manager hears that alone, and of an answer nothing.
    assert told(other, "unreachable") == told(answered, "unreachable") == []
    assert told(other, "stuck") == [("stuck", "tom", "manager")]
    set_user_active(user_id=who.cid.pk, active=False, actor=b.SYSTEM)
    assert len(told(gate, "unreachable")) == 2


def _by_key(item: tuple[str, str]) -> Any:
    return get_user_model().objects.get(username=item[0]).pk


@pytest.mark.req("NTF-1")
def test_a_release_that_ends_tells_so_and_a_pipeline_that_fails_too() -> None:
    who, tom = reachable("ann", "rita"), tom_by_mail()
    release = run(
        b.phase("p", b.pipeline("build"), b.manual("gate", {"user": "ann"})), by=tom, manager="rita"
    )
    build = b.activity(release, "build")
    b.report(build, pipe(), "failed", summary="3 tests failed.")
    assert sorted(told(build)) == [("failed", "rita", "manager"), ("failed", "tom", "requester")]
    retry_activity(activity_id=build.pk, reason="Flaky.", actor=b.actor_for(tom))
    b.report(build, pipe())
    b.vote(b.activity(release, "gate"), who.ann)
    assert sorted(told(release, "release_completed")) == [
        ("release_completed", "rita", "manager"), ("release_completed", "tom", "requester"),
    ]  # fmt: skip


@pytest.mark.req("EXE-2", "NTF-1")
def test_whoever_is_asked_by_what_follows_from_their_own_act_is_told() -> None:
    who, tom = reachable("ann"), tom_by_mail()
    release = run(
        b.phase(
            "p",
            b.manual("first", {"user": "ann"}),
            b.manual(
                "later", {"user": "ann"}, {"user": "tom"}, needs=["first"],
                separation={"requester": False},
            ),
        ),
        by=tom,
    )  # fmt: skip
    b.vote(b.activity(release, "first"), who.ann)
    assert sorted(told(b.activity(release, "later"))) == [
        ("asked", "ann", "user"), ("asked", "tom", "user"),
    ]  # fmt: skip
    assert told(b.activity(release, "first"), "completed") == [("completed", "tom", "manager")]


@pytest.mark.req("NTF-1", "POL-6")
def test_whoever_acts_is_told_by_none_of_their_accounts() -> None:
    tom = tom_by_mail()
    ann = reachable("ann").ann
    b.person("ann2", email="ann2@example.com", person=ann.person)
    gate = ask({"user": "ann"}, {"user": "ann2"}, rule="any", by=tom)
    b.vote(gate, ann)
    assert told(gate, "completed") == [("completed", "tom", "manager")]


@pytest.mark.req("NTF-3", "I5")
def test_nothing_is_told_of_what_was_rolled_back_or_refused() -> None:
    who, tom = reachable("ann", "bea"), tom_by_mail()
    gate = ask({"user": "ann"}, {"user": "bea"}, rule="unanimous", by=tom)
    before = (Notice.objects.count(), Delivery.objects.count())

    def vote_and_fall_over() -> None:
        with transaction.atomic():
            b.vote(gate, who.ann, "reject")
            assert Notice.objects.count() > before[0]
            raise RuntimeError

    with pytest.raises(RuntimeError):
        vote_and_fall_over()
    with pytest.raises(Refusal):
        b.vote(gate, tom)
    with pytest.raises(Refusal):
        b.vote(gate, who.ann, "reject", " ")
    assert (Notice.objects.count(), Delivery.objects.count()) == before
    assert Approval.objects.get(host=gate.host).state == "open"


@pytest.mark.req("NTF-1")
def test_a_comment_tells_nobody() -> None:
    reachable("ann")
    tom = tom_by_mail()
    gate = ask({"user": "ann"}, by=tom)
    write_comment(activity_id=gate.pk, text="Hello.", actor=b.actor_for(tom))
    assert told(gate) == [("asked", "ann", "user")]


@pytest.mark.req("NTF-1")
def test_a_request_to_skip_tells_who_asked_for_it_how_it_ended() -> None:
    who, tom = reachable("ann", "dir"), tom_by_mail()
    b.role("opener", rights=["override"])
    b.give("opener", who.dir)
    gate = ask({"user": "ann"}, by=tom)
    request = request_skip(activity_id=gate.pk, reason="Urgent.", actor=b.actor_for(tom))
    assert told(request) == [("asked", "dir", "right")]
    b.vote(request, who.dir, "approve", "Agreed.")
    assert told(request, "completed") == [("completed", "tom", "asked_for")]


@pytest.mark.req("NTF-3")
def test_old_moments_and_people_without_an_address_get_no_mail_and_the_row_says_why() -> None:
    b.person("nomail")
    reachable("ann")
    ask({"user": "ann"}, {"user": "nomail"}, rule="unanimous", by=tom_by_mail())
    assert sorted(deliveries()) == [("ann", "pending", ""), ("nomail", "dropped", "no_address")]
    past = timezone.now() - dt.timedelta(hours=30)
    ask({"user": "ann"}, by=tom_by_mail(), now=past)
    assert deliveries()[-1] == ("ann", "dropped", "too_old")

"""A release is given to another manager: rights, record, whom it asks (REL-1)."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.utils import timezone

from approvals.models import RoleAssignment
from approvals.selectors import live_assignments
from audit.errors import Conflict, NotFound, NotPermitted
from audit.models import Notice
from portal.notifications.words import sentence_of
from releases.permissions import can_manage_release
from releases.services.due import run_due
from releases.services.lifecycle import abort_release
from releases.services.ownership import change_manager
from releases.services.roles import end_role
from tests import builders as b
from tests.refusals import refused
from tests.scenes import asked, entry, people, run, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("REL-1")]


def held_here(release: object, user: object) -> int:
    rows = RoleAssignment.objects.filter(scope=release.scope, user=user)  # type: ignore[attr-defined]
    return rows.filter(valid_until__isnull=True).count()


def test_the_role_goes_with_the_release_and_open_rounds_ask_the_new_one() -> None:
    who = people("carl", "vera")
    b.role("maker", rights=["view", "start"])
    b.give("maker", who.carl)
    release = run(b.phase("p", b.manual("gate", {"role": "release-manager"})), by=who.carl)
    gate = b.activity(release, "gate")
    change_manager(
        release_id=release.pk, manager="vera", reason="On leave.", actor=b.actor_for(who.carl)
    )
    release.refresh_from_db()
    assert release.manager == who.vera
    assert (held_here(release, who.carl), held_here(release, who.vera)) == (0, 1)
    assert not can_manage_release(b.actor_for(who.carl), release)
    assert can_manage_release(b.actor_for(who.vera), release)
    assert "vera" in asked(gate)
    assert "carl" not in asked(gate)
    assert release.history.first().history_change_reason == "On leave."
    assert entry(release, "release.manager_changed")["data"] == {
        "former": who.carl.pk,
        "manager": who.vera.pk,
        "names": {"former": "carl", "manager": "vera"},
    }
    told = Notice.objects.filter(moment="manager_changed").values_list("user__username", "why")
    assert set(told) == {("vera", "manager")}  # who acts is not told


def test_a_role_for_more_than_this_release_stays() -> None:
    people("maya", "vera")
    release = run(b.phase("p", b.manual("gate", {"user": "maya"})))
    change_manager(release_id=release.pk, manager="vera", reason="x", actor=b.actor_for(tom()))
    assert can_manage_release(b.actor_for(tom()), release)


def test_nobody_without_the_right_gives_it_away_and_nothing_that_has_ended() -> None:
    who = people("maya", "vera", "eve")
    release = run(b.phase("p", b.manual("gate", {"user": "maya"})))
    for user, refusal in ((who.maya, NotPermitted), (who.eve, NotFound)):
        with pytest.raises(refusal):
            change_manager(
                release_id=release.pk, manager="vera", reason="x", actor=b.actor_for(user)
            )
    abort_release(release_id=release.pk, reason="Off.", actor=b.actor_for(tom()))
    with pytest.raises(Conflict) as refused:
        change_manager(release_id=release.pk, manager="vera", reason="x", actor=b.actor_for(tom()))
    assert refused.value.code == "already_ended"
    release.refresh_from_db()
    assert release.manager == tom()
    assert held_here(release, who.vera) == 0


@pytest.mark.req("POL-6", "SEC-1")
def test_nobody_gives_a_release_to_themselves_by_whichever_account() -> None:
    who = people("carl", "mona")
    other = b.person("mona-2", person=who.mona.person)
    b.role("maker", rights=["view", "start"])
    b.give("maker", who.carl)
    b.role("keeper", rights=["view", "manage"])
    for account in (who.mona, other):
        b.give("keeper", account)
    release = run(b.phase("p", b.manual("gate", {"role": "release-manager"})), by=who.carl)
    stopped = run(b.phase("p", b.manual("gate", {"user": "carl"})), by=who.carl)
    gate = b.activity(release, "gate")
    for account in (who.mona, other):
        for named in (who.mona, other):
            with refused("own_rights", NotPermitted):
                change_manager(
                    release_id=release.pk,
                    manager=named.username,
                    reason="Mine now.",
                    actor=b.actor_for(account),
                )
    assert b.round_of(gate).stuck
    assert asked(gate).isdisjoint({"mona", "mona-2"})
    abort_release(release_id=stopped.pk, reason="Off.", actor=b.actor_for(who.mona))
    for reason in ("Mine now.", ""):
        with refused("own_rights", NotPermitted):  # the person is asked before the moment
            change_manager(
                release_id=stopped.pk,
                manager="mona-2",
                reason=reason,
                actor=b.actor_for(who.mona),
            )
    # Somebody else may give it to them.
    change_manager(release_id=release.pk, manager="mona", reason="Hers.", actor=b.SYSTEM)
    told = Notice.objects.filter(user=who.mona, host=gate.host).values_list("moment", flat=True)
    assert set(told) == {"asked"}, "it is stuck no more by who she is"
    assert "mona" in asked(gate)


def test_a_role_that_begins_later_neither_stands_in_the_way_nor_gives_it_back() -> None:
    who = people("carl", "vera")
    b.role("maker", rights=["view", "start"])
    b.give("maker", who.carl)
    release = run(b.phase("p", b.manual("gate", {"user": "vera"})), by=who.carl)
    week = dt.timedelta(days=7)
    next_week = timezone.now() + week
    [present] = RoleAssignment.objects.filter(scope=release.scope, user=who.carl)
    end_role(assignment_id=present.pk, actor=b.SYSTEM)
    for user in (who.carl, who.vera):
        b.give("release-manager", user, scope=release.scope, valid_from=next_week)
    change_manager(release_id=release.pk, manager="vera", reason="x", actor=b.SYSTEM)
    assert can_manage_release(b.actor_for(who.vera), release)
    here = RoleAssignment.objects.filter(scope=release.scope)
    assert [one.user for one in here.filter(valid_until=None)] == [who.vera]
    assert not here.filter(user=who.carl, valid_until__gt=timezone.now()).exists()


def test_whoever_manages_it_for_a_time_holds_it_for_good_once_it_is_theirs() -> None:
    who = people("maya", "vera")
    release = run(b.phase("p", b.manual("gate", {"user": "maya"})))
    tomorrow = timezone.now() + dt.timedelta(days=1)
    b.give("release-manager", who.vera, scope=release.scope, valid_until=tomorrow)
    change_manager(release_id=release.pk, manager="vera", reason="x", actor=b.SYSTEM)
    [held] = live_assignments(who.vera.pk).filter(scope=release.scope)
    assert held.valid_until is None


@pytest.mark.req("NTF-1", "EXE-9")
def test_whoever_takes_over_hears_once_of_what_is_stuck_and_why_something_failed() -> None:
    who = people("ann", "vera")
    b.role("legal", "Legal")
    b.give("legal", who.ann)
    start = timezone.now() - dt.timedelta(hours=2)
    release = run(
        b.phase(
            "p",
            b.manual("empty", {"role": "legal", "required": True}, needs=[]),
            b.manual(
                "late", {"user": "ann"}, deadline={"after": "1h", "on_miss": "reject"}, needs=[]
            ),
        ),
        failure="continue",
        now=start,
    )
    run_due(now=timezone.now())
    [held] = RoleAssignment.objects.filter(role__slug="legal")
    end_role(assignment_id=held.pk, reason="Left.", actor=b.SYSTEM)
    empty, late = (b.activity(release, key) for key in ("empty", "late"))
    assert b.round_of(empty).stuck
    for name in ("vera", "tom", "vera"):
        change_manager(release_id=release.pk, manager=name, reason="x", actor=b.SYSTEM)
    told = Notice.objects.filter(user=who.vera, host__in=[empty.host, late.host])
    assert sorted(told.values_list("moment", flat=True)) == ["rejected", "stuck"]
    [failed] = told.filter(moment="rejected")
    assert "its deadline passed" in sentence_of(failed.moment, json.loads(failed.facts))


@pytest.mark.req("NTF-1", "EXE-9")
def test_what_gets_stuck_again_is_told_again_to_whoever_takes_over_again() -> None:
    who = people("ann", "vera")
    b.role("legal", "Legal")
    release = run(b.phase("p", b.manual("gate", {"role": "legal", "required": True})))
    gate = b.activity(release, "gate")

    def give_to(name: str) -> None:
        change_manager(release_id=release.pk, manager=name, reason="x", actor=b.SYSTEM)

    def heard() -> int:
        return Notice.objects.filter(user=who.vera, moment="stuck", host=gate.host).count()

    give_to("vera")
    assert heard() == 1
    held = b.give("legal", who.ann)
    assert not b.round_of(gate).stuck
    give_to("tom")
    end_role(assignment_id=held.pk, reason="Left.", actor=b.SYSTEM)
    assert (b.round_of(gate).stuck, heard()) == (True, 1), "tom alone was told"
    give_to("vera")
    assert heard() == 2


@pytest.mark.req("NTF-1", "EXE-9")
def test_what_has_been_stuck_all_along_is_told_once_to_each_who_takes_over_in_turn() -> None:
    who = people("vera", "nora")
    b.role("legal", "Legal")
    release = run(b.phase("p", b.manual("gate", {"role": "legal", "required": True})))
    host = b.activity(release, "gate").host
    for name in ("vera", "tom", "vera", "tom"):
        change_manager(release_id=release.pk, manager=name, reason="x", actor=b.SYSTEM)
    told = Notice.objects.filter(moment="stuck", host=host)
    assert sorted(told.values_list("user__username", flat=True)) == ["tom", "vera"]
    # Whoever manages it beside the one who is named was told with them, and is not told anew.
    b.give("release-manager", who.nora, release.scope)
    gate_is_free = b.give("legal", who.vera)
    end_role(assignment_id=gate_is_free.pk, reason="Left.", actor=b.SYSTEM)
    assert told.filter(user=who.nora).count() == 1
    change_manager(release_id=release.pk, manager="nora", reason="x", actor=b.SYSTEM)
    assert told.filter(user=who.nora).count() == 1

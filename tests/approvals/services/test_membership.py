"""Who is asked follows memberships, roles and accounts at once; nothing waits silently (POL-5, EXE-9)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext

from approvals.models import AskedPerson, Decision, Role
from approvals.services.reconcile import ensure_current, reconcile_round, rounds_out_of_step
from audit.errors import Conflict, Invalid, NotFound, NotPermitted
from audit.locking import database_now
from audit.models import GuardedWrite, guarded_writes
from portal.models import Membership
from portal.services.people import add_member, remove_member, set_user_active
from releases.models import ProcessReference
from releases.selectors import releases_for
from releases.services.due import run_due
from releases.services.roles import end_role
from tests import builders as b
from tests.refusals import refused
from tests.scenes import ask, asked, events, instant, people, run, state, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def _leaves_group() -> tuple[Any, Callable[[], Any], Callable[[], Any]]:
    ann = people("ann").ann
    qa = b.group("qa", ann)
    return (
        ask({"group": "qa"}),
        lambda: remove_member(user=ann, group=qa, actor=b.SYSTEM),
        lambda: add_member(user=ann, group=qa, actor=b.SYSTEM),
    )


def _loses_role() -> tuple[Any, Callable[[], Any], Callable[[], Any]]:
    ann = people("ann").ann
    b.role("lead")
    given = b.give("lead", ann)
    return (
        ask({"role": "lead"}),
        lambda: end_role(assignment_id=given.pk, actor=b.SYSTEM),
        lambda: b.give("lead", ann),
    )


def _group_loses_role() -> tuple[Any, Callable[[], Any], Callable[[], Any]]:
    qa = b.group("qa", people("ann").ann)
    b.role("lead")
    given = b.give("lead", qa)
    return (
        ask({"role": "lead"}),
        lambda: end_role(assignment_id=given.pk, actor=b.SYSTEM),
        lambda: b.give("lead", qa),
    )


def _leaves_group_with_role() -> tuple[Any, Callable[[], Any], Callable[[], Any]]:
    ann = people("ann").ann
    qa = b.group("qa", ann)
    b.role("lead")
    b.give("lead", qa)
    return (
        ask({"role": "lead"}),
        lambda: remove_member(user=ann, group=qa, actor=b.SYSTEM),
        lambda: add_member(user=ann, group=qa, actor=b.SYSTEM),
    )


def _active(user: Any, active: bool) -> Callable[[], Any]:
    return lambda: set_user_active(user_id=user.pk, active=active, actor=b.SYSTEM)


def _named_is_deactivated() -> tuple[Any, Callable[[], Any], Callable[[], Any]]:
    ann = people("ann").ann
    return ask({"user": "ann"}), _active(ann, False), _active(ann, True)


def _member_is_deactivated() -> tuple[Any, Callable[[], Any], Callable[[], Any]]:
    ann = people("ann").ann
    b.group("qa", ann)
    return ask({"group": "qa"}), _active(ann, False), _active(ann, True)


def _holder_is_deactivated() -> tuple[Any, Callable[[], Any], Callable[[], Any]]:
    ann = people("ann").ann
    b.role("lead")
    b.give("lead", ann)
    return ask({"role": "lead"}), _active(ann, False), _active(ann, True)


def _holder_through_group_is_deactivated() -> tuple[Any, Callable[[], Any], Callable[[], Any]]:
    ann = people("ann").ann
    b.role("lead")
    b.give("lead", b.group("qa", ann))
    return ask({"role": "lead"}), _active(ann, False), _active(ann, True)


def _becomes_auditor() -> tuple[Any, Callable[[], Any], Callable[[], Any]]:
    ann = people("ann").ann
    given: list[Any] = []
    return (
        ask({"user": "ann"}),
        lambda: given.append(b.give("auditor", ann)),
        lambda: end_role(assignment_id=given[0].pk, actor=b.SYSTEM),
    )


def _group_becomes_auditors() -> tuple[Any, Callable[[], Any], Callable[[], Any]]:
    qa = b.group("qa", people("ann").ann)
    given: list[Any] = []
    return (
        ask({"user": "ann"}),
        lambda: given.append(b.give("auditor", qa)),
        lambda: end_role(assignment_id=given[0].pk, actor=b.SYSTEM),
    )


def _joins_auditors() -> tuple[Any, Callable[[], Any], Callable[[], Any]]:
    ann = people("ann").ann
    readers = b.group("readers")
    b.give("auditor", readers)
    return (
        ask({"user": "ann"}),
        lambda: add_member(user=ann, group=readers, actor=b.SYSTEM),
        lambda: remove_member(user=ann, group=readers, actor=b.SYSTEM),
    )


@pytest.mark.req("EXE-9", "POL-5", "B-24")
@pytest.mark.parametrize(
    "scene",
    [
        _leaves_group, _loses_role, _group_loses_role, _leaves_group_with_role,
        _named_is_deactivated, _member_is_deactivated, _holder_is_deactivated,
        _holder_through_group_is_deactivated, _becomes_auditor, _group_becomes_auditors,
        _joins_auditors,
    ],
)  # fmt: skip
def test_a_round_whose_last_approver_goes_is_stuck_at_once_and_freed_by_their_return(
    scene: Callable[[], tuple[Any, Callable[[], Any], Callable[[], Any]]],
) -> None:
    gate, go, come_back = scene()
    assert asked(gate) == {"ann"}
    assert not b.round_of(gate).stuck
    go()
    assert b.round_of(gate).stuck
    assert asked(gate) == set()
    assert events(gate)[-1] == "approval.stuck"
    assert state(gate) == "awaiting_approval"
    come_back()
    assert not b.round_of(gate).stuck
    assert asked(gate) == {"ann"}
    assert "approval.unstuck" in events(gate)
    b.vote(gate, people("ann").ann)
    assert state(gate) == "completed"


@pytest.mark.req("EXE-9")
def test_one_who_was_shut_out_at_the_opening_is_asked_once_they_are_let_in() -> None:
    ann = people("ann").ann
    b.process(b.phase("p", b.manual("gate", {"user": "ann"})), slug="named")
    set_user_active(user_id=ann.pk, active=False, actor=b.SYSTEM)
    b.product("pay")
    gate = b.activity(b.release(tom(), process="named"), "gate")
    assert b.round_of(gate).stuck
    set_user_active(user_id=ann.pk, active=True, actor=b.SYSTEM)
    assert not b.round_of(gate).stuck
    assert asked(gate) == {"ann"}


@pytest.mark.req("A-060", "EXE-9")
def test_the_deactivated_person_of_a_second_account_keeps_the_seat_with_the_other() -> None:
    ann = people("ann").ann
    second = b.person("ann-2", person=ann.person)
    b.group("qa", ann, second)
    gate = ask({"group": "qa"})
    set_user_active(user_id=ann.pk, active=False, actor=b.SYSTEM)
    assert asked(gate) == {"ann-2"}
    b.vote(gate, second)
    assert state(gate) == "completed"


@pytest.mark.req("POL-5")
def test_a_group_joined_from_a_shell_takes_effect_at_once() -> None:
    who = people("ann", "ben")
    qa = b.group("qa", who.ann)
    gate = ask({"group": "qa"}, {"user": "ben"}, rule="unanimous")
    cho = b.person("cho")
    with refused("not_found", NotFound):
        b.vote(gate, cho)
    cho.groups.add(qa)
    b.vote(gate, cho)
    who.ann.groups.remove(qa)
    b.vote(gate, who.ben)
    assert state(gate) == "completed"
    [hat] = json.loads(Decision.objects.get(user=cho).hats)
    assert (hat["kind"], hat["ref"]) == ("group", qa.pk)


@pytest.mark.req("POL-5", "EXE-9")
def test_a_change_from_a_shell_reaches_the_projection_with_the_next_tick() -> None:
    who = people("ann", "ben")
    qa = b.group("qa", who.ann)
    gate = ask({"group": "qa"})
    who.ann.groups.remove(qa)
    run_due()
    assert b.round_of(gate).stuck
    who.ben.groups.add(qa)
    run_due()
    assert not b.round_of(gate).stuck
    assert asked(gate) == {"ben"}


@pytest.mark.req("A-011", "EXE-9")
def test_a_vote_once_given_stays_when_its_author_leaves() -> None:
    who = people("ann", "ben")
    qa = b.group("qa", who.ann)
    gate = ask({"group": "qa"}, {"user": "ben"}, rule="unanimous")
    b.vote(gate, who.ann)
    remove_member(user=who.ann, group=qa, actor=b.SYSTEM)
    assert not b.round_of(gate).stuck
    b.vote(gate, who.ben)
    assert state(gate) == "completed"


@pytest.mark.req("EXE-7", "EXE-9")
def test_whoever_left_may_take_their_vote_back_and_can_then_not_give_it_again() -> None:
    who = people("ann", "ben", "cho")
    qa = b.group("qa", who.ann, who.cho)
    gate = ask({"group": "qa"}, {"user": "ben"}, rule="unanimous")
    b.vote(gate, who.ann)
    remove_member(user=who.ann, group=qa, actor=b.SYSTEM)
    b.withdraw(gate, who.ann)
    with refused("not_an_approver", NotPermitted):
        b.vote(gate, who.ann)
    b.vote(gate, who.cho)
    assert state(gate) == "awaiting_approval"


@pytest.mark.req("POL-5")
@pytest.mark.parametrize("through", ["group", "role", "group_role"])
def test_a_holder_counts_only_within_their_time(through: str) -> None:
    ann = people("ann").ann
    window = {"valid_from": instant(10), "valid_until": instant(20)}
    gate_options: dict[str, Any] = {"now": instant(0)}
    if through == "group":
        add_member(user=ann, group=b.group("qa"), actor=b.SYSTEM, now=instant(0), **window)
        seat = {"group": "qa"}
    else:
        b.role("lead")
        holder = b.group("qa", ann) if through == "group_role" else ann
        b.give("lead", holder, now=instant(0), **window)
        seat = {"role": "lead"}
    b.role("viewer", rights=["view"])
    b.give("viewer", ann)
    gate = ask(seat, people("ben") and {"user": "ben"}, rule="unanimous", **gate_options)
    assert asked(gate) == {"ben"}
    assert b.round_of(gate).stuck
    with refused("not_an_approver", NotPermitted):
        b.vote(gate, ann, now=instant(9))
    run_due(now=instant(10))
    assert asked(gate) == {"ann", "ben"}
    assert not b.round_of(gate).stuck
    run_due(now=instant(20))
    assert asked(gate) == {"ben"}
    assert b.round_of(gate).stuck
    with refused("not_an_approver", NotPermitted):
        b.vote(gate, ann, now=instant(20))
    b.vote(gate, ann, now=instant(19))


@pytest.mark.req("POL-1")
def test_each_makes_a_seat_for_every_holder_of_the_moment_of_opening() -> None:
    who = people("ann", "ben", "cho")
    qa = b.group("qa", who.ann, who.ben)
    gate = ask({"group": "qa", "each": True}, rule="unanimous")
    assert json.loads(b.round_of(gate).policy)["seat_count"] == 2
    add_member(user=who.cho, group=qa, actor=b.SYSTEM)
    assert asked(gate) == {"ann", "ben"}
    b.role("viewer", rights=["view"])
    b.give("viewer", who.cho)
    with refused("not_an_approver", NotPermitted):
        b.vote(gate, who.cho)
    b.vote(gate, who.ann)
    remove_member(user=who.ben, group=qa, actor=b.SYSTEM)
    assert b.round_of(gate).stuck
    with refused("not_an_approver", NotPermitted):
        b.vote(gate, who.ben)
    add_member(user=who.ben, group=qa, actor=b.SYSTEM)
    b.vote(gate, who.ben)
    assert state(gate) == "completed"


@pytest.mark.req("POL-1", "EXE-9")
def test_each_over_nobody_makes_one_seat_that_nobody_fills() -> None:
    b.group("qa")
    people("ann")
    gate = ask({"group": "qa", "each": True}, {"user": "ann"}, rule="unanimous")
    row = b.round_of(gate)
    assert (json.loads(row.policy)["seat_count"], row.stuck) == (2, True)
    add_member(user=people("ben").ben, group=Group.objects.get(name="qa"), actor=b.SYSTEM)
    assert b.round_of(gate).stuck


@pytest.mark.req("POL-2", "A-058", "EXE-9")
def test_a_rule_over_an_empty_group_opens_as_stuck_never_as_approved() -> None:
    b.group("qa")
    gate = ask({"group": "qa"})
    assert b.round_of(gate).stuck
    assert state(gate) == "awaiting_approval"
    assert "approval.stuck" in events(gate)


@pytest.mark.req("POL-2", "B-16")
def test_a_group_or_role_in_use_cannot_be_deleted() -> None:
    qa = b.group("qa", people("ann").ann)
    lead = b.role("lead")
    b.give("lead", people("ben").ben)
    ask({"group": "qa"}, {"role": "lead"}, rule="unanimous")
    assert ProcessReference.objects.filter(group=qa).exists()
    with pytest.raises(ProtectedError), transaction.atomic():
        qa.delete()
    for road in (lead.delete, Role.objects.filter(pk=lead.pk).delete):
        with pytest.raises(GuardedWrite), transaction.atomic():
            road()
    with guarded_writes(), pytest.raises(ProtectedError), transaction.atomic():
        lead.delete()


@pytest.mark.req("A-065")
def test_what_holds_permissions_is_never_deleted() -> None:
    gate = ask(people("ann") and {"user": "ann"})
    for row in (gate, gate.release, gate.release.product, gate.release.scope):
        with pytest.raises(GuardedWrite), transaction.atomic():
            row.delete()
    for row in (gate.release, gate.release.product, gate.release.scope):
        with guarded_writes(), pytest.raises(ProtectedError), transaction.atomic():
            row.delete()


@pytest.mark.req("EXE-9", "MON-5")
def test_the_projection_follows_every_vote_and_the_end_of_the_round() -> None:
    who = people("ann", "ben", "cho")
    gate = ask({"user": "ann"}, {"user": "ben"}, {"user": "cho"}, rule={"at_least": 2})
    assert asked(gate, waiting=True) == {"ann", "ben", "cho"}
    b.vote(gate, who.ann)
    assert asked(gate, waiting=True) == {"ben", "cho"}
    b.withdraw(gate, who.ann)
    assert asked(gate, waiting=True) == {"ann", "ben", "cho"}
    b.vote(gate, who.ann)
    b.vote(gate, who.ben)
    assert asked(gate) == set()
    assert AskedPerson.objects.filter(approval=b.round_of(gate)).count() == 3


@pytest.mark.req("EXE-9")
def test_a_reconciliation_that_finds_nothing_new_writes_nothing() -> None:
    people("ann")
    gate = ask({"user": "ann"})
    before = events(gate)
    versions = b.round_of(gate).version
    assert reconcile_round(approval_id=b.round_of(gate).pk, actor=b.SYSTEM) is False
    assert events(gate) == before
    assert b.round_of(gate).version == versions


@pytest.mark.req("MON-5", "SEC-1")
def test_a_seat_once_held_lets_see_the_release_for_good_and_one_never_held_does_not() -> None:
    who = people("ann", "ben", "new")
    qa = b.group("qa", who.ann, who.ben)
    gate = ask({"group": "qa"})
    b.vote(gate, who.ann)
    for leaver in (who.ann, who.ben):
        remove_member(user=leaver, group=qa, actor=b.SYSTEM)
        assert releases_for(b.actor_for(leaver)).filter(pk=gate.release_id).exists()
    add_member(user=who.new, group=qa, actor=b.SYSTEM)
    assert not releases_for(b.actor_for(who.new)).filter(pk=gate.release_id).exists()


@pytest.mark.req("MON-5")
def test_whoever_voted_after_joining_from_a_shell_sees_the_release_for_good() -> None:
    who = people("ann", "new")
    qa = b.group("qa", who.ann)
    gate = ask({"group": "qa"})
    who.new.groups.add(qa)
    b.vote(gate, who.new)
    assert state(gate) == "completed"
    who.new.groups.remove(qa)
    assert releases_for(b.actor_for(who.new)).filter(pk=gate.release_id).exists()


@pytest.mark.req("POL-5")
def test_a_role_held_for_another_product_or_release_fills_no_seat() -> None:
    who = people("ann", "ben")
    other = b.product("other", "Other")
    b.role("lead")
    b.give("lead", who.ann, other.scope)
    release = run(b.phase("p", b.manual("gate", {"role": "lead"}, {"role": "lead"}, rule="any")))
    gate = b.activity(release, "gate")
    assert asked(gate) == set()
    b.give("lead", who.ben, release.scope)
    assert asked(gate) == {"ben"}
    b.vote(gate, who.ben)
    assert state(gate) == "completed"


@pytest.mark.req("POL-5")
def test_memberships_are_checked_when_written() -> None:
    who = people("ann", "ben")
    qa = b.group("qa", who.ann)
    window = {"valid_from": instant(5), "valid_until": instant(5)}
    with refused("already_member", Conflict):
        add_member(user=who.ann, group=qa, actor=b.SYSTEM)
    with refused("not_found", NotFound):
        remove_member(user=who.ben, group=qa, actor=b.SYSTEM)
    with refused("invalid", Invalid):
        add_member(user=who.ben, group=qa, actor=b.SYSTEM, **window)
    with refused("no_permission", NotPermitted):
        add_member(user=who.ben, group=qa, actor=b.actor_for(who.ann))
    assert database_now() - Membership.objects.get().since < dt.timedelta(minutes=1)


@pytest.mark.req("POL-5", "EXE-9")
def test_a_role_whose_time_has_come_shows_at_once_in_what_waits_for_its_holder() -> None:
    who = people("ann", "ben")
    opened = database_now() - dt.timedelta(hours=2)
    b.role("lead")
    b.give("lead", who.ben)
    gate = ask({"role": "lead"}, now=opened)
    b.give("lead", who.ann, valid_from=opened + dt.timedelta(hours=1), now=opened)
    assert asked(gate) == {"ben"}
    assert ensure_current(actor=b.actor_for(who.ann)) == 1
    assert asked(gate) == {"ann", "ben"}
    assert ensure_current(actor=b.actor_for(who.ann)) == 0


@pytest.mark.req("POL-5", "EXE-9")
def test_a_tick_goes_first_to_rounds_that_time_has_changed() -> None:
    """With room for one, and an older round before it, that which a membership's end touches."""
    who = people("ann", "ben")
    opened = database_now() - dt.timedelta(hours=2)
    ask({"user": "ben"}, now=opened - dt.timedelta(hours=1))
    qa = b.group("qa")
    ended = {"valid_until": database_now() - dt.timedelta(minutes=30)}
    add_member(user=who.ann, group=qa, actor=b.SYSTEM, now=opened, **ended)
    gate = ask({"group": "qa"}, now=opened)
    assert asked(gate) == {"ann"}
    [key] = rounds_out_of_step(limit=1, at=database_now())
    assert key == b.round_of(gate).pk
    run_due()
    assert asked(gate) == set()
    assert b.round_of(gate).stuck


@pytest.mark.req("OPS-1")
def test_a_tick_with_nothing_to_do_writes_nothing() -> None:
    people("ann")
    ask({"user": "ann"})
    run_due()
    with CaptureQueriesContext(connection) as seen:
        run_due()
    writes = ("INSERT", "UPDATE", "DELETE")
    assert [one["sql"] for one in seen if one["sql"].startswith(writes)] == []


@pytest.mark.sqlite
@pytest.mark.req("MON-4")
def test_a_round_whose_count_is_of_an_earlier_version_is_counted_anew() -> None:
    """What lists say of seats is kept with the round; rounds that were open before did not keep it."""
    b.person("ann")
    gate = ask({"user": "ann"})
    approval = b.round_of(gate)
    kept = approval.tally
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE approvals_approval SET tally = %s WHERE id = %s",
            ['{"approvals":0}', approval.pk],
        )
    now = database_now()
    assert approval.pk in rounds_out_of_step(limit=10, at=now)
    assert reconcile_round(approval_id=approval.pk, actor=b.SYSTEM)
    assert b.round_of(gate).tally == kept
    assert approval.pk not in rounds_out_of_step(limit=10, at=now)

"""Roles are given and taken back; guardian's rows follow, and one `can()` reads them (POL-5, SEC-1)."""

from __future__ import annotations

import json

import pytest

from approvals.models import Role, RoleAssignment, ScopeUserPermission
from approvals.permissions import can_configure
from approvals.services.roles import ensure_builtin_roles
from audit.errors import Conflict, Invalid, NotFound, NotPermitted
from audit.permissions import can
from portal.services.people import add_member, remove_member, set_user_active
from releases.models import Product, ProductGroupPermission, ProductUserPermission
from releases.permissions import (
    can_abort_release,
    can_create_release,
    can_manage_phase,
    can_manage_release,
    can_report_result,
    can_start_release,
    can_view_audit,
)
from releases.selectors import products_for, releases_for
from releases.services.due import run_due
from releases.services.lifecycle import hold_release
from releases.services.products import change_product, create_product
from releases.services.roles import Grantee, all_grants_due, assign_role, end_role, wanted_grants
from tests import builders as b
from tests.refusals import refused
from tests.scenes import everything, instant, people, run, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

BUILT_IN = {
    "release-manager": ["manage", "start", "view"],
    "phase-owner": ["view"],
    "pipeline": ["report_result", "start", "view"],
    "process-admin": ["configure", "view"],
    "auditor": ["view", "view_audit"],
    "audit-approver": ["view"],
}


@pytest.mark.req("SEC-1")
def test_the_built_in_roles_are_there_once_and_none_of_them_overrides() -> None:
    ensure_builtin_roles(actor=b.SYSTEM)
    found = {role.slug: json.loads(role.rights) for role in Role.objects.filter(is_builtin=True)}
    assert found == BUILT_IN
    assert Role.objects.get(reads_only=True).slug == "auditor"


@pytest.mark.req("POL-5", "SEC-1")
def test_an_assignment_writes_rows_where_it_is_held_and_nowhere_else() -> None:
    who = people("ann", "ben")
    pay, other = b.product("pay"), b.product("other", "Other")
    b.give("release-manager", who.ann, pay.scope)
    assert ProductUserPermission.objects.filter(user=who.ann).count() == 3
    assert not ScopeUserPermission.objects.filter(user=who.ann).exists()
    ann, ben = b.actor_for(who.ann), b.actor_for(who.ben)
    assert can(ann, "manage", pay, everything())
    assert not can(ann, "manage", other, everything())
    assert not can(ann, "configure", pay, everything())
    assert not can(ben, "view", pay)
    assert [one.key for one in products_for(ann)] == ["pay"]


@pytest.mark.req("POL-5", "A-064")
def test_a_right_taken_back_is_gone_for_the_same_actor_at_once() -> None:
    ann = people("ann").ann
    actor = b.actor_for(ann)
    given = b.give("release-manager", ann)
    assert can(actor, "manage", everything())
    end_role(assignment_id=given.pk, actor=b.SYSTEM)
    assert not can(actor, "manage", everything())
    assert not ScopeUserPermission.objects.filter(user=ann).exists()
    again = b.give("release-manager", ann)
    assert can(actor, "manage", everything())
    assert RoleAssignment.objects.filter(user=ann).count() == 2
    assert again.pk != given.pk


@pytest.mark.req("POL-5", "A-064", "A-060")
def test_rights_through_a_group_follow_membership_its_time_and_the_account() -> None:
    ann = people("ann").ann
    team = b.group("team")
    b.give("release-manager", team)
    actor = b.actor_for(ann)
    assert not can(actor, "manage", everything())
    add_member(user=ann, group=team, actor=b.SYSTEM)
    assert can(actor, "manage", everything())
    remove_member(user=ann, group=team, actor=b.SYSTEM)
    assert not can(actor, "manage", everything())
    ann.groups.add(team)
    assert can(actor, "manage", everything())
    set_user_active(user_id=ann.pk, active=False, actor=b.SYSTEM)
    assert not can(actor, "manage", everything())
    set_user_active(user_id=ann.pk, active=True, actor=b.SYSTEM)
    past = b.group("past")
    b.give("process-admin", past)
    add_member(user=ann, group=past, actor=b.SYSTEM, valid_until=instant(-10_000_000))
    assert not can(actor, "configure", everything())


@pytest.mark.req("POL-5")
def test_rights_begin_and_end_by_themselves() -> None:
    ann = people("ann").ann
    b.give("release-manager", ann, now=instant(0), valid_from=instant(10), valid_until=instant(20))
    rows = ScopeUserPermission.objects.filter(user=ann)
    assert set(rows.values_list("valid_from", "valid_until")) == {(instant(10), instant(20))}
    # The rows themselves carry the time: no job has to run for a rota to end.
    assert not can(b.actor_for(ann), "manage", everything())


@pytest.mark.req("POL-5", "OPS-3")
def test_turns_that_do_not_touch_are_written_one_after_the_other_by_the_tick() -> None:
    ann = people("ann").ann
    b.give("release-manager", ann, now=instant(0), valid_from=instant(10), valid_until=instant(20))
    b.give("release-manager", ann, now=instant(25), valid_from=instant(30), valid_until=instant(40))
    grantee = Grantee(user_id=ann.pk)

    def windows(now: float) -> set[tuple[object, object]]:
        run_due(now=instant(now))
        assert wanted_grants(everything(), grantee, instant(now)) == {
            row.permission.codename: (row.valid_from, row.valid_until)
            for row in ScopeUserPermission.objects.filter(user=ann)
        }
        return set(
            ScopeUserPermission.objects.filter(user=ann).values_list("valid_from", "valid_until")
        )

    assert windows(26) == {(instant(30), instant(40))}
    assert windows(41) == set()
    assert (everything(), grantee) in all_grants_due(instant(41))


@pytest.mark.req("POL-5")
def test_two_roles_with_one_right_give_it_for_as_long_as_either_is_held() -> None:
    ann = people("ann").ann
    b.give("process-admin", ann, now=instant(0), valid_from=instant(0), valid_until=instant(20))
    b.give("phase-owner", ann, now=instant(0), valid_from=instant(10), valid_until=instant(40))
    rows = {
        row.permission.codename: (row.valid_from, row.valid_until)
        for row in ScopeUserPermission.objects.filter(user=ann)
    }
    assert rows == {
        "view": (instant(0), instant(40)),
        "configure": (instant(0), instant(20)),
    }


@pytest.mark.req("POL-5")
def test_what_is_refused_when_roles_are_given_and_taken_back() -> None:
    who = people("ann", "ben")
    given = b.give("release-manager", who.ann)
    with refused("already_assigned", Conflict):
        b.give("release-manager", who.ann)
    with refused("invalid", Invalid):
        b.give("auditor", who.ben, valid_from=instant(20), valid_until=instant(20))
    with refused("invalid", Invalid):
        b.give("auditor", who.ben, now=instant(20), valid_until=instant(19))
    lead = b.role("lead")
    with refused("no_permission", NotPermitted):
        assign_role(role=lead, grantee=Grantee(user_id=who.ben.pk), actor=b.actor_for(who.ann))
    with refused("no_permission", NotPermitted):
        end_role(assignment_id=given.pk, actor=b.actor_for(who.ann))
    with refused("not_found", NotFound):
        end_role(assignment_id=given.pk + 1000, actor=b.SYSTEM)
    with refused("invalid", Invalid):
        end_role(assignment_id=given.pk, reason="nul\x00", actor=b.SYSTEM)
    end_role(assignment_id=given.pk, actor=b.SYSTEM)
    with refused("already_ended", Conflict):
        end_role(assignment_id=given.pk, actor=b.SYSTEM)
    with pytest.raises(ValueError, match="user or a group"):
        Grantee()


@pytest.mark.req("A-067", "SEC-1")
def test_a_global_permission_of_django_opens_nothing_in_list_or_detail() -> None:
    from django.contrib.auth.models import Permission

    ann = people("ann").ann
    ann.user_permissions.set(Permission.objects.filter(content_type__app_label="releases"))
    ann = type(ann).objects.get(pk=ann.pk)
    made = run(b.phase("p", b.pipeline("x")))
    actor = b.actor_for(ann)
    assert not can(actor, "view", made, made.product, everything())
    assert not can_manage_release(actor, made)
    assert not releases_for(actor).exists()
    assert not products_for(actor).exists()


@pytest.mark.req("A-065", "SEC-1")
def test_rows_of_another_object_of_the_same_key_open_nothing() -> None:
    ann = people("ann").ann
    pay = b.product("pay")
    b.give("release-manager", ann, pay.scope)
    actor = b.actor_for(ann)
    # Direct foreign keys on a model each: a scope or release that has the product's number by
    # chance is another thing.
    stranger = everything()
    stranger.pk = pay.pk
    assert can(actor, "manage", Product(pk=pay.pk))
    assert not can(actor, "manage", stranger)
    with pytest.raises(ValueError, match="unknown action"):
        can(actor, "delete", pay)


@pytest.mark.req("SEC-1", "A-070")
def test_an_auditor_sees_everything_with_the_audit_and_manages_nothing() -> None:
    aud = people("aud").aud
    b.give("auditor", aud)
    made = run(b.phase("p", b.pipeline("x")))
    actor = b.actor_for(aud)
    assert releases_for(actor).get() == made
    assert can_view_audit(actor, made)
    assert not can_manage_release(actor, made)
    assert not can_view_audit(b.actor_for(tom()), made)


@pytest.mark.req("SEC-1", "A-070")
@pytest.mark.parametrize("other", ["release-manager", "process-admin", "pipeline", "superuser"])
def test_an_auditor_writes_nothing_whatever_else_they_are(other: str) -> None:
    aud = b.superuser("aud") if other == "superuser" else people("aud").aud
    made = run(b.phase("p", b.pipeline("x"), owner={"user": "aud"}))
    if other != "superuser":
        b.give(other, aud)
    b.give("auditor", aud)
    actor, phase = b.actor_for(aud), b.phase_of(made, "p")
    answers = [
        can_create_release(actor, made.product),
        can_start_release(actor, made),
        can_manage_release(actor, made),
        can_report_result(actor, made),
        can_configure(actor, everything()),
    ]
    assert {one.code for one in answers} <= {"auditor", "no_permission"}
    assert "auditor" in {one.code for one in answers}
    phase.state = "failed"
    assert can_manage_phase(actor, made, phase).code == "auditor"
    assert can_abort_release(actor, made, [phase]).code == "auditor"
    assert can_view_audit(actor, made)
    with refused(can_manage_release(actor, made).code, NotPermitted):
        hold_release(release_id=made.pk, reason="x", actor=actor)


@pytest.mark.req("SEC-1", "A-070")
def test_a_group_of_auditors_holds_nobody_back_who_is_not_in_it() -> None:
    aud = people("aud").aud
    made = run(b.phase("p", b.pipeline("x"), owner={"user": "aud"}))
    b.give("auditor", b.group("readers", aud))
    assert can_manage_phase(b.actor_for(aud), made, b.phase_of(made, "p")).code == "auditor"
    assert can_manage_release(b.actor_for(tom()), made)
    assert can_manage_release(b.SYSTEM, made)


@pytest.mark.req("SEC-3", "B-16")
def test_an_empty_scope_is_no_scope_and_never_all_of_them() -> None:
    ada = b.superuser()
    made = run(b.phase("p", b.pipeline("x")))
    for action in ("view", "manage", "configure", "override", "report_result", "view_audit"):
        assert can(b.actor_for(ada), action, made)
        assert can(b.actor_for(ada, scopes=frozenset()), action, made).code == "token_scope"


@pytest.mark.req("REL-1", "MON-5")
def test_products_are_made_changed_and_archived_by_those_who_configure() -> None:
    ann = people("ann").ann
    pay = create_product(key="pay", name="Payments", tags=["pci", "pci"], actor=b.SYSTEM)
    assert json.loads(pay.tags) == ["pci"]
    assert pay.scope.lineage == (everything().pk, pay.scope_id)
    with refused("key_taken", Conflict):
        create_product(key="pay", name="Again", actor=b.SYSTEM)
    with refused("no_permission", NotPermitted):
        create_product(key="new", name="New", actor=b.actor_for(ann))
    with refused("no_permission", NotPermitted):
        change_product(product_id=pay.pk, name="Pay", actor=b.actor_for(ann))
    for wrong in (
        {"key": "Pay"}, {"key": ""}, {"key": "x" * 51}, {"key": "1x"}, {"name": ""},
        {"name": "x" * 151}, {"name": "\x00"}, {"description": "\x00"}, {"tags": ["\x00"]},
        {"tags": [""]},
    ):  # fmt: skip
        with refused("invalid", Invalid):
            create_product(**{"key": "new", "name": "New", **wrong}, actor=b.SYSTEM)
    with refused("not_found", NotFound):
        change_product(product_id=pay.pk + 1000, name="Pay", actor=b.SYSTEM)
    b.give("release-manager", ann)
    assert products_for(b.actor_for(ann)).exists()
    change_product(product_id=pay.pk, name="Pay", is_archived=True, actor=b.SYSTEM)
    assert not products_for(b.actor_for(ann)).exists()
    assert pay.history.count() == 2
    assert not ProductGroupPermission.objects.exists()


@pytest.mark.req("MON-5", "REL-1")
def test_a_release_of_an_archived_product_is_absent_from_every_list() -> None:
    made = run(b.phase("p", b.pipeline("x")))
    change_product(product_id=made.product_id, name="Payments", is_archived=True, actor=b.SYSTEM)
    for by in (b.actor_for(tom()), b.actor_for(b.superuser())):
        assert not releases_for(by).exists()

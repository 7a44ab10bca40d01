"""Auditors set nothing up, whatever else they are, and nobody gives rights to themselves (A-070, SEC-1)."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from approvals.models import Role, RoleAssignment
from approvals.services.roles import change_role, create_role
from audit.errors import NotPermitted
from audit.models import LedgerEntry
from portal.models import Membership, User
from portal.services.people import (
    add_member,
    change_membership,
    change_user,
    create_group,
    create_user,
    remove_member,
    rename_group,
    set_user_active,
)
from releases.services.processes import publish_draft, publish_process, save_draft
from releases.services.products import change_product, create_product
from releases.services.roles import Grantee, assign_role, end_role
from tests import builders as b
from tests.refusals import refused
from tests.scenes import people

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

ROOT = Path(__file__).resolve().parents[3]
TEXT = json.dumps(
    {"kind": "Process", "slug": "new", "name": "New", "phases": [b.phase("p", b.pipeline("x"))]}
)


@pytest.fixture
def there() -> SimpleNamespace:
    """One of everything that can be set up."""
    ben = people("ben").ben
    team = b.group("team", ben)
    return SimpleNamespace(
        ben=ben,
        cleo=people("cleo").cleo,
        team=team,
        membership=Membership.objects.get(user=ben),
        product=b.product(),
        process=b.process(b.phase("p", b.pipeline("x"))).process,
        held=b.give("release-manager", ben),
        role=Role.objects.get(slug="process-admin"),
    )


ACTS: dict[str, Callable[[SimpleNamespace, Any], object]] = {
    "create_user": lambda _, by: create_user(username="new", actor=by),
    "change_user": lambda at, by: change_user(
        user_id=at.ben.pk, display_name="B", email="", actor=by
    ),
    "set_user_active": lambda at, by: set_user_active(user_id=at.ben.pk, active=False, actor=by),
    "create_group": lambda _, by: create_group(name="New", actor=by),
    "rename_group": lambda at, by: rename_group(group_id=at.team.pk, name="New", actor=by),
    "add_member": lambda at, by: add_member(user=at.cleo, group=at.team, actor=by),
    "change_membership": lambda at, by: change_membership(
        membership_id=at.membership.pk, valid_from=None, valid_until=None, actor=by
    ),
    "remove_member": lambda at, by: remove_member(user=at.ben, group=at.team, actor=by),
    "create_role": lambda _, by: create_role(slug="new", name="New", actor=by),
    "change_role": lambda at, by: change_role(role_id=at.role.pk, name="New", actor=by),
    "assign_role": lambda at, by: assign_role(
        role=at.role, grantee=Grantee(user_id=at.cleo.pk), actor=by
    ),
    "end_role": lambda at, by: end_role(assignment_id=at.held.pk, actor=by),
    "create_product": lambda _, by: create_product(key="new", name="New", actor=by),
    "change_product": lambda at, by: change_product(product_id=at.product.pk, name="New", actor=by),
    "publish_process": lambda _, by: publish_process(text=TEXT, actor=by),
    "save_draft": lambda _, by: save_draft(process_id=None, text=TEXT, actor=by),
    "publish_draft": lambda at, by: publish_draft(process_id=at.process.pk, text=TEXT, actor=by),
}


@pytest.mark.req("A-070", "SEC-1")
@pytest.mark.parametrize("other", ["process-admin", "superuser"])
@pytest.mark.parametrize("act", ACTS)
def test_an_auditor_sets_nothing_up(act: str, other: str, there: SimpleNamespace) -> None:
    aud = b.superuser("aud") if other == "superuser" else people("aud").aud
    if other != "superuser":
        b.give(other, aud)
    b.give("auditor", b.group("auditors", aud))
    entries = LedgerEntry.objects.count()
    with refused("auditor", NotPermitted):
        ACTS[act](there, b.actor_for(aud))
    assert LedgerEntry.objects.count() == entries


@pytest.mark.req("A-070")
def test_the_right_to_configure_is_asked_for_in_one_place_alone() -> None:
    asked = re.compile(r"\bcan\([^)]*\"configure\"")
    found = [
        path.relative_to(ROOT).as_posix()
        for app in ("audit", "approvals", "releases", "portal")
        for path in (ROOT / app).rglob("*.py")
        if asked.search(path.read_text(encoding="utf-8"))
    ]
    assert found == ["approvals/permissions.py"]


def _admin_with_second_account() -> SimpleNamespace:
    admin = people("admin").admin
    b.give("process-admin", admin)
    second = b.person("admin2", person=admin.person)
    return SimpleNamespace(admin=admin, second=second, actor=b.actor_for(admin))


@pytest.mark.req("SEC-1", "POL-5", "A-043")
@pytest.mark.parametrize("account", ["admin", "second"])
def test_nobody_gives_a_role_to_themselves_by_whichever_account(account: str) -> None:
    who = _admin_with_second_account()
    role = Role.objects.get(slug="release-manager")
    user = getattr(who, account)
    with refused("own_rights", NotPermitted):
        assign_role(role=role, grantee=Grantee(user_id=user.pk), actor=who.actor)
    assert not RoleAssignment.objects.filter(role=role).exists()


@pytest.mark.req("SEC-1", "POL-5", "A-043")
@pytest.mark.parametrize("account", ["admin", "second"])
@pytest.mark.parametrize("starts_in", [None, 1])
def test_nobody_gives_a_role_to_a_group_that_they_are_or_will_be_in(
    account: str, starts_in: int | None
) -> None:
    who = _admin_with_second_account()
    team = b.group("team")
    starts = timezone.now() + dt.timedelta(days=starts_in) if starts_in else None
    add_member(user=getattr(who, account), group=team, valid_from=starts, actor=b.SYSTEM)
    role = Role.objects.get(slug="release-manager")
    with refused("own_rights", NotPermitted):
        assign_role(role=role, grantee=Grantee(group_id=team.pk), actor=who.actor)
    assert not RoleAssignment.objects.filter(role=role).exists()


@pytest.mark.req("SEC-1", "POL-5")
def test_a_group_that_they_have_left_may_be_given_a_role() -> None:
    who = _admin_with_second_account()
    team = b.group("team", people("ben").ben)
    past = timezone.now() - dt.timedelta(days=1)
    add_member(user=who.admin, group=team, valid_until=past, actor=b.SYSTEM)
    role = Role.objects.get(slug="release-manager")
    assert assign_role(role=role, grantee=Grantee(group_id=team.pk), actor=who.actor).pk


@pytest.mark.req("SEC-1", "POL-5", "A-043")
@pytest.mark.parametrize("account", ["admin", "second"])
def test_nobody_puts_themselves_in_a_group_or_stays_longer(account: str) -> None:
    who = _admin_with_second_account()
    team, gone = b.group("team"), b.group("gone")
    user: User = getattr(who, account)
    with refused("own_rights", NotPermitted):
        add_member(user=user, group=team, actor=who.actor)
    past = timezone.now() - dt.timedelta(days=1)
    ended = add_member(user=user, group=gone, valid_until=past, actor=b.SYSTEM)
    with refused("own_rights", NotPermitted):
        change_membership(
            membership_id=ended.pk, valid_from=None, valid_until=None, actor=who.actor
        )
    assert not Membership.objects.filter(group=team).exists()
    assert Membership.objects.get(group=gone).valid_until == past


@pytest.mark.req("SEC-1", "POL-5")
def test_a_superuser_may_and_others_may_for_others() -> None:
    who = _admin_with_second_account()
    team = b.group("team")
    stranger = people("ben").ben
    assert stranger.person != who.admin.person != uuid.UUID(int=0)
    add_member(user=stranger, group=team, actor=who.actor)
    root = b.superuser("root")
    add_member(user=root, group=team, actor=b.actor_for(root))
    role = Role.objects.get(slug="release-manager")
    assert assign_role(role=role, grantee=Grantee(user_id=root.pk), actor=b.actor_for(root)).pk

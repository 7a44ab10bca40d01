"""Groups, memberships and roles are changed in the admin: a name, dates, a reason; nothing else (POL-5, ADM-1)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from approvals.models import Role
from portal.models import Membership
from tests import builders as b
from tests.admin.conftest import client_for
from tests.admin.pages import address

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

DATES = {
    "valid_from_0": "2020-01-01", "valid_from_1": "08:00:00",
    "valid_until_0": "2099-01-01", "valid_until_1": "08:00:00",
}  # fmt: skip


@pytest.mark.req("ADM-1", "AUD-2")
def test_a_group_is_renamed_with_its_reason(olga: Client, world: SimpleNamespace) -> None:
    url = address("auth.Group", "change", world.qa.pk)
    answer = olga.post(url, {"name": "Quality", "reason": "As on the door."})
    assert answer.status_code == 302
    group = Group.objects.get(pk=world.qa.pk)
    version = group.history.latest("pk")  # type: ignore[attr-defined]
    assert (group.name, version.history_change_reason) == ("Quality", "As on the door.")
    assert (version.history_actor, version.history_door) == ("olga", "admin")
    b.group("Security")
    answer = olga.post(url, {"name": "SECURITY", "reason": ""})
    assert answer.context["adminform"].form.errors
    assert Group.objects.get(pk=world.qa.pk).name == "Quality"


@pytest.mark.req("ADM-1", "POL-5")
def test_a_membership_gets_other_dates_and_no_other_person(
    olga: Client, world: SimpleNamespace
) -> None:
    row = Membership.objects.get(user=world.maya, group=world.qa)
    url = address("portal.Membership", "change", row.pk)
    other = b.group("other")
    forged = {**DATES, "reason": "A rota.", "user": world.tom.pk, "group": other.pk}
    assert olga.post(url, forged).status_code == 302
    row.refresh_from_db()
    assert (row.user, row.group) == (world.maya, world.qa)
    assert (row.valid_from.year, row.valid_until.year) == (2020, 2099)
    assert row.history.latest("pk").history_change_reason == "A rota."
    backwards = {**DATES, "valid_until_0": "2019-01-01", "reason": ""}
    answer = olga.post(url, backwards)
    assert set(answer.context["adminform"].form.errors) == {"valid_until"}
    row.refresh_from_db()
    assert row.valid_until.year == 2099


@pytest.mark.req("SEC-1", "POL-5", "A-043")
def test_nobody_gives_themselves_rights_by_a_form(world: SimpleNamespace) -> None:
    user = b.person("iris", is_staff=True)
    b.give("process-admin", user)
    client, role = client_for(user), Role.objects.get(slug="release-manager")
    answer = client.post(
        address("portal.Membership", "add"), {"user": user.pk, "group": world.qa.pk}
    )
    assert "Somebody else must give you" in answer.content.decode()
    answer = client.post(
        address("approvals.RoleAssignment", "add"),
        {"role": role.pk, "user": user.pk, "scope": b.Scope.objects.get(kind="everything").pk},
    )
    assert "Somebody else must give you" in answer.content.decode()
    assert not Membership.objects.filter(user=user).exists()
    assert not role.assignments.filter(user=user).exists()


@pytest.mark.req("ADM-1", "SEC-1")
def test_a_role_gets_another_name_and_keeps_slug_and_rights(
    olga: Client, world: SimpleNamespace
) -> None:
    role = Role.objects.get(slug="release-manager")
    answer = olga.post(
        address("approvals.Role", "change", role.pk),
        {
            "name": "Captain", "description": "Steers.", "reason": "", "slug": "root",
            "rights": ["configure"], "is_builtin": "", "reads_only": "on",
        },
    )  # fmt: skip
    assert answer.status_code == 302
    after = Role.objects.get(pk=role.pk)
    assert (after.name, after.description) == ("Captain", "Steers.")
    assert (after.slug, after.rights, after.reads_only, after.is_builtin) == (
        "release-manager", role.rights, False, True,
    )  # fmt: skip

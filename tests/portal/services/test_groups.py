"""Groups get other names, memberships other dates; what names them goes on holding (POL-5, AUD-2)."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from approvals.models import Role
from approvals.services.roles import change_role
from audit.errors import Conflict, Invalid, NotFound
from audit.permissions import can
from portal.models import Membership
from portal.services.people import change_membership, create_group, rename_group
from releases.documents import export_version
from releases.services.processes import publish_process
from tests import builders as b
from tests.refusals import refused
from tests.scenes import ask, asked, entry, everything, instant, people

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.mark.req("POL-5", "AUD-2")
def test_a_renamed_group_is_asked_as_before_and_exported_by_its_new_name() -> None:
    ann = people("ann").ann
    team = b.group("QA", ann)
    gate = ask({"group": "QA"})
    version = gate.release.process_version
    rename_group(group_id=team.pk, name="Quality", reason="New name.", actor=b.SYSTEM)
    assert asked(gate) == {"ann"}
    b.vote(gate, ann)
    text = export_version(version)
    assert "Quality" in text
    assert "QA" not in text
    assert publish_process(text=text, actor=b.SYSTEM).created is False
    newest = Group.objects.get(pk=team.pk).history.first()  # type: ignore[attr-defined]
    assert (newest.name, newest.history_change_reason) == ("Quality", "New name.")
    assert entry("portal", "group.renamed")["data"] == {
        "group": team.pk, "name": "Quality", "former": "QA",
    }  # fmt: skip


@pytest.mark.req("A-119")
def test_a_group_is_not_renamed_to_what_looks_like_another() -> None:
    team, _ = b.group("QA"), b.group("Security")
    for name in ("Security", "SECURITY", "Security "):
        with refused("name_taken", Conflict):
            rename_group(group_id=team.pk, name=name, actor=b.SYSTEM)
    with refused("invalid", Invalid):
        rename_group(group_id=team.pk, name="a\u202eb", actor=b.SYSTEM)
    with refused("not_found", NotFound):
        rename_group(group_id=team.pk + 1000, name="New", actor=b.SYSTEM)
    assert rename_group(group_id=team.pk, name="qa", actor=b.SYSTEM).name == "qa"
    with refused("name_taken", Conflict):
        create_group(name="QA", actor=b.SYSTEM)


@pytest.mark.req("POL-5", "AUD-2")
def test_other_dates_of_a_membership_take_effect_at_once() -> None:
    who = people("ann", "ben")
    team = b.group("team", who.ann, who.ben)
    b.give("release-manager", team)
    gate = ask({"group": "team"})
    row = Membership.objects.get(user=who.ann)
    change_membership(
        membership_id=row.pk, valid_from=None, valid_until=instant(-60), actor=b.SYSTEM,
        reason="The rota has ended.",
    )  # fmt: skip
    assert asked(gate) == {"ben"}
    assert not can(b.actor_for(who.ann), "manage", everything())
    assert row.history.first().history_change_reason == "The rota has ended."
    assert entry("portal", "membership.changed")["data"] == {
        "user": who.ann.pk, "group": team.pk,
    }  # fmt: skip
    change_membership(membership_id=row.pk, valid_from=None, valid_until=None, actor=b.SYSTEM)
    assert asked(gate) == {"ann", "ben"}


@pytest.mark.req("POL-5")
def test_a_membership_does_not_end_before_it_starts() -> None:
    ann = people("ann").ann
    b.group("team", ann)
    row = Membership.objects.get()
    with refused("invalid", Invalid) as caught:
        change_membership(
            membership_id=row.pk, valid_from=instant(60), valid_until=instant(0), actor=b.SYSTEM
        )
    assert set(caught.refusal.errors) == {"valid_until"}
    with refused("not_found", NotFound):
        change_membership(
            membership_id=row.pk + 1000, valid_from=None, valid_until=None, actor=b.SYSTEM
        )
    assert row.history.count() == 1


@pytest.mark.req("SEC-1", "AUD-2")
def test_a_role_is_called_something_else_and_gives_what_it_gave() -> None:
    role = Role.objects.get(slug="release-manager")
    change_role(
        role_id=role.pk, name="Release Captain", description="Steers.", reason="r", actor=b.SYSTEM
    )
    after = Role.objects.get(pk=role.pk)
    assert (after.slug, after.name, after.rights) == (
        "release-manager", "Release Captain", role.rights,
    )  # fmt: skip
    assert entry("portal", "role.changed")["data"] == {"role": "release-manager"}
    assert after.history.first().history_change_reason == "r"
    for wrong in ({"name": " "}, {"name": "x" * 101}, {"name": "x", "description": "nul\x00"}):
        with refused("invalid", Invalid):
            change_role(role_id=role.pk, actor=b.SYSTEM, **wrong)
    with refused("not_found", NotFound):
        change_role(role_id=role.pk + 1000, name="x", actor=b.SYSTEM)

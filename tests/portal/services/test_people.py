"""Accounts and groups: names that nobody can be taken for, accounts that end at once (A-119, A-060)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction

from audit.errors import Conflict, Invalid, NotFound, NotPermitted
from audit.models import LedgerEntry
from portal.services.people import (
    change_user,
    create_group,
    create_user,
    remove_member,
    set_user_active,
)
from tests import builders as b
from tests.refusals import refused
from tests.scenes import entry, people

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.mark.req("A-119", "SEC-1")
@pytest.mark.parametrize(
    "username",
    [
        "аdmin",  # Cyrillic а
        "ádmin", "ad\u200bmin", "ad min", "admin\n", "", " ", "x" * 151, "ｍａｙａ", "ma\u0301ya",
        "nul\x00",
    ],
)  # fmt: skip
def test_a_username_that_could_pass_for_another_is_refused(username: str) -> None:
    with refused("invalid", Invalid) as caught:
        create_user(username=username, actor=b.SYSTEM)
    assert set(caught.refusal.errors) == {"username"}


@pytest.mark.req("A-119")
@pytest.mark.parametrize("username", ["maya", "Maya", "MAYA"])
def test_a_username_is_taken_whatever_its_case(username: str) -> None:
    people("maya")
    with refused("username_taken", Conflict):
        create_user(username=username, actor=b.SYSTEM)
    with pytest.raises(IntegrityError), transaction.atomic():
        get_user_model().objects.create_user(username)


@pytest.mark.req("A-119")
def test_the_database_itself_refuses_a_username_of_other_letters() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        get_user_model().objects.create_user("аdmin")


@pytest.mark.req("A-119")
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Security", "Security"),
        ("Security", "SECURITY"),
        ("Security", "Sеcurity"),  # Cyrillic е: mixed scripts
        ("Café", "Cafe\u0301"),
        ("Release managers", "Release  managers"),
        ("admin", "аdмin"),
        ("ops", "0ps"),
        ("oral", "ora1"),
        ("сор", "cop"),  # all Cyrillic, looks like Latin
        ("straße", "strasse"),
    ],
)
def test_a_group_that_looks_like_another_is_refused(first: str, second: str) -> None:
    create_group(name=first, actor=b.SYSTEM)
    with refused_either("name_taken", "invalid"):
        create_group(name=second, actor=b.SYSTEM)
    assert Group.objects.count() == 1


def refused_either(*codes: str):  # type: ignore[no-untyped-def]
    """A refusal with one of these codes."""
    return pytest.raises(
        (Conflict, Invalid), check=lambda refusal: getattr(refusal, "code", "") in codes
    )


@pytest.mark.req("A-119")
@pytest.mark.parametrize("name", ["", " ", "x" * 151, "a\u200bb", "a\u202eb", "a\x00b", "раypal"])
def test_a_group_name_that_hides_something_is_refused(name: str) -> None:
    with refused("invalid", Invalid):
        create_group(name=name, actor=b.SYSTEM)


@pytest.mark.req("A-119")
@pytest.mark.parametrize("name", ["QA", "Sécurité", "Безопасность", "品質", "SRE (on call)"])
def test_honest_names_of_any_one_script_are_taken(name: str) -> None:
    assert create_group(name=name, actor=b.SYSTEM).name == name


@pytest.mark.req("SEC-1", "A-043", "A-070")
def test_only_who_may_configure_makes_and_changes_accounts() -> None:
    who = people("ann", "aud", "ben")
    b.give("auditor", who.aud)
    b.give("release-manager", who.ann)
    team = b.group("team", who.ben)
    for by in (who.ann, who.aud):
        actor = b.actor_for(by)
        with refused("no_permission", NotPermitted):
            create_user(username="new", actor=actor)
        with refused("no_permission", NotPermitted):
            create_group(name="New", actor=actor)
        with refused("no_permission", NotPermitted):
            change_user(user_id=who.ben.pk, display_name="B", email="", actor=actor)
        with refused("no_permission", NotPermitted):
            set_user_active(user_id=who.ben.pk, active=False, actor=actor)
        with refused("no_permission", NotPermitted):
            remove_member(user=who.ben, group=team, actor=actor)


@pytest.mark.req("A-043", "SEC-1")
def test_a_superusers_account_is_changed_by_superusers_alone() -> None:
    ada = b.superuser()
    admin = people("admin").admin
    b.give("process-admin", admin)
    actor = b.actor_for(admin)
    with refused("superuser", NotPermitted):
        change_user(user_id=ada.pk, display_name="Eve", email="eve@example.com", actor=actor)
    with refused("superuser", NotPermitted):
        set_user_active(user_id=ada.pk, active=False, actor=actor)
    change_user(user_id=ada.pk, display_name="Ada L", email="", actor=b.actor_for(ada))
    ada.refresh_from_db()
    assert (ada.display_name, ada.is_superuser) == ("Ada L", True)


@pytest.mark.req("A-043", "SEC-1")
def test_where_somebody_else_is_reached_is_changed_by_superusers_alone() -> None:
    who = people("admin", "ben")
    b.give("process-admin", who.admin)
    actor = b.actor_for(who.admin)
    for values in ({"email": "admin@example.com"}, {"email": "", "phone": "+49 30 5550199"}):
        with refused("contact", NotPermitted):
            change_user(user_id=who.ben.pk, display_name="Ben", actor=actor, **values)
    change_user(user_id=who.ben.pk, display_name="Benjamin", email="", actor=actor)
    change_user(user_id=who.admin.pk, display_name="A", email="a@example.com", actor=actor)
    root = b.actor_for(b.superuser())
    change_user(user_id=who.ben.pk, display_name="Ben", email="ben@example.com", actor=root)
    who.ben.refresh_from_db()
    assert who.ben.email == "ben@example.com"


@pytest.mark.req("A-043", "SEC-1")
def test_staff_and_a_second_account_are_made_by_superusers_alone() -> None:
    who = people("admin", "ben")
    b.give("process-admin", who.admin)
    actor, root = b.actor_for(who.admin), b.actor_for(b.superuser())
    with refused("staff", NotPermitted):
        create_user(username="eve", is_staff=True, actor=actor)
    for user in (who.ben, who.admin):
        with refused("staff", NotPermitted):
            change_user(
                user_id=user.pk, display_name="B", email="", is_staff=not user.is_staff, actor=actor
            )
    with refused("person", NotPermitted):
        create_user(username="ben2", person=who.ben.person, actor=actor)
    made = create_user(username="ben2", person=who.ben.person, is_staff=True, actor=root)
    assert (made.person, made.is_staff) == (who.ben.person, True)
    assert entry("portal", "user.created")["data"]["person"] == str(who.ben.person)
    with refused("staff", NotPermitted):
        change_user(user_id=made.pk, display_name="B", email="", is_staff=False, actor=actor)
    change_user(user_id=made.pk, display_name="B", email="", is_staff=True, actor=actor)


@pytest.mark.req("A-060", "SEC-1")
def test_deactivating_ends_the_sessions_of_that_account_alone(
    django_capture_on_commit_callbacks: Any,
) -> None:
    who = people("ann", "ben")
    for user in (who.ann, who.ann, who.ben):
        session = SessionStore()
        session["_auth_user_id"] = str(user.pk)
        session.create()
    with django_capture_on_commit_callbacks() as later:
        set_user_active(user_id=who.ann.pk, active=False, actor=b.SYSTEM, reason="Left.")
        # Not while the head of the stream is locked, which every other change waits for.
        assert Session.objects.count() == 3
    for end_sessions in later:
        end_sessions()
    [left] = Session.objects.all()
    assert left.get_decoded()["_auth_user_id"] == str(who.ben.pk)
    with refused("unchanged", Conflict):
        set_user_active(user_id=who.ann.pk, active=False, actor=b.SYSTEM)
    with refused("not_found", NotFound):
        set_user_active(user_id=who.ben.pk + 1000, active=False, actor=b.SYSTEM)
    assert who.ann.history.first().history_change_reason == "Left."


@pytest.mark.req("AUD-2", "A-096", "SEC-1")
def test_what_is_personal_of_an_account_is_in_neither_history_nor_ledger() -> None:
    made = create_user(
        username="ann", display_name="Ann", email="canary@example.com", password="hunter2-canary",
        actor=b.SYSTEM,
    )  # fmt: skip
    change_user(
        user_id=made.pk, display_name="Ann B", email="canary2@example.com", phone="+49 30 5550199",
        actor=b.SYSTEM,
    )  # fmt: skip
    assert made.history.count() == 2
    told = " ".join(LedgerEntry.objects.values_list("text", flat=True))
    kept = json.dumps(list(made.history.values()), default=str)
    for place in (told, kept):
        assert "canary" not in place
        assert "5550199" not in place
    assert entry("portal", "user.changed")["data"] == {
        "user": made.pk, "fields": ["display_name", "email", "phone"],
    }  # fmt: skip


@pytest.mark.req("CAP-3", "A-101")
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"display_name": ""}, "display_name"),
        ({"display_name": "x" * 151}, "display_name"),
        ({"display_name": "A\u202eB"}, "display_name"),
        ({"reason": "nul\x00"}, "reason"),
        ({"email": "nul\x00@example.com"}, "email"),
        ({"phone": "1" * 33}, "phone"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
    ],
)
def test_what_an_account_cannot_be_called_or_reached_by(values: dict[str, str], field: str) -> None:
    ann = people("ann").ann
    with refused("invalid", Invalid) as caught:
        change_user(
            **{"user_id": ann.pk, "display_name": "A", "email": "", "actor": b.SYSTEM, **values}
        )
    assert set(caught.refusal.errors) == {field}


@pytest.mark.req("AUD-2", "POL-5")
def test_a_user_made_and_grouped_in_a_shell_has_history_and_ledger() -> None:
    user = get_user_model().objects.create_user("shell")
    team = Group.objects.create(name="Shell team")
    user.groups.add(team)
    user.groups.remove(team)
    assert user.history.count() == 1
    kinds = list(LedgerEntry.objects.order_by("seq").values_list("kind", flat=True))
    assert kinds[-4:] == [
        "user.created", "group.created", "membership.created", "membership.deleted",
    ]  # fmt: skip
    assert entry("portal", "membership.deleted")["door"] == "shell"

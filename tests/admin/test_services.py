"""Pages change through services: what succeeds is on record, what is refused leaves nothing (SEC-1, AUD-2)."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from approvals.models import AskedPerson, Role, RoleAssignment
from audit.models import LedgerEntry
from portal.models import Membership, User
from releases.models import Product
from tests import builders as b
from tests.admin.pages import LABELS, address, page_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def _everything() -> dict[str, list[dict[str, Any]]]:
    rows = {each: page_of(each).model._base_manager.order_by("pk").values() for each in LABELS}
    return {label: list(values) for label, values in rows.items()}


def _newest_entry() -> LedgerEntry:
    return LedgerEntry.objects.filter(stream__key="portal").latest("seq")  # type: ignore[no-any-return]


def _messages(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


@pytest.mark.req("REL-1", "AUD-2", "AUD-3")
def test_a_product_is_made_on_the_record_by_the_person_who_made_it(olga: Client) -> None:
    answer = olga.post(
        address("releases.Product", "add"),
        {"key": "cards", "name": "Cards", "description": "", "tags": "pci, eu,, pci"},
        headers={"user-agent": "test-browser"},
    )
    product = Product.objects.get(key="cards")
    assert (answer.status_code, product.tags) == (302, '["eu","pci"]')
    entry = _newest_entry()
    assert entry.kind == "product.created"
    assert '"door":"admin"' in entry.text
    assert '"username":"olga"' in entry.text
    assert "test-browser" not in entry.text
    version = product.history.get()
    assert (version.history_actor, version.history_door) == ("olga", "admin")
    log = LogEntry.objects.get()
    assert (log.object_id, log.object_repr) == (str(product.pk), "Cards")


@pytest.mark.req("REL-1")
def test_a_product_is_changed_with_its_reason(olga: Client, world: SimpleNamespace) -> None:
    url = address("releases.Product", "change", world.product.pk)
    assert olga.get(url).status_code == 200
    olga.post(
        url,
        {
            "name": "Cards", "description": "All cards.", "tags": "eu", "is_archived": "on",
            "reason": "renamed by the board",
        },
    )  # fmt: skip
    product = Product.objects.get(pk=world.product.pk)
    assert (product.name, product.description, product.is_archived) == ("Cards", "All cards.", True)
    assert product.history.latest("pk").history_change_reason == "renamed by the board"
    assert olga.get(url).status_code == 200  # archived ones can be restored


@pytest.mark.req("SEC-1", "AUD-3")
@pytest.mark.parametrize(
    ("label", "data", "sentence"),
    [
        ("releases.Product", {"key": "pay", "name": "Again"}, "There is a product pay already."),
        ("releases.Product", {"key": "Not OK", "name": "New"}, "valid"),
        ("releases.Product", {"key": "1st", "name": "New"}, "A key is lower case letters"),
        ("auth.Group", {"name": "QА"}, "mixes letters of different scripts"),
        ("auth.Group", {"name": "QA"}, "looks the same"),
        ("portal.User", {"username": "MAYA", "kind": "person"}, "There is a user MAYA already."),
        ("portal.User", {"username": "mаya", "kind": "person"}, "without accents"),
        (
            "approvals.Role",
            {"slug": "auditor", "name": "Again"},
            "There is a role auditor already.",
        ),
        ("approvals.Role", {"slug": "9lives", "name": "Cat"}, "A slug is lower case letters"),
    ],
)
def test_what_a_service_refuses_leaves_nothing_and_says_why(
    olga: Client, label: str, data: dict[str, str], sentence: str
) -> None:
    before = _everything()
    answer = olga.post(address(label, "add"), data)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    assert sentence in str(answer.context["adminform"].form.errors).replace("&#x27;", "'")
    assert _messages(answer) == []
    assert _everything() == before
    assert not LogEntry.objects.exists()
    assert "was added successfully" not in olga.get("/admin/").content.decode()


@pytest.mark.req("SEC-1")
def test_the_same_input_is_still_there_after_a_refusal(olga: Client) -> None:
    answer = olga.post(
        address("releases.Product", "add"), {"key": "pay", "name": "A rare name", "tags": "eu"}
    )
    assert 'value="A rare name"' in answer.content.decode()


@pytest.mark.req("SEC-1", "POL-5")
def test_a_member_is_added_for_a_time_and_asked_at_once(
    olga: Client, world: SimpleNamespace
) -> None:
    omar = b.person("omar")
    b.group("ops", world.tom)
    olga.post(
        address("portal.Membership", "add"),
        {
            "user": omar.pk, "group": world.qa.pk, "valid_from_0": "2020-01-01",
            "valid_from_1": "08:00:00", "valid_until_0": "2099-01-01", "valid_until_1": "08:00:00",
        },
    )  # fmt: skip
    membership = Membership.objects.get(user=omar)
    assert membership.valid_until == dt.datetime(2099, 1, 1, 8, tzinfo=dt.UTC)
    assert membership.history.get().history_actor == "olga"


@pytest.mark.req("POL-5", "EXE-9")
def test_a_member_is_removed_and_asked_no_more(olga: Client, world: SimpleNamespace) -> None:
    b.process(b.phase("main", b.manual("qa", {"group": "qa"})), slug="open")
    gate = b.activity(b.release(world.tom, process="open"), "qa")
    asked = AskedPerson.objects.filter(approval=b.round_of(gate), user=world.maya)
    assert asked.get().is_open
    membership = Membership.objects.get(user=world.maya, group=world.qa)
    url = address("portal.Membership", "remove", membership.pk)
    assert Membership.objects.filter(pk=membership.pk).exists()
    assert olga.get(url).status_code == 200
    assert Membership.objects.filter(pk=membership.pk).exists()  # asking removes nobody
    answer = olga.post(url, {"reason": "left the team"})
    assert answer["Location"] == address("portal.Membership", "changelist")
    assert not Membership.objects.filter(pk=membership.pk).exists()
    assert not asked.filter(is_open=True).exists()
    newest = Membership.history.filter(id=membership.pk).latest("pk")  # type: ignore[attr-defined]
    assert (newest.history_type, newest.history_change_reason) == ("-", "left the team")


@pytest.mark.req("POL-5")
def test_a_role_is_assigned_and_ended(olga: Client, world: SimpleNamespace) -> None:
    role = Role.objects.get(slug="release-manager")
    url = address("approvals.RoleAssignment", "add")
    data = {"role": role.pk, "user": world.maya.pk, "scope": world.product.scope_id}
    assert olga.post(url, data).status_code == 302
    held = RoleAssignment.objects.get(user=world.maya)
    assert (held.scope_id, held.assigned_by) == (world.product.scope_id, "olga")
    again = olga.post(url, data)
    assert "held there already" in str(again.context["adminform"].form.errors)
    end = address("approvals.RoleAssignment", "end", held.pk)
    assert olga.post(end, {"reason": "rota"}).status_code == 302
    held.refresh_from_db()
    assert held.valid_until is not None
    assert held.valid_until <= timezone.now()
    refused = olga.post(end)
    assert refused.status_code == 409
    assert "ended already" in refused.content.decode()


@pytest.mark.req("POL-5")
@pytest.mark.parametrize("holders", [(), ("user", "group")])
def test_a_role_is_for_a_user_or_a_group(
    olga: Client, world: SimpleNamespace, holders: tuple[str, ...]
) -> None:
    keys = {"user": world.maya.pk, "group": world.qa.pk}
    count = RoleAssignment.objects.count()
    answer = olga.post(
        address("approvals.RoleAssignment", "add"),
        {
            "role": Role.objects.get(slug="auditor").pk, "scope": world.product.scope_id,
            **{each: keys[each] for each in holders},
        },
    )  # fmt: skip
    assert "to a user or to a group" in str(answer.context["adminform"].form.errors)
    assert RoleAssignment.objects.count() == count


@pytest.mark.req("POL-5", "SEC-1")
def test_a_role_of_ones_own_gives_its_rights(olga: Client, world: SimpleNamespace) -> None:
    olga.post(
        address("approvals.Role", "add"),
        {"slug": "opener", "name": "Opener", "description": "", "rights": ["override", "view"]},
    )
    role = Role.objects.get(slug="opener")
    assert (role.rights, role.is_builtin) == ('["override","view"]', False)
    refused = olga.post(
        address("approvals.Role", "add"), {"slug": "root", "name": "Root", "rights": ["everything"]}
    )
    assert refused.context["adminform"].form.errors
    assert not Role.objects.filter(slug="root").exists()


@pytest.mark.req("SEC-1", "A-060")
def test_an_account_is_deactivated_and_activated_by_post_alone(
    olga: Client, world: SimpleNamespace
) -> None:
    url = address("portal.User", "deactivate", world.maya.pk)
    olga.get(url)
    assert User.objects.get(pk=world.maya.pk).is_active
    assert olga.put(url).status_code == 405
    olga.post(url, {"reason": "has left"})
    assert not User.objects.get(pk=world.maya.pk).is_active
    assert world.maya.history.latest("pk").history_change_reason == "has left"
    assert olga.post(url).status_code == 409
    olga.post(address("portal.User", "activate", world.maya.pk))
    assert User.objects.get(pk=world.maya.pk).is_active


@pytest.mark.req("SEC-1")
def test_a_reason_that_is_too_long_is_refused(olga: Client, world: SimpleNamespace) -> None:
    url = address("portal.User", "deactivate", world.maya.pk)
    assert olga.post(url, {"reason": "x" * 1001}).status_code == 422
    assert User.objects.get(pk=world.maya.pk).is_active


@pytest.mark.req("A-054")
def test_a_second_account_of_one_human_is_one_person(
    ada: Client, olga: Client, world: SimpleNamespace
) -> None:
    data = {"username": "maya2", "kind": "person", "same_person_as": "Maya"}
    answer = olga.post(address("portal.User", "add"), data)
    assert "Only a superuser" in answer.content.decode()
    assert not User.objects.filter(username="maya2").exists()
    assert ada.post(address("portal.User", "add"), data).status_code == 302
    assert User.objects.get(username="maya2").person == world.maya.person
    data = {"username": "maya3", "kind": "person", "same_person_as": "nobody"}
    answer = ada.post(address("portal.User", "add"), data)
    assert "same_person_as" in answer.context["adminform"].form.errors


@pytest.mark.req("SEC-1")
def test_an_initial_password_must_be_a_good_one(olga: Client) -> None:
    data = {"username": "eve", "kind": "person", "initial_password": "short"}
    answer = olga.post(address("portal.User", "add"), data)
    assert "initial_password" in answer.context["adminform"].form.errors
    assert "short" not in answer.content.decode().split("<main")[-1].replace("too short", "")
    assert not User.objects.filter(username="eve").exists()
    data["initial_password"] = "correct horse battery"
    assert olga.post(address("portal.User", "add"), data).status_code == 302
    assert User.objects.get(username="eve").check_password("correct horse battery")


@pytest.mark.req("SEC-1", "POL-5")
@pytest.mark.parametrize(
    "what",
    [
        ("portal.Membership", "remove"), ("approvals.RoleAssignment", "end"),
        ("portal.User", "deactivate"),
    ],
)  # fmt: skip
def test_an_act_is_for_who_may_configure(
    vera: Client, nora: Client, world: SimpleNamespace, what: tuple[str, str]
) -> None:
    rows = {
        "portal.Membership": Membership.objects.latest("pk"),
        "approvals.RoleAssignment": RoleAssignment.objects.latest("pk"),
        "portal.User": world.maya,
    }
    before = _everything()
    for client in (vera, nora):
        assert client.post(address(what[0], what[1], rows[what[0]].pk)).status_code == 403
    assert _everything() == before


@pytest.mark.req("A-052", "A-120")
def test_a_group_with_a_thousand_members_stays_usable(
    olga: Client, world: SimpleNamespace, django_assert_max_num_queries: Any
) -> None:
    many = User.objects.bulk_create([User(username=f"u{n}") for n in range(1001)])
    Membership.objects.bulk_create([Membership(user=user, group=world.qa) for user in many])
    newcomer = b.person("newcomer")
    with django_assert_max_num_queries(20):
        page = olga.get(address("auth.Group", "change", world.qa.pk)).content.decode()
    assert "All 1002 members" in page
    assert page.count("/admin/portal/membership/") < 40
    with django_assert_max_num_queries(20):
        answer = olga.get(
            address("portal.Membership", "changelist"), {"group__id__exact": world.qa.pk}
        )
    assert answer.context["cl"].result_count == 1002
    assert len(answer.context["cl"].result_list) == 50
    data = {"user": newcomer.pk, "group": world.qa.pk}
    assert olga.post(address("portal.Membership", "add"), data).status_code == 302
    assert Group.objects.get(pk=world.qa.pk).user_set.filter(pk=newcomer.pk).exists()

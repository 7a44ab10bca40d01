"""`/config/roles/`: who holds what, what waits on it, giving, and ending with its effect said before."""

from __future__ import annotations

import datetime as dt
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from approvals.models import Approval, Role, RoleAssignment
from audit.models import LedgerEntry
from tests import builders as b
from tests import scenes as s
from tests.pages import Page

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("ADM-1", "POL-5")]


def _client(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def world(db: None) -> SimpleNamespace:
    """Maya and Ines are QA leads; one gate asks the role, another asks Maya alone through it."""
    people = s.people("maya", "ines", "olga", "vera", "nora")
    lead = b.role("qa-lead", "QA lead")
    mayas = b.give("qa-lead", people.maya)
    b.give("process-admin", people.olga)
    b.role("viewer", rights=["view"])
    b.give("viewer", people.vera)
    gate = s.ask({"role": "qa-lead"}, name="QA <b>gate</b>")
    return SimpleNamespace(people=people, lead=lead, mayas=mayas, gate=gate)


def _form(**fields: str) -> dict[str, str]:
    blank = dict.fromkeys(("person", "group", "release", "valid_from", "valid_until"), "")
    return {**blank, "place": "everything", **fields}


@pytest.mark.req("MON-5", "SEC-1")
def test_they_are_for_who_configures_or_sees_everything(world: SimpleNamespace) -> None:
    addresses = [
        "/config/roles/", f"/config/roles/{world.lead.pk}/",
    ]  # fmt: skip
    ending = f"/config/roles/assignments/{world.mayas.pk}/end/"
    for address in [*addresses, ending]:
        assert Client().get(address).status_code == 302
        assert _client(world.people.nora).get(address).status_code == 403
        assert _client(world.people.maya).get(address).status_code == 403
        assert _client(world.people.olga).get(address).status_code == 200
    for address in addresses:
        assert _client(world.people.vera).get(address).status_code == 200
    assert _client(world.people.vera).get(ending).status_code == 403


def test_the_list_names_holders_and_what_waits(world: SimpleNamespace) -> None:
    page = _client(world.people.olga).get("/config/roles/").context["page"]
    row = next(row for row in page.rows if row.role == world.lead)
    assert [one.name for one in row.holders] == ["maya"]
    assert row.waiting == 1
    pipeline = next(row for row in page.rows if row.role.slug == "audit-approver")
    assert (pipeline.holders, pipeline.waiting) == ((), 0)


def test_a_role_shows_holders_seats_and_history(world: SimpleNamespace) -> None:
    text = _client(world.people.olga).get(f"/config/roles/{world.lead.pk}/").content.decode()
    assert "Given to maya for Everything" in text
    assert "Waits for maya" in text
    assert "QA &lt;b&gt;gate&lt;/b&gt;" in text
    assert "<b>gate</b>" not in text


@pytest.mark.req("MON-5")
def test_what_waits_in_hidden_releases_is_neither_named_nor_counted(world: SimpleNamespace) -> None:
    b.role("setter", rights=["configure"])
    b.give("setter", world.people.nora)
    client = _client(world.people.nora)
    page = client.get("/config/roles/").context["page"]
    assert next(row for row in page.rows if row.role == world.lead).waiting == 0
    text = client.get(f"/config/roles/{world.lead.pk}/").content.decode()
    assert "gate" not in text
    ending = client.get(f"/config/roles/assignments/{world.mayas.pk}/end/").content.decode()
    assert "gate" not in ending
    assert "Among the releases that you may see" in ending


def test_a_role_is_given_to_a_person_for_a_time_in_a_place(world: SimpleNamespace) -> None:
    client = _client(world.people.olga)
    release = world.gate.release
    address = f"/config/roles/{world.lead.pk}/give/"
    sent = _form(person="INES", release=release.reference, valid_until="2099-01-02T10:30")
    answer = client.post(address, sent)
    assert (answer.status_code, answer["Location"]) == (302, f"/config/roles/{world.lead.pk}/")
    given = RoleAssignment.objects.latest("pk")
    assert (given.user, given.scope, given.role) == (world.people.ines, release.scope, world.lead)
    assert given.valid_until == dt.datetime(2099, 1, 2, 10, 30, tzinfo=dt.UTC)
    assert s.asked(world.gate) == {"maya", "ines"}


@pytest.mark.parametrize(
    ("sent", "field", "words"),
    [
        ({}, "person", "one of the two"),
        ({"person": "ines", "group": "qa"}, "person", "not both"),
        ({"person": "nobody"}, "person", "no active account"),
        ({"group": "nobody"}, "group", "no group"),
        ({"person": "ines", "release": "REL-999999"}, "release", "no release"),
        ({"person": "ines", "release": "'; --"}, "release", "no release"),
        ({"person": "ines", "place": "77777"}, "place", "valid choice"),
        ({"person": "ines", "valid_until": "soon"}, "valid_until", "valid date"),
        ({"person": "ines", "valid_until": "2020-01-01T10:00"}, "valid_until", "after the start"),
        ({"person": "maya"}, "person", "held there already"),
        ({"person": "olga"}, "person", "Somebody else must give you"),
    ],
)
def test_a_refusal_stands_at_its_field_and_writes_nothing(
    world: SimpleNamespace, sent: dict[str, str], field: str, words: str
) -> None:
    before = RoleAssignment.objects.count(), LedgerEntry.objects.count()
    answer = _client(world.people.olga).post(f"/config/roles/{world.lead.pk}/give/", _form(**sent))
    assert answer.status_code in (422, 409, 403)
    assert any(words in error for error in answer.context["form"].errors[field])
    if "person" in sent:
        assert f'value="{sent["person"]}"' in answer.content.decode()
    assert (RoleAssignment.objects.count(), LedgerEntry.objects.count()) == before


@pytest.mark.req("MON-5")
def test_a_hidden_release_and_none_are_the_same_answer(world: SimpleNamespace) -> None:
    b.role("setter", rights=["configure"])
    b.give("setter", world.people.nora)
    client = _client(world.people.nora)
    said = [
        client.post(
            f"/config/roles/{world.lead.pk}/give/", _form(person="ines", release=reference)
        ).context["form"].errors["release"]
        for reference in (world.gate.release.reference, "REL-987654")
    ]  # fmt: skip
    assert said[0] == said[1]


def test_who_only_reads_gives_and_ends_nothing(world: SimpleNamespace) -> None:
    client = _client(world.people.vera)
    sent = _form(person="ines")
    assert client.post(f"/config/roles/{world.lead.pk}/give/", sent).status_code == 403
    assert client.post(f"/config/roles/assignments/{world.mayas.pk}/end/").status_code == 403
    assert RoleAssignment.objects.get(pk=world.mayas.pk).valid_until is None
    assert "Give this role" in client.get(f"/config/roles/{world.lead.pk}/").content.decode()
    assert "/give/" not in client.get(f"/config/roles/{world.lead.pk}/").content.decode()


@pytest.mark.req("POL-17")
def test_ending_says_before_that_an_approval_loses_its_only_approver(
    world: SimpleNamespace,
) -> None:
    client = _client(world.people.olga)
    address = f"/config/roles/assignments/{world.mayas.pk}/end/"
    before = LedgerEntry.objects.count(), Approval.history.count()
    page = client.get(address).context["page"]
    assert page.headline == "1 open approval loses its only approver."
    assert [one.activity.pk for one in page.stuck] == [world.gate.pk]
    assert (LedgerEntry.objects.count(), Approval.history.count()) == before
    assert b.round_of(world.gate).stuck is False
    assert client.post(address, {"reason": "left the team"}).status_code == 302
    assert b.round_of(world.gate).stuck is True
    history = client.get(f"/config/roles/{world.lead.pk}/").content.decode()
    assert "Taken back from maya for Everything" in history
    assert "left the team" in history


@pytest.mark.req("POL-17")
def test_what_is_foreseen_is_what_happens(world: SimpleNamespace) -> None:
    other = b.give("qa-lead", world.people.ines)
    client = _client(world.people.olga)
    page = client.get(f"/config/roles/assignments/{other.pk}/end/").context["page"]
    assert page.stuck == ()
    assert [one.loses for one in page.fewer] == [1]
    client.post(f"/config/roles/assignments/{other.pk}/end/", {"reason": ""})
    assert s.asked(world.gate) == {"maya"}
    assert b.round_of(world.gate).stuck is False


def test_an_end_elsewhere_touches_nothing_here(world: SimpleNamespace) -> None:
    product = b.product("else", "Elsewhere")
    there = b.give("qa-lead", world.people.ines, product.scope)
    page = (
        _client(world.people.olga).get(f"/config/roles/assignments/{there.pk}/end/").context["page"]
    )
    assert page.headline == "No open approval is affected."


def test_what_has_ended_is_not_ended_again(world: SimpleNamespace) -> None:
    client = _client(world.people.olga)
    address = f"/config/roles/assignments/{world.mayas.pk}/end/"
    client.post(address, {"reason": ""})
    assert client.get(address).status_code == 409
    assert client.post(address, {"reason": ""}).status_code == 409
    assert client.get("/config/roles/assignments/999999/end/").status_code == 404
    assert client.get("/config/roles/999999/").status_code == 404


def test_a_role_for_later_is_shown_as_such(world: SimpleNamespace) -> None:
    b.give("qa-lead", world.people.ines, valid_from=timezone.now() + dt.timedelta(days=2))
    page = _client(world.people.olga).get(f"/config/roles/{world.lead.pk}/").context["page"]
    assert {one.name: one.state for one in page.holders} == {"maya": "now", "ines": "later"}


@pytest.mark.req("ADM-1")
def test_page_and_record_lead_to_each_other(world: SimpleNamespace) -> None:
    staff = b.superuser()
    client = _client(staff)
    page = client.get(f"/config/roles/{world.lead.pk}/").content.decode()
    assert f"/admin/approvals/role/{world.lead.pk}/change/" in page
    record = client.get(f"/admin/approvals/role/{world.lead.pk}/change/").content.decode()
    assert f'href="/config/roles/{world.lead.pk}/"' in record
    # An assignment leads to its role, and a group that holds one to whoever is in it.
    held = b.give("qa-lead", b.group("testers", world.people.ines))
    page = client.get(f"/config/roles/{world.lead.pk}/").content.decode()
    for path in (
        f"/admin/approvals/roleassignment/{held.pk}/change/",
        f"/admin/auth/group/{held.group_id}/change/",
    ):
        assert f'href="{path}"' in page
        assert client.get(path).status_code == 200
    record = client.get(f"/admin/approvals/roleassignment/{held.pk}/change/").content.decode()
    assert f'href="/config/roles/{world.lead.pk}/"' in record
    assert 'href="/admin/approvals/role/"' in client.get("/config/roles/").content.decode()
    plain = _client(world.people.olga).get(f"/config/roles/{world.lead.pk}/").content.decode()
    assert "/admin/" not in plain


@pytest.mark.req("A-086")
def test_names_are_escaped(world: SimpleNamespace) -> None:
    role = Role.objects.get(pk=world.lead.pk)
    hostile = b.person("mallory", display_name="<img src=x onerror=alert(1)>")
    b.give("qa-lead", hostile)
    for address in ("/config/roles/", f"/config/roles/{role.pk}/"):
        assert "<img src=x" not in _client(world.people.olga).get(address).content.decode()


@pytest.mark.req("MON-5")
def test_who_holds_a_role_for_a_hidden_release_is_neither_named_nor_counted(
    world: SimpleNamespace,
) -> None:
    b.role("setter", rights=["configure"])
    b.give("setter", world.people.nora)
    release = world.gate.release
    held = b.give("qa-lead", world.people.ines, release.scope)
    client = _client(world.people.nora)
    [row] = [
        one for one in client.get("/config/roles/").context["page"].rows if one.role == world.lead
    ]
    assert ([one.name for one in row.holders], row.in_releases) == (["maya"], 0)
    for role in Role.objects.all():
        text = client.get(f"/config/roles/{role.pk}/").content.decode()
        assert re.search(rf"\b{release.reference}\b", text) is None
        assert f"{release.name} {release.version}" not in text
        assert "ines" not in text.partition('<datalist id="people">')[0]
    ending = f"/config/roles/assignments/{held.pk}/end/"
    assert client.get(ending).status_code == client.post(ending).status_code == 404
    # Who sees the release is shown all of it.
    seen = _client(world.people.olga).get(f"/config/roles/{world.lead.pk}/").content.decode()
    assert f"Given to ines for {release.scope.label}" in seen


@pytest.mark.req("ADM-1", "SEC-1")
def test_the_way_to_them_is_in_the_navigation_of_whoever_may_open_them(
    world: SimpleNamespace,
) -> None:
    b.role("setter", rights=["configure"])
    b.give("setter", world.people.nora)
    both = b.person("both")
    b.give("setter", both)
    b.give("auditor", both, world.gate.release.product.scope)
    b.role("blind-auditor", reads_only=True, rights=["configure"])
    blind = b.person("blind")
    b.give("blind-auditor", blind)
    for user in (*vars(world.people).values(), both, blind, b.superuser(), s.tom()):
        client = _client(user)
        opens = client.get("/config/roles/").status_code == 200
        ways = Page(client.get("/help/").content.decode()).all("a", class_="nav-link")
        assert ("/config/roles/" in [way["href"] for way in ways]) is opens, user
    assert _client(world.people.nora).get("/config/roles/").status_code == 200
    assert _client(blind).get("/config/roles/").status_code == 403

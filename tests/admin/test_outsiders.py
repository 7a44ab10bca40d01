"""Pop-ups and look-ups tell an outsider no name of what is hidden (A-049)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import reverse

from tests import builders as b
from tests.admin.conftest import client_for
from tests.admin.pages import LABELS, address

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("A-049")]

SECRET = "Zebra"


@pytest.fixture
def hidden(world: SimpleNamespace) -> None:
    """Something of each kind that is chosen somewhere, with a name that an outsider must not read."""
    zoe = b.person("zoe", display_name=f"{SECRET} person")
    b.group(f"{SECRET} group", zoe)
    b.role("zebra", f"{SECRET} role")
    b.product("zebra", f"{SECRET} product")
    b.process(b.phase("p", b.pipeline("build")), slug="zebra-line")
    b.release(world.tom, process="zebra-line", product="zebra", name=f"{SECRET} release")


def _autocompletes() -> list[dict[str, str]]:
    """What every choosing field of every page asks for."""
    return [
        {
            "app_label": model._meta.app_label,
            "model_name": str(model._meta.model_name),
            "field_name": field.name,
        }
        for model, page in admin.site._registry.items()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.name in page.autocomplete_fields
    ]


def test_an_outsider_is_told_no_name_by_any_choosing_field(nora: Client, hidden: None) -> None:
    asked = _autocompletes()
    assert len(asked) >= 6
    for one in asked:
        for term in ("", "zebra", "Zebra"):
            answer = nora.get(reverse("admin:autocomplete"), {**one, "term": term})
            assert answer.status_code in (403, 404), one
            assert SECRET.encode() not in answer.content


def test_any_other_key_asked_for_tells_as_little(
    world: SimpleNamespace, nora: Client, hidden: None
) -> None:
    """Django answers for every foreign key to a model that has a page, offered or not."""
    one = b.person("one", is_staff=True)
    b.role("viewer", rights=["view"])
    b.give("viewer", one, world.release.scope)
    for model, field in (("release", "product"), ("release", "manager"), ("activity", "release")):
        asked = {"app_label": "releases", "model_name": model, "field_name": field, "term": "z"}
        for client in (nora, client_for(one)):
            answer = client.get(reverse("admin:autocomplete"), asked)
            assert SECRET.encode() not in answer.content
            assert answer.status_code in (200, 403)


def test_who_configures_is_told_no_release_that_they_do_not_see(hidden: None) -> None:
    """Roles are given for products and everything; a release's place has the release's name."""
    b.role("configurer", rights=["configure"])
    cora = b.person("cora", is_staff=True)
    b.give("configurer", cora)
    client = client_for(cora)
    asked = {"app_label": "approvals", "model_name": "roleassignment", "field_name": "scope"}
    found = client.get(reverse("admin:autocomplete"), {**asked, "term": "Zebra"}).json()["results"]
    assert [one["text"] for one in found] == [f"{SECRET} product"]
    for label in ("approvals.Scope", "approvals.RoleAssignment"):
        page = client.get(address(label, "changelist"))
        assert page.status_code == 200
        assert f"{SECRET} release".encode() not in page.content


def test_pop_ups_and_other_keys_open_no_list_and_no_row(nora: Client, hidden: None) -> None:
    for label in LABELS:
        for query in (
            {"_popup": "1"}, {"_popup": "1", "_to_field": "id"}, {"_popup": "1", "q": "zeb"},
            {"_to_field": "username"}, {"_popup": "1", "_to_field": "password"},
        ):  # fmt: skip
            answer = nora.get(address(label, "changelist"), query)
            assert SECRET.encode() not in answer.content, label
            assert answer.status_code in (200, 302, 400, 403), label


def test_one_who_sees_one_release_is_told_no_other(world: SimpleNamespace, hidden: None) -> None:
    one = b.person("one", is_staff=True)
    b.role("viewer", rights=["view"])
    b.give("viewer", one, world.release.scope)
    client = client_for(one)
    for label in ("releases.Release", "releases.Activity", "approvals.Approval"):
        for query in ({"q": "zeb"}, {"_popup": "1"}, {}):
            assert SECRET.encode() not in client.get(address(label, "changelist"), query).content
    start = client.get("/admin/").content
    assert SECRET.encode() not in start


def test_the_first_page_counts_what_the_person_may_see(
    nora: Client, ada: Client, world: SimpleNamespace
) -> None:
    held = {
        who: {one.many: one.number for one in client.get("/admin/").context["start"].counts}
        for who, client in (("nora", nora), ("ada", ada))
    }
    assert held["ada"]["releases on hold"] == 0
    b.process(b.phase("p", b.manual("qa", {"user": "maya"})), slug="waits")
    b.release(world.tom, process="waits")
    counts = {one.many: one for one in ada.get("/admin/").context["start"].counts}
    assert counts["releases on hold"].number == 1
    assert {one.number for one in nora.get("/admin/").context["start"].counts} == {0}
    assert "people without sign-in" not in held["nora"]
    for one in counts.values():
        assert ada.get(one.path).status_code == 200, one.path

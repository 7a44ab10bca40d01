"""History is read-only for everybody (A-041, B-30), and tells what changed, by whom, when and why."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from simple_history.admin import SimpleHistoryAdmin
from structlog.testing import capture_logs

from audit.actor import system_actor
from audit.admin.history import HistoryPages
from portal.models import Membership, User
from portal.services.people import change_user, remove_member
from releases.models import Release
from releases.services.products import change_product
from tests import builders as b
from tests.admin.pages import LABELS, address, newest_version_of, row_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def _post(client: Client, url: str, **fields: Any) -> tuple[int, list[Any]]:
    """The status, and what the log says about refused writes to history."""
    with capture_logs() as entries:
        status = client.post(url, fields).status_code
    return status, [each for each in entries if each["event"] == "admin.history_write_refused"]


@pytest.mark.req("A-041", "B-30")
def test_a_view_only_member_of_staff_changes_nothing_through_history(
    vera: Client, world: SimpleNamespace
) -> None:
    release = world.release
    before = Release.objects.values().get(pk=release.pk)
    oldest = release.history.earliest("pk")
    versions = release.history.count()
    url = address("releases.Release", "simple_history", release.pk, oldest.pk)
    assert vera.get(url).status_code == 200
    status, logged = _post(vera, url, name="Overwritten", state="completed")
    assert status == 403
    assert [(each["model"], each["object_id"]) for each in logged] == [
        ("releases.Release", str(release.pk))
    ]
    assert Release.objects.values().get(pk=release.pk) == before
    assert release.history.count() == versions


@pytest.mark.req("A-041", "B-30")
def test_no_history_page_of_any_model_takes_a_post_even_from_a_superuser(ada: Client) -> None:
    tracked = [label for label in LABELS if newest_version_of(row_of(label)) is not None]
    assert len(tracked) >= 12
    for label in tracked:
        row = row_of(label)
        oldest = row.history.earliest("pk")  # type: ignore[attr-defined]
        versions = row.history.count()  # type: ignore[attr-defined]
        url = address(label, "simple_history", row.pk, oldest.pk)
        status, logged = _post(ada, url, name="Overwritten", username="overwritten")
        assert (status, len(logged), label) == (403, 1, label)
        assert row.history.count() == versions  # type: ignore[attr-defined]


@pytest.mark.req("A-041")
def test_history_takes_no_other_method(ada: Client, world: SimpleNamespace) -> None:
    version = world.product.history.latest("pk").pk
    url = address("releases.Product", "simple_history", world.product.pk, version)
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
        assert ada.generic(method, url).status_code == 403


@pytest.mark.req("A-041", "B-30")
def test_a_deleted_row_does_not_come_back_through_history(
    ada: Client, world: SimpleNamespace
) -> None:
    membership = Membership.objects.get(user=world.maya)
    remove_member(user=world.maya, group=world.qa, actor=b.SYSTEM, reason="left the team")
    version = Membership.history.earliest("pk")  # type: ignore[attr-defined]
    url = address("portal.Membership", "simple_history", membership.pk, version.pk)
    assert (
        "left the team"
        in ada.get(address("portal.Membership", "history", membership.pk)).content.decode()
    )
    assert ada.get(url).status_code == 200
    status, logged = _post(ada, url, user=world.maya.pk, group=world.qa.pk)
    assert (status, len(logged)) == (403, 1)
    assert not Membership.objects.filter(user=world.maya).exists()


@pytest.mark.req("A-041")
def test_the_history_of_a_deleted_row_is_for_who_may_configure(
    olga: Client, vera: Client, world: SimpleNamespace
) -> None:
    membership = Membership.objects.get(user=world.maya)
    remove_member(user=world.maya, group=world.qa, actor=b.SYSTEM)
    url = address("portal.Membership", "history", membership.pk)
    assert olga.get(url).status_code == 200
    assert vera.get(url).status_code == 404


class _Stock(SimpleHistoryAdmin):  # type: ignore[misc]
    """The library's page as it comes, for who may only view."""

    fields = ("display_name",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return HttpResponse("written")


@pytest.mark.req("A-041", "B-30")
def test_the_library_alone_would_write_what_a_view_only_user_posts(world: SimpleNamespace) -> None:
    """The control: it is our page that refuses, not the library, whatever its settings say."""
    assert settings.SIMPLE_HISTORY_REVERT_DISABLED is True
    change_user(user_id=world.maya.pk, display_name="Changed", email="", actor=b.SYSTEM)
    request = RequestFactory().post("/admin/", {})
    request.user = world.tom
    oldest = world.maya.history.earliest("pk")
    page = _Stock(User, admin.AdminSite())
    with transaction.atomic():
        page.history_form_view(request, str(world.maya.pk), str(oldest.pk))
    assert User.objects.get(pk=world.maya.pk).display_name != "Changed"


@pytest.mark.req("AUD-2")
def test_history_shows_before_and_after_who_when_why_and_by_which_door(
    ada: Client, world: SimpleNamespace
) -> None:
    change_product(
        product_id=world.product.pk, name="Payments and cards", actor=b.SYSTEM,
        reason="cards joined",
    )  # fmt: skip
    page = ada.get(address("releases.Product", "history", world.product.pk)).content.decode()
    newest = world.product.history.latest("pk")
    for words in (
        "Payments and cards", "cards joined", "By Test", "through system",
        f"{newest.history_date:%Y-%m-%d %H:%M:%S} UTC", "Changed", "Created",
    ):  # fmt: skip
        assert words in page
    shown = ada.get(address("releases.Product", "history", world.product.pk)).context["versions"][0]
    assert [(each.label, each.before, each.after) for each in shown.changes] == [
        ("Name", "Payments", "Payments and cards")
    ]


@pytest.mark.req("AUD-2")
def test_a_version_at_the_end_of_a_page_is_compared_with_the_one_before_it(
    ada: Client, world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HistoryPages, "history_per_page", 2)
    for name in ("One", "Two", "Three"):
        change_product(product_id=world.product.pk, name=name, actor=b.SYSTEM)
    url = address("releases.Product", "history", world.product.pk)
    first = ada.get(url).context["versions"]
    assert [shown.changes[0].before for shown in first] == ["Two", "One"]
    second = ada.get(url, {"p": 2}).context["versions"]
    assert (second[0].kind, second[0].changes[0].before) == ("Changed", "Payments")


@pytest.mark.req("AUD-2", "A-086")
def test_history_shows_markup_as_text(ada: Client, world: SimpleNamespace) -> None:
    hostile = "<script>alert(1)</script>"
    change_user(user_id=world.maya.pk, display_name=hostile, email="", actor=b.SYSTEM)
    for name in ("history", "change"):
        page = ada.get(address("portal.User", name, world.maya.pk)).content.decode()
        assert hostile not in page
        assert "&lt;script&gt;alert(1)" in page


@pytest.mark.req("AUD-2")
def test_rows_that_are_written_once_say_so(ada: Client) -> None:
    page = ada.get(address("approvals.Decision", "history", row_of("approvals.Decision").pk))
    assert "written once" in page.content.decode()


@pytest.mark.req("SEC-1")
def test_a_key_that_is_none_has_no_history(ada: Client) -> None:
    for key in ["0", "x", "1'", "9" * 40, "1_0"]:
        assert ada.get(f"/admin/releases/product/{key}/history/").status_code == 404


@pytest.mark.req("AUD-2")
def test_the_history_of_a_role_is_written_for_people(ada: Client) -> None:
    role = b.role("lead", rights=["approve", "view"])
    page = ada.get(address("approvals.Role", "history", role.pk)).content.decode()
    assert "approve, view" in page
    assert "[&quot;" not in page


@pytest.mark.req("AUD-2")
def test_what_a_command_did_is_said_once(ada: Client) -> None:
    command = system_actor("command by root", door="command")
    change_user(user_id=b.person("zoe").pk, display_name="Zoë", email="", actor=command)
    page = ada.get(address("portal.User", "history", User.objects.get(username="zoe").pk))
    text = page.content.decode()
    assert "Command by root" in text
    assert "through command" not in text


@pytest.mark.req("ADM-1")
def test_lists_write_dates_and_titles_as_the_portal_does(
    ada: Client, world: SimpleNamespace
) -> None:
    page = ada.get("/admin/releases/release/").content.decode()
    assert "· Countersign</title>" in " ".join(page.split()).replace(" </title>", "</title>")
    assert not re.search(r"\b[ap]\.m\.", page)
    made = world.release.created_at
    assert f"{made.day} {made:%b %Y}, {made:%H:%M}" in page

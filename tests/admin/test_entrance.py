"""One sign-in page for everything, and a plain no for who is signed in and no staff (SEC-1, SEC-3)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from audit.models import LedgerEntry, PersonalRecord
from tests import builders as b
from tests.admin.pages import address
from tests.pages import Page, inline_parts

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

PASSWORD = "correct horse battery"


@pytest.mark.req("SEC-1")
def test_the_admins_sign_in_is_the_portals() -> None:
    answer = Client().get("/admin/releases/product/", follow=True)
    assert [url.split("?")[0] for url, _ in answer.redirect_chain] == [
        "/admin/login/", "/accounts/login/",
    ]  # fmt: skip
    page = answer.content.decode()
    assert 'lang="en"' in page
    assert 'value="/admin/releases/product/"' in page
    assert "sign up" not in page.lower()


@pytest.mark.req("SEC-1")
def test_the_admin_takes_no_password_itself(world: SimpleNamespace) -> None:
    get_user_model().objects.create_superuser("root", "", PASSWORD)
    client = Client()
    answer = client.post("/admin/login/", {"username": "root", "password": PASSWORD})
    assert answer.status_code == 302
    assert "_auth_user_id" not in client.session


@pytest.mark.req("SEC-1")
def test_whoever_signs_in_comes_to_the_page_that_was_asked_for(world: SimpleNamespace) -> None:
    get_user_model().objects.create_superuser("root", "", PASSWORD)
    client = Client()
    answer = client.post(
        reverse("account_login"),
        {"login": "root", "password": PASSWORD, "next": "/admin/releases/product/"},
    )
    assert (answer.status_code, answer["Location"]) == (302, "/admin/releases/product/")
    assert client.get("/admin/login/")["Location"] == "/admin/"


@pytest.mark.req("SEC-1", "A-093")
@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https:evil.example"])
def test_nobody_is_sent_elsewhere_after_signing_in(world: SimpleNamespace, target: str) -> None:
    get_user_model().objects.create_superuser("root", "", PASSWORD)
    answer = Client().post(
        reverse("account_login"), {"login": "root", "password": PASSWORD, "next": target}
    )
    assert answer.status_code == 302
    assert "evil" not in answer["Location"]


@pytest.mark.req("SEC-1")
@pytest.mark.parametrize(
    "url", ["/admin/", "/admin/login/", "/admin/releases/product/", "/admin/jsi18n/"]
)
def test_who_is_no_staff_gets_a_plain_no(pete: Client, url: str) -> None:
    answer = pete.get(url)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "The administration is for staff." in page
    assert Page(page).all("input", name="password") == []


@pytest.mark.req("SEC-1")
def test_a_sign_in_and_its_way_stand_in_the_record(world: SimpleNamespace) -> None:
    get_user_model().objects.create_superuser("root", "", PASSWORD)
    client = Client(REMOTE_ADDR="198.51.100.7", HTTP_USER_AGENT="test-browser")
    client.post(reverse("account_login"), {"login": "root", "password": PASSWORD})
    client.post(address("releases.Product", "add"), {"key": "cards", "name": "Cards"})
    entry = LedgerEntry.objects.filter(kind="product.created").latest("pk")
    assert '"auth":"password"' in entry.text
    personal = PersonalRecord.objects.latest("pk").text
    assert '"ip":"198.51.100.7"' in personal
    assert '"user_agent":"test-browser"' in personal
    # Whoever reads the record can't take the session over.
    assert client.session.session_key not in personal


@pytest.mark.req("A-079")
def test_the_client_does_not_choose_what_is_recorded_of_it(ada: Client) -> None:
    ada.post(
        address("releases.Product", "add"),
        {"key": "cards", "name": "Cards", "actor": "1", "at": "2020-01-01", "history_user_id": "1"},
        headers={"x-forwarded-for": "203.0.113.9"},
    )
    personal = PersonalRecord.objects.latest("pk").text
    assert "203.0.113.9" not in personal
    entry = LedgerEntry.objects.filter(kind="product.created").latest("pk")
    assert '"username":"ada"' in entry.text
    assert entry.at.year > 2024


@pytest.mark.req("A-084")
def test_a_post_from_elsewhere_is_refused(world: SimpleNamespace) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(b.superuser())
    url = address("portal.User", "deactivate", world.maya.pk)
    assert client.post(url).status_code == 403
    assert (
        client.post(address("releases.Product", "add"), {"key": "x", "name": "X"}).status_code
        == 403
    )
    world.maya.refresh_from_db()
    assert world.maya.is_active


@pytest.mark.req("SEC-1")
def test_signing_out_ends_the_session_and_takes_a_post(ada: Client) -> None:
    assert ada.get("/admin/logout/").status_code == 405
    assert ada.post("/admin/logout/")["Location"] == settings.LOGOUT_REDIRECT_URL
    assert ada.get("/admin/").status_code == 302


@pytest.mark.req("SEC-1")
def test_passwords_are_changed_on_the_portals_page(ada: Client) -> None:
    assert ada.get("/admin/password_change/")["Location"] == reverse("account_change_password")
    assert ada.get(reverse("account_change_password")).status_code in {200, 302}


@pytest.mark.req("SEC-1", "SEC-4")
@pytest.mark.parametrize(
    "name", ["account_login", "account_signup", "account_reset_password", "account_logout"]
)
def test_sign_in_pages_have_no_inline_script_or_style(name: str, ada: Client) -> None:
    client = ada if name == "account_logout" else Client()
    answer = client.get(reverse(name))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<html lang=" in page
    assert inline_parts(page) == []
    assert "unsafe" not in answer["Content-Security-Policy"]


@pytest.mark.req("SEC-1")
def test_nobody_signs_up(world: SimpleNamespace) -> None:
    people = get_user_model().objects.count()
    Client().post(
        reverse("account_signup"),
        {"username": "eve", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert get_user_model().objects.count() == people

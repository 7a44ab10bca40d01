"""The frame: only ways that there are and that open, names as words, nothing inline (MON-1, SEC-4, A-103)."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from portal.pages.shell import Shell
from tests import builders as b
from tests.pages import Page, inline_parts

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

FRAMED = [
    "/help/",
    "/accounts/2fa/",
    "/accounts/password/change/",
    "/accounts/logout/",
    "/nothing/here/",
]


def client_for(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ways(page: Page) -> list[str]:
    return [link["href"] for link in page.all("a", class_="nav-link")]


@pytest.mark.req("MON-1")
@pytest.mark.parametrize("path", FRAMED)
def test_every_page_has_one_heading_one_main_and_a_way_past_the_frame(path: str) -> None:
    maya = b.person("maya", password="correct horse battery")
    page = Page(client_for(maya).get(path).content.decode())
    assert len(page.all("h1")) == 1
    assert len(page.all("main", id="main")) == 1
    first = next(attributes for tag, attributes in page.tags if tag == "a")
    assert (first["href"], first["class"]) == ("#main", "skip")
    assert page.all("div", id="live", role="status")
    assert page.all("html", lang="en")
    assert [nav.get("aria-label") for nav in page.all("nav")][:1] == ["Main"]


@pytest.mark.req("SEC-4")
@pytest.mark.parametrize(
    "path", [*FRAMED, "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
)
def test_nothing_is_inline_and_the_policy_is_strict(path: str) -> None:
    answer = client_for(b.person("maya")).get(path, follow=True)
    assert inline_parts(answer.content.decode()) == []
    assert "unsafe" not in answer["Content-Security-Policy"]


@pytest.mark.req("MON-1", "SEC-1")
def test_the_navigation_names_only_what_opens() -> None:
    for user in (b.person("maya"), b.person("pete", is_staff=True), b.superuser()):
        client = client_for(user)
        page = Page(client.get("/help/").content.decode())
        for path in ways(page):
            assert client.get(path, follow=True).status_code == 200, (user.username, path)


@pytest.mark.req("SEC-1", "MON-5")
def test_who_is_no_staff_is_shown_no_way_into_the_administration() -> None:
    b.person("root2")
    page = Page(client_for(b.person("maya")).get("/help/").content.decode())
    assert [path for path in ways(page) if path.startswith("/admin")] == []
    assert "Configure" not in page.text


@pytest.mark.req("SEC-1")
def test_staff_without_the_right_to_configure_get_its_first_page_alone() -> None:
    page = Page(client_for(b.person("pete", is_staff=True)).get("/help/").content.decode())
    assert [path for path in ways(page) if path.startswith("/admin")] == ["/admin/"]


def test_a_stranger_is_shown_no_navigation_and_no_account() -> None:
    page = Page(Client().get("/accounts/login/").content.decode())
    assert ways(page) == []
    assert page.all("details") == []
    assert page.all("nav") == []


def test_a_stranger_costs_no_query(django_assert_num_queries: Any) -> None:
    request = RequestFactory().get("/help/")
    request.user = AnonymousUser()
    with django_assert_num_queries(0):
        frame = Shell(request)
        assert (frame.nav, frame.tabs, frame.waiting, frame.unread) == ((), (), 0, 0)


def test_the_frame_asks_for_two_counters_and_nothing_else(
    django_assert_max_num_queries: Any,
) -> None:
    client = client_for(b.person("maya"))
    client.get("/help/")
    with django_assert_max_num_queries(4):  # session, account, what waits, what is unread
        client.get("/help/")


@pytest.mark.req("MON-1")
def test_the_counter_is_the_same_wherever_it_stands() -> None:
    maya, tom = b.person("maya"), b.manager()
    b.group("qa", maya)
    b.product()
    b.process(b.phase("main", b.manual("qa", {"group": "qa"})))
    b.release(tom)
    page = Page(client_for(maya).get("/help/").content.decode())
    badges = page.all("span", data_count="waiting")
    assert "/inbox/" in ways(page)
    assert len(badges) == 2  # beside the way there, and in the tab bar of phones
    assert all("hidden" not in badge for badge in badges)
    assert page.text.count("1 waiting") == 2


@pytest.mark.req("A-086")
def test_a_hostile_name_is_words() -> None:
    name = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    user = b.person("eve", display_name=name)
    html = client_for(user).get("/help/").content.decode()
    assert inline_parts(html) == []
    assert name in Page(html).text
    assert Page(html).all("img") == []


@pytest.mark.req("A-103", "SEC-4")
def test_a_signed_in_persons_pages_are_kept_by_nobody_and_framed_by_nobody() -> None:
    answer = client_for(b.person("maya")).get("/help/")
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "HX-Request" in answer["Vary"]
    assert "Access-Control-Allow-Origin" not in answer


@pytest.mark.req("SEC-1")
def test_signing_out_from_the_menu_works_by_a_form_alone() -> None:
    client = client_for(b.person("maya"))
    page = Page(client.get("/help/").content.decode())
    assert page.all("form", action="/accounts/logout/", method="post")
    client.post("/accounts/logout/")
    assert "_auth_user_id" not in client.session


def test_help_stands_at_the_same_place_signed_in_or_not() -> None:
    assert Page(Client().get("/accounts/login/").content.decode()).all("a", href="/help/")
    assert Page(client_for(b.person("maya")).get("/accounts/2fa/").content.decode()).all(
        "a", href="/help/"
    )
    assert Client().get("/help/").status_code == 200

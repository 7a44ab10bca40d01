"""What a page says when something is refused or breaks: a sentence, its status, nothing inside (A-104)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django_htmx.middleware import HtmxMiddleware

from audit.errors import Conflict, Invalid, Malformed, NotFound, NotPermitted, Refusal, TooLarge
from portal.middleware import PageRefusals
from portal.pages.shell import Shell
from portal.views.errors import bad_request, permission_denied, server_error
from tests import builders as b
from tests.pages import Page, inline_parts

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

INSIDE = ("Traceback", "DatabaseError", "secret-of-the-inside", "site-packages", ".py")
HOSTILE = "<script>alert(1)</script>"
REFUSALS = [
    Malformed("x", "Can't be read."), NotPermitted("own_change", "You changed it."),
    Conflict("already_decided", "Decided at 10:31."), TooLarge("x", "Too large."),
    Invalid("Not valid.", errors={"comment": ["A reason is needed."]}),
]  # fmt: skip


def request_of(user: Any, path: str = "/x/", **headers: str) -> HttpRequest:
    """A request as the middlewares leave it."""
    request = RequestFactory().get(path, headers=headers)
    request.user = user
    request.session = SessionStore()
    return request


def answered(refusal: Exception, *, htmx: bool = False, user: Any = None, path: str = "/x/") -> Any:
    """What the middlewares make of a view that raises."""
    headers = {"HX-Request": "true"} if htmx else {}
    request = request_of(user or AnonymousUser(), path, **headers)

    def view(each: HttpRequest) -> HttpResponse:
        return PageRefusals(lambda _: HttpResponse()).process_exception(each, refusal)  # type: ignore[return-value]

    return HtmxMiddleware(view)(request)


@pytest.mark.parametrize("refusal", REFUSALS, ids=[each.title for each in REFUSALS])
def test_a_refusal_is_its_sentence_with_its_status(refusal: Refusal) -> None:
    answer = answered(refusal, user=b.person("maya"))
    page = Page(answer.content.decode())
    assert answer.status_code == refusal.status
    assert refusal.sentence in page.text
    assert len(page.all("h1")) == 1
    assert page.all("nav", id="nav")
    assert all(sentence in page.text for each in refusal.errors.values() for sentence in each)


@pytest.mark.req("MON-5")
def test_what_is_not_there_looks_like_what_may_not_be_seen() -> None:
    maya = b.person("maya")
    hidden = Page(answered(NotFound(), user=maya).content.decode()).text
    client = Client()
    client.force_login(maya)
    missing = Page(client.get("/nothing/here/").content.decode()).text
    assert hidden.partition("To the start page")[0] == missing.partition("To the start page")[0]


def test_htmx_gets_a_fragment() -> None:
    answer = answered(
        Conflict("already_decided", "Decided at 10:31."), htmx=True, user=b.person("maya")
    )
    assert answer.status_code == 409
    page = Page(answer.content.decode())
    assert page.all("html") == []
    assert page.all("div", role="alert")
    assert "Decided at 10:31." in page.text


@pytest.mark.req("A-086")
def test_a_sentence_is_words() -> None:
    answer = answered(Conflict("x", HOSTILE), user=b.person("maya"))
    assert inline_parts(answer.content.decode()) == []
    assert HOSTILE in Page(answer.content.decode()).text


def test_the_api_and_other_errors_are_left_alone() -> None:
    refuse = PageRefusals(lambda _: HttpResponse()).process_exception
    request = RequestFactory().get("/api/v1/releases/")
    assert refuse(request, Conflict("x", "No.")) is None
    assert refuse(RequestFactory().get("/x/"), ValueError("inside")) is None


def test_who_has_not_signed_in_gets_no_frame() -> None:
    page = Page(answered(NotPermitted("x", "No.")).content.decode())
    assert page.all("nav") == []
    assert "No." in page.text


@pytest.mark.req("A-104")
@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda request: bad_request(request, ValueError("inside-400")), 400),
        (lambda request: permission_denied(request, PermissionDenied()), 403),
    ],
)
def test_errors_have_pages_that_say_nothing_of_the_inside(
    make: Callable[[HttpRequest], Any], status: int
) -> None:
    request = request_of(b.person("maya"))
    answer = make(request)
    page = Page(answer.content.decode())
    assert answer.status_code == status
    assert len(page.all("h1")) == 1
    assert "inside" not in page.text
    assert inline_parts(answer.content.decode()) == []


@pytest.mark.req("A-104")
@pytest.mark.urls("tests.portal.breaking_urls")
@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
@pytest.mark.parametrize("known", [False, True], ids=["stranger", "person"])
def test_a_view_that_breaks_shows_the_request_and_nothing_of_the_inside(
    known: bool, htmx: bool
) -> None:
    client = Client(raise_request_exception=False)
    if known:
        client.force_login(b.person("maya"))
    answer = client.get("/breaks/", headers={"HX-Request": "true"} if htmx else {})
    html = answer.content.decode()
    assert answer.status_code == 500
    assert [one for one in INSIDE if one in html] == []
    assert "Something went wrong" in Page(html).text
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer["X-Request-ID"])
    assert answer["X-Request-ID"] in Page(html).text
    assert bool(Page(html).all("nav", id="nav")) == known
    assert inline_parts(html) == []


@pytest.mark.req("A-104")
def test_an_error_of_the_frame_itself_still_has_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise DatabaseError("secret-of-the-inside")

    monkeypatch.setattr(Shell, "nav", property(breaks))
    request = request_of(b.person("maya"))
    answer: Any = server_error(request)
    assert answer.status_code == 500
    assert "Something went wrong" in answer.content.decode()
    assert "secret-of-the-inside" not in answer.content.decode()

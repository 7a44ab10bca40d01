"""A request whose session has ended: htmx gets 401 and no page, a form that was sent comes back whole."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from portal.services.people import set_user_active
from releases.models import Release
from tests import builders as b
from tests import scenes
from tests.portal.pages.browser import Page, _read, values_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

PASSWORD = "correct-horse-battery"
HERE = "http://testserver"
WORDS = "The rollback takes forty minutes, the window is thirty."


def expire(client: Client) -> None:
    """The session ends now."""
    key = client.session.session_key
    past = timezone.now() - dt.timedelta(seconds=1)
    assert Session.objects.filter(session_key=key).update(expire_date=past) == 1


def end(client: Client, user: Any, how: str) -> None:
    if how == "expired":
        expire(client)
    elif how == "deactivated":
        set_user_active(user_id=user.pk, active=False, actor=b.SYSTEM)
    elif how == "password":
        user.set_password("something-else-entirely")
        user.save(update_fields=["password"])
    else:
        client.cookies.clear()


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


# --- htmx ----------------------------------------------------------------------------------------


@pytest.mark.req("A-060", "SEC-1")
@pytest.mark.parametrize("how", ["expired", "deactivated", "password", "no cookie"])
def test_htmx_without_a_session_gets_401_and_nothing_that_could_be_shown(how: str) -> None:
    crew = scenes.people("maya")
    asked = scenes.ask({"user": "maya"})
    client = signed_in(crew.maya)
    end(client, crew.maya, how)
    calls = [
        ("get", f"/inbox/?open={asked.reference}"), ("get", "/notifications/latest/"),
        ("get", f"/inbox/{asked.pk}/snooze/"), ("get", "/session/"),
        ("post", f"/inbox/{asked.pk}/press/"), ("post", f"/inbox/{asked.pk}/comment/"),
        ("post", f"/inbox/{asked.pk}/snooze/"), ("post", f"/activities/{asked.pk}/decide/"),
        ("post", "/notifications/read/"), ("post", "/session/"),
    ]  # fmt: skip
    for method, path in calls:
        send = client.get if method == "get" else client.post
        answer = send(path, {"verdict": "approve"}, headers={"HX-Request": "true"})
        assert (answer.status_code, answer.content) == (401, b""), path
        assert "Location" not in answer.headers, path
        assert "HX-Redirect" not in answer.headers, path
    assert scenes.events(asked).count("approval.decision_cast") == 0


@pytest.mark.req("SEC-4", "A-060")
def test_htmx_with_a_token_of_an_earlier_sign_in_gets_401_and_nothing_that_could_be_shown() -> None:
    crew = scenes.people("maya")
    asked = scenes.ask({"user": "maya"})
    client = Client(enforce_csrf_checks=True)
    client.force_login(crew.maya, backend="django.contrib.auth.backends.ModelBackend")
    old = form_token(_read(client.get("/inbox/")))
    client.cookies["csrftoken"] = "y" * 32
    for token in (old, "x" * 64, ""):
        answer = client.post(
            f"/inbox/{asked.pk}/press/",
            {"csrfmiddlewaretoken": token},
            headers={"HX-Request": "true", "Origin": HERE},
        )
        assert (answer.status_code, answer.content) == (401, b"")
    assert scenes.events(asked).count("approval.decision_cast") == 0


def test_the_token_of_the_cookie_is_as_good_as_that_of_the_form() -> None:
    """What session.js sends instead of the form's, which may be of an earlier sign-in."""
    crew = scenes.people("maya")
    asked = scenes.ask({"user": "maya"})
    client = Client(enforce_csrf_checks=True)
    client.force_login(crew.maya, backend="django.contrib.auth.backends.ModelBackend")
    page = _read(client.get("/inbox/"))
    cookie = client.cookies[page.root.one("html").attrs["data-csrf-cookie"]]
    assert not cookie["httponly"]
    data = values_of(page.form("/press/")) | {"csrfmiddlewaretoken": cookie.value}
    answer = client.post(f"/inbox/{asked.pk}/press/", data, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert scenes.state(asked) == "completed"


def test_what_htmx_may_not_do_or_see_is_a_fragment_and_no_page() -> None:
    crew = scenes.people("maya", "ines")
    asked = scenes.ask({"user": "maya"})
    client = signed_in(crew.ines)
    for path in (f"/activities/{asked.pk}/decide/", f"/inbox/{asked.pk}/press/", "/nothing/here/"):
        answer = client.post(path, {}, headers={"HX-Request": "true"})
        assert answer.status_code == 404, path
        assert "<html" not in answer.content.decode(), path
        assert "nothing here that you may see" in answer.content.decode(), path


# --- Without script ------------------------------------------------------------------------------


def form_token(page: Page) -> str:
    """The token that stands in the forms of a page."""
    fields = page.root.all("input", name="csrfmiddlewaretoken")
    return fields[0].attrs["value"]


def test_a_page_that_is_read_still_leads_to_sign_in_and_back() -> None:
    answer = Client().get("/inbox/?tab=all")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/accounts/login/?next=/inbox/%3Ftab%3Dall"


@pytest.mark.req("CAP-3", "A-060")
def test_a_form_of_a_session_that_has_ended_comes_back_and_decides_nothing() -> None:
    crew = scenes.people("maya")
    asked = scenes.ask({"user": "maya"})
    client = signed_in(crew.maya)
    expire(client)
    path = f"/activities/{asked.pk}/decide/"
    page = _read(client.post(path, {"verdict": "reject", "comment": WORDS, "attempt": "1"}))
    assert page.status == 401
    assert "You are signed out" in page.text
    assert "Nothing was done" in page.text
    assert WORDS in page.text
    form = page.form(path)
    assert values_of(form) == {"verdict": "reject", "comment": WORDS, "attempt": "1"}
    (link,) = [one for one in page.root.all("a") if "sign in" in one.text.lower()]
    assert (link.attrs["target"], link.attrs["rel"]) == ("_blank", "noopener")
    assert scenes.state(asked) == "awaiting_approval"


@pytest.mark.req("CAP-3", "SEC-1")
def test_it_can_be_sent_again_without_script_once_one_has_signed_in_again() -> None:
    maya = b.person("maya")
    maya.set_password(PASSWORD)
    maya.save(update_fields=["password"])
    asked = scenes.ask({"user": "maya"})
    client = Client(enforce_csrf_checks=True)
    sign_in(client)
    path = f"/activities/{asked.pk}/decide/"
    form = _read(client.get(f"/activities/{asked.pk}/")).form("/decide/")
    typed = {**values_of(form), "verdict": "reject", "comment": WORDS}
    token = form_token(_read(client.get(f"/activities/{asked.pk}/")))
    expire(client)
    page = send(client, path, {**typed, "csrfmiddlewaretoken": token})
    assert page.status == 401
    sign_in(client)  # in another tab; the token is another one from here on
    again = values_of(page.form(path)) | {"csrfmiddlewaretoken": form_token(page)}
    page = send(client, path, again)
    assert page.status == 403
    assert "Please send this again" in page.text
    assert WORDS in page.text
    assert scenes.state(asked) == "awaiting_approval"
    last = values_of(page.form(path)) | {"csrfmiddlewaretoken": form_token(page)}
    assert send(client, path, last).status == 303
    assert scenes.state(asked) == "rejected"


def sign_in(client: Client) -> None:
    page = _read(client.get("/accounts/login/"))
    fields = {"login": "maya", "password": PASSWORD, "csrfmiddlewaretoken": form_token(page)}
    assert client.post("/accounts/login/", fields).status_code == 302


def send(client: Client, path: str, fields: dict[str, Any]) -> Page:
    return _read(client.post(path, fields, headers={"Origin": HERE}))


@pytest.mark.req("A-060", "SEC-1")
@pytest.mark.parametrize("way", ["header", "field"])
def test_a_page_made_for_one_person_does_nothing_in_the_name_of_another(way: str) -> None:
    crew = scenes.people("maya", "omar")
    asked = scenes.ask({"user": "maya"}, {"user": "omar"})
    client, made_for = signed_in(crew.omar), str(crew.maya.pk)
    path = f"/activities/{asked.pk}/decide/"
    form = _read(client.get(f"/activities/{asked.pk}/")).form("/decide/")
    fields = values_of(form) | {"verdict": "reject", "comment": WORDS}
    if way == "header":
        headers = {"HX-Request": "true", "X-Account": made_for}
        page = _read(client.post(path, fields, headers=headers))
        assert page.html == ""
        assert client.get("/live/", headers=headers).status_code == 412
    else:
        page = _read(client.post(path, fields | {"_account": made_for}))
        assert "Nothing was done" in page.text
        assert WORDS in page.text
        assert not page.offers("/decide/")
    assert page.status == 412
    assert scenes.state(asked) == "awaiting_approval"
    own = client.post(path, fields | {"_account": str(crew.omar.pk)})
    assert own.status_code == 303
    assert scenes.state(asked) == "rejected"


def shown(page: Page) -> dict[str, str]:
    """What was sent, as it can be read and copied."""
    [listed] = page.root.one("main").all("dl")
    return {one.all("dt")[0].text: one.all("dd")[0].text for one in listed.all("div")}


@pytest.mark.req("CAP-3", "SEC-1")
def test_all_that_was_typed_can_be_copied_and_no_mark_of_the_page() -> None:
    crew = scenes.people("maya", "omar")
    b.product("pay")
    b.process(b.phase("p", b.manual("gate", {"user": "maya"})), slug="simple")
    b.give("release-manager", crew.omar)
    client, path = signed_in(crew.omar), "/releases/new/"
    typed = {
        "product": "pay", "process": "simple", "name": "Autumn", "version": "4.2", "commit": "c0ffee",
        "authors": "maya, omar", "links": "tracker | PAY-1 | https://example.com/1",
        "window_from": "2030-01-01T10:00", "description": "One.\nTwo.",
    }  # fmt: skip
    form = _read(client.get(path)).form(path)
    page = _read(client.post(path, {**values_of(form), **typed, "_account": str(crew.maya.pk)}))
    assert page.status == 412
    assert "Copy what was sent" in page.text
    said = shown(page)
    assert {said[key] for key in ("Name", "Version", "Commit", "Authors", "Links")} == {
        typed[key] for key in ("name", "version", "commit", "authors", "links")
    }
    assert said["Window from"] == "2030-01-01T10:00"
    assert said["Description"] == "One. Two."
    assert not {"Idempotency key", " account", "Csrfmiddlewaretoken"} & set(said)
    assert values_of(form)["idempotency_key"] not in page.html
    assert not page.offers(path)


@pytest.mark.req("CAP-3", "CAP-1")
def test_answers_to_the_fields_of_an_approval_can_be_copied_too() -> None:
    crew = scenes.people("maya", "omar")
    fields = [{"key": "test_report", "type": "long_text", "label": "Report"}]
    asked = scenes.ask({"user": "maya"}, {"user": "omar"}, fields=fields)
    client, path = signed_in(crew.omar), f"/activities/{asked.pk}/decide/"
    form = values_of(_read(client.get(f"/activities/{asked.pk}/")).form("/decide/"))
    typed = {"field-test_report": WORDS, "verdict": "reject", "_account": str(crew.maya.pk)}
    page = _read(client.post(path, form | typed))
    assert shown(page) == {"Decision": "reject", "Test report": WORDS}
    assert form["fingerprint"] not in page.html


@pytest.mark.req("A-096", "SEC-1")
@pytest.mark.parametrize("path", ["/accounts/password/change/", "/admin/portal/user/add/"])
def test_a_password_that_somebody_else_typed_is_shown_to_nobody(path: str) -> None:
    crew = scenes.people("maya", "omar")
    typed = {"password": "canary-1", "oldpassword": "canary-1", "_account": str(crew.maya.pk)}
    page = _read(signed_in(crew.omar).post(path, typed))
    assert page.status == 412
    assert "canary" not in page.html
    assert "Copy what was sent" not in page.text  # nothing is there to be copied


class BrokenOff:
    """A body of which the rest never comes."""

    def read(self, *_: object) -> bytes:
        raise OSError("the connection is gone")

    readline = read


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_form_that_broke_off_on_its_way_is_refused_and_is_no_error_of_ours(kind: str) -> None:
    crew = scenes.people("maya")
    asked = scenes.ask({"user": "maya"})
    client = Client(enforce_csrf_checks=True)
    client.force_login(crew.maya, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(
        f"/activities/{asked.pk}/comment/",
        CONTENT_LENGTH="1000",
        CONTENT_TYPE=kind,
        **{"wsgi.input": BrokenOff()},
    )
    assert answer.status_code == 403
    assert "activity.commented" not in scenes.events(asked)


@pytest.mark.req("A-006")
def test_a_comment_sent_again_from_the_page_that_keeps_it_is_written_once() -> None:
    crew = scenes.people("maya")
    asked = scenes.ask({"user": "maya"})
    client, path = signed_in(crew.maya), f"/activities/{asked.pk}/comment/"
    form = values_of(_read(client.get(f"/activities/{asked.pk}/")).form("/comment/"))
    sent = {**form, "text": WORDS, "_account": str(crew.maya.pk)}
    assert client.post(path, sent).status_code == 303  # and the answer never came
    client.logout()
    page = _read(client.post(path, sent))
    assert page.status == 401
    client.force_login(crew.maya, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(path, values_of(page.form(path))).status_code == 303
    assert scenes.events(asked).count("activity.commented") == 1


@pytest.mark.req("A-006")
def test_a_new_release_sent_again_from_the_page_that_keeps_it_is_the_same_one() -> None:
    crew = scenes.people("maya")
    b.product("pay")
    b.process(b.phase("p", b.manual("gate", {"user": "maya"})), slug="simple")
    b.give("release-manager", crew.maya)
    client, path = signed_in(crew.maya), "/releases/new/"
    form = values_of(_read(client.get(path)).form(path))
    typed = {"product": "pay", "process": "simple", "name": "Autumn", "version": "4.2"}
    sent = {**form, **typed, "_account": str(crew.maya.pk)}
    first = client.post(path, sent)
    client.logout()
    page = _read(client.post(path, sent))
    client.force_login(crew.maya, backend="django.contrib.auth.backends.ModelBackend")
    again = client.post(path, values_of(page.form(path)))
    assert (again.status_code, again.headers["Location"]) == (303, first.headers["Location"])
    assert Release.objects.count() == 1


@pytest.mark.req("SEC-1")
def test_whose_words_are_sent_again_is_said_before() -> None:
    maya = b.person("maya")
    asked = scenes.ask({"user": "maya"})
    client = Client(enforce_csrf_checks=True)
    client.force_login(maya, backend="django.contrib.auth.backends.ModelBackend")
    page = send(client, f"/activities/{asked.pk}/decide/", {"verdict": "reject", "comment": WORDS})
    assert page.status == 403
    assert f"Send again as {maya}" in " ".join(page.text.split())


@pytest.mark.req("SEC-4")
@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_what_another_site_sends_is_shown_to_nobody(origin: str | None) -> None:
    crew = scenes.people("maya")
    asked = scenes.ask({"user": "maya"})
    client = Client(enforce_csrf_checks=True)
    client.force_login(crew.maya, backend="django.contrib.auth.backends.ModelBackend")
    client.get("/inbox/")
    answer = client.post(
        f"/activities/{asked.pk}/decide/",
        {"verdict": "approve", "comment": WORDS},
        headers={"Origin": origin} if origin else None,
    )
    page = _read(answer)
    assert page.status == 403
    assert WORDS not in page.html
    assert not page.offers("/decide/")
    assert "reload the page" in page.text
    assert scenes.state(asked) == "awaiting_approval"


@pytest.mark.req("A-096")
@pytest.mark.parametrize(
    "path", ["/accounts/password/change/", "/accounts/reauthenticate/", "/admin/portal/user/add/"]
)
def test_a_password_that_was_sent_too_late_comes_back_to_nobody(path: str) -> None:
    answer = Client().post(path, {"password": "canary-1", "oldpassword": "canary-1"})
    assert answer.status_code == 302
    assert b"canary" not in answer.content


@pytest.mark.req("A-086")
def test_what_comes_back_is_text() -> None:
    asked = scenes.ask({"user": scenes.people("maya").maya.username})
    hostile = '"><script>alert(1)</script>'
    answer = Client().post(
        f"/activities/{asked.pk}/comment/?{hostile}", {hostile: hostile, "text": hostile}
    )
    assert answer.status_code == 401
    assert "<script>alert" not in answer.content.decode()


def test_the_api_answers_as_ever() -> None:
    answer = Client().post("/api/v1/releases/", {}, headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["Content-Type"].startswith("application/problem+json")

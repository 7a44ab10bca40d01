"""Until when one is signed in: said on every page, prolonged by a press and by nothing else (WCAG 2.2.1)."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from portal.services.people import set_user_active
from tests import builders as b
from tests import scenes
from tests.portal.pages.browser import Browser
from tests.portal.pages.live import Tab

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("SEC-1")]


def row_of(client: Client) -> Session:
    return Session.objects.get(session_key=client.session.session_key)


def nearly_over(client: Client) -> dt.datetime:
    """The session ends in a minute."""
    soon = timezone.now().replace(microsecond=0) + dt.timedelta(minutes=1)
    Session.objects.filter(session_key=client.session.session_key).update(expire_date=soon)
    return soon


def test_a_page_says_until_when_and_as_whom_one_is_signed_in() -> None:
    maya = scenes.people("maya").maya
    browser = Browser(maya)
    soon = nearly_over(browser.client)
    html = browser.get("/inbox/").root.one("html").attrs
    assert dt.datetime.fromisoformat(html["data-session-ends"]) == soon
    assert html["data-account"] == str(maya.pk)
    assert html["data-csrf-cookie"] == "csrftoken"


def test_who_is_not_signed_in_is_told_of_no_end() -> None:
    page = Client().get("/help/").content.decode()
    assert "data-session-ends" not in page
    assert "data-account" not in page


@pytest.mark.req("A-060")
def test_neither_pages_nor_polls_nor_the_question_prolong_it() -> None:
    crew = scenes.people("maya")
    asked = scenes.ask({"user": "maya"})
    tab = Tab(crew.maya, "inbox")
    soon = nearly_over(tab.browser.client)
    tab.news()
    tab.ask()
    for path in ("/inbox/", "/session/", f"/activities/{asked.pk}/", "/notifications/", "/help/"):
        answer = tab.browser.client.get(path)
        assert answer.status_code == 200
    assert tab.browser.client.head("/session/").status_code == 200
    assert row_of(tab.browser.client).expire_date == soon


def test_a_press_prolongs_it_to_its_whole_length(settings: Any) -> None:
    browser = Browser(scenes.people("maya").maya)
    nearly_over(browser.client)
    before = timezone.now()
    answer = browser.client.post("/session/")
    told = dt.datetime.fromisoformat(json.loads(answer.content)["ends"])
    kept = row_of(browser.client).expire_date
    assert abs(kept - told) < dt.timedelta(seconds=2)
    assert kept - before >= dt.timedelta(seconds=settings.SESSION_COOKIE_AGE)
    assert json.loads(browser.client.get("/session/").content)["ends"][:16] == kept.isoformat()[:16]
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.req("A-060")
def test_nobody_prolongs_what_has_ended() -> None:
    maya = scenes.people("maya").maya
    browser = Browser(maya)
    assert json.loads(browser.client.get("/session/").content)["account"] == str(maya.pk)
    set_user_active(user_id=maya.pk, active=False, actor=b.SYSTEM)
    for client in (browser.client, Client()):
        for answer in (client.get("/session/"), client.post("/session/")):
            assert (answer.status_code, answer.content) == (401, b"")


@pytest.mark.req("SEC-4")
def test_another_site_prolongs_nothing() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(
        scenes.people("maya").maya, backend="django.contrib.auth.backends.ModelBackend"
    )
    soon = nearly_over(client)
    assert client.post("/session/").status_code == 403
    assert row_of(client).expire_date == soon

"""The buttons "Remind" and "Remind all" on the page of a release, without script (ux.md 4 b)."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import Notice
from releases.models import Release
from tests import builders as b
from tests.portal.notifications.scenes import reachable, told, tom_by_mail
from tests.portal.pages.browser import Browser, Page
from tests.scenes import run

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("MON-1", "NTF-1")]


def asking(*names: str, **more: Any) -> Release:
    """A release that waits for these people."""
    reachable(*names)
    gate = b.manual("gate", *({"user": name} for name in names), rule="unanimous", **more)
    return run(b.phase("p", gate), by=tom_by_mail())


def page_of(release: Release, user: Any) -> Page:
    """The page as somebody sees it."""
    return Browser(user).get(f"/releases/{release.pk}/")


def test_one_person_is_reminded_by_their_button_which_then_gives_way_to_the_time() -> None:
    release, tom = asking("ann", "bea"), tom_by_mail()
    ann = reachable("ann").ann
    browser = Browser(tom)
    page = browser.get(f"/releases/{release.pk}/")
    button = page.part(f"remind-{ann.pk}")
    assert (button.text, button.attrs["aria-label"]) == ("Remind", "Remind ann")
    form = next(one for one in page.root.all("form") if button in one.all("button"))
    done = browser.send(form)
    assert "Reminded ann." in done.text
    assert told(moment="reminded") == [("reminded", "ann", "user")]
    assert not done.has(f"remind-{ann.pk}")
    assert done.part("release-holdups").text.count("reminded") == 1


def test_all_are_reminded_from_the_banner_and_whoever_was_lately_is_named() -> None:
    release, tom = asking("ann", "bea"), tom_by_mail()
    browser, path = Browser(tom), f"/releases/{release.pk}/remind/"
    browser.client.post(path, {"person": reachable("ann").ann.pk})
    page = browser.get(f"/releases/{release.pk}/")
    assert page.part("release-remind-all").text == "Remind all"
    form = next(one for one in page.part("release-banner").all("form"))
    done = browser.send(form)
    assert "Reminded bea. ann was reminded before, within the last four hours." in done.text
    assert not done.has("release-remind-all")
    assert browser.client.post(path).status_code == 303
    again = browser.get(f"/releases/{release.pk}/").text
    assert "All of them were reminded within the last 4 hours." in again
    assert len(told(moment="reminded")) == 2


def test_whoever_must_decide_themselves_is_not_offered_to_remind_all() -> None:
    release = asking("ann", "bea")
    ann = reachable("ann").ann
    b.give("release-manager", ann)
    page = page_of(release, ann)
    assert not page.has("release-remind-all")
    assert not page.has(f"remind-{ann.pk}")
    assert page.has(f"remind-{reachable('bea').bea.pk}")


@pytest.mark.req("POL-6")
def test_nobody_is_offered_to_remind_themselves_by_whichever_account() -> None:
    tom = tom_by_mail()
    other = b.person("tom-2", email="tom-2@example.com", person=tom.person)
    gate = b.manual("gate", {"user": "tom-2"}, separation={"requester": False})
    release = run(b.phase("p", gate), by=tom)
    page = page_of(release, tom)
    assert "tom-2" in page.part("release-holdups").text
    assert not page.has(f"remind-{other.pk}")
    assert not page.has("release-remind-all")
    # Somebody else who manages it may.
    vera = b.person("vera")
    b.give("release-manager", vera)
    assert page_of(release, vera).has(f"remind-{other.pk}")


@pytest.mark.req("SEC-1")
def test_whoever_may_not_remind_is_offered_nothing_and_refused() -> None:
    release = asking("ann", "bea")
    who = reachable("ann", "bea", "stranger")
    page = page_of(release, who.ann)
    assert not page.has("release-remind-all")
    assert not page.has(f"remind-{who.bea.pk}")
    path = f"/releases/{release.pk}/remind/"
    assert Browser(who.ann).client.post(path).status_code == 403
    assert Browser(who.stranger).client.post(path).status_code == 404
    assert Browser(tom_by_mail()).client.post(path, {"person": "ann"}).status_code == 404
    assert Browser(tom_by_mail()).client.get(path).status_code == 405
    assert not Notice.objects.filter(moment="reminded").exists()

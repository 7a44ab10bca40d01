"""The phase view leads whoever manages the release to the form by which its owner is changed (MON-2)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from releases.models import Phase, Release
from releases.services.lifecycle import abort_release
from tests import builders as b
from tests.portal.pages.browser import Browser, Page
from tests.portal.pages.live import Tab
from tests.scenes import events, people, run, tom

pytestmark = [pytest.mark.django_db, pytest.mark.req("MON-2", "EXE-6", "REL-1")]


def owned(**more: Any) -> Release:
    """A release whose phase `p` is omar's."""
    people("maya", "omar", "ines")
    gate = b.manual("gate", {"user": "maya"})
    return run(b.phase("p", gate, name="Test and QA", owner={"user": "omar"}), **more)


def phase_page(user: Any, release: Release, more: str = "") -> Page:
    return Browser(user).get(f"/releases/{release.pk}/phases/p/{more}")


def give(user: Any, release: Release, **fields: Any) -> Page:
    """The form is filled in and sent, as from the phase view."""
    browser = Browser(user)
    link = phase_page(user, release).part("phase-owner")
    return browser.send(browser.get(link.attrs["href"]).form("/owner/"), **fields)


def test_the_form_says_what_follows_and_the_phase_and_the_feed_say_it_after() -> None:
    release = owned()
    page = phase_page(tom(), release, "owner/")
    assert "Until now the owner is omar." in page.text
    assert "retries, fixes and skips in this phase" in page.text
    assert "phase.owner_changed" not in events(release)
    done = give(tom(), release, owner="ines", reason="On leave.")
    assert "The phase has another owner, who is told." in done.text
    assert "Owner ines" in done.part("phase-head").text
    feed = Browser(tom()).get(f"/releases/{release.pk}/").part("feed").text
    assert "tom changed the owner of Phase Test and QA" in feed
    assert "omar → ines" in feed


def test_what_is_wrong_stands_at_its_field_and_nothing_is_recorded() -> None:
    release = owned()
    page = give(tom(), release, owner="nobody", reason="")
    assert page.status == 422
    assert "Reason: This field is required." in page.root.one("div", class_="error-summary").text
    page = give(tom(), release, owner="nobody", reason="On leave.")
    assert page.status == 422
    assert "There is no active person 'nobody'." in page.part("id_owner_error").text
    assert page.part("id_reason").raw.strip() == "On leave."
    assert "phase.owner_changed" not in events(release)


@pytest.mark.req("SEC-1")
def test_only_whoever_manages_the_release_is_led_there() -> None:
    release = owned()
    who = people("maya", "omar", "eve")
    for user in (who.maya, who.omar):
        assert not phase_page(user, release).has("phase-owner")
        assert phase_page(user, release, "owner/").status == 403
    assert phase_page(who.eve, release, "owner/").status == 404
    assert Client().get(f"/releases/{release.pk}/phases/p/owner/").status_code == 302


def test_before_the_start_and_after_the_end_it_says_why_not() -> None:
    draft, ended = owned(start=False), owned()
    abort_release(release_id=ended.pk, reason="Off.", actor=b.actor_for(tom()))
    for release, words in ((draft, "has not started"), (ended, "has ended")):
        assert not phase_page(tom(), release).has("phase-owner")
        page = phase_page(tom(), release, "owner/")
        assert page.status == 409
        assert words in page.text
        assert not page.offers("/owner/")


@pytest.mark.req("NTF-5", "MON-5")
def test_who_owned_it_reads_that_it_went_and_is_led_nowhere_they_may_not_go() -> None:
    release, omar = owned(), people("omar").omar
    give(tom(), release, owner="ines", reason="On leave.")
    assert phase_page(omar, release).status == 404
    page = Browser(omar).get("/notifications/")
    assert "tom gave Test and QA – Payments 1.0 to another owner: ines." in page.text
    assert "because you owned the phase Test and QA until now" in page.text
    assert f"/releases/{release.pk}/" not in page.html
    new = Browser(people("ines").ines).get("/notifications/")
    assert "because you own the phase Test and QA" in new.text
    assert f"/releases/{release.pk}/" in new.html


@pytest.mark.req("NTF-5")
def test_an_open_phase_view_gets_the_new_owner() -> None:
    release = owned()
    tab = Tab.of(tom(), f"/releases/{release.pk}/phases/p/")
    give(tom(), release, owner="", reason="Mine for now.")
    assert Phase.objects.get(release=release).owner_user is None
    assert "Owner tom (release manager)" in tab.news().part("phase-head").text

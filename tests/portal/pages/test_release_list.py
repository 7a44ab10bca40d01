"""The list of releases, and the form of a new one (REL-1, MON-5)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from releases.models import Product, Release
from tests import builders as b
from tests.portal.pages.browser import Browser, Page
from tests.portal.pages.releases import links, two_branches
from tests.scenes import people, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("REL-1")]


def names(page: Page) -> list[str]:
    """The releases of the list, in its order."""
    return [one.text for one in page.root.all("a", class_="list-title")]


def listed(user: Any, query: str = "") -> Page:
    """The list."""
    page = Browser(user).get(f"/releases/{query}")
    assert page.status == 200
    return page


@pytest.fixture
def simple(db: None) -> None:
    """A process of one pipeline."""
    b.product("pay")
    b.product("app", "App")
    b.process(b.phase("p", b.pipeline("go")), slug="simple")


def test_newest_first_with_state_what_waits_and_the_phases() -> None:
    who = people("maya", "omar")
    two_branches(name="Old")
    two_branches(name="New")
    page = listed(who.maya)
    assert names(page) == ["New 1.0", "Old 1.0"]
    row = page.root.all("tr")[1]
    assert "On Hold" in row.text
    assert "2 need you" in row.text
    assert "3 open" in row.text
    assert "Test and QA: Waiting for Approval, Security: Waiting for Approval" in row.text
    assert "need you" not in listed(tom()).text


@pytest.mark.req("MON-5")
def test_what_one_may_not_see_is_not_listed_counted_or_found() -> None:
    people("maya", "omar")
    two_branches(name="Secret")
    eve = b.person("eve")
    for query in ("", "?q=Secret", "?state=on_hold", "?product=pay", "?before=999999"):
        page = listed(eve, query)
        assert names(page) == []
        assert "Secret" not in page.root.one("main").text.replace("q=", "")
    assert len(listed(eve).part("filter-product").all("option")) == 1


@pytest.mark.usefixtures("simple")
def test_filters_stand_in_the_address() -> None:
    manager, lena = tom(), b.manager("lena")
    b.release(manager, process="simple", name="Alpha", product="pay")
    b.release(lena, process="simple", name="Beta", product="app", start=False)
    assert names(listed(manager, "?state=draft")) == ["Beta 1.0"]
    assert names(listed(manager, "?state=active")) == ["Beta 1.0", "Alpha 1.0"]
    assert names(listed(manager, "?product=pay")) == ["Alpha 1.0"]
    assert names(listed(manager, "?mine=1")) == ["Alpha 1.0"]
    assert names(listed(lena, "?mine=1")) == ["Beta 1.0"]
    found = listed(manager, "?q=alph&state=running")
    assert names(found) == ["Alpha 1.0"]
    assert found.part("filter-q").attrs["value"] == "alph"
    chosen = [one for one in found.part("filter-state").all("option") if "selected" in one.attrs]
    assert [one.text for one in chosen] == ["Running"]
    assert "No release matches" in listed(manager, "?q=%00nothing").text
    assert len(names(listed(manager, "?state=nonsense&before=x&product=%00"))) == 2


@pytest.mark.usefixtures("simple")
def test_fifty_a_page_and_the_next_keeps_the_filters() -> None:
    manager = tom()
    for number in range(52):
        b.release(manager, process="simple", name=f"R{number:02}", start=False)
    first = listed(manager, "?mine=1&q=R")
    assert names(first)[0] == "R51 1.0"
    assert len(names(first)) == 50
    older = links(first.root.one("main"))["Show older"]
    assert "mine=1" in older
    assert "q=R" in older
    assert names(listed(manager, older)) == ["R01 1.0", "R00 1.0"]


def test_the_first_page_says_what_will_be_here() -> None:
    assert "No releases yet" in listed(b.person("eve")).text


# --- A new release ---------------------------------------------------------------------------------


def made(user: Any, **given: Any) -> Page:
    """Fill in the form of a new release."""
    browser = Browser(user)
    page = browser.get("/releases/new/")
    assert page.status == 200
    values = {"product": "pay", "process": "simple", "name": "Alpha", "version": "2.0", **given}
    return browser.send(page.form("/releases/new/"), **values)


@pytest.mark.usefixtures("simple")
def test_a_draft_with_everything_that_can_be_said() -> None:
    maya = b.person("maya", display_name="Maya Lind")
    b.manager("lena")
    b.group("Support")
    page = made(
        tom(),
        manager="lena",
        authors="maya",
        environments="staging, production",
        risk="high",
        change_type="normal",
        commit="0123456789abcdef",
        artifacts="app.tar | sha256:beef | https://example.com/app.tar",
        stakeholders="group | Support\n maya\nRole | release-manager",
        tags="core",
        window_from="2030-01-01T10:00",
        window_until="2030-01-01T12:00",
        links="tracker | PAY-1 | https://example.com/1",
    )
    assert page.status == 200
    assert "The release is a draft." in page.text
    release = Release.objects.get(name="Alpha")
    assert (release.state, release.manager.username, release.risk) == ("draft", "lena", "high")
    assert json.loads(release.authors) == [{"name": str(maya), "user": maya.pk}]
    assert json.loads(release.environments) == ["staging", "production"]
    assert json.loads(release.artifacts) == [
        {"name": "app.tar", "digest": "sha256:beef", "url": "https://example.com/app.tar"}
    ]
    assert json.loads(release.stakeholders) == [
        {"group": "Support"}, {"user": "maya"}, {"role": "release-manager"},
    ]  # fmt: skip
    assert release.window_from is not None
    assert release.window_from.hour == 10
    for words in (
        "Maya Lind",
        "staging and production",
        "High risk",
        "0123456789",
        "PAY-1",
        "app.tar",
        "Support",
    ):
        assert words in page.text, words


@pytest.mark.usefixtures("simple")
def test_errors_stand_at_their_fields_and_nothing_is_made() -> None:
    page = made(
        tom(),
        name=" ",
        manager="nobody",
        authors="ghost",
        window_from="2030-01-02T10:00",
        window_until="2030-01-01T10:00",
    )
    assert page.status == 422
    assert not Release.objects.exists()
    assert page.part("id_name_error")
    page = made(
        tom(),
        manager="nobody",
        authors="ghost",
        environments="x" * 101,
        window_from="2030-01-02T10:00",
        window_until="2030-01-01T10:00",
        links="tracker | PAY-1 | https://example.com/1\nbad | x",
        artifacts="app.tar | sha256:beef | ftp://example.com",
        stakeholders="group | nowhere\nghost\nteam | Support",
    )
    assert page.status == 422
    assert not Release.objects.exists()
    assert "There is no active person 'nobody'." in page.part("id_manager_error").text
    assert "There is no active user 'ghost'." in page.part("id_authors_error").text
    assert "The window must end after it starts." in page.part("id_window_until_error").text
    assert "Number 1: This has 101 characters" in page.part("id_environments_error").text
    assert "Line 2, kind: This is one of" in page.part("id_links_error").text
    assert "Line 1, url: Give an address" in page.part("id_artifacts_error").text
    stakeholders = page.part("id_stakeholders_error").text
    assert "Line 1, group: There is no group 'nowhere'." in stakeholders
    assert "Line 2, user: There is no user 'ghost'." in stakeholders
    assert "Line 3: Name one of user, group or role." in stakeholders
    assert page.part("id_stakeholders").raw.splitlines()[-1] == "team | Support"
    [summary] = page.root.all("div", class_="error-summary")
    assert "#id_manager" in links(summary).values()
    assert page.part("id_manager").attrs["value"] == "nobody"


@pytest.mark.req("A-006")
@pytest.mark.usefixtures("simple")
def test_the_same_form_sent_twice_makes_one_release() -> None:
    browser = Browser(tom())
    form = browser.get("/releases/new/").form("/releases/new/")
    given = {"product": "pay", "process": "simple", "name": "Alpha", "version": "2.0"}
    first, second = browser.send(form, **given), browser.send(form, **given)
    assert first.status == second.status == 200
    assert Release.objects.filter(name="Alpha").count() == 1


@pytest.mark.req("SEC-1")
@pytest.mark.usefixtures("simple")
def test_only_products_of_which_one_may_make_releases_are_offered() -> None:
    lena = b.person("lena")
    b.give("release-manager", lena, Product.objects.get(key="app").scope)
    page = Browser(lena).get("/releases/new/")
    assert [one.attrs["value"] for one in page.part("id_product").all("option")] == ["", "app"]
    assert made(lena).status == 422
    assert not Release.objects.exists()
    assert "New release" in listed(lena).text


@pytest.mark.req("SEC-1")
@pytest.mark.usefixtures("simple")
def test_whoever_may_make_none_is_told_so() -> None:
    eve = b.person("eve")
    assert "New release" not in listed(eve).text
    page = Browser(eve).get("/releases/new/")
    assert page.status == 403
    assert "There is no product of which you may make releases." in page.text
    answer = Browser(eve).client.post("/releases/new/", {"product": "pay", "name": "x"})
    assert answer.status_code == 403
    assert not Release.objects.exists()

"""The same journeys in a browser without JavaScript: every page is one, and every act is a form."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.installation import Installation
from tests.browser.releases import Made, make_release
from tests.browser.window import Window

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only, pytest.mark.slow]


@pytest.mark.req("MON-3", "MON-4", "EXE-4", "EXE-5", "EXE-7", "SEC-1")
def test_an_approver_filters_snoozes_comments_and_decides(
    open_window: Open, installation: Installation
) -> None:
    made = make_release(installation, "Plain", "either")
    maya = open_window(javascript=False)
    maya.sign_in("maya")
    page = maya.page
    expect(page).to_have_url(re.compile("/inbox/"))

    filter_to(maya, made)
    snooze_and_take_up(maya, made)
    filter_to(maya, made)
    page.get_by_role("link", name="Gate", exact=True).click()
    expect(page.get_by_role("heading", name="Gate", level=1)).to_be_visible()

    page.get_by_label("Comment decides nothing").fill("Where is the report?")
    page.get_by_role("button", name="Comment").click()
    expect(page.locator("#result")).to_contain_text("Comment added. Your decision is still open.")
    expect(page.locator("#tabs")).to_contain_text("Where is the report?")

    maya.expects(422, "/decide/")
    page.locator("[data-verdict='reject']").click()
    summary = page.locator(".error-summary")
    expect(summary).to_contain_text("Nothing was recorded.")
    summary.get_by_role("link").first.click()
    expect(page.locator("#decide textarea[name='comment']")).to_be_in_viewport()
    page.locator("#decide textarea[name='comment']").fill("Found it.")
    page.locator("[data-verdict='approve']").click()
    expect(page.locator("#result")).to_contain_text("Quorum reached (1 of 1).")
    expect(page.locator("#decide")).to_contain_text("You decided: Approve")
    sign_out(maya)


def filter_to(maya: Window, made: Made) -> None:
    """By the search of the inbox."""
    maya.go("/inbox/")
    maya.page.get_by_role("searchbox").fill(made.name)
    maya.page.get_by_role("button", name="Search").click()
    rows = maya.page.locator("[data-row]")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Gate")


def snooze_and_take_up(maya: Window, made: Made) -> None:
    """Put aside on a page of its own, found again among what was put aside."""
    page = maya.page
    page.get_by_role("link", name="Snooze Gate").click()
    page.get_by_role("button", name=re.compile("^Until something changes")).click()
    maya.go("/inbox/?tab=snoozed")
    row = page.locator(f"[data-row='ACT-{made.activities['gate']}']")
    expect(row).to_contain_text("until something changes")
    row.get_by_role("button", name="Take up again").click()


def sign_out(window: Window) -> None:
    """By the account menu; afterwards nothing is shown any more."""
    page = window.page
    page.locator("summary", has_text="Account of").click()
    page.get_by_role("button", name="Sign out").click()
    expect(
        page.get_by_text("You have signed out").or_(page.get_by_label("Username"))
    ).to_be_visible()
    window.go("/inbox/")
    expect(page).to_have_url(re.compile("/accounts/login/"))


@pytest.mark.req("EXE-1", "EXE-6", "MON-1")
def test_a_release_manager_makes_starts_and_aborts_a_release(open_window: Open) -> None:
    tom = open_window("tom", javascript=False)
    page = tom.page
    tom.go("/releases/new/")
    page.get_by_label("Product").select_option("mobile-app")
    page.get_by_label("Process").select_option("either")
    page.get_by_label("Name").fill("Without script")
    tom.expects(422, "/releases/new/")
    page.get_by_role("button", name="Make the draft").click()
    expect(page.locator(".error-summary")).to_contain_text("Version")
    page.get_by_label("Version").fill("2.0")
    page.get_by_role("button", name="Make the draft").click()
    page.get_by_role("link", name="Start", exact=True).click()
    page.get_by_role("button", name="Start the release").click()
    expect(page.locator("#release-state")).to_contain_text("On Hold")
    expect(page.locator("main")).to_contain_text("Started.")
    expect(page.get_by_role("region", name="Phases")).to_contain_text("Check")

    page.locator("summary", has_text="More").click()
    page.get_by_role("link", name="Abort").click()
    page.get_by_label("Name of the release").fill("Without script")
    page.get_by_label("Reason").fill("It was a trial.")
    page.get_by_role("button", name="Abort the release").click()
    expect(page.locator("#release-state")).to_contain_text("Aborted")

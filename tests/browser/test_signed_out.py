"""What becomes of a press when the session or the server has gone: it is said, and nothing typed is lost."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from portal.demo import PASSWORD
from tests.browser.conftest import PHONE, Open, Window
from tests.browser.installation import Installation
from tests.browser.releases import Made, make_release, vote

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only, pytest.mark.slow]

WORDS = "The rollback takes forty minutes, the window is thirty."
SIGNED_OUT = "You are signed out. What you typed is still here"


def sign_out_behind(window: Window) -> None:
    """The browser has no session any more, and the page does not know."""
    window.context.clear_cookies(name="sessionid")
    window.may_get(401, "/live/")


def ends_in(installation: Installation, window: Window, seconds: int) -> None:
    """The session of a window ends so soon."""
    (key,) = [one["value"] for one in window.context.cookies() if one["name"] == "sessionid"]
    code = (
        "import datetime as dt; from django.utils import timezone; "
        "from django.contrib.sessions.models import Session; "
        f"Session.objects.filter(pk='{key}').update("
        f"expire_date=timezone.now() + dt.timedelta(seconds={seconds}))"
    )
    installation.manage("shell", "-v0", "-c", code)


def hours_left(installation: Installation, window: Window) -> float:
    """How long the session of a window goes on."""
    (key,) = [one["value"] for one in window.context.cookies() if one["name"] == "sessionid"]
    statement = "SELECT expire_date FROM django_session WHERE session_key = ?"
    ((ends,),) = installation.rows(statement, key)
    left = dt.datetime.fromisoformat(ends).replace(tzinfo=dt.UTC) - dt.datetime.now(dt.UTC)
    return left.total_seconds() / 3600


def open_in_pane(window: Window, made: Made, key: str = "gate") -> Page:
    window.go(f"/inbox/?q={made.name.replace(' ', '+')}&open=ACT-{made.activities[key]}")
    expect(window.page.locator("#pane #decide")).to_be_visible()
    return window.page


def signs_in(page: Page, name: str) -> None:
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/accounts/login/" not in url)
    page.wait_for_load_state("networkidle")


def has_no_page_in_a_panel(page: Page) -> None:
    expect(page.locator("input[name=login]")).to_have_count(0)
    expect(page.locator("h1")).to_have_count(1)


@pytest.mark.req("MON-4", "CAP-3", "A-060")
def test_signed_out_while_typing_one_signs_in_elsewhere_and_presses_again(
    open_window: Open, installation: Installation
) -> None:
    maya = open_window("maya")
    page = open_in_pane(maya, make_release(installation, "Away", "either"))
    page.fill("#pane textarea[name=comment]", WORDS)
    sign_out_behind(maya)
    maya.expects(401, "/decide/")
    page.click("#pane [data-verdict=reject]")
    alert = page.locator("#pane form .press-failed[role=alert]")
    expect(alert).to_contain_text(SIGNED_OUT)
    expect(alert).to_be_in_viewport()
    expect(page.locator("#live")).to_contain_text(SIGNED_OUT)
    has_no_page_in_a_panel(page)
    # Still signed out: it is asked first, and said again; nothing is lost.
    maya.expects(401, "/session/")
    page.click("#pane [data-verdict=reject]")
    expect(alert).to_contain_text(SIGNED_OUT)
    with maya.context.expect_page() as opened:
        alert.get_by_role("link", name="Sign in").click()
    signs_in(opened.value, "maya")
    opened.value.close()
    expect(page.locator("#pane textarea[name=comment]")).to_have_value(WORDS)
    page.click("#pane [data-verdict=reject]")
    expect(page.locator("#pane #result")).to_contain_text("Rejected")
    expect(page.locator(".press-failed")).to_have_count(0)
    expect(page.locator("#session-note")).to_be_hidden()


@pytest.mark.req("A-060", "SEC-1")
def test_nothing_typed_by_one_person_is_sent_as_another(
    open_window: Open, installation: Installation
) -> None:
    made = make_release(installation, "Swapped", "either")
    maya = open_window("maya")
    page = open_in_pane(maya, made)
    page.fill("#pane textarea[name=comment]", WORDS)
    sign_out_behind(maya)
    maya.may_get(401, "/session/")
    maya.expects(401, "/decide/")
    page.click("#pane [data-verdict=reject]")
    expect(page.locator("#pane form .press-failed")).to_contain_text(SIGNED_OUT)
    maya.enter("omar")
    for path in ("/live/", "/session/"):
        maya.may_get(412, path)
    page.click("#pane [data-verdict=reject]")
    expect(page.locator("#pane form .press-failed")).to_contain_text("Somebody else is signed in")
    expect(page.locator("#pane textarea[name=comment]")).to_have_value(WORDS)
    activity = installation.call("tom", f"activities/{made.activities['gate']}/")
    assert activity["state"] == "awaiting_approval"


@pytest.mark.req("A-060", "SEC-1")
def test_a_page_of_one_person_does_nothing_in_the_name_of_another(
    open_window: Open, installation: Installation
) -> None:
    """Nobody has waited for an end of the session: another tab has signed out and in."""
    made = make_release(installation, "Desk", "either")
    maya = open_window("maya")
    page = open_in_pane(maya, made)
    page.fill("#pane textarea[name=comment]", WORDS)
    sign_out_behind(maya)
    maya.enter("omar")
    # The page has heard of it by a poll, or it hears of it now.
    for path in ("/live/", "/decide/"):
        maya.may_get(412, path)
    page.click("#pane [data-verdict=reject]")
    expect(page.locator("#pane form .press-failed")).to_contain_text("Somebody else is signed in")
    expect(page.locator("#pane textarea[name=comment]")).to_have_value(WORDS)
    activity = installation.call("tom", f"activities/{made.activities['gate']}/")
    assert activity["state"] == "awaiting_approval"


@pytest.mark.req("CAP-3")
def test_a_plain_form_waits_too_and_keeps_what_was_typed(
    open_window: Open, installation: Installation
) -> None:
    made = make_release(installation, "Plain", "either")
    tom = open_window("tom")
    page = tom.page
    tom.go(f"{made.path}hold/")
    page.fill("textarea[name=reason]", WORDS)
    sign_out_behind(tom)
    tom.may_get(401, "/session/")
    tom.expects(401, "/hold/")
    # The page has not heard of it yet: what was sent comes back.
    page.get_by_role("button", name="Hold").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    expect(page.locator("main")).to_contain_text(WORDS)
    with tom.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in").click()
    signs_in(opened.value, "tom")
    opened.value.close()
    # Whose words they are nothing says any more: they are sent by who says so.
    tom.expects(403, "/hold/")
    page.get_by_role("button", name="Send again").click()
    page.get_by_role("button", name="Send again as Tom Reuter").click()
    page.wait_for_url(re.compile(rf"{made.path}$"))
    expect(page.locator("main")).to_contain_text("On Hold")


@pytest.mark.req("MON-4")
def test_a_press_that_fails_says_so_where_it_was_pressed_and_can_be_pressed_again(
    open_window: Open, installation: Installation
) -> None:
    made = make_release(installation, "Broken", "either")
    maya = open_window("maya")
    page = open_in_pane(maya, made)
    page.fill("#pane textarea[name=comment]", WORDS)

    def told(route: Any) -> None:
        route.fulfill(status=502, body="<html><h1>Bad gateway</h1></html>")

    maya.expects(502, "/decide/")
    page.route("**/decide/", told)
    approve = page.locator("#pane [data-verdict=approve]")
    approve.click()
    alert = page.locator("#pane form .press-failed[role=alert]")
    expect(alert).to_contain_text("Something went wrong")
    expect(page.locator("#live")).to_contain_text("Something went wrong")
    has_no_page_in_a_panel(page)
    page.unroute("**/decide/")
    page.route("**/decide/", lambda route: route.abort("internetdisconnected"))
    approve.click()
    expect(alert).to_contain_text("could not be reached")
    expect(alert).to_have_count(1)
    # That the network had gone is told by the browser and by htmx, each in its way; nothing else is.
    gone = re.compile(r"ERR_INTERNET_DISCONNECTED|/decide/|: htmx:\w+")
    assert [told for told in maya.complaints if not gone.search(told)] == []
    maya.complaints.clear()
    page.unroute("**/decide/")
    expect(page.locator("#pane textarea[name=comment]")).to_have_value(WORDS)
    approve.click()
    expect(page.locator("#pane #result")).to_contain_text("Approved")


def test_a_press_in_a_row_and_a_record_that_fail_say_so_there(
    open_window: Open, installation: Installation
) -> None:
    made = make_release(installation, "Row", "either")
    maya = open_window("maya")
    page = maya.page
    maya.go(f"/inbox/?q={made.name.replace(' ', '+')}")
    row = page.locator(f"#row-{made.activities['gate']}")
    maya.expects(500, "/press/")
    page.route("**/press/", lambda route: route.fulfill(status=500, body="<h1>No</h1>"))
    row.get_by_role("button", name="Approve").click()
    expect(row.locator("[role=alert]")).to_contain_text("Something went wrong")
    expect(row.get_by_role("button", name="Approve")).to_be_enabled()
    maya.expects(500, "open=")
    page.route("**/inbox/?**open=**", lambda route: route.fulfill(status=500, body="<h1>No</h1>"))
    row.locator("[data-open]").first.click()
    expect(page.locator("#pane [role=alert]")).to_contain_text("could not be loaded")
    page.unroute("**/press/")
    row.get_by_role("button", name="Approve").click()
    expect(row).to_contain_text("Approved")


@pytest.mark.req("SEC-1")
def test_two_minutes_before_the_end_one_is_asked_and_stays(
    open_window: Open, installation: Installation
) -> None:
    maya = open_window("maya")
    page = maya.page
    maya.go("/inbox/")
    note = page.locator("#session-note")
    expect(note).to_be_hidden()
    ends_in(installation, maya, 100)
    maya.go("/inbox/")
    expect(note).to_be_visible()
    expect(note).to_contain_text("unless you stay")
    assert hours_left(installation, maya) < 0.1, "reading a page prolonged it"
    note.get_by_role("button", name="Stay signed in").click()
    expect(note).to_be_hidden()
    expect(page.locator("#live")).to_contain_text("You stay signed in.")
    assert hours_left(installation, maya) > 11


@pytest.mark.req("SEC-1", "A-060")
def test_a_page_of_one_person_does_not_prolong_the_session_of_another(
    open_window: Open, installation: Installation
) -> None:
    maya = open_window("maya")
    ends_in(installation, maya, 100)
    maya.go("/inbox/")
    note = maya.page.locator("#session-note")
    expect(note).to_contain_text("unless you stay")
    sign_out_behind(maya)
    maya.enter("omar")
    ends_in(installation, maya, 600)
    for path in ("/live/", "/session/"):
        maya.may_get(412, path)
    note.get_by_role("button", name="Stay signed in").click()
    expect(note).to_contain_text("Somebody else is signed in now")
    expect(note.get_by_role("button")).to_have_count(0)
    assert hours_left(installation, maya) < 0.2


@pytest.mark.req("SEC-1")
def test_after_the_end_the_page_says_so_and_goes_on_once_one_has_signed_in(
    open_window: Open, installation: Installation
) -> None:
    maya = open_window("maya")
    page = maya.page
    ends_in(installation, maya, 12)
    maya.go("/inbox/")
    maya.may_get(401, "/live/")
    maya.may_get(401, "/session/")
    note = page.locator("#session-note")
    expect(note).to_contain_text(SIGNED_OUT, timeout=30_000)
    expect(note.get_by_role("link", name="Sign in")).to_have_attribute("target", "_blank")
    maya.enter("maya")
    expect(note).to_be_hidden(timeout=60_000)


@pytest.mark.req("MON-4")
def test_a_row_that_changes_keeps_the_keys_where_they_were(
    open_window: Open, installation: Installation
) -> None:
    made = make_release(installation, "Focus", "journey")
    gate = made.activities["gate"]
    maya = open_window("maya")
    page = maya.page
    maya.go(f"/inbox/?q={made.name.replace(' ', '+')}")
    page.locator(f"#press-{gate}").focus()
    vote(installation, "omar", gate, "approve")
    expect(page.locator(f"#row-{gate}")).to_contain_text("1 of 2", timeout=30_000)
    expect(page.locator(f"#press-{gate}")).to_be_focused()
    vote(installation, "maya", gate, "approve")
    expect(page.locator(f"#row-{gate}")).to_contain_text("No longer waits", timeout=30_000)
    expect(page.locator(f"#open-{gate}")).to_be_focused()


@pytest.mark.req("MON-4")
def test_a_comment_is_written_and_the_next_one_opened_without_leaving_the_list(
    open_window: Open, installation: Installation
) -> None:
    made = make_release(installation, "Comment", "sampler")
    maya = open_window("maya")
    page = open_in_pane(maya, made)
    page.keyboard.press("c")
    field = page.locator("#pane textarea[name=text]")
    expect(field).to_be_focused()
    page.keyboard.type(WORDS)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#pane-comment [role=status]")).to_be_focused()
    expect(field).to_have_value("")
    expect(page).to_have_url(re.compile(r"/inbox/\?.*open="))
    expect(page.locator("#inbox-list")).to_be_visible()


@pytest.mark.req("MON-4")
def test_the_next_one_opens_at_once_for_those_who_want_it_so(
    open_window: Open, installation: Installation
) -> None:
    first = make_release(installation, "Flow", "either")
    second = make_release(installation, f"{first.name} and", "either")
    maya = open_window("maya")
    page = open_in_pane(maya, first)
    page.keyboard.press("?")
    page.get_by_label("open the next one at once").check()
    page.get_by_role("button", name="Close").click()
    page.locator("#pane [data-verdict=approve]").click()
    expect(page).to_have_url(re.compile(rf"open=ACT-{second.activities['gate']}"))
    expect(page.locator("#pane .pane-title")).to_be_focused()
    expect(page.locator("#pane [data-verdict=approve]")).to_be_visible()


def test_the_help_key_leads_to_the_help_about_the_page(
    open_window: Open, installation: Installation
) -> None:
    made = make_release(installation, "Help", "either")
    maya = open_window("maya")
    page = maya.page
    maya.go(made.activity("gate"))
    page.keyboard.press("?")
    page.wait_for_url(re.compile(r"/help/#deciding$"))
    expect(page.locator("#deciding")).to_be_in_viewport()


@pytest.mark.req("MON-3")
@pytest.mark.parametrize("javascript", [True, False])
def test_on_a_phone_one_decides_in_a_step_of_its_own(
    open_window: Open, installation: Installation, javascript: bool
) -> None:
    made = make_release(installation, "Step", "either")
    maya = open_window("maya", size=PHONE, javascript=javascript)
    page = maya.page
    maya.go(made.activity("gate"))
    facts, decide = page.locator(".activity-facts"), page.locator("#decide")
    expect(facts).to_be_visible()
    page.get_by_role("link", name="Approve…").tap()
    expect(decide).to_be_in_viewport()
    for elsewhere in (facts, page.locator(".top"), page.locator(".bottom-tabs")):
        expect(elsewhere).to_be_hidden()
    page.get_by_role("link", name="Back to the record").tap()
    expect(facts).to_be_visible()
    page.get_by_role("link", name="Reject…").tap()
    expect(facts).to_be_hidden()
    expect(decide.locator("textarea[name=comment]")).to_be_focused()
    if javascript:
        maya.expects(422, "/decide/")
        decide.locator("[data-verdict=reject]").tap()
        expect(decide.locator(".error-summary")).to_be_visible()
        expect(facts).to_be_hidden()
    decide.locator("textarea[name=comment]").fill(WORDS)
    decide.locator("[data-verdict=reject]").tap()
    expect(page.locator("#result")).to_contain_text("Rejected")
    expect(page.locator("#result")).to_be_in_viewport()
    expect(facts).to_be_visible()

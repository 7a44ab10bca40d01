"""Tom and Maya in two windows: what one does shows in the other's, by itself."""

from __future__ import annotations

import re
import subprocess

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Open, Window
from tests.browser.installation import Installation

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only, pytest.mark.slow]

LIVE = 25_000  # milliseconds: the page asks every ten seconds
PROCESS = """
kind: Process
slug: journey
name: Journey
failure: fail
phases:
  - key: check
    name: Check
    activities:
      - key: gate
        name: Gate
        kind: approval
        approvers: [{user: maya}]
        rule: any
        deadline: {after: 2h, on_miss: stay}
      - {key: second, name: Second, kind: approval, approvers: [{user: omar}], rule: any, needs: []}
"""


@pytest.fixture(scope="module", autouse=True)
def process(installation: Installation) -> None:
    """A process of two questions, one of which is the most urgent that Maya has."""
    path = installation.folder / "journey.yaml"
    path.write_text(PROCESS, encoding="utf-8")
    installation.manage("import_process", str(path))


def shows_waiting(page: Page, number: int) -> None:
    """The number beside "My approvals" is this, or comes to be while the page stays open."""
    badge = page.locator("[data-count='waiting']").first
    expect(badge).to_have_text(re.compile(rf"^\s*{number}\b" if number else r"^\s*$"), timeout=LIVE)


def waiting(page: Page) -> int:
    """The number beside "My approvals" now; 0 when there is none."""
    text = page.locator("[data-count='waiting']").first.inner_text()
    found = re.search(r"\d+", text)
    return int(found.group()) if found else 0


def started(tom: Window, name: str) -> str:
    """Tom makes a release of the journey and starts it; its address."""
    tom.go("/releases/new/")
    page = tom.page
    page.select_option("select[name=product]", "payments")
    page.select_option("select[name=process]", "journey")
    page.fill("input[name=name]", name)
    page.fill("input[name=version]", "1.0")
    page.get_by_role("button", name=re.compile("^(Create|Make|New)")).click()
    page.wait_for_url(re.compile(r"/releases/\d+/$"))
    address = page.url.removeprefix(tom.address)
    tom.go(f"{address}start/")
    page.get_by_role("button", name=re.compile("Start")).first.click()
    page.wait_for_url(re.compile(r"/releases/\d+/$"))
    return address


@pytest.mark.req("MON-1", "MON-4", "NTF-5", "EXE-4")
def test_an_approver_triages_by_keyboard_and_both_windows_follow(open_window: Open) -> None:
    maya, tom = open_window("maya"), open_window("tom")
    maya.go("/inbox/")
    before = waiting(maya.page)
    address = started(tom, "Keyboard")
    # Maya's window moves by itself.
    shows_waiting(maya.page, before + 1)
    expect(maya.page.locator("#inbox-news")).to_be_visible(timeout=LIVE)
    maya.page.get_by_role("link", name=re.compile("Show")).first.click()
    maya.page.wait_for_load_state()
    row = maya.page.locator("[data-row]", has_text="Keyboard").or_(
        maya.page.locator("[data-row]", has_text="Gate")
    )
    expect(row.first).to_be_visible()
    # By keyboard alone: to the row, open it, refuse without a reason, then approve.
    here = "document.querySelector('.inbox-row--here')?.textContent.includes('Gate')"
    for _ in range(50):
        if maya.page.evaluate(here):
            break
        maya.page.keyboard.press("j")
    maya.page.keyboard.press("Enter")
    expect(maya.page.locator("#pane #decide")).to_be_visible()
    reject = maya.page.locator("#pane [data-verdict='reject']")
    reject.focus()
    maya.page.keyboard.press("Enter")
    expect(maya.page.locator("#pane .error-summary")).to_be_visible()
    expect(maya.page.locator("#pane textarea[name='comment']")).to_be_focused()
    maya.page.keyboard.type("Looks good to me.")
    maya.page.keyboard.press("Escape")
    maya.page.keyboard.press("a")
    expect(maya.page.locator("#pane [data-verdict='approve']")).to_be_focused()
    maya.page.keyboard.press("Enter")
    expect(maya.page.locator("#pane #result")).to_contain_text("Approved")
    shows_waiting(maya.page, before)
    # Tom's page has moved on.
    tom.go(address)
    expect(tom.page.locator("main")).to_contain_text("Omar Haddad")


@pytest.mark.req("EXE-5", "EXE-6", "POL-4")
def test_a_rejection_shows_retry_fix_and_abort_with_their_consequences(open_window: Open) -> None:
    omar, tom = open_window("omar"), open_window("tom")
    address = started(tom, "Rejected")
    omar.go("/inbox/?q=Rejected")
    omar.page.get_by_role("link", name="Second").first.click()
    decide = omar.page.locator("#decide").first
    decide.locator("[data-verdict='reject']").click()
    expect(decide.locator(".error-summary")).to_be_visible()
    decide.locator("textarea[name='comment']").fill("The window clashes.")
    decide.locator("[data-verdict='reject']").click()
    expect(omar.page.locator("#result").first).to_contain_text("Rejected")
    # Tom has looked at the page all the time; it changes without a reload.
    expect(tom.page.locator("main")).to_contain_text("The window clashes.", timeout=LIVE)
    tom.go(address)
    for choice in ("Retry", "Fix and resubmit", "Abort"):
        expect(tom.page.get_by_role("link", name=re.compile(choice)).first).to_be_visible()


@pytest.mark.req("MON-3")
def test_on_a_phone_the_same_is_done_with_the_thumb(open_window: Open) -> None:
    tom = open_window("tom")
    started(tom, "Thumb")
    maya = open_window("maya", size=PHONE)
    maya.go("/inbox/?q=Thumb")
    maya.page.get_by_role("link", name="Gate").first.tap()
    maya.page.wait_for_url(re.compile(r"/activities/\d+/"))
    maya.page.locator("#activity-bar a").first.tap()
    button = maya.page.locator("#decide [data-verdict='approve']")
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    button.tap()
    expect(maya.page.locator("#result")).to_contain_text("Approved")


@pytest.mark.req("EXE-8", "A-085", "B-26")
def test_reading_the_link_of_a_mail_twice_without_a_session_decides_nothing(
    open_window: Open, installation: Installation
) -> None:
    tom = open_window("tom")
    started(tom, "Link")
    count = "from approvals.models import Decision; print(Decision.objects.count())"
    before = installation.manage("shell", "-v0", "-c", count).split()[-1]
    maya = open_window("maya")
    maya.go("/inbox/?q=Link")
    address = maya.page.get_by_role("link", name="Gate").first.get_attribute("href")
    assert address
    stranger = open_window()
    for _ in range(2):
        stranger.go(address)
        assert "/accounts/login/" in stranger.page.url
        for verb in ("decide/", "withdraw/"):
            command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}"]
            told = subprocess.run(
                [*command, f"{stranger.address}{address}{verb}"],
                capture_output=True, check=True, text=True,
            ).stdout  # fmt: skip
            assert told in {"302", "405"}
    assert installation.manage("shell", "-v0", "-c", count).split()[-1] == before


@pytest.mark.req("MON-3", "SEC-1")
def test_from_sign_in_to_the_decision_by_keyboard_alone(open_window: Open) -> None:
    tom = open_window("tom")
    started(tom, "Keys")
    maya = open_window()
    page = maya.page
    maya.go("/accounts/login/")
    page.focus("input[name=login]")
    page.keyboard.type("maya")
    page.keyboard.press("Tab")
    page.keyboard.type("demo")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/inbox/"))
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_contain_text(re.compile("content", re.IGNORECASE))
    maya.go("/inbox/?q=Keys")
    _tab_to(page, "Gate")
    page.keyboard.press("Enter")
    expect(page.locator("#decide [data-verdict='approve']").first).to_be_visible()
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(page.locator("#result").first).to_contain_text("Approved")


def _tab_to(page: Page, text: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement?.textContent?.trim() || ''")
        if focused == text:
            return
    raise AssertionError(f"{text} is not reached by Tab")

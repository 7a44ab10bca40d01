"""The whole story in two windows, Tom's and Maya's: what one does shows in the other's by itself."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Open, Window
from tests.browser.installation import Installation
from tests.browser.releases import make_release
from tests.browser.signs import (
    LIVE,
    bell,
    expect_number,
    expect_said,
    expect_waiting,
    mailed_link,
    number_in,
    waiting,
)
from tests.portal.notifications.servers import MailBox

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only, pytest.mark.slow]

MOST_ROWS = 60
_numbers = itertools.count(1)


def start_by_hand(tom: Window) -> str:
    """Tom makes a release of the journey by the pages and starts it; its name."""
    page, name = tom.page, f"By hand {next(_numbers)}"
    tom.go("/releases/")
    page.get_by_role("link", name="New release").click()
    page.get_by_label("Product").select_option("mobile-app")
    page.get_by_label("Process").select_option("journey")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Version").fill("1.0")
    page.get_by_role("button", name="Make the draft").click()
    page.get_by_role("link", name="Start", exact=True).click()
    page.get_by_role("button", name="Start the release").click()
    page.wait_for_url(re.compile(r"/releases/\d+/$"))
    return name


def go_to_row(page: Page, reference: str) -> None:
    """With J to a row of the inbox."""
    row = page.locator(f"[data-row='{reference}']")
    for _ in range(MOST_ROWS):
        page.keyboard.press("j")
        if "inbox-row--here" in (row.get_attribute("class") or ""):
            return
    raise AssertionError(f"J does not come to {reference}")


def reference_of_gate(tom: Window) -> str:
    """ "ACT-874" of the question that Tom's page shows as open."""
    address = tom.page.get_by_role("link", name="Gate", exact=True).first.get_attribute("href")
    return f"ACT-{str(address).strip('/').rpartition('/')[2]}"


@pytest.mark.req("MON-1", "MON-4", "NTF-1", "NTF-2", "NTF-5", "EXE-4", "EXE-5", "EXE-6")
def test_from_the_start_over_two_approvals_to_a_rejection(
    open_window: Open, mail_box: MailBox
) -> None:
    maya, tom = (open_window(one, unhurried=True) for one in ("maya", "tom"))
    maya.go("/inbox/")
    before, rung = waiting(maya.page), number_in(bell(maya.page))
    maya.stays_open()
    start_by_hand(tom)
    tom.stays_open()
    reference = reference_of_gate(tom)

    # Maya's bell and inbox move by themselves; new rows wait behind a bar.
    expect_waiting(maya.page, before + 1)
    expect_number(bell(maya.page), rung + 1)
    expect(maya.page.locator("#inbox-news")).to_be_visible(timeout=LIVE)
    expect(maya.page.locator(f"[data-row='{reference}']")).to_have_count(0)
    assert maya.has_stayed_open()
    maya.page.locator("#inbox-news").get_by_role("link", name="Show").click()
    expect(maya.page.locator(f"[data-row='{reference}']")).to_be_visible()

    triage(maya, reference)
    expect_waiting(maya.page, before)

    # Tom's page shows it: the seat of Maya, and that one more is needed.
    status = tom.page.locator(f"#status-{reference.removeprefix('ACT-')}")
    expect(status).to_contain_text("1 of 2", timeout=LIVE)
    assert tom.has_stayed_open()

    decide_by_mail(open_window(), mail_box, reference)
    expect(tom.page.locator("#release-pipeline #phase-check")).to_contain_text(
        "Completed", timeout=LIVE
    )
    reject_the_last(open_window("ruth", unhurried=True), tom)
    assert tom.has_stayed_open()


def triage(maya: Window, reference: str) -> None:
    """By keys alone: to the row, open it, refused without a reason, then approve, and read what came of it."""
    page = maya.page
    go_to_row(page, reference)
    page.keyboard.press("Enter")
    expect(page.locator("#pane h2[data-focus]")).to_be_focused()
    page.keyboard.press("a")
    expect(page.locator("#pane [data-verdict='approve']")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#pane [data-verdict='reject']")).to_be_focused()
    maya.expects(422, "/decide/")
    page.keyboard.press("Enter")
    expect(page.locator("#pane textarea[name='comment']")).to_be_focused()
    expect(page.locator("#pane textarea[name='comment']")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#pane .field-error")).to_be_visible()
    page.keyboard.type("Looks good to me.")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    result = page.locator("#pane #result")
    expect(result).to_contain_text("Approved. 1 of 2.")
    expect(result).to_contain_text("Still waiting on Omar Haddad.")
    expect_said(page, "Approved. 1 of 2.")


def decide_by_mail(omar: Window, box: MailBox, reference: str) -> None:
    """The last approver comes by the link of his mail, signs in, stands on the activity and decides."""
    page, path = omar.page, f"/activities/{reference.removeprefix('ACT-')}/"
    omar.go(mailed_link(box, "omar", path, omar.address))
    expect(page).to_have_url(re.compile("/accounts/login/"))
    page.get_by_label("Username").fill("omar")
    page.get_by_label("Password", exact=True).fill("demo")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(path))
    expect(page.get_by_role("heading", name="Gate", level=1)).to_be_visible()
    page.locator("#decide [data-verdict='approve']").click()
    expect(page.locator("#result")).to_contain_text("Quorum reached (2 of 2).")
    expect(page.locator("#result")).to_contain_text("1 activity starts now: Go live.")


def reject_the_last(ruth: Window, tom: Window) -> None:
    """A rejection: Tom's open page says why, and offers retry, fix and abort with what each does."""
    title = str(tom.page.locator("h1").text_content()).split()
    ruth.go(f"/inbox/?q={'+'.join(title[:-1])}")
    ruth.page.get_by_role("link", name="Go live", exact=True).click()
    decide = ruth.page.locator("#decide")
    decide.locator("textarea[name='comment']").fill("The window clashes.")
    decide.locator("[data-verdict='reject']").click()
    expect(ruth.page.locator("#result")).to_contain_text("Tom Reuter")
    expect_ways_out(tom.page)


def expect_ways_out(page: Page) -> None:
    """The three choices come to stand on the page, each with its consequence in a sentence."""
    choices = page.get_by_role("list", name="What you can do about it")
    for words in ("Retry", "Fix and resubmit", "Abort"):
        one = choices.get_by_role("link", name=re.compile(f"^{words}"))
        expect(one).to_be_visible(timeout=LIVE)
        assert len(str(one.text_content()).split()) > 6, f"{words} does not say what it does"


@pytest.mark.req("MON-1", "MON-3", "EXE-4", "EXE-6")
def test_on_phones_the_same_is_done_with_the_thumb(
    open_window: Open, installation: Installation
) -> None:
    maya, tom = (open_window(one, size=PHONE, unhurried=True) for one in ("maya", "tom"))
    maya.go("/inbox/")
    before = waiting(maya.page)
    made = make_release(installation, "Thumb", "either")
    tom.go(made.path)
    tom.stays_open()
    tab = maya.page.locator(".bottom-tab", has_text="Approvals")
    expect_number(tab.locator("[data-count='waiting']"), before + 1)
    tab.tap()
    maya.page.locator(f"[data-row='ACT-{made.activities['gate']}'] .list-title").tap()
    maya.page.wait_for_url(re.compile(re.escape(made.activity("gate"))))

    bar = maya.page.locator("#activity-bar")
    bar.get_by_role("link", name=re.compile("^Reject")).tap()
    reject = press_target(maya.page, "#decide [data-verdict='reject']")
    maya.expects(422, "/decide/")
    reject.tap()
    reason = maya.page.locator("#decide textarea[name='comment']")
    expect(reason).to_be_focused()
    expect(reason).to_be_in_viewport()
    reason.fill("The window clashes.")
    press_target(maya.page, "#decide [data-verdict='reject']").tap()
    expect(maya.page.locator("#result")).to_contain_text("Rejected.")
    expect(maya.page.locator("#result h3")).to_be_in_viewport()

    expect_ways_out(tom.page)
    assert tom.has_stayed_open()
    tom.page.get_by_role("link", name=re.compile("^Retry")).first.tap()
    tom.page.get_by_label("Reason").fill("It fits now.")
    tom.page.get_by_role("button", name="Retry").tap()
    tom.page.wait_for_url(re.compile(f"{made.path}$"))
    maya.page.locator(".bottom-tab", has_text="Approvals").tap()
    maya.page.locator(f"[data-row='ACT-{made.activities['gate']}'] .list-title").tap()
    maya.page.locator("#activity-bar").get_by_role("link", name=re.compile("^Approve")).tap()
    press_target(maya.page, "#decide [data-verdict='approve']").tap()
    expect(maya.page.locator("#result")).to_contain_text("Quorum reached (1 of 1).")
    for window in (maya, tom):
        assert window.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def press_target(page: Page, selector: str):  # type: ignore[no-untyped-def]
    """A button that a thumb can press: in sight, and at least 44 pixels high."""
    button = page.locator(selector)
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    return button

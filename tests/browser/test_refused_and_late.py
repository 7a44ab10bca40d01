"""Refusals as people meet them: without a reason, too late by a second, about what has changed since."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, Window
from tests.browser.installation import Installation
from tests.browser.releases import Made, make_release, vote
from tests.browser.signs import LIVE, expect_said

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only, pytest.mark.slow]

VOTES = (
    "select count(*) from approvals_decision join approvals_approval on"
    " approvals_approval.id = approval_id where host = ?"
)


def votes_on(installation: Installation, made: Made) -> int:
    """How many decisions stand in the database for the gate of a release."""
    return int(installation.rows(VOTES, f"activity:{made.activities['gate']}")[0][0])


@pytest.mark.req("EXE-4", "EXE-5", "EXE-6", "NTF-2", "NTF-5")
def test_without_a_reason_nothing_is_rejected_and_with_one_the_owner_is_told(
    open_window: Open, installation: Installation
) -> None:
    made = make_release(installation, "Reason", "either")
    tom, maya = open_window("tom"), open_window("maya")
    tom.go(made.path)
    tom.stays_open()
    maya.go(made.activity("gate"))
    maya.expects(422, "/decide/")
    maya.page.locator("#decide [data-verdict='reject']").click()
    reason = maya.page.locator("#decide textarea[name='comment']")
    expect(reason).to_be_focused()
    told = maya.page.locator("#decide .field-error").filter(visible=True)
    expect_said(maya.page, str(told.text_content()).strip())
    assert votes_on(installation, made) == 0

    reason.fill("The window clashes.")
    maya.page.locator("#decide [data-verdict='reject']").click()
    expect(maya.page.locator("#result")).to_contain_text("Phase Check failed")
    expect_said(maya.page, "Phase Check failed")
    # Tom has looked on all the time.
    expect(tom.page.locator("#phase-check")).to_contain_text("Failed", timeout=LIVE)
    expect(tom.page.locator("main")).to_contain_text("The window clashes.", timeout=LIVE)
    assert tom.has_stayed_open()
    tom.page.locator(".bell summary").click()
    leads_there = tom.page.locator(f"a[href^='{made.activity('gate')}']")
    notice = tom.page.locator(".bell-panel .notice--unread").filter(has=leads_there)
    expect(notice).to_contain_text("was rejected by Maya Okafor")


@pytest.mark.req("EXE-4", "A-001", "POL-4")
def test_of_two_who_decide_at_the_same_second_the_later_is_told_what_came_of_it(
    open_window: Open, installation: Installation
) -> None:
    made = make_release(installation, "Together", "either")
    windows = {"Maya Okafor": open_window("maya"), "Omar Haddad": open_window("omar")}
    refusals = {}
    for name, window in windows.items():
        window.go(made.activity("gate"))
        refusals[name] = window.may_get(409, "/decide/")
    press_together([window.page for window in windows.values()])
    for window in windows.values():
        expect(window.page.locator("#result, #decide [role='alert']")).to_be_visible()

    late = [name for name, refusal in refusals.items() if refusal.came]
    assert len(late) == 1, "the round took both votes, or neither"
    first = next(name for name in windows if name not in late)
    expect(windows[first].page.locator("#result")).to_contain_text("Quorum reached (1 of 1).")
    notice = windows[late[0]].page.locator("#decide [role='alert']")
    expect(notice).to_contain_text(
        re.compile(rf"Not counted: the activity was \w+ at [\d:]+ by {first}")
    )
    assert votes_on(installation, made) == 1
    # Only one follower was started, and both see the one seat that was filled.
    for window in windows.values():
        expect(window.page.locator("#activity-seats")).to_contain_text("1 of 1", timeout=LIVE)


def press_together(pages: list[Page]) -> None:
    """Approve in several windows at one moment of the machine's clock."""
    at = pages[0].evaluate("Date.now() + 500")
    for page in pages:
        page.evaluate(
            "at => void setTimeout(() => document.querySelector(\"#decide [data-verdict='approve']\")"
            ".click(), at - Date.now())",
            at,
        )


@pytest.mark.req("EXE-4", "EXE-6", "EXE-10")
def test_whoever_decides_about_what_has_changed_sees_the_difference_and_loses_no_word(
    open_window: Open, installation: Installation
) -> None:
    made = make_release(installation, "Changed", "either")
    maya, tom = open_window("maya"), open_window("tom")
    maya.go(made.activity("gate"))
    words = "I have read the report of version one."
    maya.page.locator("#decide textarea[name='comment']").fill(words)
    vote(installation, "omar", made.activities["gate"], "reject", comment="Wrong version.")
    fix_and_resubmit(tom, made, version="1.1")

    before = votes_on(installation, made)
    maya.expects(409, "/decide/")
    maya.page.locator("#decide [data-verdict='approve']").click()
    notice = maya.page.locator("#decide [role='alert']")
    expect(notice).to_be_visible()
    expect(notice.locator("h3")).to_be_focused()
    expect(notice.locator("li", has_text="Version")).to_contain_text(re.compile(r"1\.0\s*→\s*1\.1"))
    expect(maya.page.locator("#decide textarea[name='comment']")).to_have_value(words)
    assert votes_on(installation, made) == before

    button = maya.page.locator("#decide [data-verdict='approve']")
    expect(button).to_have_text(re.compile("Approve the new version"))
    button.click()
    expect(maya.page.locator("#result")).to_contain_text("Quorum reached (1 of 1).")
    expect(maya.page.locator("#decide")).to_contain_text(words)


def fix_and_resubmit(tom: Window, made: Made, *, version: str) -> None:
    """Tom's way out of a failure: the content is changed, then asked about anew."""
    tom.go(made.path)
    tom.page.get_by_role("link", name=re.compile("^Fix and resubmit")).click()
    tom.page.get_by_label("Version").fill(version)
    tom.page.get_by_label("Reason").fill("The wrong one was named.")
    tom.page.get_by_role("button", name="Fix and resubmit").click()
    tom.page.wait_for_url(re.compile(f"{made.path}$"))
    expect(tom.page.get_by_role("heading", level=1)).to_contain_text(version)

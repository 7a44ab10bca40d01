"""What people see on the pages: counters, the bell, banners; and the wait for what comes by itself."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Locator, Page, expect

from tests.portal.notifications.servers import MailBox

# A page asks every ten seconds; what others do must be seen after that (ux.md, 6.1: within 15 s).
LIVE = 15_000
# The first look of a slow machine: a mail is sent by the worker at its next beat.
MAILED = 30.0
# Where the number of what waits stands: navigation, the inbox's tab, the tab bar of phones.
COUNTERS = (
    ".nav [data-count='waiting']",
    ".tabs [data-count='tab-mine']",
    ".bottom-tabs [data-count='waiting']",
)


def number_in(badge: Locator) -> int:
    """The number in a badge now; 0 when it is hidden."""
    if badge.evaluate("node => node.hidden"):
        return 0
    found = re.search(r"\d+", badge.text_content() or "")
    assert found is not None
    return int(found[0])


def expect_number(badge: Locator, number: int, patience: int = LIVE) -> None:
    """The badge comes to show this number, 0 by being hidden."""
    if number:
        expect(badge).to_have_text(re.compile(rf"^\s*{number}\b"), timeout=patience)
        expect(badge).not_to_have_attribute("hidden", re.compile(""))
    else:
        expect(badge).to_have_attribute("hidden", re.compile(""), timeout=patience)


def waiting(page: Page) -> int:
    """The number beside "My approvals" now."""
    return number_in(page.locator(COUNTERS[0]))


def expect_waiting(page: Page, number: int) -> None:
    """An inbox comes to say everywhere that this many wait: navigation, tabs, window title."""
    for selector in COUNTERS:
        expect_number(page.locator(selector), number)
    title = rf"^\({number}\) My approvals" if number else r"^My approvals"
    expect(page).to_have_title(re.compile(title), timeout=LIVE)


def bell(page: Page) -> Locator:
    """The number at the bell."""
    return page.locator(".bell [data-count='unread']")


def expect_said(page: Page, words: str | re.Pattern[str]) -> None:
    """A screen reader is told: the words come to stand in a live region."""
    region = page.locator("#live, [role='alert'], [role='status']").filter(has_text=words)
    expect(region.first).to_be_attached()


def mailed_link(box: MailBox, name: str, page: str, address: str) -> str:
    """The path to which the mail leads that told somebody of this page, once it has come."""
    end = time.monotonic() + MAILED
    while True:
        for one in list(box.taken):
            body = one.get_body(("plain",))
            found = re.search(rf"{re.escape(address)}({page}\S*)", str(body and body.get_content()))
            if found and f"{name}@example.com" in str(one["To"]):
                return found[1]
        came = [f"{one['To']}: {one['Subject']}" for one in box.taken]
        assert time.monotonic() < end, f"no mail told {name} of {page}; there came {came}"
        time.sleep(0.1)

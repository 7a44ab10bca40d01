"""The notification centre, the panel at the bell and the administration move while they are open (NTF-5)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.installation import Installation
from tests.browser.releases import make_release
from tests.browser.signs import LIVE, bell, expect_number, expect_said, number_in
from tests.browser.test_pointer import assert_still, rest_on, under
from tests.browser.test_signed_out import ends_in, hours_left

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only, pytest.mark.slow]

NEW = re.compile(r"^\s*1 new\.\s*Show\s*$")


@pytest.mark.req("NTF-5")
@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_a_notice_comes_to_the_page_that_lists_them_and_moves_nothing(
    open_window: Open, installation: Installation, size: tuple[int, int]
) -> None:
    make_release(installation, "Before", "either")
    maya = open_window("maya", size=size)
    page = maya.page
    maya.go("/notifications/")
    maya.stays_open()
    tab = page.locator("[data-count='notices-unread']")
    unread = number_in(tab)
    first = page.locator("#notices .notice-words a").first
    place = rest_on(page, first)
    before = under(page, place)
    made = make_release(installation, "News", "either")
    bar = page.locator("#notices-news")
    expect(bar).to_have_text(NEW, timeout=LIVE)
    expect_said(page, "Notifications: 1 new. Show")
    expect_number(tab, unread + 1)
    assert_still(under(page, place), before)
    assert page.locator("#notices", has_text=made.name).count() == 0
    bar.get_by_role("link", name="Show").click()
    expect(page.locator("#notices")).to_contain_text(made.name)
    expect(bar).to_be_hidden()
    expect(page.locator("#notices h2").first).to_be_focused()
    assert page.url.endswith("/notifications/")
    assert maya.has_stayed_open()


@pytest.mark.req("NTF-5")
def test_an_open_panel_at_the_bell_says_that_there_is_more(
    open_window: Open, installation: Installation
) -> None:
    make_release(installation, "Before", "either")
    maya = open_window("maya")
    page = maya.page
    maya.go("/help/")
    maya.stays_open()
    page.click(".bell summary")
    first = page.locator("#bell-list .notice-words a").first
    place = rest_on(page, first)
    before = under(page, place)
    made = make_release(installation, "News", "either")
    expect(page.locator("#bell-news")).to_have_text(re.compile(r"1 new\. Show"), timeout=LIVE)
    assert_still(under(page, place), before)
    page.click("#bell-show")
    expect(page.locator("#bell-list")).to_contain_text(made.name)
    expect(page.locator("#bell-news")).to_have_text("")
    expect(page.locator(".bell")).to_have_attribute("open", "")
    assert page.evaluate("document.activeElement.closest('.bell-head') !== null")
    assert maya.has_stayed_open()


@pytest.mark.req("NTF-5", "ADM-1")
def test_the_counters_move_in_the_administration_too(
    open_window: Open, installation: Installation
) -> None:
    ada = open_window("ada")
    page = ada.page
    ada.go("/admin/releases/product/")
    ada.stays_open()
    waiting, unread = page.locator(".nav [data-count='waiting']"), bell(page)
    before = number_in(waiting), number_in(unread)
    make_release(installation, "Put to Ada", "for-ada")
    expect_number(waiting, before[0] + 1)
    expect_number(unread, before[1] + 1)
    assert ada.has_stayed_open()


@pytest.mark.req("SEC-1", "ADM-1")
def test_the_administration_warns_before_the_session_ends(
    open_window: Open, installation: Installation
) -> None:
    ada = open_window("ada")
    ada.go("/admin/")
    note = ada.page.locator("#session-note")
    expect(note).to_be_hidden()
    ends_in(installation, ada, 100)
    ada.go("/admin/releases/product/")
    expect(note).to_contain_text("unless you stay")
    note.get_by_role("button", name="Stay signed in").click()
    expect(note).to_be_hidden()
    assert hours_left(installation, ada) > 11

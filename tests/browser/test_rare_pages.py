"""Pages that need a state of their own: a new installation, an account with a second factor."""

from __future__ import annotations

import base64
import hmac
import struct
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import look_at, sticks_out, told
from tests.browser.conftest import WIDE, Open, Window, windows_of
from tests.browser.installation import Installation

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only, pytest.mark.slow]


def assert_faultless(window: Window) -> None:
    """axe finds nothing in four combinations, and nothing sticks out."""
    found = told(look_at(window.page))
    assert not found, "\n".join([window.page.url, *found])
    assert not sticks_out(window.page), window.page.url
    window.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})


@pytest.fixture
def new_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One without the demo: a superuser, and nothing else."""
    made = Installation(tmp_path_factory.mktemp("new"), demo=False)
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.mark.req("MON-3", "ADM-1")
def test_a_new_installation_leads_to_its_set_up_and_has_empty_pages_that_say_so(
    browser: Browser, new_installation: Installation
) -> None:
    with windows_of(browser, new_installation) as open_there:
        window = open_there("root")
        window.go("/")
        expect(window.page.get_by_role("heading", level=1)).to_have_text("Set up")
        expect(window.page.locator("[aria-current='step']")).to_have_count(1)
        assert_faultless(window)
        empty = ("/inbox/", "/releases/", "/notifications/", "/config/roles/", "/setup/demo/load/")
        for path in empty:
            assert window.go(path) == 200
            assert_faultless(window)
        plain = open_there("root", javascript=False)
        plain.go("/")
        expect(plain.page.locator("main ol.steps > li")).to_have_count(6)


@pytest.mark.req("SEC-1", "MON-3")
def test_the_pages_of_a_second_factor(open_window: Open) -> None:
    noah = open_window("noah")
    page = noah.page
    noah.go("/accounts/2fa/totp/activate/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it you, Noah Berg?")
    page.get_by_label("Password", exact=True).fill("demo")
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/accounts/2fa/totp/activate/")
    assert_faultless(noah)
    page.locator("input[name='code']").fill(code_of(secret_on(page)))
    page.locator("main button[type='submit']").last.click()
    expect(page).not_to_have_url(f"{noah.address}/accounts/2fa/totp/activate/")
    for path in ("", "recovery-codes/", "recovery-codes/generate/", "totp/deactivate/"):
        assert noah.go(f"/accounts/2fa/{path}") == 200
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        assert_faultless(noah)
    assert noah.go("/accounts/2fa/reauthenticate/") == 200
    assert_faultless(noah)

    later = open_window()
    later.go("/accounts/login/")
    later.page.get_by_label("Username").fill("noah")
    later.page.get_by_label("Password", exact=True).fill("demo")
    later.page.keyboard.press("Enter")
    later.page.wait_for_url("**/accounts/2fa/authenticate/**")
    assert_faultless(later)


def secret_on(page: Page) -> str:
    """The secret that the page of activation shows, to be typed where no picture can be taken."""
    for field in page.locator("main input").all():
        value = field.input_value().replace(" ", "")
        if len(value) >= 16 and value.isalnum() and value.isupper():
            return value
    raise AssertionError(f"no secret on the page: {page.locator('main').inner_text()}")


def code_of(secret: str) -> str:
    """The code of this moment (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30), "sha1")
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"

"""One installation and one Chromium a test run; windows of people, watched for complaints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from portal.demo.company import PASSWORD
from tests.browser.chromium import ARGUMENTS, chromium
from tests.browser.installation import Installation

WIDE, PHONE = (1440, 900), (390, 844)
PATIENCE = 20_000  # milliseconds, on a machine that does other things as well
expect.set_options(timeout=PATIENCE)


@dataclass
class Window:
    """A window of one person: the page, and what the browser complained of."""

    context: BrowserContext
    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> int:
        """Open a page of the installation; its status."""
        answer = self.page.goto(self.address + path)
        assert answer is not None
        return answer.status

    def sign_in(self, name: str) -> None:
        """Through the sign-in page, as people do."""
        self.go("/accounts/login/")
        self.page.fill("input[name=login]", name)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url(lambda url: "/accounts/login/" not in url)
        # A script that is cut off by the next address would be a complaint.
        self.page.wait_for_load_state("networkidle")


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The demo, running."""
    folder: Path = tmp_path_factory.mktemp("installation")
    made = Installation(folder).start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        yield found
        found.close()


Open = Callable[..., Window]


@pytest.fixture
def open_window(browser: Browser, installation: Installation) -> Iterator[Open]:
    """Opens a window: `open_window("maya")`, with `size`, `dark`, `javascript` if need be.

    At the end of the test no window may have had a console message or a report of the CSP.
    """
    windows: list[Window] = []

    def opened(
        name: str = "", *, size: tuple[int, int] = WIDE, dark: bool = False, **more: Any
    ) -> Window:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            java_script_enabled=more.pop("javascript", True),
            has_touch=size == PHONE,
            **more,
        )
        context.set_default_timeout(PATIENCE)
        window = Window(context, context.new_page(), installation.address)
        _listen(window)
        windows.append(window)
        if name:
            window.sign_in(name)
        return window

    yield opened
    for window in windows:
        window.context.close()
    assert [told for window in windows for told in window.complaints] == []


def _listen(window: Window) -> None:
    def note(message: Any) -> None:
        # An answer that refuses is no fault of the page: the browser says so in the console too.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            window.complaints.append(f"{window.page.url}: {message.text}")

    window.page.on("console", note)
    window.page.on("pageerror", lambda error: window.complaints.append(str(error)))

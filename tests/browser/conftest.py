"""One installation, one mail server and one Chromium a worker; windows of people, watched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.chromium import ARGUMENTS, chromium
from tests.browser.installation import Installation
from tests.browser.releases import PEOPLE, PROCESSES
from tests.browser.window import HASTEN, PHONE, REPORT_BREACHES, WIDE, Window
from tests.portal.notifications.servers import MailBox, mail_server

__all__ = ["PATIENCE", "PHONE", "WIDE", "Open", "Window", "windows_of"]

PATIENCE = 20_000  # milliseconds, on a machine that does other things as well
expect.set_options(timeout=PATIENCE)

Open = Callable[..., Window]


@pytest.fixture(scope="session")
def mail_box() -> Iterator[MailBox]:
    """What the installation has mailed: a real SMTP server took it."""
    with mail_server() as box:
        yield box


@pytest.fixture(scope="session")
def installation(
    tmp_path_factory: pytest.TempPathFactory, mail_box: MailBox
) -> Iterator[Installation]:
    """The demo, running, with the processes of these tests."""
    folder: Path = tmp_path_factory.mktemp("installation")
    made = Installation(folder, mail_port=mail_box.port)
    try:
        made.start()
        made.furnish(PROCESSES, PEOPLE)
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        yield found
        found.close()


@contextmanager
def windows_of(browser: Browser, installation: Installation) -> Iterator[Open]:
    """Opens windows: `open("maya")`, with `size`, `dark`, `javascript` if need be.

    `unhurried`: the page hears of others as often as in life.

    At the end no window may have had a complaint, and each refusal that was declared must have come.
    """
    windows: list[Window] = []

    def opened(
        name: str = "", *, size: tuple[int, int] = WIDE, dark: bool = False, **more: Any
    ) -> Window:
        unhurried = more.pop("unhurried", False)
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            java_script_enabled=more.pop("javascript", True),
            has_touch=size == PHONE,
            is_mobile=size == PHONE,
            **more,
        )
        context.set_default_timeout(PATIENCE)
        context.add_init_script(REPORT_BREACHES)
        if not unhurried:
            context.add_init_script(HASTEN)
        window = Window(context, context.new_page(), installation.address)
        windows.append(window)
        if name:
            window.enter(name)
        return window

    try:
        yield opened
    finally:
        for window in windows:
            window.context.close()
    assert [told for window in windows for told in (*window.complaints, *window.unmet())] == []


@pytest.fixture
def open_window(browser: Browser, installation: Installation) -> Iterator[Open]:
    """Opens windows of the demo's people, as `windows_of` does."""
    with windows_of(browser, installation) as opened:
        yield opened

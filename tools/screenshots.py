"""Make the pictures of README and user guide from the demo: `make screenshots`.

Starts an installation of its own with the demo, looks at it with a real Chromium, and writes PNG files
to `docs/images/`. Run it when a page looks different; the pictures are committed.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import ARGUMENTS, chromium
from tests.browser.installation import Installation

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
WIDE, PHONE = (1440, 900), (390, 844)


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture: its file, who looks, where, how large, light or dark, and what is pressed before."""

    name: str
    person: str
    path: str
    size: tuple[int, int] = WIDE
    dark: bool = False
    before: Callable[[Page], None] | None = None


def _open_first(page: Page) -> None:
    page.locator("#inbox-list [data-open]").first.click()
    page.locator("#pane #decide").wait_for()


def _first(selector: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        address = page.locator(selector).first.get_attribute("href")
        page.goto(str(address) if str(address).startswith("http") else _root(page) + str(address))
        page.wait_for_load_state("networkidle")

    return go


def _root(page: Page) -> str:
    return "/".join(page.url.split("/")[:3])


SHOTS = (
    Shot("inbox", "maya", "/inbox/", before=_open_first),
    Shot("inbox-dark", "maya", "/inbox/", dark=True, before=_open_first),
    Shot(
        "release",
        "tom",
        "/releases/?state=on_hold",
        before=_first("main a.list-title"),
    ),
    Shot("activity", "maya", "/inbox/", before=_first("#inbox-list [data-open]")),
    Shot("phone", "maya", "/inbox/", size=PHONE),
)


def take(browser: Browser, installation: Installation, shot: Shot) -> Path:
    """Take one picture; the file."""
    context = browser.new_context(
        viewport={"width": shot.size[0], "height": shot.size[1]},
        color_scheme="dark" if shot.dark else "light",
    )
    page = context.new_page()
    page.goto(f"{installation.address}/accounts/login/")
    page.fill("input[name=login]", shot.person)
    page.fill("input[name=password]", "demo")
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/accounts/login/" not in url)
    page.goto(installation.address + shot.path)
    page.wait_for_load_state("networkidle")
    if shot.before:
        shot.before(page)
        page.wait_for_load_state("networkidle")
    target = IMAGES / f"{shot.name}.png"
    page.screenshot(path=str(target))
    context.close()
    return target


def main() -> None:
    """Take them all."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation(Path(folder)).start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=chromium(), args=list(ARGUMENTS)
                )
                for shot in SHOTS:
                    print(take(browser, installation, shot).name, file=sys.stderr)
                browser.close()
        finally:
            installation.stop()


if __name__ == "__main__":
    main()

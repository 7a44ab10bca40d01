"""From the sign-in page to a decision by keys alone, with the focus in sight at each step (ux.md 4 p)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.installation import Installation
from tests.browser.releases import make_release
from tests.browser.window import Window

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only, pytest.mark.slow]

MOST_STEPS = 80
# What has the focus: its words, whether its ring is drawn, and whether anything lies over it.
FOCUSED = """
() => {
  const node = document.activeElement;
  const box = node.getBoundingClientRect();
  const shown = node.closest("label") || node;
  const style = getComputedStyle(node);
  const inside = (x, y) => {
    const top = document.elementFromPoint(x, y);
    return top !== null && (node.contains(top) || top.contains(node) || shown.contains(top));
  };
  const [left, upper] = [Math.max(box.left, 0), Math.max(box.top, 0)];
  const [right, lower] = [Math.min(box.right, innerWidth), Math.min(box.bottom, innerHeight)];
  return {
    name: (node.getAttribute("aria-label") || node.labels?.[0]?.textContent || node.textContent || "")
      .replace(/\\s+/g, " ").trim(),
    tag: node.tagName.toLowerCase(),
    ring: node.matches(":focus-visible")
      && (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1
        || style.boxShadow !== "none"),
    seen: right > left && lower > upper && inside((left + right) / 2, (upper + lower) / 2),
  };
}
"""


class Keys:
    """Somebody who has a keyboard and nothing else; whatever has the focus must show it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, key: str) -> None:
        """Press a key."""
        self.page.keyboard.press(key)

    def type(self, words: str) -> None:
        """Write where the focus is."""
        self.page.keyboard.type(words)

    def tab_to(self, name: str, tag: str = "") -> None:
        """On with Tab until something of this name has the focus; each step on the way is looked at."""
        passed = []
        for _ in range(MOST_STEPS):
            self.press("Tab")
            found = self.look()
            if re.search(name, found["name"]) and (not tag or found["tag"] == tag):
                return
            passed.append(found["name"][:40])
        raise AssertionError(f"Tab does not come to {name}; it passed {passed}")

    def look(self) -> dict[str, str]:
        """What has the focus; it must be drawn, and nothing may cover it."""
        found: dict[str, str] = self.page.evaluate(FOCUSED)
        if (
            found["tag"] != "body"
        ):  # between the last element and the first there is the browser itself
            assert found["ring"], f"no focus to be seen on {found}"
            assert found["seen"], f"the focus is covered or out of sight: {found}"
        return found


@pytest.mark.req("MON-3", "MON-4", "SEC-1")
def test_from_the_sign_in_page_to_a_decision_by_keyboard_alone(
    open_window: Open, installation: Installation
) -> None:
    for _ in range(2):
        made = make_release(installation, "Keys", "either")
    maya = open_window()
    maya.go("/accounts/login/")
    sign_in(maya)
    page, keys = maya.page, Keys(maya.page)

    keys.tab_to("^Skip to content$", "a")
    keys.press("Enter")
    keys.tab_to("^Search title", "input")
    keys.type("Keys")
    keys.press("Enter")
    page.wait_for_url(re.compile(r"q=Keys"))
    keys.tab_to("^Gate$", "a")
    keys.press("Enter")
    expect(page.locator("#pane h2[data-focus]")).to_be_focused()

    keys.tab_to("^Comment", "textarea")
    keys.type("Read and found good.")
    keys.tab_to("^Reject", "button")
    keys.press("Shift+Tab")
    assert keys.look()["name"].startswith("Approve")
    keys.press("Enter")
    heading = page.locator("#pane #result h3")
    expect(heading).to_be_focused()
    keys.look()
    expect(page.locator("#pane #result")).to_contain_text("Quorum reached (1 of 1).")
    # Enter there leads on to the next that waits.
    keys.press("Enter")
    expect(page).to_have_url(re.compile(rf"open=ACT-{made.activities['gate']}\b"))
    expect(page.locator("#pane h2[data-focus]")).to_be_focused()


def sign_in(window: Window) -> None:
    """By keys: the name, the password, Enter."""
    keys = Keys(window.page)
    keys.tab_to("^Username", "input")
    keys.type("maya")
    keys.tab_to("^Password", "input")
    keys.type("demo")
    keys.press("Enter")
    window.page.wait_for_url(re.compile("/inbox/"))


@pytest.mark.req("MON-3")
def test_menus_and_dialogs_are_left_by_escape_and_the_focus_returns(
    open_window: Open, installation: Installation
) -> None:
    make_release(installation, "Menus", "either")
    maya = open_window("maya")
    maya.go("/inbox/")
    page, keys = maya.page, Keys(maya.page)
    for name, panel in (("Notifications", ".bell-panel"), ("Account of", ".menu-panel >> nth=1")):
        keys.tab_to(name, "summary")
        keys.press("Enter")
        expect(page.locator(panel)).to_be_visible()
        keys.press("Tab")
        keys.look()
        keys.press("Escape")
        expect(page.locator(panel)).to_be_hidden()
        assert re.search(name, keys.look()["name"])
    keys.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    keys.press("Escape")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_hidden()
    keys.look()


# Whether what was put into the page answered to htmx in the same breath, or some time after it was shown.
AT_ONCE = """
() => {
  window.atOnce = [];
  let wired = false;
  document.addEventListener("htmx:afterSettle", () => { wired = true; });
  document.addEventListener("htmx:afterSwap", () => {
    wired = false;
    queueMicrotask(() => window.atOnce.push(wired));
  });
}
"""


@pytest.mark.req("MON-2")
def test_a_key_right_after_a_part_is_shown_finds_a_form_that_is_ready(
    installation: Installation, open_window: Open
) -> None:
    make_release(installation, "Ready", "either")
    maya = open_window("maya")
    maya.go("/inbox/")
    maya.page.evaluate(AT_ONCE)
    maya.page.locator("[data-row] a").first.click()
    expect(maya.page.locator("#pane h2[data-focus]")).to_be_focused()
    assert set(maya.page.evaluate("window.atOnce")) == {True}

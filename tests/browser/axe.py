"""axe in a page, in the four combinations of light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

from tests.browser.window import PHONE, WIDE

_SCRIPT: Final = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# With other colours only what is about colours can be found anew: no box moves, nothing is hidden.
COLOURS: Final = ["color-contrast", "link-in-text-block"]
_RUN: Final = """
async ([type, values]) => {
  const report = await axe.run({ runOnly: { type, values }, resultTypes: ["violations"] });
  return report.violations.flatMap((found) => found.nodes.map((node) => ({
    rule: found.id, target: node.target.join(" "), html: node.html.slice(0, 160),
    why: node.failureSummary.replace(/\\s+/g, " ").slice(0, 240),
  })));
}
"""


EVERY: Final = tuple((size, scheme) for size in (WIDE, PHONE) for scheme in ("light", "dark"))


def look_at(
    page: Page, combinations: Collection[tuple[tuple[int, int], str]] = EVERY
) -> list[dict[str, Any]]:
    """What axe finds, by rule and selector, with `as`: in which combination it was found.

    The page is loaded once; its window and its colours are changed under it.
    """
    found = []
    page.evaluate(_SCRIPT)
    for size, scheme in combinations:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        # Bars that stay at the edge of the window cover half of something wherever a page was left.
        page.evaluate("scrollTo(0, 0)")
        seen_in_light = scheme == "dark" and (size, "light") in combinations
        wanted = ["rule", COLOURS] if seen_in_light else ["tag", RULES]
        looked = page.evaluate(_RUN, wanted)
        found += [{**one, "as": f"{scheme} at {size[0]}"} for one in looked]
    page.emulate_media(color_scheme="light")
    return found


def sticks_out(page: Page) -> bool:
    """Whether one must scroll sideways at 320 pixels."""
    page.set_viewport_size({"width": 320, "height": 700})
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def told(found: list[dict[str, Any]]) -> list[str]:
    """Findings as lines."""
    return [
        f"{one['rule']} ({one['as']}): {one['target']}\n    {one['html']}\n    {one['why']}"
        for one in found
    ]

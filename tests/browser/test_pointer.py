"""A hand that rests on the mouse: what others do never puts another thing under it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.browser.installation import Installation
from tests.browser.releases import make_release, vote
from tests.browser.signs import LIVE

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only, pytest.mark.slow]

# Narrow enough for every part of the page to be short of room, and wide.
SIZES = [(1440, 900), (1180, 700), (900, 700)]
_UNDER = """([x, y]) => {
  const thing = document.elementFromPoint(x, y)?.closest('a, button, tr, li, h2, p');
  const box = thing?.getBoundingClientRect();
  return thing && [thing.id || thing.textContent.trim(), Math.round(box.top), Math.round(box.left)];
}"""


def rest_on(page: Page, thing: Locator) -> list[float]:
    """Put the mouse on something and leave it there; where that is."""
    thing.scroll_into_view_if_needed()
    box = thing.bounding_box()
    assert box is not None
    place = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    page.mouse.move(*place)
    return place


def under(page: Page, place: list[float]) -> Any:
    """What a press would hit there, and where it stands."""
    found = page.evaluate(_UNDER, place)
    assert found is not None
    return found


def assert_still(now: Any, before: Any) -> None:
    """It is the same thing at the same place, but for a part of a pixel."""
    assert now[0] == before[0]
    assert now[1:] == pytest.approx(before[1:], abs=1)


@pytest.mark.req("MON-1", "NTF-5")
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("opened", [False, True])
def test_new_rows_put_no_other_row_under_the_mouse(
    open_window: Open, installation: Installation, size: tuple[int, int], opened: bool
) -> None:
    here = make_release(installation, "Pointed at", "either")
    reference = f"ACT-{here.activities['gate']}"
    maya = open_window("maya", size=size)
    page = maya.page
    maya.go(f"/inbox/?open={reference}" if opened else "/inbox/")
    place = rest_on(page, page.locator(f"#press-{here.activities['gate']}"))
    before = under(page, place)
    assert before[0] == f"press-{here.activities['gate']}"
    make_release(installation, "News", "either")
    expect(page.locator("#inbox-news")).to_be_visible(timeout=LIVE)
    assert_still(under(page, place), before)


@pytest.mark.req("MON-1", "NTF-5")
def test_a_row_that_has_ended_leaves_those_below_it_where_they_are(
    open_window: Open, installation: Installation
) -> None:
    above = make_release(installation, "Above", "either")
    below = make_release(installation, "Below", "either")
    maya = open_window("maya")
    page = maya.page
    maya.go("/inbox/")
    gates = [made.activities["gate"] for made in (above, below)]
    place = rest_on(page, page.locator(f"#press-{gates[1]}"))
    before = under(page, place)
    vote(installation, "omar", gates[0], "approve")
    expect(page.locator(f"#row-{gates[0]}")).to_contain_text("No longer waits", timeout=LIVE)
    assert_still(under(page, place), before)


def watched(
    open_window: Open, installation: Installation, size: tuple[int, int]
) -> tuple[Page, int, int]:
    """Tom looks at a release: its page, one activity with a form that two approve, another for one."""
    made = make_release(installation, "Watched", "sampler")
    tom = open_window("tom", size=size)
    tom.go(made.path)
    return tom.page, made.activities["gate"], made.activities["other"]


def approve(installation: Installation, gate: int) -> None:
    """Maya is the first of two."""
    answers = {"risk": "low", "passed": True}
    vote(installation, "maya", gate, "approve", comment="It is as it should be.", inputs=answers)


@pytest.mark.req("MON-1", "NTF-5")
@pytest.mark.parametrize("size", SIZES)
def test_what_happens_in_a_release_puts_nothing_else_under_the_mouse(
    open_window: Open, installation: Installation, size: tuple[int, int]
) -> None:
    page, gate, other = watched(open_window, installation, size)
    row = page.locator("tr", has=page.locator(f"#status-{gate}"))
    place = rest_on(page, row.get_by_role("link", name="Gate", exact=True))
    before = under(page, place)
    vote(installation, "omar", other, "approve")
    expect(page.locator(f"#status-{other}")).to_contain_text("Completed", timeout=LIVE)
    assert_still(under(page, place), before)
    approve(installation, gate)
    expect(page.locator(f"#status-{gate}")).to_contain_text("1 of 2", timeout=LIVE)
    assert_still(under(page, place), before)


@pytest.mark.req("MON-1", "NTF-5")
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scrolled", [False, True])
@pytest.mark.parametrize("thing", [".feed-item a", "#feed-heading"])
def test_fewer_or_more_who_hold_it_up_leave_what_happened_where_it_is(
    open_window: Open, installation: Installation, size: tuple[int, int], scrolled: bool, thing: str
) -> None:
    page, gate, other = watched(open_window, installation, size)
    if scrolled:
        page.mouse.wheel(0, 4000)
    holders = page.locator("#release-holdups .holder")
    before_holders = holders.count()
    place = rest_on(page, page.locator(f"#feed {thing}").last)
    before = under(page, place)
    approve(installation, gate)
    vote(installation, "omar", other, "approve")
    expect(page.locator(f"#status-{other}")).to_contain_text("Completed", timeout=LIVE)
    expect(page.locator(f"#status-{gate}")).to_contain_text("1 of 2", timeout=LIVE)
    expect(holders).not_to_have_count(before_holders, timeout=LIVE)
    assert_still(under(page, place), before)


@pytest.mark.req("MON-1", "NTF-5")
@pytest.mark.parametrize("size", SIZES)
def test_a_part_that_changes_under_the_mouse_stays_where_it_is(
    open_window: Open, installation: Installation, size: tuple[int, int]
) -> None:
    page, gate, other = watched(open_window, installation, size)
    page.mouse.wheel(0, 150)
    part = page.locator("#release-holdups")
    rest_on(page, part.locator(".card-body"))
    before, words = top_of(part), part.inner_text()
    approve(installation, gate)
    vote(installation, "omar", other, "approve")
    expect(page.locator(f"#status-{other}")).to_contain_text("Completed", timeout=LIVE)
    expect(page.locator(f"#status-{gate}")).to_contain_text("1 of 2", timeout=LIVE)
    expect(part).not_to_have_text(words, use_inner_text=True, timeout=LIVE)
    assert top_of(part) == pytest.approx(before, abs=1)


def top_of(part: Locator) -> float:
    """Where it begins in the window."""
    box = part.bounding_box()
    assert box is not None
    return box["y"]

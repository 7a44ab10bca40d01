"""What holds for every page: axe finds nothing, nothing sticks out, it works without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Error, Page

from tests.browser.axe import look_at, sticks_out, told
from tests.browser.conftest import WIDE, Open, Window
from tests.browser.installation import Installation
from tests.browser.places import ELSEWHERE, NO_PAGES, PLACES, Place, make_scene, open_navigation
from tests.permissions.routes import patterns

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only, pytest.mark.slow]

PEOPLE = ("maya", "tom", "ada", "aud", "")
OF_MACHINES = re.compile(r"api/|admin/|metrics$")
PAGES = [place for places in PLACES.values() for place in places]
FAILS = ("404", "403")
Look = Callable[[Page, Place], list[str]]


def test_every_route_has_a_page_to_look_at_or_says_why_not() -> None:
    routes = {route for route, _ in patterns() if not OF_MACHINES.match(route)}
    known = {*PLACES, *NO_PAGES, *ELSEWHERE} - {*FAILS}
    assert sorted(routes - known) == []
    assert sorted(known - routes) == []
    assert {place.person for place in PAGES} == {*PEOPLE}


@pytest.fixture(scope="module")
def scene(installation: Installation) -> dict[str, int]:
    """The numbers in the addresses."""
    return make_scene(installation)


def arrive(window: Window, place: Place, scene: dict[str, int]) -> None:
    """Open a page, see that it is the one, and do there what is to be done."""
    path = place.path.format(**scene)
    for status in place.refusals:
        window.expects(status, "/")
    status = window.go(path)
    assert status == 200 or status in place.refusals, f"{place}: {status}"
    heading = window.page.locator("h1")
    assert heading.count() == 1, f"{place}: {heading.count()} times h1"
    assert str(heading.text_content()).strip().startswith(place.heading), place
    if place.tab:
        current = window.page.locator(".tabs [aria-current='page']").all_text_contents()
        assert [re.sub(r"[\s\d+]+$", "", one).strip() for one in current] == [place.tab], current
    if place.before:
        place.before(window.page)


def of(person: str, *, without_script: bool = False) -> list[Place]:
    """The pages that somebody looks at."""
    return [
        place
        for place in PAGES
        if place.person == person and (place.without_script or not without_script)
    ]


def faults(window: Window, place: Place, scene: dict[str, int], look: Look) -> list[str]:
    """What is wrong with a page, or why it was not to be seen: one fault hides no other's."""
    try:
        arrive(window, place, scene)
        found = look(window.page, place)
    except (AssertionError, Error) as error:
        found = [str(error).partition("Aria snapshot")[0]]
    return [f"{place}: {one}" for one in found]


def look_closely(page: Page, place: Place) -> list[str]:
    """axe in four combinations, then the narrowest window."""
    found = told(look_at(page))
    if place.before is not open_navigation and sticks_out(page):
        found.append("sticks out at 320 pixels")
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    return found


def read(page: Page, place: Place) -> list[str]:
    """Without a script: there is something to read, and nothing that only a script would bring."""
    main = page.locator("main")
    found = [] if main.count() == 1 else [f"{main.count()} times main"]
    if page.locator(".needs-js").filter(visible=True).count():
        found.append("shows what needs a script")
    if len(str(main.first.inner_text()).split()) < 6:
        found.append("is empty")
    return found


@pytest.mark.req("MON-3", "SEC-4")
@pytest.mark.parametrize("person", PEOPLE, ids=lambda name: name or "nobody")
def test_axe_finds_nothing_and_nothing_sticks_out(
    open_window: Open, scene: dict[str, int], person: str
) -> None:
    window = open_window(person)
    wrong = [one for place in of(person) for one in faults(window, place, scene, look_closely)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.req("MON-3")
@pytest.mark.parametrize("person", PEOPLE, ids=lambda name: name or "nobody")
def test_without_javascript_every_page_has_its_content(
    open_window: Open, scene: dict[str, int], person: str
) -> None:
    window = open_window(person, javascript=False)
    places = of(person, without_script=True)
    wrong = [one for place in places for one in faults(window, place, scene, read)]
    assert not wrong, "\n".join(wrong)

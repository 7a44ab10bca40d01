"""What holds for every page: axe finds nothing, nothing sticks out, it works without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import PHONE, WIDE, Open, Window
from tests.browser.installation import Installation

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only, pytest.mark.slow]

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FOR_EACH = {
    "maya": [
        "/inbox/", "/inbox/?tab=waiting", "/inbox/?tab=decided", "/inbox/?tab=all", "/releases/",
        "{release}", "{phase}", "{activity}", "{activity}?tab=history", "{activity}?tab=policy",
        "/notifications/", "/accounts/password/change/",
    ],
    "tom": ["/releases/new/", "{release}", "{release}abort/", "{activity}"],
    "ada": ["/config/roles/"],
    "": ["/accounts/login/", "/accounts/password/reset/"],
}  # fmt: skip


def _addresses(installation: Installation) -> dict[str, str]:
    """Pages of a release that waits for Maya, and of the activity that does."""
    code = (
        "from approvals.models import AskedPerson;"
        "from releases.models import Activity;"
        "row = AskedPerson.objects.filter(user__username='maya', is_open=True, has_answered=False)"
        ".select_related('approval').order_by('pk')[0];"
        "one = Activity.objects.select_related('phase').get(pk=row.approval.host.split(':')[1]);"
        "print(one.release_id, one.phase.key, one.pk)"
    )
    release, phase, activity = installation.manage("shell", "-v0", "-c", code).split()[-3:]
    return {
        "release": f"/releases/{release}/",
        "phase": f"/releases/{release}/phases/{phase}/",
        "activity": f"/activities/{activity}/",
    }


@pytest.fixture(scope="module")
def pages(installation: Installation) -> dict[str, list[str]]:
    """The addresses to look at, by person."""
    known = _addresses(installation)
    return {name: [one.format(**known) for one in paths] for name, paths in FOR_EACH.items()}


def _looked_at(window: Window, paths: list[str]) -> Iterator[str]:
    for path in paths:
        assert window.go(path) == 200, path
        yield path


@pytest.mark.req("MON-3", "SEC-4")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("name", list(FOR_EACH))
def test_axe_finds_nothing(
    open_window: Open, pages: dict[str, list[str]], name: str, size: tuple[int, int], dark: bool
) -> None:
    # axe is put into the page past its policy, which is tested elsewhere.
    window = open_window(name, size=size, dark=dark, bypass_csp=True)
    found = []
    for path in _looked_at(window, pages[name]):
        window.page.evaluate(AXE)
        report = window.page.evaluate("rules => axe.run({runOnly: rules})", RULES)
        found += [
            f"{path}: {one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
            for one in report["violations"]
            for node in one["nodes"][:3]
        ]
    assert not found, "\n".join(found)


@pytest.mark.req("MON-3")
@pytest.mark.parametrize("name", list(FOR_EACH))
def test_nothing_sticks_out_at_320_pixels(
    open_window: Open, pages: dict[str, list[str]], name: str
) -> None:
    window = open_window(name, size=(320, 700))
    wide = [
        path
        for path in _looked_at(window, pages[name])
        if window.page.evaluate("document.documentElement.scrollWidth") > 320
    ]
    assert wide == []


@pytest.mark.req("MON-3")
@pytest.mark.parametrize("name", list(FOR_EACH))
def test_every_page_opens_without_javascript(
    open_window: Open, pages: dict[str, list[str]], name: str
) -> None:
    window = open_window(name, javascript=False)
    for path in _looked_at(window, pages[name]):
        assert window.page.locator("h1").count() == 1, path
        assert window.page.locator("main").count() == 1, path

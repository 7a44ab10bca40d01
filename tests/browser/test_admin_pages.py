"""Every page of the administration, read from the URL table: axe finds nothing, nothing sticks out.

The faults of unfold and select2 that there were are mended by `portal/static/portal/css/admin.css` and
`js/admin.js`; there is no list of what is let pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pytest
from django.contrib import admin

from tests.browser.axe import look_at, sticks_out, told
from tests.browser.conftest import WIDE, Open
from tests.browser.installation import Installation
from tests.browser.places import make_scene
from tests.permissions.routes import patterns

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only, pytest.mark.slow]

# No pages: answers to scripts, what leads elsewhere, files; and the catch-all.
NO_PAGES: Final = re.compile(
    r"admin/(search/|login/|logout/|autocomplete/|jsi18n/|r/|password_change/|.*/export/$|\(\?P<url>)"
)
FEWEST: Final = 60


def addresses(installation: Installation) -> Iterator[str]:
    """An address of each route, with the newest row of its model; without a row there is no page."""
    yield "/admin/"
    tables = {model._meta.label_lower: model._meta for model in admin.site._registry}
    for route, _ in patterns():
        found = re.fullmatch(r"admin/(\w+)/(\w+)/(.*)", route)
        if not found or NO_PAGES.match(route):
            continue
        label, rest = f"{found[1]}.{found[2]}", found[3]
        row = newest(installation, tables[label].db_table, str(tables[label].pk.column))
        rest = rest.replace("<path:object_id>", row)
        if rest.startswith("^"):
            version = newest_version(installation, found[1], found[2], row)
            rest = f"{row}/history/{version}/" if version else ""
        elif rest == f"{row}/":
            continue  # leads to its page of changes
        if row or not rest:
            yield f"/admin/{found[1]}/{found[2]}/{rest}"


def newest(installation: Installation, table: str, key: str) -> str:
    """The key of the newest row; "" without one."""
    found = installation.rows(f"select max({key}) from {table}")[0][0]
    return "" if found is None else str(found)


def newest_version(installation: Installation, app: str, model: str, row: str) -> str:
    """The newest state of a row in its history; "" for what keeps none."""
    table = f"{app}_historical{model}"
    exists = "select count(*) from sqlite_master where name = ?"
    if not installation.rows(exists, table)[0][0]:
        return ""
    found = installation.rows(f"select max(history_id) from {table} where id = ?", row)[0][0]
    return "" if found is None else str(found)


@pytest.mark.req("ADM-1", "ADM-2", "MON-3", "SEC-4")
@pytest.mark.parametrize("half", [0, 1])
def test_axe_finds_nothing_and_nothing_sticks_out(
    open_window: Open, installation: Installation, half: int
) -> None:
    make_scene(installation)
    ada = open_window("ada")
    places = list(dict.fromkeys(addresses(installation)))
    wrong, seen = [], 0
    for number, path in enumerate(places):
        if number % 2 != half:
            continue
        for status in (403, 404, 405, 409):  # what may not be added, deleted or done any more
            ada.may_get(status, path)
        if ada.go(path) != 200:
            continue
        seen += 1
        found = told(look_at(ada.page))
        if sticks_out(ada.page):
            found.append("sticks out at 320 pixels")
        ada.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        wrong += [f"{path}: {one}" for one in found]
    assert seen >= FEWEST // 2
    assert not wrong, "\n".join(wrong)

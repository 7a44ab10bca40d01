"""Every page and every form × everybody × related or not, in a session: the exact answer, and no trace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from portal.health import WORKER, beat_heart
from portal.pages.demo_data import ACTS as DEMO_ACTS
from portal.pages.release_acts import ACTS
from tests.permissions.expected_pages import CASES, Case
from tests.permissions.routes import page_routes
from tests.permissions.scene import WHO, Place, Scene
from tests.permissions.sessions import Browsers
from tests.permissions.test_matrix import row_counts, undone

SIGN_IN = "/accounts/login/"
# Nobody is asked who they are, so two of them say it for all.
NO_METHOD = {"405"}
ANY_TWO = ("anonymous", "superuser")
# What is read is the same for htmx; only whoever may not read it is answered otherwise.
READ_BY_HTMX = ("anonymous", "outsider", "manager")


def address_of(case: Case, place: Place) -> str:
    """The address of a call on this place's object."""
    path = re.sub(r"<int:.*?>", str(place.names().get(case.target)), case.route)
    path = re.sub(r"<slug:.*?>", case.word, path)
    path = re.sub(r"\(\?P<\w+>[^)]*\)", "1", path).replace("^", "").replace("$", "")
    return f"{path}?{case.query.format(**place.names())}" if case.query else path


def form_of(case: Case, place: Place) -> dict[str, Any]:
    """The form of a call, about this place."""
    return {name: text.format(**place.names()) for name, text in (case.form or {}).items()}


def answered(answer: Any, *, by_htmx: bool) -> str:
    """The status; `in` where it says that nobody has signed in."""
    leads_in = answer.headers.get("Location", "").partition("?")[0] == SIGN_IN
    if answer.status_code == 401 or (leads_in and not by_htmx):
        return "in"
    return f"{answer.status_code} to the sign-in page" if leads_in else str(answer.status_code)


def wanted(case: Case, expected: str, *, by_htmx: bool) -> str:
    """What the table says; for htmx the status of a fragment where the table names one."""
    if expected == "back":
        return "403" if by_htmx else "303"
    return str(case.htmx) if by_htmx and case.htmx and expected[0] in "23" else expected


def calls(case: Case, scene: Scene) -> Iterator[tuple[Place, str, str]]:
    """(place, who, what the table says): each call once."""
    once = not case.target and "{" not in f"{case.query}{case.form}"
    assert case.ours == case.theirs or not once
    for place, line in ((scene.ours, case.ours), (scene.theirs, case.theirs)):
        for who, expected in zip(WHO, line.split(), strict=True):
            if (place is scene.theirs and once) or (
                set(line.split()) == NO_METHOD and who not in ANY_TWO
            ):
                continue
            yield place, who, expected


def test_the_table_names_every_page_and_form_and_no_other() -> None:
    named = {(case.method, case.route) for case in CASES}
    assert named == {(method, route) for route in page_routes() for method in ("GET", "POST")}
    for route, words in (
        ("/releases/<int:release_id>/<slug:act>/", set(ACTS)),
        ("/activities/<int:activity_id>/<slug:name>/", {"withdraw", "question", "retry", "skip"}),
        ("/setup/demo/<slug:act>/", set(DEMO_ACTS)),
    ):
        in_table = {case.word for case in CASES if case.route == route and case.method == "POST"}
        assert in_table == words | {"nonsense"}


@pytest.mark.req("SEC-1", "SEC-3", "B-10", "B-13", "A-059", "A-060", "A-068", "A-070", "A-066")
@pytest.mark.django_db
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("by_htmx", [False, True], ids=["plain", "htmx"])
def test_every_page_and_form_answers_everybody_as_the_table_says(
    by_htmx: bool, method: str
) -> None:
    scene = Scene()
    beat_heart(WORKER)
    browsers = Browsers(scene)
    wrong: list[str] = []
    before = row_counts()
    for case in (one for one in CASES if one.method == method):
        for place, who, expected in calls(case, scene):
            if by_htmx and method == "GET" and who not in READ_BY_HTMX:
                continue
            with undone():
                answer = browsers.send(
                    who, method, address_of(case, place), form_of(case, place), by_htmx=by_htmx
                )
                got = answered(answer, by_htmx=by_htmx)
                done = method == "POST" and got[0] in "23" and expected != "back"
                kept = done or row_counts() == before
            told = f"{case.method} {case.route} ({case.target} {case.word}) of {place.product.key}"
            if got != wanted(case, expected, by_htmx=by_htmx):
                wrong.append(f"{told} as {who}: {got}, not {expected}")
            if not kept:
                wrong.append(f"{told} as {who}: answered {got}, and rows were written")
    assert not wrong, "\n".join(wrong)

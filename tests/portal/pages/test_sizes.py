"""How much a browser has to load: pages, fragments, and the first of all pages (targets.md, ux.md 5.5).

Everything is as full as it gets: more rows than a list shows, sixty activities, two hundred approvers.
What counts is what goes over the wire, compressed.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from releases.models import Activity
from releases.services.activities import write_comment
from tests import builders as b
from tests import scenes
from tests.portal.pages.browser import Browser, Page
from tests.portal.pages.inbox import many
from tests.portal.pages.test_release_statements import failed, wide
from tests.portal.test_look import first_load_without_page

pytestmark = pytest.mark.django_db

PAGE, FRAGMENT, FIRST_LOAD = 40_000, 25_000, 200_000
APPROVERS = 200
# Long enough to be what people write; no two alike, as what people write is.
WORDS = (
    "Number {}: the totals of the last three runs agree with the ledger to the cent, see build {}."
)


def squeezed(content: bytes) -> int:
    """The bytes that go over the wire."""
    return len(gzip.compress(content, 6))


def full_inbox() -> tuple[Any, list[Activity]]:
    """Somebody whom sixty-four questions wait for."""
    maya = scenes.people("maya", "omar").maya
    return maya, many(64, of="maya")


def full_release() -> tuple[Any, Any]:
    """A release of eight phases and sixty-four activities, some of them failed, with a long feed."""
    release = failed(wide(8, 8), 2)
    maya = scenes.people("maya").maya
    for number in range(60):
        gate = b.activity(release, f"p{number % 8}.a1")
        text = WORDS.format(number, number * 7919)
        write_comment(activity_id=gate.pk, text=text, actor=b.actor_for(maya))
    return maya, release


def full_activity() -> tuple[Any, Activity]:
    """An activity that two hundred people are asked about; half of them have answered."""
    crew = [b.person(f"person-{number}") for number in range(APPROVERS)]
    maya = scenes.people("maya").maya
    group = b.group("board", *crew, maya)
    gate = scenes.ask({"group": group.name, "each": True}, rule="unanimous")
    for number, person in enumerate(crew[: APPROVERS // 2]):
        b.vote(gate, person, comment=WORDS.format(number, number * 6101))
    return maya, gate


def too_large(found: dict[str, int], most: int) -> dict[str, int]:
    """What is too large, by what was asked for."""
    return {name: size for name, size in found.items() if size > most}


def sizes_of(user: Any, paths: Iterator[str] | list[str]) -> dict[str, int]:
    """The size of each page."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    found = {}
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        found[path] = squeezed(answer.content)
    return found


@pytest.mark.req("MON-4")
def test_the_inbox_is_small_however_much_waits() -> None:
    maya, asked = full_inbox()
    tabs = ("mine", "others", "snoozed", "decided", "all")
    pages = [f"/inbox/?tab={tab}" for tab in tabs]
    found = sizes_of(maya, [*pages, f"/inbox/?open={asked[0].reference}"])
    assert too_large(found, PAGE) == {}


@pytest.mark.req("MON-1", "MON-2")
def test_the_pages_of_a_wide_release_are_small() -> None:
    maya, release = full_release()
    here = f"/releases/{release.pk}/"
    pages = [here, f"{here}?graph=all", f"{here}?feed=decisions", f"{here}phases/p0/"]
    assert too_large(sizes_of(maya, pages), PAGE) == {}
    assert too_large(sizes_of(scenes.tom(), [*pages, "/releases/"]), PAGE) == {}


@pytest.mark.req("MON-3", "NTF-7")
def test_the_page_of_an_activity_of_two_hundred_is_small() -> None:
    maya, gate = full_activity()
    here = f"/activities/{gate.pk}/"
    tabs = ("discussion", "history", "policy", "notifications")
    found = sizes_of(maya, [f"{here}?tab={tab}" for tab in tabs])
    assert too_large(found, PAGE) == {}


@pytest.mark.req("NTF-5")
def test_the_centre_and_its_panel_are_small() -> None:
    maya, _ = full_inbox()
    assert too_large(sizes_of(maya, ["/notifications/"]), PAGE) == {}
    assert too_large(sizes_of(maya, ["/notifications/latest/"]), FRAGMENT) == {}
    client = Client()
    client.force_login(maya, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post("/notifications/read-all/", headers={"HX-Request": "true"})
    assert squeezed(answer.content) <= FRAGMENT


def polled(user: Any, scope: str, page: Page | None = None) -> int:
    """The size of the first answer to a poll, which says everything that there is to say."""
    fields: dict[str, Any] = {"scope": scope, "since": ""}
    if page is not None:
        inputs = page.root.all("input", class_="live-input")
        fields |= {one.attrs["name"]: one.attrs["value"] for one in inputs}
        fields["row"] = [
            f"{one.attrs['value'].rpartition('.')[0]}.0"  # as if each row had changed since
            for one in inputs
            if one.attrs["name"] == "row"
        ]
        fields["cells"] = ".".join(
            one.attrs["value"] for one in inputs if one.attrs["name"] == "cells"
        )
    answer = Browser(user).client.get("/live/", fields, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return squeezed(answer.content)


@pytest.mark.req("NTF-5")
def test_what_is_swapped_live_is_small() -> None:
    maya, _ = full_inbox()
    page = Browser(maya).get("/inbox/")
    assert len(page.root.all("li", class_="inbox-row")) == 50
    reader, release = full_release()
    owner, gate = full_activity()
    found = {
        "inbox": polled(maya, "inbox", page),
        "release": polled(reader, f"release:{release.pk}"),
        "activity": polled(owner, f"activity:{gate.pk}"),
        "frame": polled(maya, "none"),
    }
    assert too_large(found, FRAGMENT) == {}


@pytest.mark.req("MON-4", "EXE-3")
def test_what_an_act_brings_back_is_small() -> None:
    maya, _ = full_inbox()
    browser = Browser(maya)
    row = browser.get("/inbox/").root.all("form")
    press = next(one for one in row if one.attrs["action"].endswith("/press/"))
    pressed = browser.send(press, htmx=True)
    assert pressed.status == 200
    owner, gate = full_activity()
    other = Browser(owner)
    pane = other.client.get(
        f"/inbox/?open={gate.reference}", headers={"HX-Request": "true", "HX-Target": "pane"}
    )
    form = other.get(f"/activities/{gate.pk}/").form("/decide/")
    decided = other.send(form, htmx=True, verdict="approve")
    assert (pane.status_code, decided.status) == (200, 200)
    found = {
        "row": squeezed(pressed.html.encode()),
        "pane": squeezed(pane.content),
        "decision": squeezed(decided.html.encode()),
    }
    assert too_large(found, FRAGMENT) == {}


@pytest.mark.req("MON-4")
def test_the_first_load_of_a_full_inbox_fits_into_200_kilobytes() -> None:
    maya, _ = full_inbox()
    page = max(sizes_of(maya, ["/inbox/"]).values())
    assert page + first_load_without_page() <= FIRST_LOAD

"""What the inbox puts together once says the same as what is put together for one reader and one row."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from portal.pages.inbox import bounds_for
from portal.pages.inbox_lists import Reader
from portal.pages.inbox_words import TABS
from releases import inbox
from releases.services.snoozes import snooze_activity
from tests import builders as b
from tests import scenes
from tests.portal.pages.browser import Browser
from tests.portal.pages.inbox import due_at, row_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("MON-4"), pytest.mark.sqlite]


def reader_of(user: Any) -> Reader:
    return Reader.at(b.actor_for(user), bounds_for(timezone.now(), ZoneInfo("Europe/Berlin")))


def company() -> list[Any]:
    """Readers with no role, some, many and all rights, for whom different things wait."""
    crew = scenes.people("maya", "omar", "ines", "ruth")
    hours = dt.timedelta(hours=1)
    later, soon, decided = (
        scenes.ask({"user": "maya"}, {"user": "omar"}, rule="unanimous") for _ in range(3)
    )
    due_at(soon, timezone.now() + hours)
    due_at(later, timezone.now() + 30 * hours)
    b.vote(decided, crew.maya)
    snooze_activity(activity_id=later.pk, until=None, actor=b.actor_for(crew.maya))
    for number in range(3):
        held = b.role(f"role-{number}")
        b.give(held.slug, crew.ines)
        if number == 1:
            b.give(held.slug, crew.ruth)
        scenes.ask({"role": held.slug})
    scenes.run(b.phase("main", b.manual("gate", {"user": "omar"}), owner={"role": "role-1"}))
    return [crew.maya, crew.omar, crew.ines, crew.ruth, scenes.tom(), b.superuser()]


def test_each_list_has_the_same_rows_releases_and_numbers_for_every_reader() -> None:
    filled = set()
    for user in company():
        reader = reader_of(user)
        for tab in TABS:
            plain = reader.list_called(tab)
            shown = [one.pk for one in reader.first_page(tab)]
            assert shown == [one.pk for one in plain.page_of(plain.rows)], (user, tab)
            releases = list(inbox.releases_in(plain.rows, plain.path))
            assert reader.releases(tab) == releases, (user, tab)
            counted = inbox.count_lists(reader.counted(tab), reader.bounds)
            assert reader.numbers(tab) == counted, (user, tab)
            filled |= {(str(user), tab)} if shown else set()
    assert {tab for _, tab in filled} == set(TABS)
    # By three roles, by the phase of one of them, and by none.
    assert {("ines", "mine"), ("ines", "others"), ("ruth", "others"), ("ada", "all")} <= filled
    assert ("omar", "others") not in filled


def test_rows_that_look_alike_say_each_its_own_words_and_no_markup_of_anybody() -> None:
    crew = scenes.people("maya")
    names = ("Plain", '<b>Bold</b> & "quoted"', "number")
    gates = [
        b.manual(f"g{place}", {"user": "maya"}, name=name, needs=[])
        for place, name in enumerate(names)
    ]
    release = scenes.run(b.phase("main", *gates))
    page = Browser(crew.maya).get("/inbox/")
    for place, name in enumerate(names):
        activity = b.activity(release, f"g{place}")
        row = row_of(page, activity)
        assert row.one("a", class_="list-title").text == name
        assert row.one("a", class_="list-title").attrs["href"] == f"/activities/{activity.pk}/"
        given = {one.attrs["name"]: one.attrs["value"] for one in row.all("input")}
        assert given["row"].startswith(f"{activity.pk}.")
        assert given["fingerprint"] == b.round_of(activity).fingerprint
        assert not row.all("b")
    forms = [one.attrs["action"] for one in page.root.all("form") if "press" in one.attrs["action"]]
    assert len(set(forms)) == len(names)

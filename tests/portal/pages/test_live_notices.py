"""The notification centre and the panel at the bell while they are open: what is new is told (NTF-5)."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import Notice
from releases.services.activities import write_comment
from releases.services.lifecycle import hold_release, resume_release
from releases.services.roles import end_role
from tests import builders as b
from tests import scenes
from tests.portal.pages.browser import Browser, _read
from tests.portal.pages.inbox import statements
from tests.portal.pages.live import Tab, counts, swapped

pytestmark = [pytest.mark.django_db, pytest.mark.req("NTF-5")]


def with_the_panel_open(user: Any, path: str = "/inbox/") -> Tab:
    """A page on which somebody has opened the panel at the bell, and that has asked once."""
    tab = Tab.of(user, path)
    panel = _read(tab.browser.client.get("/notifications/latest/"))
    [known] = panel.root.all("input", class_="live-input")
    tab.fields[known.attrs["name"]] = known.attrs["value"]
    assert tab.page is not None
    tab.page.root.children.append(panel.root)
    return tab


def test_new_ones_are_told_by_a_bar_and_no_line_is_put_in_or_moved() -> None:
    crew = scenes.people("maya")
    scenes.ask({"user": "maya"})
    tab = Tab.of(crew.maya, "/notifications/")
    first = tab.page
    assert first is not None
    assert not first.part("notices-news").text
    assert first.root.one("span", data_count="notices-unread").text == "1"
    asked = [scenes.ask({"user": "maya"}, name=name) for name in ("Load test", "Rehearsal")]
    page = tab.news()
    assert page.part("notices-news").text == "2 new. Show"
    assert page.part("notices-show").attrs["href"] == "/notifications/"
    assert counts(page)["notices-unread"] == 3
    assert swapped(page) == {"notices-news", "live-since"}
    assert "Load test" not in page.html
    shown = Browser(crew.maya).get(
        page.part("notices-show").attrs["hx-get"], **{"HX-Request": "true"}
    )
    assert all(f"/activities/{one.pk}/" in shown.html for one in asked)
    assert "data-focus" in shown.part("notices").all("h2")[0].attrs
    assert "hidden" in shown.part("notices-news").attrs


def test_once_they_are_shown_nothing_is_new() -> None:
    crew = scenes.people("maya")
    scenes.ask({"user": "maya"})
    Tab.of(crew.maya, "/notifications/")
    scenes.ask({"user": "maya"})
    again = Tab.of(crew.maya, "/notifications/")
    scenes.ask({"role": "release-manager"})  # something else has happened
    page = again.news()
    assert page.part("notices-news").text == ""
    assert "hidden" in page.part("notices-news").attrs


def test_nothing_new_is_204_by_two_statements() -> None:
    crew = scenes.people("maya")
    scenes.ask({"user": "maya"})
    for tab in (Tab.of(crew.maya, "/notifications/"), with_the_panel_open(crew.maya)):
        found: list[Any] = []
        asked_for = statements(lambda: found.append(tab.ask()))  # noqa: B023
        assert (found[0].status_code, found[0].content) == (204, b"")
        assert len(asked_for) == 2, asked_for


def test_the_unread_ones_are_counted_without_those_that_were_read_elsewhere() -> None:
    crew = scenes.people("maya")
    tab = Tab.of(crew.maya, "/notifications/?show=unread")
    scenes.ask({"user": "maya"})
    elsewhere = Browser(crew.maya)
    elsewhere.send(elsewhere.get("/notifications/").form("/notifications/read/"))
    scenes.ask({"user": "maya"})
    page = tab.news()
    assert page.part("notices-news").text == "1 new. Show"
    assert page.part("notices-show").attrs["href"] == "/notifications/?show=unread"
    assert counts(page)["notices-unread"] == 1


@pytest.mark.req("MON-5")
def test_what_one_may_see_no_more_is_not_counted() -> None:
    crew = scenes.people("maya", "vera")
    asked = scenes.ask({"user": "maya"})
    given = b.give("release-manager", crew.vera, scope=asked.release.scope)
    tabs = [Tab.of(crew.vera, "/notifications/"), with_the_panel_open(crew.vera)]
    hold_release(release_id=asked.release_id, reason="Wait.", actor=b.actor_for(scenes.tom()))
    assert Notice.objects.filter(user=crew.vera, moment="release_held").exists()
    end_role(assignment_id=given.pk, actor=b.SYSTEM)
    for tab, place in zip(tabs, ("notices-news", "bell-news"), strict=True):
        assert tab.news().part(place).text == ""


def test_the_open_panel_at_the_bell_says_so_on_any_page() -> None:
    crew = scenes.people("maya")
    scenes.ask({"user": "maya"})
    for path in ("/inbox/", "/help/", "/notifications/"):
        tab = with_the_panel_open(crew.maya, path)
        scenes.ask({"user": "maya"})
        page = tab.news()
        assert page.part("bell-news").text == "1 new. Show", path
        latest = page.part("bell-show").attrs["hx-get"]
        shown = _read(tab.browser.client.get(latest))
        assert shown.root.all("", data_focus="")
        assert not _read(tab.browser.client.get("/notifications/latest/")).root.all(
            "", data_focus=""
        )


def test_a_page_whose_panel_was_never_opened_gets_nothing_for_it() -> None:
    crew = scenes.people("maya")
    asked = scenes.ask({"user": "maya"})
    tab = Tab.of(crew.maya, f"/activities/{asked.pk}/")
    write_comment(activity_id=asked.pk, text="Well?", actor=b.actor_for(scenes.tom()))
    assert "bell-news" not in swapped(tab.news())


def test_one_that_is_committed_late_below_the_newest_key_is_new_all_the_same() -> None:
    crew = scenes.people("maya")
    asked = scenes.ask({"user": "maya"})
    tab = Tab.of(crew.maya, "/notifications/")
    # As if the newest of them had been seen alone: those that came a moment ago are known one by one.
    known = tab.fields["told"]
    assert known.startswith("0."), known
    tab.fields["told"] = "0.999999999"
    hold_release(release_id=asked.release_id, reason="Wait.", actor=b.actor_for(scenes.tom()))
    assert tab.news().part("notices-news").text == "1 new. Show"


@pytest.mark.parametrize("told", ["", "x", "1.x", "-1", "9" * 40, "."])
def test_what_makes_no_sense_is_not_answered(told: str) -> None:
    crew = scenes.people("maya")
    scenes.ask({"user": "maya"})
    for name in ("told", "bell"):
        tab = Tab(crew.maya, "notices")
        tab.fields[name] = told
        answer = tab.ask()
        assert answer.status_code == 200
        assert b"-news" not in answer.content


def test_a_resumed_release_is_no_news_for_whoever_is_not_told() -> None:
    crew = scenes.people("maya", "omar")
    asked = scenes.ask({"user": "maya"})
    tab = Tab.of(crew.omar, "/notifications/")
    hold_release(release_id=asked.release_id, reason="Wait.", actor=b.actor_for(scenes.tom()))
    resume_release(release_id=asked.release_id, reason="On.", actor=b.actor_for(scenes.tom()))
    assert tab.news().part("notices-news").text == ""

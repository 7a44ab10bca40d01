"""Parts of a page that many see alike are kept, and still say what is so, to each in their own time."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import caches
from django.template.loader import render_to_string

from portal.pages.activity_so_far import Line, SoFar
from portal.templatetags.portal_ui import digest_of, moment_markup
from releases.models import Release
from releases.services.activities import retry_activity, write_comment
from releases.services.content import ContentChange, change_release
from releases.services.ownership import change_manager
from tests import builders as b
from tests.portal.pages.browser import Browser, Node, parsed
from tests.scenes import people, run, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("EXE-3")]


def _release() -> Release:
    for name in ("maya", "omar"):
        b.person(name)
    return run(
        b.phase(
            "main",
            b.manual("gate", {"user": "maya"}, {"user": "omar"}, needs=[]),
            b.manual("risk", {"user": "omar"}, needs=[]),
        )
    )


def _page(name: str, release: Release) -> Node:
    user = b.get_user_model().objects.get(username=name)
    return Browser(user).get(f"/activities/{b.activity(release, 'gate').pk}/").root


def _times(part: Node) -> list[str]:
    return [one.text for one in part.all("time")]


def test_a_vote_and_a_comment_after_the_first_look_are_shown_at_the_next() -> None:
    release = _release()
    omar = b.get_user_model().objects.get(username="omar")
    before = _page("maya", release)
    assert "Go." not in before.text
    b.vote(b.activity(release, "risk"), omar, comment="Go.")
    gate = b.activity(release, "gate")
    for text in ("First.", "Second."):
        write_comment(activity_id=gate.pk, text=text, actor=b.actor_for(omar))
        assert text in _page("maya", release).one("div", id="activity-comments").text
    assert "Go." in _page("maya", release).one("section", class_="activity-so-far").text


def test_each_reads_the_same_comments_and_votes_in_the_time_of_their_own_place() -> None:
    release = _release()
    omar = b.get_user_model().objects.get(username="omar")
    omar.time_zone = "Asia/Kolkata"  # half an hour off every other place here
    omar.save(update_fields=["time_zone"])
    b.vote(b.activity(release, "risk"), omar, comment="Go.")
    write_comment(
        activity_id=b.activity(release, "gate").pk, text="First.", actor=b.actor_for(omar)
    )
    for shown in ({"id": "activity-comments"}, {"class_": "activity-so-far"}):
        by_maya, by_omar = (
            [one for part in _page(name, release).all("", **shown) for one in _times(part)]
            for name in ("maya", "omar")
        )
        assert by_maya
        assert by_maya != by_omar


# --- What one approves -------------------------------------------------------------------------------


def _facts(name: str, release: Release) -> dict[str, str]:
    """The facts as somebody reads them at the gate, by their labels."""
    shown = _page(name, release).one("section", class_="activity-facts")
    labels = [one.text for one in shown.all("dt")]
    return dict(zip(labels, (one.text for one in shown.all("dd")), strict=True))


def _shipping(commit: str, manager: str, hour: int, **more: Any) -> Release:
    """A release with a window of an hour, whose gate asks Maya and then Omar."""
    people("maya", "omar", manager)
    start = dt.datetime(2026, 3, 2, hour, tzinfo=dt.UTC)
    gate = b.manual("gate", {"user": "maya"}, {"user": "omar"}, rule="unanimous")
    return run(
        b.phase("main", gate), commit=commit, manager=manager,
        window_from=start, window_until=start + dt.timedelta(hours=1), **more,
    )  # fmt: skip


def _told(facts: dict[str, str]) -> tuple[str, str, str]:
    return facts["Commit"], facts["Release manager"], facts["Window"]


def test_the_facts_are_those_of_each_release_and_of_now() -> None:
    first, second = _shipping("abc111", "vera", 9), _shipping("abc222", "wim", 14)
    window = "2 Mar 2026, 09:00 UTC until 2 Mar 2026, 10:00 UTC"
    later = "2 Mar 2026, 14:00 UTC until 2 Mar 2026, 15:00 UTC"
    for _ in range(2):
        assert _told(_facts("maya", first)) == ("abc111", "vera", window)
        assert _told(_facts("maya", second)) == ("abc222", "wim", later)
    change_manager(release_id=first.pk, manager="wim", reason="Vera is away.", actor=b.SYSTEM)
    assert _told(_facts("maya", first)) == ("abc111", "wim", window)
    b.vote(b.activity(first, "gate"), people("maya").maya, "reject")
    change = ContentChange(commit="abc333")
    change_release(release_id=first.pk, change=change, reason="Mended.", actor=b.SYSTEM)
    # The round was asked about the commit of then, and the next one is about the new one.
    assert _facts("maya", first)["Commit"] == "abc111"
    retry_activity(
        activity_id=b.activity(first, "gate").pk, reason="Again.", actor=b.actor_for(tom())
    )
    assert _told(_facts("maya", first)) == ("abc333", "wim", window)
    assert _told(_facts("maya", second)) == ("abc222", "wim", later)


def test_each_reads_the_window_in_the_time_of_their_own_place() -> None:
    release = _shipping("abc111", "vera", 9)
    omar = people("omar").omar
    omar.time_zone = "Asia/Kolkata"
    omar.save(update_fields=["time_zone"])
    assert _facts("maya", release)["Window"].startswith("2 Mar 2026, 09:00 UTC until")
    assert _facts("omar", release)["Window"].startswith("2 Mar 2026, 14:30 IST until")


# --- What else each part depends on ------------------------------------------------------------------


def test_a_comment_says_of_which_attempt_it_is_once_there_is_another() -> None:
    release = _release()
    gate, maya = b.activity(release, "gate"), people("maya").maya
    write_comment(activity_id=gate.pk, text="First.", actor=b.actor_for(maya))
    assert "attempt" not in _page("maya", release).one("div", id="activity-comments").text
    b.vote(gate, maya, "reject")
    retry_activity(activity_id=gate.pk, reason="Again.", actor=b.actor_for(tom()))
    assert "· attempt 1" in _page("maya", release).one("div", id="activity-comments").text


def test_another_zone_shows_at_once_in_the_menu_of_the_account() -> None:
    maya = people("maya").maya

    def menu() -> str:
        return Browser(maya).get("/inbox/").root.one("div", class_="menu-head").text

    assert menu() == "maya maya · times in UTC"
    maya.time_zone = "Asia/Kolkata"
    maya.save(update_fields=["time_zone"])
    assert menu() == "maya maya · times in Asia/Kolkata"


def test_all_of_a_release_leads_to_that_release() -> None:
    line = Line(7, "Scan", "completed", 1)
    told = SoFar(results=(line,), decisions=(), still_open=(), cut=True)
    for key in (1, 2):
        record = SimpleNamespace(so_far=told, release=Release(pk=key))
        page = parsed(render_to_string("portal/activities/_so_far.html", {"record": record}))
        [link] = [one for one in page.all("a") if one.text.startswith("All of")]
        assert (link.text, link.attrs["href"]) == (f"All of REL-{key}", f"/releases/{key}/")


# --- How parts are kept ------------------------------------------------------------------------------


_KEPT = re.compile(r"\{% cache .*?%\}(.*?)\{% endcache %\}", re.DOTALL)
_TAG = re.compile(r"<(/?)([a-z]+)\b[^>]*>")
_VOID = frozenset({"br", "hr", "img", "input"})


def test_a_kept_part_ends_every_element_that_it_begins() -> None:
    found = 0
    for path in Path("templates").rglob("*.html"):
        for part in _KEPT.findall(path.read_text(encoding="utf-8")):
            found += 1
            still_open: list[str] = []
            for end, name in _TAG.findall(part):
                if end:
                    assert still_open, f"{path} ends a {name} that began outside"
                    assert still_open.pop() == name, path
                elif name not in _VOID:
                    still_open.append(name)
            assert not still_open, f"{path} leaves {still_open} open"
    assert found


def test_a_process_keeps_the_parts_of_many_readers() -> None:
    parts = caches["template_fragments"]
    parts.clear()
    for number in range(2_000):
        parts.set(f"part-{number}", "x")
    assert parts.get("part-0") == "x"
    parts.clear()


def test_short_words_of_a_moment_change_at_midnight() -> None:
    when = dt.datetime(2026, 3, 2, 10, 39, tzinfo=dt.UTC)
    berlin = ZoneInfo("Europe/Berlin")
    days = [
        moment_markup(when, berlin, dt.datetime(2026, 3, day, hour, 30, tzinfo=dt.UTC))
        for day, hour in ((2, 12), (2, 22), (2, 23))
    ]
    assert days[0] == days[1]
    assert days[1] != days[2]  # in Berlin it is the next day by then


def test_what_is_kept_is_told_from_everything_else() -> None:
    assert digest_of(("a", "b")) == digest_of(("a", "b"))
    assert len({digest_of(one) for one in (("a", "b"), ("ab",), ("a', 'b",), ("b", "a"))}) == 4

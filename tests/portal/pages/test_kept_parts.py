"""Parts of a page that many see alike are kept, and still say what is so, to each in their own time."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from portal.templatetags.portal_ui import digest_of, moment_markup
from releases.models import Release
from releases.services.activities import write_comment
from tests import builders as b
from tests.portal.pages.browser import Browser, Node
from tests.scenes import run

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

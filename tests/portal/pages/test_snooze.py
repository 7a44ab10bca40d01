"""Snooze: put aside for a while, never past the deadline, never out of sight of the manager."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from approvals.services.reconcile import reconcile_round
from audit.errors import Conflict, Invalid, NotFound
from portal.pages.snooze import until_for
from portal.services.people import add_member
from releases.inbox import needs_me, snoozed_by, snoozers_of
from releases.models import Snooze
from releases.services.activities import retry_activity, write_comment
from releases.services.snoozes import snooze_activity, unsnooze_activity
from tests import builders as b
from tests import scenes
from tests.portal.pages.browser import Browser
from tests.portal.pages.inbox import due_at, inbox, references, row_of, tab_numbers

pytestmark = [pytest.mark.django_db, pytest.mark.req("MON-4")]

HOUR = dt.timedelta(hours=1)


def put_aside(activity: Any, user: Any, until: dt.datetime | None = None, **more: Any) -> Snooze:
    return snooze_activity(activity_id=activity.pk, until=until, actor=b.actor_for(user), **more)


def waits(user: Any, now: dt.datetime | None = None) -> int:
    return needs_me(b.actor_for(user), now or timezone.now()).count()


def test_what_is_put_aside_is_under_snoozed_and_still_counts_in_the_navigation() -> None:
    crew = scenes.people("maya", "omar")
    asked, other = scenes.ask({"user": "maya"}, {"user": "omar"}), scenes.ask({"user": "maya"})
    browser = Browser(crew.maya)
    page = browser.get(f"/inbox/{asked.pk}/snooze/")
    assert page.status == 200
    page = browser.send(page.form("/snooze/"), until="hour")
    assert references(page) == [other.reference]
    assert tab_numbers(page)["snoozed"] == 1
    assert "1 needs you" in page.text
    assert "1 snoozed" in page.text
    badges = {one.text for one in page.root.all("span", data_count="waiting")}
    assert badges == {"2 waiting"}
    snoozed = browser.get("/inbox/?tab=snoozed")
    assert references(snoozed) == [asked.reference]
    assert "still counts in the number beside" in snoozed.text
    assert references(inbox(crew.omar)) == [asked.reference], "nobody else's list"
    assert references(browser.send(row_of(snoozed, asked).one("form"))) == []
    assert set(references(browser.get("/inbox/"))) == {asked.reference, other.reference}


@pytest.mark.parametrize("name", ["hour", "tomorrow", "change"])
def test_each_choice_puts_it_aside(name: str) -> None:
    maya = scenes.people("maya").maya
    asked = scenes.ask({"user": "maya"})
    browser = Browser(maya)
    page = browser.get(f"/inbox/{asked.pk}/snooze/")
    values = [one.attrs["value"] for one in page.root.all("button", name="until")]
    assert values == ["hour", "tomorrow", "change"]
    browser.send(page.form("/snooze/"), until=name)
    assert waits(maya) == 0


def test_tomorrow_is_nine_where_the_person_is() -> None:
    late = dt.datetime(2026, 11, 4, 23, 30, tzinfo=dt.UTC)  # already the 5th in Berlin
    berlin = ZoneInfo("Europe/Berlin")
    assert until_for("tomorrow", late, berlin) == dt.datetime(2026, 11, 6, 8, 0, tzinfo=dt.UTC)
    assert until_for("tomorrow", late, ZoneInfo("UTC")) == dt.datetime(
        2026, 11, 5, 9, 0, tzinfo=dt.UTC
    )


def test_it_comes_back_when_its_time_is_over() -> None:
    maya = scenes.people("maya").maya
    asked = scenes.ask({"user": "maya"})
    now = timezone.now()
    put_aside(asked, maya, now + HOUR)
    assert waits(maya, now) == 0
    assert waits(maya, now + HOUR) == 1
    assert snoozers_of(b.round_of(asked).pk, now + HOUR) == []


@pytest.mark.parametrize("until", [HOUR * 30, None])
def test_it_comes_back_at_its_deadline_whatever_was_chosen(until: dt.timedelta | None) -> None:
    maya = scenes.people("maya").maya
    asked = scenes.ask({"user": "maya"})
    now = timezone.now()
    put_aside(asked, maya, now + until if until else None)
    due_at(asked, now + HOUR)
    assert waits(maya, now) == 0
    assert waits(maya, now + HOUR) == 1


def test_nothing_is_put_aside_past_its_deadline_or_once_it_is_overdue() -> None:
    maya = scenes.people("maya").maya
    asked = scenes.ask({"user": "maya"})
    now = timezone.now()
    due_at(asked, now + HOUR / 2)
    browser = Browser(maya)
    page = browser.get(f"/inbox/{asked.pk}/snooze/")
    closed = {one.attrs["value"] for one in page.root.all("button", disabled="")}
    assert closed == {"hour", "tomorrow"}
    refused = browser.send(page.form("/snooze/"), until="hour")
    assert refused.status == 422
    assert "after the deadline" in refused.text
    due_at(asked, now - HOUR)
    assert "overdue" in browser.get(f"/inbox/{asked.pk}/snooze/").text
    for until in (None, now + HOUR):
        with pytest.raises(Conflict) as refusal:
            put_aside(asked, maya, until)
        assert refusal.value.code == "overdue"
    assert not Snooze.objects.exists()


def test_a_moment_that_is_past_or_far_away_is_refused() -> None:
    maya = scenes.people("maya").maya
    asked = scenes.ask({"user": "maya"})
    now = timezone.now()
    for until in (now - HOUR, now + dt.timedelta(days=3)):
        with pytest.raises(Invalid):
            put_aside(asked, maya, until)
    page = Browser(maya)
    assert (
        page.send(page.get(f"/inbox/{asked.pk}/snooze/").form("/snooze/"), until="x").status == 422
    )


def _vote(asked: Any, crew: Any) -> None:
    b.vote(asked, crew.omar)


def _comment(asked: Any, crew: Any) -> None:
    write_comment(activity_id=asked.pk, text="Look again.", actor=b.actor_for(crew.omar))


@pytest.mark.parametrize("happens", [_vote, _comment])
def test_until_something_changes_ends_with_a_vote_or_a_comment(happens: Any) -> None:
    crew = scenes.people("maya", "omar")
    asked = scenes.ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    write_comment(activity_id=asked.pk, text="Before.", actor=b.actor_for(crew.omar))
    put_aside(asked, crew.maya)
    assert waits(crew.maya) == 0
    happens(asked, crew)
    assert waits(crew.maya) == 1


def test_until_something_changes_ends_when_somebody_is_newly_asked() -> None:
    crew = scenes.people("maya", "omar")
    board = b.group("Board", crew.maya)
    asked = scenes.ask({"group": "Board"})
    put_aside(asked, crew.maya)
    assert waits(crew.maya) == 0
    add_member(user=crew.omar, group=board, actor=b.SYSTEM)
    reconcile_round(approval_id=b.round_of(asked).pk, actor=b.SYSTEM)
    assert waits(crew.maya) == 1


def test_another_attempt_is_another_question() -> None:
    crew = scenes.people("maya", "omar")
    asked = scenes.ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    put_aside(asked, crew.maya, timezone.now() + HOUR)
    b.vote(asked, crew.omar, "reject")
    retry_activity(activity_id=asked.pk, reason="Again.", actor=b.actor_for(scenes.tom()))
    assert waits(crew.maya) == 1


def test_only_what_waits_for_a_person_can_be_put_aside() -> None:
    crew = scenes.people("maya", "omar", "ines")
    asked = scenes.ask({"user": "maya"})
    for user in (scenes.tom(), b.superuser("ada")):
        with pytest.raises(Conflict) as refusal:
            put_aside(asked, user)
        assert refusal.value.code == "not_asked"
    b.vote(asked, crew.maya)
    with pytest.raises(Conflict):
        put_aside(asked, crew.maya)


@pytest.mark.req("MON-5")
def test_what_one_may_not_see_can_neither_be_put_aside_nor_asked_about() -> None:
    crew = scenes.people("maya", "ines")
    asked = scenes.ask({"user": "maya"})
    with pytest.raises(NotFound):
        put_aside(asked, crew.ines)
    with pytest.raises(NotFound):
        unsnooze_activity(activity_id=asked.pk, actor=b.actor_for(crew.ines))
    browser = Browser(crew.ines)
    assert browser.get(f"/inbox/{asked.pk}/snooze/").status == 404
    assert browser.client.post(f"/inbox/{asked.pk}/snooze/", {"until": "hour"}).status_code == 404
    assert browser.client.post(f"/inbox/{asked.pk}/press/").status_code == 404
    assert not Snooze.objects.exists()


def test_who_manages_the_release_sees_who_put_it_aside_until_when() -> None:
    crew = scenes.people("maya", "omar")
    asked = scenes.ask({"user": "maya"}, {"user": "omar"})
    until = timezone.now() + HOUR
    put_aside(asked, crew.maya, until)
    put_aside(asked, crew.omar)
    found = snoozers_of(b.round_of(asked).pk, timezone.now())
    assert [(str(one.user), one.until) for one in found] == [("maya", until), ("omar", None)]
    page = Browser(scenes.tom()).get(f"/activities/{asked.pk}/")
    assert "maya put this aside until" in page.text
    assert "omar put this aside until something changes" in page.text
    assert "put this aside" not in Browser(crew.maya).get(f"/activities/{asked.pk}/").text
    unsnooze_activity(activity_id=asked.pk, actor=b.actor_for(crew.maya))
    assert [str(one.user) for one in snoozers_of(b.round_of(asked).pk, timezone.now())] == ["omar"]


def test_putting_aside_goes_on_no_record_and_changes_nothing_for_the_round() -> None:
    maya = scenes.people("maya").maya
    asked = scenes.ask({"user": "maya"})
    before, version = scenes.events(asked), b.round_of(asked).version
    put_aside(asked, maya)
    put_aside(asked, maya, timezone.now() + HOUR)
    assert Snooze.objects.count() == 1
    assert scenes.events(asked) == before
    assert b.round_of(asked).version == version
    assert [one.snoozed_until for one in snoozed_by(b.actor_for(maya), timezone.now())] != [None]


def test_after_it_one_is_led_back_to_where_one_was_and_nowhere_else() -> None:
    maya = scenes.people("maya").maya
    asked = scenes.ask({"user": "maya"})
    client = Browser(maya).client
    for given, place in (
        ("/inbox/?tab=all", "/inbox/?tab=all"),
        ("https://evil.example/", "/inbox/"),
        ("//evil.example/", "/inbox/"),
        ("javascript:alert(1)", "/inbox/"),
    ):
        answer = client.post(f"/inbox/{asked.pk}/snooze/", {"until": "hour", "next": given})
        assert answer.status_code == 303
        assert answer.headers["Location"] == place

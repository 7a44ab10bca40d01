"""What an open activity page is told: everything follows, but no form is taken from under a writer."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from releases.models import Activity
from releases.services.activities import request_skip, retry_activities, write_comment
from releases.services.decisions import withdraw_from_activity
from releases.services.lifecycle import abort_release
from releases.services.roles import end_role
from releases.services.snoozes import snooze_activity, unsnooze_activity
from tests import builders as b
from tests import scenes
from tests.portal.pages.inbox import statements
from tests.portal.pages.live import Tab, swapped
from tests.scenes import people, pipe, run, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("NTF-5", "MON-3")]


def activity_tab(user: Any, of: Activity, ending: str = "") -> Tab:
    """An activity's page, open in somebody's browser."""
    return Tab.of(user, f"/activities/{of.pk}/{ending}")


def two_in_a_row() -> tuple[Activity, Activity]:
    """Two questions to Maya (and Omar), of which the second waits for the first."""
    release = run(
        b.phase(
            "p",
            b.manual("first", {"user": "omar"}),
            b.manual("second", {"user": "maya"}, {"user": "omar"}, rule="unanimous"),
        )
    )
    return b.activity(release, "first"), b.activity(release, "second")


def test_what_was_blocked_shows_its_form_as_soon_as_it_opens() -> None:
    who = people("maya", "omar")
    first, second = two_in_a_row()
    b.role("reader", rights=["view"])
    b.give("reader", who.maya)
    tab = activity_tab(who.maya, second)
    assert "Nobody is asked before this starts." in tab.page.part("decide").text
    assert "This has not started yet." in tab.page.part("activity-blocked").text
    b.vote(first, who.omar)
    news = tab.news()
    assert "Awaiting Approval" in news.part("activity-meta").text
    assert "Your decision" in news.part("decide").text
    assert news.part("decide").one("textarea", name="comment")
    assert news.part("activity-blocked").text == ""
    assert "hidden" not in news.part("activity-bar").attrs
    assert "0 of 2 approvals" in news.part("activity-seats").text


def test_a_form_whose_question_others_have_settled_is_followed_by_what_became_of_it() -> None:
    who = people("maya", "omar")
    gate = scenes.ask({"user": "maya"}, {"user": "omar"})
    tab = activity_tab(who.maya, gate)
    form = tab.page.part("decide")
    assert form.one("p", id="decide-news").attrs["hidden"] == ""
    assert form.one("a", data_show="").attrs["href"] == f"/activities/{gate.pk}/"
    b.vote(gate, who.omar)
    news = tab.news()
    assert "Completed" in news.part("activity-meta").text
    assert news.part("decide").all("form") == []
    assert news.part("decide").attrs["hx-swap-oob"] == "true"
    assert "hidden" in news.part("activity-bar").attrs
    assert "What happens next" not in news.part("activity-next").text


def test_a_vote_of_somebody_else_moves_the_seats_and_not_the_form() -> None:
    who = people("maya", "omar")
    gate = scenes.ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    tab = activity_tab(who.maya, gate)
    b.vote(gate, who.omar)
    news = tab.news()
    assert "1 of 2 approvals" in news.part("activity-seats").text
    assert not news.has("decide")
    assert not news.has("activity-bar")


def test_a_new_attempt_and_the_end_of_a_round_are_another_form_and_none() -> None:
    who = people("maya", "omar")
    gate = scenes.ask({"user": "maya"}, {"user": "omar"}, rule="unanimous", reject="first")
    tab = activity_tab(who.maya, gate)
    b.vote(gate, who.omar, "reject", "No.")
    retry_activities(activity_ids=[gate.pk], reason="Again.", actor=b.actor_for(tom()))
    form = tab.news().part("decide")
    assert form.one("input", name="attempt").attrs["value"] == "2"
    again = activity_tab(who.maya, gate)
    abort_release(release_id=gate.release_id, reason="Off.", actor=b.actor_for(tom()))
    assert again.news().part("decide").all("form") == []


@pytest.mark.req("EXE-7")
def test_a_decision_in_another_window_is_shown_here_and_a_withdrawal_too() -> None:
    who = people("maya", "omar")
    gate = scenes.ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    tab = activity_tab(who.maya, gate)
    b.vote(gate, who.maya)
    news = tab.news()
    assert "You decided: Approve" in news.part("decide").text
    tab.fields["situation"] = news.part("decide").one("input", name="situation").attrs["value"]
    b.vote(gate, who.maya, "approve", "Still.")
    withdraw_from_activity(activity_id=gate.pk, reason="", actor=b.actor_for(who.maya))
    assert "Your decision" in tab.news().part("decide").text


@pytest.mark.req("EXE-7")
def test_whoever_changes_their_decision_keeps_the_form() -> None:
    who = people("maya", "omar")
    gate = scenes.ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    b.vote(gate, who.maya)
    tab = activity_tab(who.maya, gate, "?change=1")
    assert tab.page.part("decide").one("textarea", name="comment")
    write_comment(activity_id=gate.pk, text="Hm.", actor=b.actor_for(who.omar))
    assert not tab.news().has("decide")
    b.vote(gate, who.omar)
    assert tab.news().part("decide").all("textarea") == []


@pytest.mark.req("POL-17")
def test_whoever_loses_the_seat_reads_that_they_cannot_decide() -> None:
    who = people("maya", "omar")
    b.role("qa-lead", "QA Lead")
    given = b.give("qa-lead", who.maya)
    b.give("qa-lead", who.omar)
    gate = scenes.ask({"role": "qa-lead"})
    tab = activity_tab(who.maya, gate)
    assert tab.page.part("decide").one("textarea", name="comment")
    end_role(assignment_id=given.pk, actor=b.SYSTEM)
    news = tab.news()
    assert "You cannot decide here." in news.part("decide").text
    assert news.part("decide").all("textarea") == []


@pytest.mark.req("MON-5")
def test_whoever_loses_sight_is_told_nothing_more() -> None:
    who = people("maya", "vera")
    given = b.give("release-manager", who.vera)
    gate = scenes.ask({"user": "maya"}, name="Secret merger")
    tab = activity_tab(who.vera, gate)
    end_role(assignment_id=given.pk, actor=b.SYSTEM)
    b.vote(gate, who.maya)
    answer = tab.ask()
    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.req("MON-5")
def test_whoever_loses_sight_while_it_stands_still_is_refused_as_well() -> None:
    who = people("maya", "vera")
    given = b.give("release-manager", who.vera)
    gate = scenes.ask({"user": "maya"})
    tab = activity_tab(who.vera, gate)
    end_role(assignment_id=given.pk, actor=b.SYSTEM)
    assert tab.ask().status_code == 404


@pytest.mark.parametrize("kind", ["release", "activity"])
def test_what_happens_elsewhere_renders_nothing_anew(kind: str) -> None:
    who = people("maya", "omar")
    gate, other = scenes.ask({"user": "maya"}), scenes.ask({"user": "omar"})
    key = gate.release_id if kind == "release" else gate.pk
    tab = Tab(who.maya, f"{kind}:{key}")
    tab.news()
    b.vote(other, who.omar)
    found: list[Any] = []
    asked_for = statements(lambda: found.append(tab.news()))
    assert swapped(found[0]) == {"live-since"}
    assert len(asked_for) == 4, asked_for
    assert tab.ask().status_code == 204


def test_new_comments_are_a_bar_below_those_that_are_read() -> None:
    who = people("maya", "omar")
    gate = scenes.ask({"user": "maya"})
    write_comment(activity_id=gate.pk, text="First.", actor=b.actor_for(tom()))
    tab = activity_tab(who.maya, gate)
    for text in ("Second.", "Third."):
        write_comment(activity_id=gate.pk, text=text, actor=b.actor_for(tom()))
    news = tab.news()
    show = news.part("activity-comments-bar").one("a")
    assert show.text == "2 new comments. Show"
    assert show.attrs["hx-select"] == show.attrs["hx-target"] == "#activity-comments"
    assert "Second." not in news.html
    assert not news.has("comment-form")
    elsewhere = activity_tab(who.maya, gate, "?tab=policy")
    write_comment(activity_id=gate.pk, text="Fourth.", actor=b.actor_for(tom()))
    assert not elsewhere.news().has("activity-comments-bar")


def test_who_put_it_aside_follows_though_nothing_is_recorded() -> None:
    who = people("maya", "omar")
    gate = scenes.ask({"user": "maya"})
    tab, others = activity_tab(tom(), gate), activity_tab(who.maya, gate)
    until = timezone.now() + timezone.timedelta(hours=1)
    snooze_activity(activity_id=gate.pk, until=until, actor=b.actor_for(who.maya))
    assert "maya put this aside until" in tab.news().part("activity-snoozers").text
    assert "put this aside" not in others.news().html
    unsnooze_activity(activity_id=gate.pk, actor=b.actor_for(who.maya))
    assert tab.news().part("activity-snoozers").text == ""


def test_deadline_requests_to_skip_and_results_follow() -> None:
    who = people("maya", "omar")
    release = run(
        b.phase(
            "p",
            b.pipeline("tests"),
            b.manual("gate", {"user": "maya"}, deadline={"after": "24h", "on_miss": "reject"}),
        )
    )
    tests, gate = b.activity(release, "tests"), b.activity(release, "gate")
    b.role("reader", rights=["view"])
    b.give("reader", who.maya)
    run_tab, gate_tab = activity_tab(who.maya, tests), activity_tab(who.maya, gate)
    assert "This runs by itself" in run_tab.page.part("decide").text
    assert gate_tab.page.part("activity-deadline").text == ""
    b.report(tests, pipe(), "passed", summary="All 90 pass.")
    news = run_tab.news()
    assert "All 90 pass." in news.part("activity-runs").text
    assert "Completed" in news.part("decide").text
    assert "Deadline" in gate_tab.news().part("activity-deadline").text
    b.role("breaker", rights=["view", "override"])
    b.give("breaker", who.omar)
    request_skip(activity_id=gate.pk, reason="It burns.", actor=b.actor_for(tom()))
    assert "tom asked to skip this: “It burns.”" in gate_tab.news().part("activity-blocked").text


def test_a_press_that_failed_offers_another_attempt_to_whoever_may() -> None:
    who = people("maya", "omar")
    gate = scenes.ask({"user": "maya"})
    managers, others = activity_tab(tom(), gate), activity_tab(who.maya, gate)
    b.vote(gate, who.maya, "reject", "No.")
    assert "You change what the release ships" in managers.news().part("decide").text
    theirs = others.news().part("decide")
    assert theirs.all("form") == []
    for words in ("Retry", "Fix", "Abort"):
        assert words not in theirs.text

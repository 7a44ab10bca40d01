"""What an open release page, and the page of one of its phases, is told without being loaded again."""

from __future__ import annotations

from typing import Any

import pytest

from releases.models import Release
from releases.services.activities import retry_activities, write_comment
from releases.services.lifecycle import hold_release, resume_release, start_release
from releases.services.roles import end_role
from tests import builders as b
from tests.portal.pages.browser import Page
from tests.portal.pages.live import Tab, swapped
from tests.portal.pages.releases import links, two_branches
from tests.scenes import people, pipe, run, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("NTF-5", "MON-1")]


def release_tab(user: Any, release: Release, ending: str = "") -> Tab:
    """A release's page, or one below it, open in somebody's browser."""
    return Tab.of(user, f"/releases/{release.pk}/{ending}")


def ways_out(page: Page) -> list[str]:
    return [one.all("span")[0].text for one in page.part("release-choices").all("a")]


@pytest.mark.req("EXE-6")
def test_after_a_failure_the_ways_out_appear_by_themselves_and_go_again() -> None:
    who = people("maya", "omar")
    release = two_branches()
    tab = release_tab(tom(), release)
    assert ways_out(tab.page) == []
    gate = b.activity(release, "qa.regression")
    b.vote(gate, who.maya, "reject", "Two tests fail.")
    news = tab.news()
    assert ways_out(news) == ["Retry", "Fix and resubmit", "Abort"]
    assert "in a new attempt" in news.part("release-choices").text
    assert "Phase Test and QA failed" in news.part("release-banner").text
    assert "Failed" in news.part("release-state").text
    assert "Retry what failed" in news.part("release-acts").text
    assert {"Retry", "Skip"} <= links(news.part(f"acts-{gate.pk}")).keys()
    assert "Two tests fail." in news.part(f"failures-{gate.pk}").text
    assert "1 failed" in news.part("release-pipeline").text
    retry_activities(activity_ids=[gate.pk], reason="Mended.", actor=b.actor_for(tom()))
    news = tab.news()
    assert ways_out(news) == []
    assert "Retry" not in news.part("release-acts").text
    assert "attempt 2" in news.part(f"status-{gate.pk}").text
    assert links(news.part(f"acts-{gate.pk}")) == {}


@pytest.mark.req("EXE-6", "MON-5")
def test_whoever_may_not_mend_it_is_sent_no_way_out() -> None:
    who = people("maya", "omar")
    release = two_branches()
    tab = release_tab(who.omar, release)
    b.vote(b.activity(release, "qa.regression"), who.maya, "reject", "Two tests fail.")
    news = tab.news()
    assert ways_out(news) == []
    assert "tom, or the owner of the phase" in news.part("release-banner").text
    assert "/retry/" not in news.html
    assert news.part("release-acts").all("a") == []


def test_hold_and_resume_change_the_acts_of_an_open_page() -> None:
    people("maya", "omar")
    release = two_branches()
    tab = release_tab(tom(), release)
    hold_release(release_id=release.pk, reason="Wait.", actor=b.actor_for(tom()))
    acts = tab.news().part("release-acts")
    assert "Resume" in acts.text
    assert "Hold" not in acts.text
    resume_release(release_id=release.pk, reason="", actor=b.actor_for(tom()))
    acts = tab.news().part("release-acts")
    assert "Hold" in acts.text
    assert "Resume" not in acts.text


def test_what_newly_waits_is_a_bar_and_never_a_row() -> None:
    who = people("maya", "omar")
    release = run(
        b.phase("p", b.manual("first", {"user": "omar"}), b.manual("second", {"user": "maya"}),
                b.manual("third", {"user": "maya"}, needs=["first"])),
    )  # fmt: skip
    b.give("release-manager", who.maya)
    tab = release_tab(who.maya, release)
    first, second = b.activity(release, "first"), b.activity(release, "second")
    assert "Start with" not in tab.page.part("release-banner").text
    b.vote(first, who.omar)
    news = tab.news()
    show = news.part("release-news").one("a")
    assert show.text == "2 new activities. Show"
    assert show.attrs["hx-select"] == show.attrs["hx-target"] == "#activities"
    assert show.attrs["href"] == f"/releases/{release.pk}/"
    assert news.root.all("tr") == []
    assert not news.has(f"status-{second.pk}")
    # What the banner names stands among the reader's own, and leads to its page.
    button = news.part("release-banner-button")
    assert button.text == "Start with: Second"
    assert button.attrs["href"] in links(news.part("release-mine")).values()
    assert "Second (On Hold – Awaiting Approval)" in news.part("release-graph-text").text
    assert "Second" in news.part("release-graph-drawing").text
    assert "Completed" in news.part(f"status-{first.pk}").text
    again = release_tab(who.maya, release)
    assert again.page.has(f"status-{second.pk}")
    assert again.page.part("release-news").text == ""


def test_the_bar_of_the_feed_stays_and_loads_the_feed() -> None:
    who = people("maya", "omar")
    release = two_branches()
    tab = release_tab(who.maya, release)
    gate = b.activity(release, "qa.regression")
    write_comment(activity_id=gate.pk, text="One.", actor=b.actor_for(who.omar))
    show = tab.news().part("release-feed-bar").one("a")
    assert show.text == "1 new. Show"
    assert show.attrs["hx-select"] == show.attrs["hx-target"] == "#feed"
    # A link to a place on the same page would load nothing.
    assert "#" not in show.attrs["href"]


def test_what_runs_by_itself_and_what_the_release_says_follow() -> None:
    people("maya", "omar")
    release = run(b.phase("p", b.pipeline("tests"), b.pipeline("deploy")))
    tab = release_tab(tom(), release)
    assert "Tests" in tab.page.part("release-running").text
    b.report(b.activity(release, "tests"), pipe(), "passed")
    news = tab.news()
    assert "Deploy" in news.part("release-running").text
    assert "Tests" not in news.part("release-running").text
    assert "Manager tom" in news.part("release-meta").text


def test_a_draft_that_starts_shows_that_there_is_more() -> None:
    people("maya", "omar")
    release = two_branches(start=False)
    tab = release_tab(tom(), release)
    below = release_tab(tom(), release, "phases/qa/")
    assert "Start" in tab.page.part("release-acts").text
    start_release(release_id=release.pk, actor=b.actor_for(tom()))
    news = tab.news()
    assert "3 new activities." in news.part("release-news").text
    assert "Hold" in news.part("release-acts").text
    assert "tom" in news.part("release-about").text
    news = below.news()
    assert "2 new activities." in news.part("release-news").text
    assert "2 approvals pending" in news.part("phase-head").text


def test_the_whole_drawing_stays_whole() -> None:
    who = people("maya", "omar")
    release = two_branches()
    whole, part = release_tab(who.maya, release, "?graph=all"), release_tab(who.maya, release)
    b.vote(b.activity(release, "security.scan"), who.omar)
    assert "Go (Blocked)" in whole.news().part("release-graph-text").text
    assert "Go (Blocked)" not in part.news().part("release-graph-text").text


@pytest.mark.req("MON-2")
def test_a_phase_page_follows_by_itself() -> None:
    who = people("maya", "omar")
    release = two_branches()
    tab = release_tab(tom(), release, "phases/qa/")
    regression, report = b.activity(release, "regression"), b.activity(release, "report")
    assert "0 of 2" in tab.page.part("phase-progress").text
    b.vote(report, who.omar)
    news = tab.news()
    assert "Waiting for Approval" in news.part("phase-head").text
    assert "1 approval pending" in news.part("phase-head").text
    assert "1 of 2" in news.part("phase-progress").text
    assert news.part("phase-progress").one("progress").attrs["value"] == "1"
    assert news.part(f"seats-{report.pk}").text == ""
    assert "hidden" in news.part(f"seats-{report.pk}").attrs
    b.vote(regression, who.maya, "reject", "No.")
    news = tab.news()
    assert "Failed" in news.part("phase-head").text
    assert "pending" not in news.part("phase-head").text
    assert ways_out(news) == ["Retry", "Fix and resubmit", "Abort"]
    assert {"Retry", "Skip"} <= links(news.part(f"acts-{regression.pk}")).keys()
    assert news.part("release-news").text == ""


@pytest.mark.req("MON-2")
def test_the_seats_of_a_phase_say_who_has_taken_one() -> None:
    who = people("maya", "omar")
    release = two_branches()
    tab = release_tab(tom(), release, "phases/security/")
    b.vote(b.activity(release, "scan"), who.omar)
    seats = tab.news().part(f"seats-{b.activity(release, 'scan').pk}")
    assert "Approved omar" in seats.text
    assert "Waiting maya" in seats.text


@pytest.mark.req("MON-5")
@pytest.mark.parametrize("ending", ["", "phases/main/"])
def test_who_lost_sight_of_it_is_told_nothing_more(ending: str) -> None:
    who = people("maya", "vera")
    given = b.give("release-manager", who.vera)
    release = run(b.phase("main", b.manual("gate", {"user": "maya"}, name="Secret merger")))
    tab = release_tab(who.vera, release, ending)
    end_role(assignment_id=given.pk, actor=b.SYSTEM)
    b.vote(b.activity(release, "gate"), who.maya)
    answer = tab.ask()
    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.req("MON-5")
def test_a_phase_that_is_not_there_and_cells_of_others_bring_nothing() -> None:
    who = people("maya", "omar")
    release, other = two_branches(), two_branches()
    tab = release_tab(who.maya, release, "phases/qa/")
    foreign = b.activity(other, "scan")
    tab.fields["cells"] = str(foreign.pk)
    b.vote(b.activity(release, "report"), who.omar)
    assert not any(str(foreign.pk) in one for one in swapped(tab.news()))
    tab.fields["phase"] = "nonsense"
    b.vote(b.activity(release, "scan"), who.omar)
    assert tab.ask().status_code == 404


@pytest.mark.req("MON-5")
def test_a_right_that_is_given_shows_its_acts_on_the_open_page() -> None:
    who = people("maya", "omar")
    release = two_branches()
    tab = release_tab(who.omar, release)
    assert tab.page.part("release-acts").text == ""
    b.give("release-manager", who.omar)
    assert "Hold" in tab.news().part("release-acts").text

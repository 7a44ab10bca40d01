"""The page of a release in each of its states, without script (MON-1, MON-5, REL-4, EXE-5)."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from portal.pages.release import load_release_page
from portal.pages.release_feed import FeedQuery
from portal.pages.release_fragments import release_fragments
from releases.services.activities import write_comment
from releases.services.lifecycle import (
    abort_release,
    defer_release,
    hold_release,
    start_release,
)
from tests import builders as b
from tests.portal.pages.browser import Browser
from tests.portal.pages.releases import links, row_of, seen, two_branches
from tests.scenes import ask, people, pipe, run, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("MON-1")]


def test_on_hold_says_both_numbers_and_leads_to_the_first_that_is_mine() -> None:
    who = people("maya", "omar")
    page = seen(who.maya, two_branches())
    banner = page.part("release-banner")
    assert "2 activities require your input" in banner.text
    assert "3 are open in total. Deploy starts when Test and QA and Security are complete." in (
        banner.text
    )
    [button] = banner.all("a", class_="button")
    assert button.text == "Start with: Scan review"  # it has a deadline, the other has none
    assert button.attrs["href"].startswith("/activities/")
    assert "On Hold" in page.part("release-state").text
    assert len(page.root.all("h1")) == 1


def test_whoever_is_not_asked_reads_who_is() -> None:
    people("maya", "omar")
    page = seen(tom(), two_branches())
    banner = page.part("release-banner")
    assert "3 activities require input: maya (2) and omar (2)" in banner.text
    assert "your input" not in banner.text
    assert banner.all("a", class_="button") == []
    assert not page.part("release-mine").text


def test_one_activity_requires_and_does_not_require_in_the_plural() -> None:
    maya = b.person("maya")
    page = seen(maya, ask({"user": "maya"}).release)
    assert "1 activity requires your input" in page.part("release-banner").text


def test_mine_stand_right_under_the_banner_before_the_phases() -> None:
    who = people("maya", "omar")
    page = seen(who.maya, two_branches())
    mine = page.part("release-mine")
    assert [one.text for one in mine.all("a", class_="list-title")] == ["Scan review", "Regression"]
    assert page.html.index('id="release-mine"') < page.html.index('id="release-pipeline"')
    assert [one.text for one in mine.all("a", class_="button")] == ["Review", "Review"]


def test_phases_are_cards_in_columns_with_word_figures_and_pending() -> None:
    who = people("maya", "omar")
    page = seen(who.maya, two_branches())
    columns = page.part("release-pipeline").all("li", class_="pipeline-column")
    assert [[card.all("span")[0].text for card in one.all("a")] for one in columns] == [
        ["Test and QA", "Security"],
        ["Deploy"],
    ]
    [first, second] = columns[0].all("a")
    assert "Waiting for Approval" in first.text
    assert "0/2" in first.text
    assert "2 pending" in first.text
    assert "1 pending" in second.text
    assert first.attrs["aria-current"] == "step"
    assert "aria-current" not in second.attrs
    assert first.attrs["href"].endswith("/phases/qa/")
    assert "Not started" in columns[1].text
    assert "pending" not in columns[1].text


def test_the_table_names_me_first_then_the_others_and_how_far_it_is() -> None:
    who = people("maya", "omar")
    release = two_branches()
    b.vote(b.activity(release, "security.scan"), who.omar)
    row = row_of(seen(who.maya, release), "Scan review")
    [_, status, waiting, time, acts] = [one for one in row.children if not isinstance(one, str)]
    assert "Awaiting Approval" in status.text
    assert "1 of 2" in status.text
    assert waiting.text == "You"
    assert [one.text for one in waiting.all("strong")] == ["You"]
    assert "min left" in time.text
    assert links(acts) == {"Review": f"/activities/{b.activity(release, 'security.scan').pk}/"}
    other = row_of(seen(who.omar, release), "Scan review")
    assert "maya" in other.text
    assert "You" not in other.text
    assert other.all("a", class_="button") == []


def test_many_are_named_by_their_group() -> None:
    crowd = [b.person(f"p{number}") for number in range(6)]
    gate = ask({"group": b.group("Board", *crowd).name})
    page = seen(tom(), gate.release)
    assert "Board (6)" in row_of(page, "Gate").text
    holders = page.part("release-holdups")
    assert "Board" in holders.text
    assert "p3" not in holders.text
    mine = seen(crowd[0], gate.release)
    assert "You , Board (6)" in row_of(mine, "Gate").text
    assert "p0" in mine.part("release-holdups").text


def test_who_holds_it_up_says_how_many_and_since_when_the_reader_first() -> None:
    who = people("maya", "omar")
    page = seen(who.omar, two_branches(now=timezone.now() - dt.timedelta(hours=3)))
    holders = page.part("release-holdups").all("li")
    assert [one.all("p")[0].text for one in holders] == ["omar you", "maya"]
    assert "2 activities · for 3 h 00 , since " in holders[0].text
    assert "data-since" in holders[0].one("time").attrs
    assert "1 overdue" in holders[0].text


def test_what_waits_for_what_stands_there_as_text_too() -> None:
    who = people("maya", "omar")
    release = two_branches()
    page = seen(who.maya, release)
    [svg] = page.part("graph").all("svg", class_="graph")
    assert svg.attrs["role"] == "img"
    assert svg.all("a") == []
    text = page.part("graph").one("ul").text
    assert "Report (On Hold – Waiting for Input) waits for nothing that is shown here." in text
    assert "Deploy (Not started, 1 activity) waits for Regression, Report and Scan review." in text
    assert "style=" not in page.html
    every = seen(who.maya, release, "?graph=all").part("graph")
    assert "Go (Blocked) waits for" in every.text


@pytest.mark.req("EXE-5")
def test_a_rejection_shows_why_and_three_ways_out_to_whoever_may() -> None:
    who = people("maya", "omar")
    release = two_branches()
    b.vote(b.activity(release, "qa.regression"), who.maya, "reject", "Two tests fail.")
    page = seen(tom(), release)
    banner = page.part("release-banner")
    assert "Phase Test and QA failed" in banner.text
    assert "maya rejected Regression: “Two tests fail.”" in banner.text
    [choices] = page.root.all("ul", class_="release-choices")
    assert [one.all("span")[0].text for one in choices.all("a")] == [
        "Retry", "Fix and resubmit", "Abort",
    ]  # fmt: skip
    assert "in a new attempt" in choices.text
    assert "ends for good" in choices.text
    assert "tom you" in page.part("release-holdups").text
    assert (
        "No activity requires your input. 2 are open in total: omar (2) and maya (1)."
        in banner.text
    )
    row = row_of(page, "Regression")
    assert "Rejected" in row.text
    assert "Two tests fail." in row.text
    assert set(links(row)) >= {"Retry", "Skip"}


@pytest.mark.req("EXE-6")
def test_whoever_may_not_mend_it_reads_who_does_and_is_offered_nothing() -> None:
    who = people("maya", "omar")
    release = two_branches()
    b.vote(b.activity(release, "qa.regression"), who.maya, "reject", "Two tests fail.")
    page = seen(who.omar, release)
    assert page.root.all("ul", class_="release-choices") == []
    assert "tom, or the owner of the phase, retries, fixes or aborts." in (
        page.part("release-banner").text
    )
    assert not {"Retry", "Skip"} & links(row_of(page, "Regression")).keys()
    assert "More" not in page.root.one("div", class_="page-actions").text


@pytest.mark.req("EXE-6")
def test_the_owner_of_the_failed_phase_is_offered_all_three() -> None:
    people("omar")
    maya, lena = b.person("maya"), b.person("lena")
    release = run(
        b.phase("qa", b.manual("vote", {"user": "maya"}), owner={"user": "lena"}),
        b.phase("deploy", b.manual("other", {"user": "maya"}), needs=[]),
    )
    b.vote(b.activity(release, "vote"), maya, "reject")
    page = seen(lena, release)
    [choices] = page.root.all("ul", class_="release-choices")
    assert len(choices.all("a")) == 3
    assert "Retry" in links(row_of(page, "Vote"))
    assert "Skip" not in links(row_of(page, "Other"))
    assert "Hold" not in page.root.one("div", class_="page-actions").text


def test_a_failed_run_says_what_it_reported() -> None:
    release = run(b.phase("build", b.pipeline("tests")))
    b.report(b.activity(release, "tests"), pipe(), "failed", summary="12 of 90 fail")
    page = seen(tom(), release)
    assert "Tests failed, as pipeline reported: “12 of 90 fail”" in (
        page.part("release-banner").text
    )


@pytest.mark.req("EXE-9")
def test_what_nobody_can_complete_says_so() -> None:
    maya = b.person("maya")
    gate = ask({"user": "maya"}, by=tom(), authors=["maya"])
    page = seen(tom(), gate.release)
    assert "Nobody can complete Gate any more" in page.part("release-banner").text
    assert "Nobody can complete it" in row_of(page, "Gate").text
    assert seen(maya, gate.release).status == 200


@pytest.mark.req("REL-4")
def test_a_draft_shows_what_is_planned_and_a_start_button() -> None:
    people("maya", "omar")
    release = two_branches(start=False)
    page = seen(tom(), release)
    assert "Not started yet" in page.part("release-banner").text
    assert links(page.part("release-banner")) == {
        "Start the release": f"/releases/{release.pk}/start/"
    }
    assert "Test and QA" in page.part("release-pipeline").text
    assert "/activities/-" not in page.html
    assert "Nothing waits for people." in page.text


@pytest.mark.req("REL-4")
def test_scheduled_deferred_and_aborted_say_when() -> None:
    people("maya", "omar")
    manager = b.actor_for(tom())
    later = timezone.now() + dt.timedelta(days=2)
    release = two_branches(start=False)
    start_release(release_id=release.pk, actor=manager, at=later)
    assert f"Starts {later.day} " in seen(tom(), release).part("release-banner").text
    start_release(release_id=release.pk, actor=manager)
    defer_release(release_id=release.pk, until=later, reason="Frozen.", actor=manager)
    page = seen(tom(), release)
    assert f"Put off until {later.day} " in page.part("release-banner").text
    assert "Nobody." in page.part("release-holdups").text
    abort_release(release_id=release.pk, reason="No.", actor=manager)
    page = seen(tom(), release)
    assert "Aborted" in page.part("release-banner").text
    assert page.root.one("div", class_="page-actions").all("a") == []


@pytest.mark.req("EXE-6")
def test_held_by_its_manager_says_so_and_offers_resume() -> None:
    who = people("maya", "omar")
    release = two_branches()
    hold_release(release_id=release.pk, reason="Wait.", actor=b.actor_for(tom()))
    page = seen(tom(), release)
    assert "tom holds the release: nothing new starts until it is resumed." in (
        page.part("release-banner").text
    )
    assert "Resume" in page.root.one("div", class_="page-actions").text
    assert "Resume" not in seen(who.maya, release).root.one("div", class_="page-actions").text


@pytest.mark.req("MON-5")
@pytest.mark.parametrize("ending", ["", "phases/qa/", "start/", "abort/", "retry/", "?graph=all"])
def test_a_release_that_one_may_not_see_is_not_there(ending: str) -> None:
    people("maya", "omar")
    release = two_branches()
    page = seen(b.person("eve"), release, ending)
    assert page.status == 404
    assert release.name not in page.html
    assert "Regression" not in page.html
    assert (
        seen(tom(), release, "nonsense/").status == seen(tom(), release, "phases/x/").status == 404
    )


@pytest.mark.req("MON-5")
def test_nobody_sees_it_without_signing_in(client: object) -> None:
    people("maya", "omar")
    answer = client.get(f"/releases/{two_branches().pk}/")  # type: ignore[attr-defined]
    assert answer.status_code == 302
    assert "/accounts/login/" in answer.headers["Location"]


# --- The feed --------------------------------------------------------------------------------------


def feed_lines(page: object) -> list[str]:
    return [one.all("p")[0].text for one in page.part("feed").all("li", class_="feed-item")]  # type: ignore[attr-defined]


def test_the_feed_says_who_did_what_and_what_followed_by_itself() -> None:
    who = people("maya", "omar")
    release = two_branches()
    b.vote(b.activity(release, "qa.regression"), who.maya, comment="Looks good.")
    page = seen(who.maya, release)
    lines = feed_lines(page)
    assert lines[:2] == ["Regression is complete", "maya signed off Regression"]
    assert "tom started the release" in lines
    assert "tom made this release" in lines
    assert not any("maya" in one and "complete" in one for one in lines)
    assert "Looks good." in page.part("feed").text
    assert "1 of 1" in page.part("feed").text


def test_the_feed_is_filtered_and_read_on_by_its_address() -> None:
    who = people("maya", "omar")
    release = two_branches()
    gate = b.activity(release, "qa.regression")
    for number in range(23):
        write_comment(activity_id=gate.pk, text=f"Number {number}", actor=b.actor_for(who.maya))
    page = seen(who.maya, release, "?feed=decisions")
    assert feed_lines(page) == ["maya commented on Regression"] * 20
    older = links(page.part("feed"))["Show older"]
    rest = seen(who.maya, release, older.partition("#")[0])
    assert feed_lines(rest) == ["maya commented on Regression"] * 3
    assert "Show older" not in rest.part("feed").text
    assert "Number 0" in rest.part("feed").text
    assert "Number 22" not in rest.part("feed").text
    system = feed_lines(seen(who.maya, release, "?feed=system"))
    assert system
    assert not any(one.startswith(("maya", "tom")) for one in system)
    assert seen(who.maya, release, "?feed=nonsense&before=x").status == 200


@pytest.mark.req("A-086")
def test_names_and_comments_never_become_markup() -> None:
    eve = b.person("eve", display_name="<b>Eve</b>")
    release = run(b.phase("p", b.manual("g", {"user": "eve"}, name="<i>Gate</i>")), name="<u>R</u>")
    gate = b.activity(release, "g")
    write_comment(activity_id=gate.pk, text="<script>x()</script>", actor=b.actor_for(eve))
    page = seen(tom(), release)
    assert page.status == 200
    for mark in ("<b>Eve", "<i>Gate", "<u>R", "<script>x"):
        assert mark not in page.html
    assert "<script>x()</script>" in page.part("feed").text


# --- Live fragments ----------------------------------------------------------------------------------


def test_every_live_fragment_stands_on_the_page_under_its_id() -> None:
    who = people("maya", "omar")
    release = two_branches()
    actor = b.actor_for(who.maya, door="page")
    fragments = release_fragments(load_release_page(actor, release.pk, FeedQuery(seen=1)))
    page = seen(who.maya, release)
    for fragment in fragments:
        assert page.has(fragment.id), fragment.id
    assert {"release-banner", "release-pipeline", "release-feed-bar"} <= {
        one.id for one in fragments
    }


def test_what_came_since_is_counted_and_not_put_in() -> None:
    who = people("maya", "omar")
    release = two_branches()
    actor = b.actor_for(who.maya, door="page")
    before = load_release_page(actor, release.pk).feed.newest
    b.vote(b.activity(release, "qa.regression"), who.maya)
    feed = load_release_page(actor, release.pk, FeedQuery(seen=before)).feed
    assert feed.newer == 2
    assert load_release_page(actor, release.pk).feed.newer == 0


@pytest.mark.req("NTF-5", "MON-5")
def test_an_open_page_is_told_what_is_new_and_nobody_else_is() -> None:
    who = people("maya", "omar")
    release = two_branches()
    browser = Browser(who.maya)
    page = browser.get(f"/releases/{release.pk}/")
    told = {
        one.attrs["name"]: one.attrs["value"] for one in page.root.all("input", class_="live-input")
    }
    assert told["scope"] == f"release:{release.pk}"
    b.vote(b.activity(release, "security.scan"), who.omar)
    news = browser.get("/live/?" + urlencode(told))
    assert "1 new. Show" in news.part("release-feed-bar").text
    gate = b.activity(release, "security.scan")
    assert "1 of 2" in news.part(f"status-{gate.pk}").text
    assert news.root.all("tr") == []
    swapped = {one.attrs["id"] for one in news.root.all("", hx_swap_oob="true")} - {"live-since"}
    assert all(page.has(one) for one in swapped), "what the page has not is not sent"
    below = browser.get(f"/releases/{release.pk}/phases/security/")
    told = {
        one.attrs["name"]: one.attrs["value"]
        for one in below.root.all("input", class_="live-input")
    }
    news = browser.get("/live/?" + urlencode(told))
    swapped = {one.attrs["id"] for one in news.root.all("", hx_swap_oob="true")} - {"live-since"}
    cells = ("failures", "status", "waiting", "time", "acts", "seats")
    assert swapped == {
        "phase-head", "phase-progress", "release-choices", "release-news",
        *(f"{cell}-{gate.pk}" for cell in cells),
    }  # fmt: skip
    eve = Browser(b.person("eve")).get("/live/?" + urlencode(told))
    assert eve.status == 404
    assert eve.html == ""

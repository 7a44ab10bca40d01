"""Each list of the inbox is live: its rows where they stand, its counters, and a bar that "Show" keeps true."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from releases.services.activities import write_comment
from releases.services.snoozes import snooze_activity, unsnooze_activity
from tests import builders as b
from tests import scenes
from tests.portal.pages.browser import Browser, Page
from tests.portal.pages.inbox import due_at, many, references, statements
from tests.portal.pages.live import Tab, counts

pytestmark = [pytest.mark.django_db, pytest.mark.req("NTF-5", "MON-4")]


def bar(page: Page) -> str:
    """What the bar says; nothing when it is hidden."""
    news = page.part("inbox-news")
    return "" if "hidden" in news.attrs else news.text


def leads_to(page: Page) -> str:
    """Where the bar's "Show" leads."""
    return page.part("inbox-news").one("a").attrs["href"]


def both(asked: Any) -> Any:
    return scenes.ask({"user": "maya"}, {"user": "omar"}, rule="unanimous", **asked)


# --- Rows where they stand -----------------------------------------------------------------------


@pytest.mark.parametrize("tab", ["mine", "all"])
def test_a_vote_moves_the_row_in_the_lists_of_what_is_open(tab: str) -> None:
    crew = scenes.people("maya", "omar")
    asked, still = both({}), both({})
    page = Tab.of(crew.maya, f"/inbox/?tab={tab}")
    b.vote(asked, crew.omar)
    news = page.news()
    assert "1 of 2" in news.part(f"row-{asked.pk}").text
    assert not news.has(f"row-{still.pk}")


def test_the_list_of_who_waits_for_others_moves_and_says_what_has_ended() -> None:
    crew = scenes.people("maya", "omar")
    asked, still = scenes.ask({"user": "maya"}), scenes.ask({"user": "omar"})
    page = Tab.of(scenes.tom(), "/inbox/?tab=others")
    b.vote(asked, crew.maya)
    news = page.news()
    row = news.part(f"row-{asked.pk}")
    assert "No longer waits on others. Completed." in row.text
    assert not news.has(f"row-{still.pk}")
    assert counts(news)["tab-others"] == 1


def test_what_is_put_aside_says_when_it_has_come_back() -> None:
    crew = scenes.people("maya", "omar")
    asked = both({})
    snooze_activity(activity_id=asked.pk, until=None, actor=b.actor_for(crew.maya))
    page = Tab.of(crew.maya, "/inbox/?tab=snoozed")
    write_comment(activity_id=asked.pk, text="Look again.", actor=b.actor_for(crew.omar))
    news = page.news()
    assert "No longer put aside." in news.part(f"row-{asked.pk}").text
    assert counts(news)["tab-snoozed"] == 0
    assert counts(news)["tab-mine"] == 1


def test_a_decision_taken_back_leaves_the_list_of_decisions() -> None:
    crew = scenes.people("maya", "omar")
    asked = both({})
    b.vote(asked, crew.maya)
    page = Tab.of(crew.maya, "/inbox/?tab=decided")
    b.withdraw(asked, crew.maya)
    news = page.news()
    assert "No longer among your decisions." in news.part(f"row-{asked.pk}").text
    assert counts(news)["tab-decided"] == 0


def test_a_row_keeps_the_places_where_the_keys_may_be() -> None:
    crew = scenes.people("maya", "omar")
    asked = both({})
    page = Tab.of(crew.maya, "/inbox/")
    places = {f"open-{asked.pk}", f"press-{asked.pk}", f"snooze-{asked.pk}"}
    assert page.page is not None
    assert all(page.page.has(one) for one in places)
    b.vote(asked, crew.omar)
    row = page.news()
    assert all(row.has(one) for one in places)
    b.vote(asked, crew.maya)
    assert page.news().has(f"open-{asked.pk}")


@pytest.mark.req("MON-5")
@pytest.mark.parametrize("tab", ["mine", "others", "snoozed", "decided", "all"])
def test_no_list_tells_of_rows_that_one_may_not_see(tab: str) -> None:
    crew = scenes.people("maya", "ines")
    asked = scenes.ask({"user": "maya"}, name="Secret merger")
    page = Tab(crew.ines, "inbox")
    row = f"{asked.pk}.{b.round_of(asked).pk}.0"
    page.fields |= {"row": [row], "place": f"/inbox/?tab={tab}&q=Secret"}
    news = page.news()
    assert "Secret" not in news.html
    assert "Awaiting" not in news.html
    assert bar(news) == ""
    assert set(counts(news).values()) == {0}


# --- The bar -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tab", "words"),
    [
        ("mine", "1 new approval."),
        ("all", "1 new question."),
        ("others", "1 new question to others."),
    ],
)
def test_each_list_says_what_it_has_by_now_and_does_not_show(tab: str, words: str) -> None:
    crew = scenes.people("maya", "omar")
    scenes.ask({"user": "maya"})
    user = scenes.tom() if tab == "others" else crew.maya
    page = Tab.of(user, f"/inbox/?tab={tab}")
    asked = scenes.ask({"user": "maya"})
    news = page.news()
    assert words in bar(news)
    assert asked.reference in references(Browser(user).get(leads_to(news)))


def test_what_was_taken_up_again_elsewhere_is_new_here() -> None:
    crew = scenes.people("maya", "omar")
    asked = both({})
    snooze_activity(activity_id=asked.pk, until=None, actor=b.actor_for(crew.maya))
    page = Tab.of(crew.maya, "/inbox/")
    unsnooze_activity(activity_id=asked.pk, actor=b.actor_for(crew.maya))
    other = scenes.ask({"user": "omar"})
    b.vote(other, crew.omar)
    assert "1 new approval." in bar(page.news())


def test_a_decision_made_elsewhere_is_new_among_the_decisions() -> None:
    crew = scenes.people("maya")
    asked = scenes.ask({"user": "maya"})
    page = Tab.of(crew.maya, "/inbox/?tab=decided")
    b.vote(asked, crew.maya)
    assert "1 new decision." in bar(page.news())


def test_under_a_filter_the_bar_counts_what_the_filter_leaves_and_leads_there() -> None:
    crew = scenes.people("maya")
    scenes.ask({"user": "maya"}, risk="low")
    address = "/inbox/?risk=high"
    page = Tab.of(crew.maya, address)
    scenes.ask({"user": "maya"}, risk="low")
    news = page.news()
    assert bar(news) == ""
    assert counts(news)["tab-mine"] == 2
    asked = scenes.ask({"user": "maya"}, risk="high")
    news = page.news()
    assert "1 new approval." in bar(news)
    assert leads_to(news) == address
    assert references(Browser(crew.maya).get(address)) == [asked.reference]


def test_on_a_further_page_older_rows_of_other_pages_are_not_new() -> None:
    crew = scenes.people("maya")
    for place, one in enumerate(many(64, of="maya")):
        due_at(one, timezone.now() + dt.timedelta(hours=place + 1))
    first = Browser(crew.maya).get("/inbox/")
    further = first.root.one("a", rel="next").attrs["href"]
    pages = [Tab(crew.maya, page=Browser(crew.maya).get(path)) for path in ("/inbox/", further)]
    assert [bar(page.news()) for page in pages] == ["", ""]
    scenes.ask({"user": "maya"})
    for page in pages:
        news = page.news()
        assert "1 new approval." in bar(news)
        assert leads_to(news) == "/inbox/"


@pytest.mark.parametrize(
    "place",
    [
        "%%%",
        "https://evil.example/?tab=all",
        "/inbox/?cursor=x",
        "//[",
        "/inbox/?product=%00",
        "x" * 9000,
    ],
)
def test_an_address_that_makes_no_sense_breaks_nothing(place: str) -> None:
    page = Tab(scenes.people("maya").maya, "inbox")
    page.fields["place"] = place
    news = page.news()
    assert "evil" not in news.html


@pytest.mark.parametrize("tab", ["mine", "others", "snoozed", "decided", "all"])
def test_news_cost_the_same_with_3_and_40_rows(tab: str) -> None:
    crew = scenes.people("maya", "omar")
    user = scenes.tom() if tab == "others" else crew.maya
    found = []
    for size in (3, 37):
        asked = many(size, of="maya", by=scenes.tom())
        for one in asked:
            if tab == "decided":
                b.vote(one, crew.maya)
            if tab == "snoozed":
                snooze_activity(activity_id=one.pk, until=None, actor=b.actor_for(crew.maya))
        page = Tab.of(user, f"/inbox/?tab={tab}")
        b.vote(scenes.ask({"user": "omar"}), crew.omar)
        found.append(len(statements(page.news)))
    assert found[0] == found[1]

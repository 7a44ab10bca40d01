"""The inbox: its lists, groups, filters, order and rows, without script (MON-4, MON-5)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from portal.pages.inbox import bounds_for, load_inbox
from portal.pages.inbox_filters import Asked
from portal.services.people import set_user_active
from releases.models import Product
from releases.selectors import NEVER
from releases.services.lifecycle import start_release
from releases.services.products import change_product
from releases.services.snoozes import snooze_activity
from tests import builders as b
from tests import scenes
from tests.portal.pages.browser import Browser
from tests.portal.pages.inbox import (
    due_at,
    groups,
    inbox,
    many,
    references,
    row_of,
    settle_memberships,
    statements,
    tab_numbers,
)

pytestmark = [pytest.mark.django_db, pytest.mark.req("MON-4")]

UTC = ZoneInfo("UTC")
NOON = dt.datetime(2026, 11, 4, 12, 0, tzinfo=dt.UTC)  # a Wednesday


def gate(who: str = "maya", **more: Any) -> Any:
    """A started release of its own whose one activity asks somebody."""
    scenes.people(who)
    return scenes.ask({"user": who}, **more)


# --- Groups --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due", "group"),
    [
        (NOON - dt.timedelta(seconds=1), "overdue"),
        (NOON, "overdue"),
        (NOON + dt.timedelta(seconds=1), "soon"),
        (NOON + dt.timedelta(hours=4), "soon"),
        (NOON + dt.timedelta(hours=4, seconds=1), "today"),
        (dt.datetime(2026, 11, 4, 23, 59, 59, tzinfo=dt.UTC), "today"),
        (dt.datetime(2026, 11, 5, tzinfo=dt.UTC), "week"),
        (dt.datetime(2026, 11, 10, 23, 59, 59, tzinfo=dt.UTC), "week"),
        (dt.datetime(2026, 11, 11, tzinfo=dt.UTC), "later"),
        (NEVER, "none"),
    ],
)
def test_a_moment_is_in_the_group_that_people_expect(due: dt.datetime, group: str) -> None:
    assert bounds_for(NOON, UTC).group_of(due) == group


def test_a_day_ends_where_the_reader_is() -> None:
    late = dt.datetime(2026, 11, 4, 23, 30, tzinfo=dt.UTC)  # half past midnight in Berlin
    assert bounds_for(NOON, UTC).group_of(late) == "today"
    assert bounds_for(NOON, ZoneInfo("Europe/Berlin")).group_of(late) == "week"


def test_four_hours_come_before_the_end_of_the_day() -> None:
    late = dt.datetime(2026, 11, 4, 22, 0, tzinfo=dt.UTC)
    bounds = bounds_for(late, UTC)
    assert bounds.group_of(late + dt.timedelta(hours=3)) == "soon"
    assert bounds.group_of(late + dt.timedelta(hours=5)) == "week"


def test_the_list_has_its_groups_in_the_order_of_urgency_with_their_numbers() -> None:
    maya = scenes.people("maya").maya
    now = timezone.now()
    spans = [None, 60 * 24 * 30, 60 * 24 * 3, 60, -30, -90]
    asked = []
    for span in spans:
        one = gate()
        if span is not None:
            due_at(one, now + dt.timedelta(minutes=span))
        asked.append(one)
    page = inbox(maya)
    assert groups(page) == {
        "Overdue": 2, "Due in 4 hours": 1, "In 7 days": 1, "Later": 1, "No deadline": 1,
    }  # fmt: skip
    assert references(page) == [one.reference for one in reversed(asked)]
    assert "6 need you" in page.text
    assert "2 overdue" in page.text


def test_database_and_page_agree_on_the_groups() -> None:
    maya = scenes.people("maya").maya
    asked = gate()
    for due in (NOON, NOON + dt.timedelta(hours=4), dt.datetime(2026, 11, 5, tzinfo=dt.UTC)):
        due_at(asked, due)
        page = load_inbox(b.actor_for(maya), Asked(), NOON, UTC)
        assert [(one.name, one.number) for one in page.groups] == [
            (bounds_for(NOON, UTC).group_of(due), 1)
        ]


def test_of_what_falls_due_alike_that_comes_first_which_holds_most_then_risk_then_age() -> None:
    maya = scenes.people("maya").maya
    old, risky = gate(), gate(risk="high")
    gates = b.manual("gate", {"user": "maya"})
    behind = b.phase("next", b.pipeline("one"), b.pipeline("two"))
    holds = b.activity(scenes.run(b.phase("main", gates), behind), "gate")
    page = inbox(maya)
    assert references(page) == [holds.reference, risky.reference, old.reference]
    assert "holds 2 activities" in row_of(page, holds).text
    assert "holds" not in row_of(page, old).text


def test_what_was_skipped_is_held_by_nobody() -> None:
    scenes.people("maya")
    gates = b.manual("gate", {"user": "maya"})
    behind = b.phase("next", b.pipeline("one"), b.pipeline("two", when={"risk": ["high"]}))
    holds = b.activity(scenes.run(b.phase("main", gates), behind, risk="low"), "gate")
    assert "holds 1 activity" in row_of(inbox(scenes.people("maya").maya), holds).text


# --- Rows ----------------------------------------------------------------------------------------


def test_a_row_says_how_far_it_is_who_rejected_and_whose_turn_it_is() -> None:
    crew = scenes.people("maya", "omar", "ines", "ruth", "hana")
    asked = scenes.ask(
        *({"user": name} for name in ("maya", "omar", "ines", "ruth", "hana")),
        rule={"at_least": 3},
        reject="unreachable",
    )
    b.vote(asked, crew.omar)
    b.vote(asked, crew.ines, "reject")
    row = row_of(inbox(crew.maya), asked)
    assert "1 of 3" in row.text
    assert "1 rejected" in row.text
    shapes = [dot.attrs["class"].split("dot--")[1] for dot in row.all("i", class_="dot")]
    assert shapes == ["full", "square", "ring", "empty", "empty"]


def test_the_button_says_what_it_does() -> None:
    maya = scenes.people("maya").maya
    field = {"key": "n", "type": "text", "label": "N", "required": "approve"}
    plain, demanding, filled = gate(), gate(comment="required"), gate(fields=[field])
    check, proof = gate(kind="verification"), gate(kind="evidence", fields=[field])
    page = inbox(maya)
    for one, word in ((plain, "Approve"), (check, "Pass")):
        button = page.form(f"/inbox/{one.pk}/press/").one("button")
        assert button.text.startswith(word)
    for one, word in ((demanding, "Review"), (filled, "Review"), (proof, "Fill in")):
        assert not page.offers(f"/inbox/{one.pk}/press/")
        assert any(
            link.text.startswith(word) and f"/activities/{one.pk}/" in link.attrs["href"]
            for link in row_of(page, one).all("a")
        )


@pytest.mark.req("A-086")
def test_names_are_shown_as_they_are_spelled_and_do_nothing() -> None:
    scenes.people("maya")
    name = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{ 7|add:7 }}'
    asked = gate(name=name)
    page = inbox(scenes.people("maya").maya)
    assert "<script>alert" not in page.html
    assert "<img src=x" not in page.html
    assert name in row_of(page, asked).text


# --- Lists ---------------------------------------------------------------------------------------


def test_what_waits_for_others_is_of_my_releases_phases_and_requests() -> None:
    crew = scenes.people("maya", "omar", "ines")
    tom = scenes.tom()
    managed = gate("omar", manager="maya")
    owned = b.activity(
        scenes.run(b.phase("main", b.manual("gate", {"user": "omar"}), owner={"user": "maya"})),
        "gate",
    )
    strange = gate("omar")
    mine = gate("maya", manager="maya")
    page = inbox(crew.maya, tab="others")
    assert set(references(page)) == {managed.reference, owned.reference}
    assert "waiting on omar" in row_of(page, managed).text
    assert tab_numbers(page)["others"] == 2
    assert set(references(inbox(tom, tab="others"))) == {
        one.reference for one in (managed, owned, strange, mine)
    }
    assert references(inbox(crew.ines, tab="others")) == []


def test_what_i_decided_stands_under_decided_with_what_became_of_it() -> None:
    crew = scenes.people("maya", "omar")
    done, against, taken_back, old = gate(), gate(), gate(), gate()
    b.vote(done, crew.maya)
    b.vote(against, crew.maya, "reject")
    two = scenes.ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    b.vote(two, crew.maya)
    b.withdraw(two, crew.maya)
    past = timezone.now() - dt.timedelta(days=91)
    with_now = scenes.ask({"user": "maya"}, now=past - dt.timedelta(days=1))
    b.vote(with_now, crew.maya, now=past)
    page = inbox(crew.maya, tab="decided")
    assert references(page) == [against.reference, done.reference]
    assert "You approved" in row_of(page, done).text
    assert "You rejected" in row_of(page, against).text
    assert "Rejected" in row_of(page, against).text
    assert {taken_back.reference, old.reference, two.reference} <= set(references(inbox(crew.maya)))


@pytest.mark.req("MON-5")
def test_all_pending_is_every_release_that_one_may_see_and_no_other() -> None:
    crew = scenes.people("maya", "omar", "aud")
    b.give("auditor", crew.aud)
    mine, strange = gate("maya"), gate("omar")
    stranger = scenes.people("stranger").stranger
    assert references(inbox(crew.maya, tab="all")) == [mine.reference]
    both = {mine.reference, strange.reference}
    assert set(references(inbox(crew.aud, tab="all"))) == both
    assert set(references(inbox(scenes.tom(), tab="all"))) == both
    assert references(inbox(stranger, tab="all")) == []
    assert tab_numbers(inbox(crew.maya)) == {
        "mine": 1, "others": 0, "snoozed": 0, "decided": 0, "all": 1,
    }  # fmt: skip
    for tab in ("mine", "others", "snoozed", "decided", "all"):
        page = inbox(stranger, tab=tab)
        assert set(tab_numbers(page).values()) == {0}
        assert strange.reference not in page.html


@pytest.mark.req("MON-5")
def test_filters_find_nothing_and_offer_nothing_that_one_may_not_see() -> None:
    crew = scenes.people("maya", "omar")
    gate("maya", risk="low")
    hidden = gate("omar")
    for query in ({"release": hidden.release_id}, {"q": hidden.reference}, {"q": "omar"}):
        page = inbox(crew.maya, tab="all", **query)
        assert references(page) == []
        assert "No match" in page.text
    select = inbox(crew.maya, tab="all").root.one("select", name="release")
    assert str(hidden.release_id) not in [one.attrs["value"] for one in select.all("option")]


@pytest.mark.req("MON-5")
def test_what_is_archived_is_in_no_list_and_no_number() -> None:
    crew = scenes.people("maya")
    scenes.ask({"user": "maya"})
    voted = scenes.ask({"user": "maya"})
    b.vote(voted, crew.maya)
    product = Product.objects.get(key="pay")
    change_product(product_id=product.pk, name=product.name, actor=b.SYSTEM, is_archived=True)
    for tab in ("mine", "others", "snoozed", "decided", "all"):
        page = inbox(crew.maya, tab=tab)
        assert references(page) == []
        assert set(tab_numbers(page).values()) == {0}


# --- Filters -------------------------------------------------------------------------------------


def test_each_filter_narrows_and_stands_in_the_address() -> None:
    scenes.people("maya")
    b.product("app", "Mobile app")
    one = gate(risk="high", category="security")
    two = b.activity(
        scenes.run(
            b.phase("main", b.manual("gate", {"user": "maya"}, kind="verification", name="Smoke")),
            product="app",
            environments=["staging"],
            name="Mobile",
            version="9.9",
        ),
        "gate",
    )
    due_at(two, timezone.now() - dt.timedelta(hours=1))
    maya = scenes.people("maya").maya
    for query in (
        {"product": "pay"}, {"release": one.release_id}, {"release": f"REL-{one.release_id}"},
        {"kind": "approval"}, {"category": "security"}, {"risk": "high"},
        {"q": one.reference}, {"q": f"REL-{one.release_id}"}, {"q": "payments"},
    ):  # fmt: skip
        assert references(inbox(maya, **query)) == [one.reference], query
    for query in (
        {"environment": "staging"}, {"overdue": 1}, {"q": "smoke"}, {"q": "9.9"}, {"q": "mobile"},
        {"kind": "verification"}, {"product": "app"},
    ):  # fmt: skip
        page = inbox(maya, **query)
        assert references(page) == [two.reference], query
        assert tab_numbers(page)["mine"] == 2, "a filter is no count"
    assert references(inbox(maya, q="maya")) == [two.reference, one.reference]


@pytest.mark.parametrize(
    ("due", "number"), [("overdue", 1), ("soon", 2), ("today", 3), ("week", 4), ("", 6)]
)
def test_the_filter_by_deadline_has_what_is_due_by_then_and_no_later(due: str, number: int) -> None:
    maya = scenes.people("maya").maya
    noon = timezone.now().replace(hour=12, minute=0)
    spans = [-1, 3, 9, 24 * 3, 24 * 30, None]
    for hours in spans:
        one = gate()
        if hours is not None:
            due_at(one, noon + dt.timedelta(hours=hours))
    page = load_inbox(b.actor_for(maya), Asked.read({"due": due}), noon, UTC)
    assert page.number == number
    assert page.more_filters == bool(due)
    assert page.asked.address() == (f"/inbox/?due={due}" if due else "/inbox/")


def test_what_was_decided_has_no_deadline_to_filter_by() -> None:
    maya = scenes.people("maya").maya
    assert not inbox(maya, tab="decided").root.all("select", name="due")
    assert inbox(maya).root.all("select", name="due")


def test_a_filter_that_makes_no_sense_narrows_nothing_and_breaks_nothing() -> None:
    asked = gate()
    maya = scenes.people("maya").maya
    for query in (
        {"release": "x"}, {"release": "9" * 40}, {"kind": "nope"}, {"tab": "nope"}, {"open": "x"},
        {"risk": "'"}, {"environment": "%22%5C"}, {"overdue": "maybe"}, {"due": "never"},
        {"product": "%00"}, {"blocks": "no"},
    ):  # fmt: skip
        assert references(inbox(maya, **query)) == [asked.reference], query
    assert references(inbox(maya, q="%25")) == []
    assert Browser(maya).get("/inbox/?cursor=x").status == 400


def test_an_empty_list_says_why_and_what_next() -> None:
    crew = scenes.people("maya", "nobody")
    b.superuser("ada")
    page = inbox(crew.nobody)
    assert "You hold no approver seat" in page.text
    assert "ada" in page.text
    asked = gate()
    filtered = inbox(crew.maya, q="no such thing")
    assert "No match" in filtered.text
    assert "1 without filters." in filtered.text
    assert any(link.attrs["href"] == "/inbox/" for link in filtered.root.all("a", class_="button"))
    b.vote(asked, crew.maya)
    page = inbox(crew.maya)
    assert "Nothing waits for you" in page.text
    assert "You decided 1 in the last seven days." in page.text


@pytest.mark.parametrize(
    ("tab", "label", "address"),
    [
        ("others", "All pending", "/inbox/?tab=all"),
        ("snoozed", "What needs you", "/inbox/"),
        ("decided", "What needs you", "/inbox/"),
        ("all", "Releases", "/releases/"),
    ],
)
def test_every_empty_list_has_a_way_on(tab: str, label: str, address: str) -> None:
    page = inbox(scenes.people("maya").maya, tab=tab)
    empty = page.root.one("div", class_="inbox-main").one("div", class_="empty")
    link = empty.one("a")
    assert (link.text, link.attrs["href"]) == (label, address)


def test_an_empty_list_says_what_is_to_be_expected_next() -> None:
    """Of what is planned and asks the reader by name, group or role; never of what they may not see."""
    crew = scenes.people("maya", "omar", "ines")
    b.role("qa", "QA", rights=["view"])
    for one in (crew.maya, crew.ines):
        b.give("qa", one)
    for name, days, seat in (("Later", 3, {"role": "qa"}), ("Sooner", 2, {"user": "omar"})):
        release = scenes.run(b.phase("main", b.manual("gate", seat)), start=False, name=name)
        at = timezone.now() + dt.timedelta(days=days)
        start_release(release_id=release.pk, at=at, actor=b.actor_for(scenes.tom()))
    page = inbox(crew.maya)
    assert "Nothing waits for you" in page.text
    assert "Next expected: Later 1.0, " in page.text
    assert "Sooner" not in page.text
    assert "Next expected" not in inbox(crew.omar).text, "he may not see it before it begins"


def test_nobody_is_told_to_expect_what_will_not_ask_them() -> None:
    """Neither their own release, nor one of a product for which they hold the role no more than to see."""
    crew = scenes.people("maya", "ines")
    product = b.product("cards", "Cards")
    b.role("qa", "QA", rights=["view"])
    b.role("watcher", rights=["view"])
    for one in (crew.maya, crew.ines):
        b.give("watcher", one)
    b.give("qa", crew.maya, product.scope)
    b.give("qa", crew.ines)
    b.give("release-manager", crew.ines)
    gate = b.manual("gate", {"role": "qa"})
    release = scenes.run(b.phase("main", gate), start=False, by=crew.ines)
    at = timezone.now() + dt.timedelta(days=2)
    start_release(release_id=release.pk, at=at, actor=b.actor_for(scenes.tom()))
    assert "Next expected" not in inbox(crew.maya).text, "she holds it for cards alone"
    assert "Next expected" not in inbox(crew.ines).text, "it is her own"
    b.give("qa", scenes.tom())
    assert "Next expected" not in inbox(scenes.tom()).text, (
        "who starts a release decides on none of it"
    )


def planned(*approvers: dict[str, Any], by: Any, starter: Any = None, **more: Any) -> None:
    """A release of two days from now whose one activity asks these approvers."""
    release = scenes.run(b.phase("main", b.manual("gate", *approvers, **more)), start=False, by=by)
    at = timezone.now() + dt.timedelta(days=2)
    start_release(release_id=release.pk, at=at, actor=b.actor_for(starter or scenes.tom()))


@pytest.mark.req("POL-6")
@pytest.mark.parametrize(
    ("separation", "asked"),
    [({"requester": False}, True), ({"authors": False}, False), ({}, False)],
)
def test_who_may_decide_on_their_own_change_is_told_to_expect_it(
    separation: dict[str, bool], asked: bool
) -> None:
    ines = scenes.people("ines").ines
    b.give("release-manager", ines)
    planned({"user": "ines"}, by=ines, separation=separation)
    assert ("Next expected" in inbox(ines).text) is asked


@pytest.mark.req("POL-6")
def test_a_change_is_a_persons_own_by_whichever_account_it_was_made() -> None:
    crew = scenes.people("ines", "maya")
    other = b.person("ines-2", person=crew.ines.person)
    b.role("watcher", rights=["view"])
    for one in (crew.ines, crew.maya):
        b.give("watcher", one)
    b.give("release-manager", other)
    planned({"user": "ines"}, {"user": "maya"}, by=other)
    set_user_active(user_id=other.pk, active=False, actor=b.SYSTEM)
    assert "Next expected" in inbox(crew.maya).text
    assert "Next expected" not in inbox(crew.ines).text, "made by her, from an account now closed"


@pytest.mark.req("A-070")
def test_who_audits_by_another_account_is_not_told_to_expect_a_question() -> None:
    crew = scenes.people("ines")
    b.role("watcher", rights=["view"])
    b.give("watcher", crew.ines)
    planned({"user": "ines"}, by=scenes.tom())
    assert "Next expected" in inbox(crew.ines).text
    b.give("auditor", b.person("ines-2", person=crew.ines.person))
    assert "Next expected" not in inbox(crew.ines).text


def test_the_filter_of_what_blocks_leaves_out_what_nothing_waits_for() -> None:
    crew = scenes.people("maya")
    seats = ({"user": "maya"},)
    release = scenes.run(
        b.phase(
            "main",
            b.manual("first", *seats, needs=[]),
            b.manual("alone", *seats, needs=[]),
            b.manual("then", *seats, needs=["first"]),
        )
    )
    first, alone = (b.activity(release, key) for key in ("first", "alone"))
    assert set(references(inbox(crew.maya))) == {first.reference, alone.reference}
    page = inbox(crew.maya, blocks="1")
    assert references(page) == [first.reference]
    assert tab_numbers(page)["mine"] == 2


@pytest.mark.parametrize("waits", [True, False])
def test_who_leads_a_release_and_is_asked_nothing_is_led_to_whom_it_waits_for(waits: bool) -> None:
    crew = scenes.people("maya")
    asked = gate()
    if not waits:
        b.vote(asked, crew.maya)
    page = inbox(scenes.tom())
    empty = page.root.one("div", class_="inbox-main").one("div", class_="empty")
    assert "approver seat" not in empty.text
    assert "administrator" not in empty.text
    assert ("1 question about your releases waits for others." in empty.text) is waits
    link = empty.one("a")
    assert (link.text, link.attrs["href"]) == ("Waiting on others", "/inbox/?tab=others")


def test_the_record_that_is_open_stands_beside_the_list() -> None:
    crew = scenes.people("maya", "omar")
    asked, hidden = gate("maya"), gate("omar")
    page = inbox(crew.maya, open=asked.reference)
    assert page.part("pane").one("h2", class_="pane-title").text == asked.name
    assert "inbox-row--current" in row_of(page, asked).attrs["class"]
    pane = inbox(crew.maya, open=hidden.reference).part("pane")
    assert "nothing here that you may see" in pane.text
    fragment = Browser(crew.maya).get(
        f"/inbox/?open={asked.reference}", **{"HX-Request": "true", "HX-Target": "pane"}
    )
    assert fragment.root.one("h2", class_="pane-title").text == asked.name
    assert not fragment.root.all("h1")


def test_rows_stand_as_closely_as_the_person_wants() -> None:
    gate()
    browser = Browser(scenes.people("maya").maya)
    page = browser.get("/inbox/")
    assert not page.root.all("div", class_="inbox-list--compact")
    page = browser.send(page.form("/inbox/density/"), density="compact")
    assert page.root.all("div", class_="inbox-list--compact")


# --- Pages and cost ------------------------------------------------------------------------------


@pytest.mark.parametrize("tab", ["mine", "all"])
def test_pages_follow_each_other_without_gap_or_repeat(tab: str) -> None:
    crew = scenes.people("maya")
    asked = many(64, of="maya")
    for place, one in enumerate(asked[:30]):
        due_at(one, timezone.now() + dt.timedelta(hours=place // 3))
    browser = Browser(crew.maya)
    first = browser.get(f"/inbox/?tab={tab}")
    further = first.root.one("a", rel="next").attrs["href"]
    second = browser.get(further)
    assert len(references(first)) == 50
    assert not second.root.all("a", rel="next")
    seen = references(first) + references(second)
    assert len(seen) == 64
    assert set(seen) == {one.reference for one in asked}
    assert groups(second)["No deadline"] == 34


def _cost(user: Any, path: str) -> int:
    browser = Browser(user)
    browser.get(path)  # documents are read once in the life of a process
    return len(statements(lambda: browser.get(path)))


@pytest.mark.parametrize(
    ("tab", "number"), [("mine", 10), ("others", 11), ("snoozed", 10), ("decided", 9), ("all", 11)]
)
def test_a_list_costs_the_same_with_3_and_with_64_rows(tab: str, number: int) -> None:
    crew = scenes.people("maya", "omar")
    path = f"/inbox/?tab={tab}"
    of = "omar" if tab == "others" else "maya"
    by = b.manager("maria")
    found = []
    for size in (3, 61):
        asked = many(size, of=of, by=by)
        if tab == "decided":
            for one in asked:
                b.vote(one, crew.maya)
        if tab == "snoozed":
            for one in asked:
                snooze_activity(activity_id=one.pk, until=None, actor=b.actor_for(crew.maya))
        settle_memberships(timezone.now())
        found.append(_cost(by if tab == "others" else crew.maya, path))
    assert found == [number, number]


# --- Where a person begins -----------------------------------------------------------------------


def test_everybody_begins_where_their_work_is() -> None:
    crew = scenes.people("maya", "aud", "nobody")
    b.give("auditor", crew.aud)
    gate()
    for user, place in (
        (crew.maya, "/inbox/"), (scenes.tom(), "/releases/"), (crew.aud, "/releases/"),
        (b.superuser("ada"), "/inbox/"), (crew.nobody, "/inbox/"),
    ):  # fmt: skip
        answer = Browser(user).client.get("/")
        assert answer.status_code == 302
        assert answer.headers["Location"] == place, user

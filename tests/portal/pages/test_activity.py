"""The activity page in each of its states, read and used without script (MON-3, EXE-3)."""

from __future__ import annotations

import datetime as dt
import json
import time

import pytest
from django.utils import timezone

from portal.marked import html_of
from portal.pages.activity_differences import differences_between
from portal.pages.activity_standing import load_activity_page
from portal.services.people import set_user_active
from releases.services.activities import retry_activity, write_comment
from tests import builders as b
from tests.portal.pages.browser import Browser, Page
from tests.scenes import ask, pipe, run, state, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("MON-3")]

_FIELDS = [
    {"key": "note", "type": "long_text", "label": "Summary", "required": True, "min_length": 5},
    {
        "key": "risk",
        "type": "dropdown",
        "label": "Residual risk",
        "choices": ["low", "high"],
        "required": "approve",
    },
    {"key": "failed", "type": "number", "label": "Tests failed", "min": 0, "max": 9},
    {"key": "sure", "type": "checkbox", "label": "I am sure", "required": "approve"},
]


def page(user: object, activity: object, query: str = "") -> Page:
    """The page of an activity as somebody sees it."""
    return Browser(user).get(f"/activities/{activity.pk}/{query}")  # type: ignore[attr-defined]


@pytest.mark.req("EXE-3", "POL-17")
def test_active_and_mine_shows_what_is_asked_why_and_a_form() -> None:
    maya = b.person("maya", display_name="Maya Okafor")
    gate = ask(
        {"group": b.group("QA", maya).name},
        fields=_FIELDS,
        kind="verification",
        description="The candidate is good.",
        instructions="1. Open the **report**.",
        deadline={"after": "24h", "on_miss": "reject"},
    )
    seen = page(maya, gate)
    assert seen.status == 200
    decide = seen.part("decide")
    assert "You are asked as a member of QA." in decide.text
    assert [one.text for one in decide.all("button", type="submit") if one.text] == [
        "Pass and complete the release", "Fail", "Abstain", "Ask",
    ]  # fmt: skip
    assert "Your turn" in seen.part("activity-seats").text
    assert "Needs 1 more from QA." in seen.part("activity-seats").text
    assert "The candidate is good." in seen.text
    assert "report" in [one.text for one in seen.root.all("strong")]
    assert "then is rejected automatically" in seen.text
    assert "required to pass" in decide.text
    assert "At least 5 characters." in decide.text
    assert "From 0 to 9." in decide.text
    assert "Rejecting fails phase Main and the release; tom can then retry, fix or abort." in (
        decide.text
    )
    assert len(decide.all("input", type="radio")) == 2  # six or fewer choices are radio buttons


@pytest.mark.req("EXE-3")
def test_what_nobody_gave_is_said_to_be_missing() -> None:
    maya = b.person("maya")
    seen = page(maya, ask({"user": "maya"}))
    facts = dict(
        zip(
            (one.text for one in seen.root.all("dt")),
            (one.text for one in seen.root.all("dd")),
            strict=True,
        )
    )
    assert facts["Commit"] == facts["Window"] == facts["Risk"] == "not provided"
    assert facts["Version"] == "1.0"
    assert facts["Requested by"] == "tom"


def test_not_active_yet_says_why_and_offers_no_decision() -> None:
    b.person("maya")
    release = run(
        b.phase("p", b.pipeline("tests"), b.manual("qa", {"user": "maya"}, needs=["tests"]))
    )
    seen = page(tom(), b.activity(release, "qa"))
    assert "This has not started yet." in seen.text
    assert "It needs Tests." in seen.text
    assert "Who will be asked" in seen.text
    assert not seen.offers("/decide/")
    assert seen.part("activity-bar").attrs.get("hidden") == ""


@pytest.mark.req("POL-17")
def test_active_and_not_mine_says_why_not_and_lets_one_comment() -> None:
    b.person("maya")
    gate = ask({"user": "maya"})
    seen = page(tom(), gate)
    assert "You cannot decide here." in seen.part("decide").text
    assert "You are not asked for this decision." in seen.part("decide").text
    assert not seen.offers("/decide/")
    assert seen.offers("/comment/")


@pytest.mark.req("POL-17", "POL-6")
def test_an_excluded_person_is_told_why_and_others_see_it() -> None:
    maya, omar = b.person("maya", display_name="Maya Okafor"), b.person("omar")
    gate = ask({"group": b.group("QA", maya, omar).name}, authors=["maya"])
    mine = page(maya, gate).part("decide").text
    assert "You asked for or are an author of this release" in mine
    others = page(omar, gate).part("activity-seats").text
    assert "Maya Okafor: made, started or is an author of this release" in others


@pytest.mark.req("EXE-7")
def test_decided_by_me_replaces_the_form_by_the_decision_and_withdraw() -> None:
    maya, _ = b.person("maya", display_name="Maya Okafor"), b.person("omar")
    gate = ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    b.vote(gate, maya, comment="Looks fine.")
    seen = page(maya, gate)
    assert "You decided: Approve" in seen.part("decide").text
    assert "Looks fine." in seen.part("decide").text
    assert not seen.offers("/decide/")
    assert seen.offers("/withdraw/")
    again = page(maya, gate, "?change=1")
    assert again.form("/decide/").one("textarea", name="comment").raw.strip() == "Looks fine."


def test_met_is_closed_and_shows_who_decided() -> None:
    maya = b.person("maya", display_name="Maya Okafor")
    gate = ask({"user": "maya"})
    b.vote(gate, maya)
    seen = page(maya, gate)
    assert "Nothing more is needed: this is approved." in seen.part("decide").text
    assert not seen.offers("/decide/")
    assert not seen.offers("/withdraw/")
    assert "Maya Okafor" in seen.part("activity-seats").text


def test_a_missed_deadline_closes_it_and_says_so() -> None:
    maya = b.person("maya")
    long_ago = timezone.now() - dt.timedelta(hours=2)
    gate = ask({"user": "maya"}, deadline={"after": "1h", "on_miss": "reject"}, now=long_ago)
    seen = page(maya, gate)
    assert "You cannot decide here." in seen.part("decide").text
    assert "The deadline has passed" in seen.part("decide").text
    assert "Overdue" in seen.text
    assert not seen.offers("/decide/")


@pytest.mark.req("EXE-9")
def test_what_cannot_be_met_says_so_in_red() -> None:
    maya = b.person("maya", display_name="Maya Okafor")
    b.person("omar")
    gate = ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    set_user_active(user_id=maya.pk, active=False, actor=b.SYSTEM)
    seen = page(tom(), gate)
    assert "This cannot be met." in seen.text
    assert "Maya Okafor is deactivated" in seen.text


def test_an_automated_activity_shows_what_its_pipeline_reported() -> None:
    release = run(b.phase("p", b.pipeline("tests")))
    tests = b.activity(release, "tests")
    assert "This runs by itself" in page(tom(), tests).part("decide").text
    b.report(tests, pipe(), "failed", summary="3 of 90 failed", url="https://ci.example.com/7")
    seen = page(tom(), tests)
    assert "3 of 90 failed" in seen.text
    assert seen.offers("/retry/")
    assert not seen.has("activity-seats")


@pytest.mark.req("EXE-6", "CAP-4")
def test_every_attempt_stays_readable_with_what_differs() -> None:
    maya = b.person("maya", display_name="Maya Okafor")
    gate = ask({"user": "maya"}, fields=_FIELDS[:1])
    b.vote(gate, maya, "reject", "No log.", inputs={"note": "Nothing to see"})
    owner = Browser(tom())
    shown = owner.get(f"/activities/{gate.pk}/")
    after = owner.send(shown.form("/retry/"), reason="The log is there now.")
    assert "Attempt 2 is open; everyone is asked afresh." in after.text
    history = owner.get(f"/activities/{gate.pk}/?tab=history").part("tabs").text
    assert "Attempt 2" in history
    assert "Attempt 1" in history
    assert "No log." in history
    assert "Nothing to see" in history
    assert "The log is there now." in history
    assert state(gate) == "awaiting_approval"


@pytest.mark.req("EXE-6", "POL-11")
def test_what_differs_between_attempts_is_told_in_words() -> None:
    maya, omar = b.person("maya", display_name="Maya Okafor"), b.person("omar")
    leads = b.group("Leads", maya, omar)
    gate = ask({"group": leads.name, "each": True}, rule="unanimous")
    b.vote(gate, omar, "reject")
    maya.groups.remove(leads)
    retry_activity(activity_id=gate.pk, reason="Again.", actor=b.actor_for(tom()))
    history = page(omar, gate, "?tab=history").part("tabs")
    told = [one.text for one in history.one("div", class_="note").all("li")]
    assert told == [
        "Rule: All 2 must approve. → One must approve.",
        "Seats: 2 seats: Maya Okafor, omar → 1 seat: omar",
    ]


@pytest.mark.req("CAP-2")
def test_a_form_that_differs_is_told_field_by_field() -> None:
    b.person("maya")
    gate = ask({"user": "maya"}, fields=_FIELDS[:3])
    seen = load_activity_page(b.actor_for(tom()), gate.pk)
    before, after = b.round_of(gate), b.round_of(gate)
    note, risk, _ = json.loads(before.form)
    after.form = json.dumps([note, {**risk, "label": "Risk left"}, {**_FIELDS[3]}])
    [form] = differences_between(before, after, seen)
    assert (form.label, form.before) == ("Form", "")
    assert form.after == (
        "field Risk left changed; field I am sure added; field Tests failed removed"
    )
    assert differences_between(before, before, seen) == ()


def test_the_tabs_are_links_and_the_policy_says_the_rule_as_of_the_opening() -> None:
    maya, _ = b.person("maya"), b.person("omar")
    gate = ask({"user": "maya"}, {"user": "omar"}, rule="unanimous", comment={"min_length": 10})
    seen = page(maya, gate, "?tab=policy")
    assert seen.root.one("a", aria_current="page", href=f"/activities/{gate.pk}/?tab=policy#tabs")
    policy = seen.part("tabs").text
    assert "All 2 must approve." in policy
    assert "One rejection ends it." in policy
    assert "A comment of at least 10 characters is required." in policy
    assert "as it stood when this attempt opened" in policy


@pytest.mark.req("EXE-6", "POL-13")
def test_a_request_to_skip_says_what_it_skips_who_asked_and_why() -> None:
    b.person("maya")
    b.role("director", rights=["override", "view"])
    b.give("director", b.person("omar"))
    gate = ask({"user": "maya"})
    owner = Browser(tom())
    shown = owner.get(f"/activities/{gate.pk}/")
    assert "Reason" in shown.form("/skip/").text
    assert owner.send(shown.form("/skip/")).status == 422
    after = owner.send(shown.form("/skip/"), reason="Maya is on leave.")
    assert "is skipped" in after.text
    seen = owner.get(f"/activities/{gate.pk}/")
    assert "tom asked to skip this: “Maya is on leave.”" in seen.text
    assert not seen.offers("/skip/")  # one at a time


@pytest.mark.req("MON-5", "SEC-1")
def test_whoever_may_not_see_it_finds_nothing() -> None:
    b.person("maya")
    gate = ask({"user": "maya"})
    stranger = Browser(b.person("zoe"))
    assert stranger.get(f"/activities/{gate.pk}/").status == 404
    for act in ("decide", "comment", "question", "withdraw", "retry", "skip"):
        answer = stranger.client.post(f"/activities/{gate.pk}/{act}/", {"verdict": "approve"})
        assert answer.status_code == 404, act
    assert stranger.get("/activities/999999/").status == 404


@pytest.mark.req("A-085")
def test_looking_decides_nothing_and_asks_for_a_sign_in_first() -> None:
    maya = b.person("maya")
    gate = ask({"user": "maya"})
    mine = Browser(maya)
    for act in ("decide", "comment", "question", "withdraw", "retry", "skip"):
        for _ in range(3):
            answer = mine.client.get(f"/activities/{gate.pk}/{act}/?verdict=approve")
            assert answer.status_code == 302
            assert answer.headers["Location"] == f"/activities/{gate.pk}/"
            assert mine.client.head(f"/activities/{gate.pk}/{act}/").status_code == 302
            assert mine.client.put(f"/activities/{gate.pk}/{act}/").status_code == 405
    mine.client.logout()
    for _ in range(3):
        answer = mine.client.get(f"/activities/{gate.pk}/?verdict=approve")
        assert answer.status_code == 302
        assert "/accounts/login/" in answer.headers["Location"]
    assert state(gate) == "awaiting_approval"


@pytest.mark.req("A-086", "SEC-4")
def test_what_people_wrote_is_text_wherever_it_stands() -> None:
    evil = '"><img src=x onerror=alert(1)><script>alert(2)</script>{{ 9876|add:54321 }}'
    maya = b.person("maya", display_name=evil[:150])
    omar = b.person("omar")
    gate = ask(
        {"user": "maya"},
        {"group": b.group(evil[:80], omar).name},
        rule="unanimous",
        name=evil[:150],
        description=evil,
        instructions=f"{evil}\n[x](javascript:alert(1)) <b onclick=a>b</b> ![t](https://t.example/p)",
        fields=[{"key": "t", "type": "text", "label": evil[:80], "help": evil}],
    )
    b.vote(gate, maya, comment=evil, inputs={"t": evil})
    mine = Browser(omar)
    shown = mine.get(f"/activities/{gate.pk}/")
    mine.send(shown.form("/comment/"), text=evil)
    for query in ("", "?tab=history", "?tab=policy"):
        seen = mine.get(f"/activities/{gate.pk}/{query}")
        assert not seen.root.all("img")
        assert all("alert" not in one.raw for one in seen.root.all("script"))
        hrefs = [one.attrs.get("href", "") for one in seen.root.all("a")]
        assert not [one for one in hrefs if one.startswith("javascript")]
        every = seen.root.all()
        assert not [key for one in every for key in one.attrs if key.startswith("on")]
        assert "{{ 9876|add:54321 }}" in seen.text or query == "?tab=policy"
        assert "64197" not in seen.part("tabs").text


def test_one_heading_of_the_first_level_and_a_title_that_says_what_to_do() -> None:
    maya = b.person("maya")
    gate = ask({"user": "maya"})
    seen = page(maya, gate)
    assert seen.root.one("h1").text == "Gate"
    assert seen.root.one("title").text == "Decide · Gate · Payments 1.0 · Countersign"


@pytest.mark.req("NTF-7")
def test_who_was_told_what_stands_in_a_tab() -> None:
    maya = b.person("maya", display_name="Maya Okafor", email="maya@example.com")
    gate = ask({"user": "maya"})
    told = page(tom(), gate, "?tab=notifications").part("tabs").text
    assert "Maya Okafor" in told
    assert "In the portal" in told
    b.vote(gate, maya)


@pytest.mark.req("POL-4", "EXE-5")
def test_a_rejection_that_can_be_outvoted_is_not_said_to_end_it() -> None:
    names = ("maya", "omar", "ines")
    maya, omar, _ = (b.person(name) for name in names)
    gate = ask(*({"user": name} for name in names), rule={"at_least": 2}, reject="unreachable")
    said = page(maya, gate).part("decide").text
    assert "Rejecting does not end this yet: 2 of 3 can still be reached." in said
    b.vote(gate, omar, "reject")
    said = page(maya, gate).part("decide").text
    assert "Rejecting fails phase Main and the release; tom can then retry, fix or abort." in said
    others = page(tom(), gate).text
    assert "Once it can no longer be approved, it fails phase Main and the release" in others


@pytest.mark.req("A-087")
def test_markdown_loads_nothing_leads_nowhere_odd_and_costs_no_more_than_its_length() -> None:
    maya = b.person("maya")
    gate = ask(
        {"user": "maya"},
        instructions="[a](data:text/html,x) <iframe src=//t.example></iframe> ![p](https://t.example/p)\n"
        f"\n[good](https://docs.example.com/)\n\n{'[' * 10_000}",
    )
    seen = page(maya, gate).root
    body = next(one for one in seen.all("div", class_="prose"))
    assert [one.attrs["href"] for one in body.all("a")] == ["https://docs.example.com/"]
    assert not body.all("img")
    assert not body.all("iframe")
    for hostile in ("[", "![", "![a](", "[a]("):
        assert _cost(hostile, 10_000) < 40 * _cost(hostile, 1_000)  # a hundredfold: the square
        words = "word " * (len(hostile) * 2_000)  # as long
        assert _cost(hostile, 10_000) < 20 * _cost(words, 1), hostile


def _cost(text: str, times: int) -> float:
    """The least CPU time that a text so many times over takes, of three."""
    found = []
    for _ in range(3):
        html_of.cache_clear()
        start = time.process_time()
        html_of(text * times)
        found.append(time.process_time() - start)
    return min(found)


@pytest.mark.req("A-086", "A-087")
def test_what_is_too_long_to_take_apart_is_plain_text() -> None:
    long = "<img src=x onerror=alert(1)> [a](https://docs.example.com/)\n" * 2_000
    assert len(long) > 50_000
    plain = html_of(long)
    assert "<img" not in plain
    assert "<a" not in plain
    assert "&lt;img src=x" in plain
    assert _cost("* a\n", 250_000) < 1  # a megabyte, as long as a process may be


def test_many_comments_come_in_pages_the_newest_first() -> None:
    maya = b.person("maya")
    gate = ask({"user": "maya"})
    for number in range(52):
        write_comment(activity_id=gate.pk, text=f"Number {number}.", actor=b.actor_for(maya))
    newest = page(maya, gate)
    assert "Number 2." in newest.text
    assert "Number 1." not in newest.text
    [older] = [one for one in newest.root.all("a") if one.text == "Older comments"]
    rest = page(maya, gate, f"?{older.attrs['href'].partition('?')[2].partition('#')[0]}")
    assert "Number 1." in rest.text
    assert "Number 2." not in rest.text

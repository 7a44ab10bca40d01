"""What has ended promises nothing and counts no further; what is awaited is named (MON-2, MON-3, POL-9)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from releases.services.activities import retry_activity
from releases.services.lifecycle import abort_release
from tests import builders as b
from tests.portal.notifications.scenes import reachable
from tests.portal.pages.browser import Browser, Page
from tests.portal.pages.releases import seen
from tests.scenes import ask, pipe, run, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

_LADDER = {"after": "8h", "on_miss": "reject"}


def page_of(activity: Any, user: Any, tab: str = "") -> Page:
    return Browser(user).get(f"/activities/{activity.pk}/{tab}")


def deadline_of(activity: Any, user: Any) -> str:
    [card] = page_of(activity, user).root.all("section", class_="activity-deadline")
    return str(card.text)


@pytest.mark.req("POL-9", "MON-3")
@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_what_is_decided_promises_nothing_of_its_deadline(verdict: str) -> None:
    maya = b.person("maya")
    b.person("omar")
    gate = ask({"user": "maya"}, deadline=_LADDER)
    assert "Rejected automatically" in deadline_of(gate, maya)
    assert "Decided before" not in deadline_of(gate, maya)
    b.vote(gate, maya, verdict)
    text = deadline_of(gate, maya)
    assert "Decided before the deadline." in text
    assert "Rejected automatically" not in text


@pytest.mark.req("POL-9")
def test_what_was_closed_with_its_release_was_not_decided() -> None:
    maya = b.person("maya")
    b.person("omar")
    gate = ask({"user": "maya"}, deadline=_LADDER)
    abort_release(release_id=gate.release_id, reason="No.", actor=b.actor_for(tom()))
    text = deadline_of(gate, maya)
    assert "Closed without a decision before the deadline." in text
    assert "Rejected automatically" not in text


@pytest.mark.req("MON-2")
def test_the_clock_of_a_phase_stops_at_its_failure() -> None:
    start = timezone.now() - dt.timedelta(hours=42)
    release = run(b.phase("p", b.pipeline("tests")), now=start)
    b.report(b.activity(release, "tests"), pipe(), "failed", now=start + dt.timedelta(minutes=90))
    head = seen(tom(), release, "phases/p/").root.one("header", class_="page-head").text
    assert "1 h 30 until it failed" in head
    assert "so far" not in head
    again = b.activity(release, "tests").pk
    retry_activity(activity_id=again, reason="Again.", actor=b.actor_for(tom()))
    head = seen(tom(), release, "phases/p/").root.one("header", class_="page-head").text
    assert "so far" in head
    assert "until it failed" not in head


@pytest.mark.req("MON-2")
def test_a_failed_activity_is_not_listed_as_an_open_one() -> None:
    maya = b.person("maya")
    gate = ask({"user": "maya"})
    table = seen(tom(), gate.release).part("activities")
    assert table.one("h2").text == "Open activities"
    b.vote(gate, maya, "reject")
    table = seen(tom(), gate.release).part("activities")
    assert table.one("h2").text == "Open and failed activities"


@pytest.mark.req("MON-3")
def test_what_else_is_waited_for_is_named() -> None:
    maya, omar = b.person("maya"), b.person("omar")
    release = run(
        b.phase(
            "one",
            b.manual("gate", {"user": "maya"}, needs=[]),
            b.manual("risk", {"user": "omar"}, name="Risk review", needs=[]),
            b.manual("legal", {"user": "omar"}, name="Legal", needs=["gate", "risk"]),
        ),
        b.phase("side", b.manual("docs", {"user": "omar"}, needs=[]), name="Documents", needs=[]),
        b.phase("two", b.pipeline("deploy"), needs=["one", "side"]),
    )
    gate = b.activity(release, "gate")
    [card] = page_of(gate, maya).root.all("section", class_="activity-next")
    deploys = "Deploy waits for this, Risk review, Legal and Documents."
    assert f"Legal waits for this and Risk review. {deploys}" in card.text
    b.vote(b.activity(release, "risk"), omar)
    [card] = page_of(gate, maya).root.all("section", class_="activity-next")
    assert "When this is completed, Legal starts." in card.text


@pytest.mark.req("MON-3", "EXE-4")
def test_only_what_really_waits_for_it_is_named_with_all_that_it_waits_for() -> None:
    maya = b.person("maya")
    b.person("omar")
    never = {"risk": ["high"]}
    release = run(
        b.phase(
            "one",
            b.manual("gate", {"user": "maya"}, needs=[]),
            b.manual("legal", {"user": "omar"}, name="Legal", needs=["gate"], when=never),
        ),
        b.phase("two", b.manual("risk", {"user": "omar"}, name="Risk", needs=[]), needs=[]),
        b.phase("three", b.manual("deploy", {"user": "omar"}, name="Deploy"), needs=["one", "two"]),
    )
    page = page_of(b.activity(release, "gate"), maya)
    [card] = page.root.all("section", class_="activity-next")
    assert "Deploy waits for this and Two." in card.text
    assert "Legal" not in card.text, "it does not apply, and waits for nothing"


@pytest.mark.req("NTF-7")
def test_that_somebody_was_asked_does_not_read_as_if_they_had_approved() -> None:
    ann = reachable("ann").ann
    asked = {"approval": "Asked to approve", "verification": "Asked to verify"}
    for kind, words in asked.items():
        gate = ask({"user": "ann"}, kind=kind)
        rows = page_of(gate, ann, "?tab=notifications").part("tabs").all("tr")[1:]
        assert rows
        assert all(words in row.text for row in rows)


@pytest.mark.req("REL-9")
def test_a_moment_that_is_asked_for_names_its_zone() -> None:
    b.person("maya")
    gate = ask({"user": "maya"})
    text = seen(tom(), gate.release, "defer/").text
    assert "In your time zone (UTC)." in text
    form = Browser(tom()).get("/releases/new/").form("/releases/new/")
    assert form.text.count("In your time zone (UTC).") == 2  # the window's beginning and end

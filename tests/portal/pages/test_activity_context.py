"""What an approver is shown besides the question: the rest of the release, and what is new (EXE-3)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from approvals.models import Decision
from audit.models import LedgerEntry
from portal.models import ActivityVisit
from releases.models import Activity, Release
from releases.services.activities import retry_activity
from releases.services.content import ContentChange, change_release
from releases.services.due import run_due
from tests import builders as b
from tests.portal.pages.browser import Browser, Page
from tests.scenes import ask, pipe, run, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("EXE-3")]


def page(user: Any, activity: Activity) -> Page:
    """The page of an activity as somebody sees it."""
    return Browser(user).get(f"/activities/{activity.pk}/")


def open_with_script(user: Any, activity: Activity) -> Page:
    """The same in a browser with script, which tells that it was opened."""
    browser = Browser(user)
    seen = browser.get(f"/activities/{activity.pk}/")
    assert browser.send(seen.form("/opened/")).status == 204
    return seen


# --- The rest of the release ---------------------------------------------------------------------------


def busy_release() -> Release:
    """Checks that passed and failed, somebody who has decided, and what is still to come."""
    b.person("maya", display_name="Maya Okafor")
    b.person("omar", display_name="Omar Haddad")
    return run(
        b.phase(
            "main",
            b.pipeline("tests", name="Integration tests"),
            b.pipeline("scan", name="Security scan", needs=[]),
            b.pipeline("deploy", name="Deploy", needs=["gate"]),
            b.manual("gate", {"user": "maya"}, name="Gate", needs=[]),
            b.manual("risk", {"user": "omar"}, name="Risk review", kind="verification", needs=[]),
            b.manual("legal", {"user": "omar"}, name="Legal", needs=[]),
            b.manual("later", {"user": "omar"}, name="Later", needs=["legal"]),
            failure="continue",
        )
    )


def test_results_and_decisions_of_the_release_stand_beside_the_question() -> None:
    release = busy_release()
    omar = b.get_user_model().objects.get(username="omar")
    maya = b.get_user_model().objects.get(username="maya")
    b.report(b.activity(release, "tests"), pipe(), summary="90 of 90 passed")
    b.report(
        b.activity(release, "scan"), pipe(), "failed",
        summary="2 critical", url="https://ci.example.com/7",
    )  # fmt: skip
    b.vote(b.activity(release, "risk"), omar, comment="Residual risk is low.")
    panel = page(maya, b.activity(release, "gate")).root.one("section", class_="activity-so-far")
    lines = [one.text for one in panel.all("li")]
    assert lines[0].startswith("Security scan Failed")  # what has failed comes first
    assert "2 critical https://ci.example.com/7" in lines[0]
    assert lines[1].startswith("Integration tests Completed")
    assert "90 of 90 passed" in lines[1]
    assert lines[2].startswith("Risk review Completed Omar Haddad: Pass")
    assert "Residual risk is low." in lines[2]
    assert len(lines) == 3
    assert "Still open besides this: Legal" in panel.text
    for unsaid in ("Gate", "Deploy", "Later"):  # itself, and what has not begun
        assert unsaid not in panel.text


def test_a_report_on_a_former_attempt_is_no_result_of_this_one() -> None:
    release = busy_release()
    scan = b.activity(release, "scan")
    b.report(scan, pipe(), "failed", summary="2 critical")
    retry_activity(activity_id=scan.pk, reason="Fixed.", actor=b.actor_for(tom()))
    maya = b.get_user_model().objects.get(username="maya")
    panel = page(maya, b.activity(release, "gate")).root.one("section", class_="activity-so-far")
    assert "Security scan Running attempt 2" in panel.text
    assert "2 critical" not in panel.text


def test_what_was_taken_back_or_said_in_a_former_attempt_is_no_decision() -> None:
    names = ("maya", "omar", "ines")
    maya, omar, ines = (b.person(name) for name in names)
    release = run(
        b.phase(
            "main",
            b.manual("gate", {"user": "maya"}),
            b.manual("cab", {"user": "omar"}, {"user": "ines"}, rule="unanimous", needs=[]),
            failure="continue",
        )
    )
    cab, gate = b.activity(release, "cab"), b.activity(release, "gate")
    b.vote(cab, ines, comment="Of the first attempt.")
    b.vote(cab, omar, "reject", "No.")
    retry_activity(activity_id=cab.pk, reason="Again.", actor=b.actor_for(tom()))
    b.vote(cab, omar)
    Browser(omar).send(page(omar, cab).form("/withdraw/"))
    panel = page(maya, gate).root.one("section", class_="activity-so-far")
    assert "omar" not in panel.text
    assert "ines" not in panel.text
    assert "Still open besides this: Cab" in panel.text


@pytest.mark.req("MON-5")
def test_nothing_of_another_release_is_told() -> None:
    other = busy_release()
    b.report(b.activity(other, "tests"), pipe(), summary="Secret of the other one")
    maya = b.get_user_model().objects.get(username="maya")
    omar = b.get_user_model().objects.get(username="omar")
    b.vote(b.activity(other, "risk"), omar, comment="Not for these eyes")
    alone = page(maya, ask({"user": "maya"}))
    assert not alone.root.all("section", class_="activity-so-far")
    assert "Secret" not in alone.text
    assert "eyes" not in alone.text


def test_the_inbox_shows_the_same_beside_the_list() -> None:
    release = busy_release()
    b.report(b.activity(release, "tests"), pipe(), summary="90 of 90 passed")
    maya = b.get_user_model().objects.get(username="maya")
    gate = b.activity(release, "gate")
    pane = Browser(maya).get(f"/inbox/?open={gate.reference}")
    assert "90 of 90 passed" in pane.root.one("section", class_="activity-so-far").text
    assert pane.offers("/opened/")


# --- What has changed since ----------------------------------------------------------------------------


def test_nothing_is_said_to_whoever_opens_it_first_and_nothing_when_nothing_changed() -> None:
    maya = b.person("maya")
    gate = ask({"user": "maya"})
    assert "Changed since" not in open_with_script(maya, gate).text
    assert "Changed since" not in open_with_script(maya, gate).text


@pytest.mark.req("EXE-10")
def test_new_content_a_new_attempt_and_votes_are_told_once_with_old_and_new() -> None:
    maya, omar = b.person("maya"), b.person("omar", display_name="Omar Haddad")
    gate = ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    open_with_script(maya, gate)
    b.vote(gate, omar, "reject", "No log.")
    change = ContentChange(version="1.1", commit="abc1234")
    actor = b.actor_for(tom())
    change_release(release_id=gate.release_id, change=change, reason="Log added.", actor=actor)
    retry_activity(activity_id=gate.pk, reason="Again.", actor=actor)
    b.vote(gate, omar)
    [note] = open_with_script(maya, gate).root.all("div", class_="activity-since")
    said = [one.text for one in note.all("li")]
    assert said[0] == "Attempt 2 was opened; everyone is asked afresh."
    assert said[1:3] == ["Version: 1.0 → 1.1", "Commit: none → abc1234"]
    assert said[3].startswith("Omar Haddad: Approve")
    assert len(said) == 4  # the rejection is of an attempt that has ended
    assert [one.text for one in note.all("del")] == ["1.0", "none"]
    assert "Changed since you last opened" not in page(maya, gate).text
    # What stands in the note is not said twice.
    assert "Changed since the attempt before" in page(maya, gate).text


def test_each_reader_has_a_memory_of_their_own_and_ones_own_vote_is_no_news() -> None:
    maya, omar = b.person("maya"), b.person("omar")
    gate = ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    open_with_script(maya, gate)
    open_with_script(omar, gate)
    b.vote(gate, omar)
    assert "omar: Approve" in page(maya, gate).root.one("div", class_="activity-since").text
    assert "Changed since" not in page(omar, gate).text
    assert "Changed since" not in page(tom(), gate).text


def test_a_vote_taken_back_is_told_as_such() -> None:
    maya, omar = b.person("maya"), b.person("omar")
    gate = ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    b.vote(gate, omar)
    open_with_script(maya, gate)
    Browser(omar).send(page(omar, gate).form("/withdraw/"))
    note = page(maya, gate).root.one("div", class_="activity-since").text
    assert "omar: took the decision back" in note
    assert "Approve" not in note


@pytest.mark.req("A-085", "B-26")
def test_looking_alone_changes_no_memory() -> None:
    maya = b.person("maya")
    gate = ask({"user": "maya"})
    browser = Browser(maya)
    for _ in range(3):
        browser.get(f"/activities/{gate.pk}/")
        assert browser.client.get(f"/activities/{gate.pk}/opened/").status_code == 302
        assert browser.client.head(f"/activities/{gate.pk}/opened/").status_code == 302
    assert not ActivityVisit.objects.exists()


@pytest.mark.req("MON-5", "SEC-1", "SEC-4")
def test_only_what_one_may_see_is_remembered_and_only_by_an_own_form() -> None:
    b.person("maya")
    gate = ask({"user": "maya"})
    stranger = Browser(b.person("zoe"))
    assert stranger.client.post(f"/activities/{gate.pk}/opened/").status_code == 404
    elsewhere = Browser(tom())
    elsewhere.client.handler.enforce_csrf_checks = True
    assert elsewhere.client.post(f"/activities/{gate.pk}/opened/").status_code == 403
    signed_out = Browser(tom())
    signed_out.client.logout()
    assert signed_out.client.post(f"/activities/{gate.pk}/opened/").status_code in (302, 401)
    assert not ActivityVisit.objects.exists()


@pytest.mark.req("A-102")
@pytest.mark.parametrize(
    "sent",
    [
        "",
        "x",
        "9999-12-31T23:59:59+00:00",
        "2020-01-01T00:00:00",
        "-1",
        "2020-01-01\x00",
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00+00:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_nobody_has_seen_what_is_to_come_nor_forgets_what_was_seen(sent: str) -> None:
    maya = b.person("maya")
    gate = ask({"user": "maya"})
    browser = Browser(maya)
    before = LedgerEntry.objects.count()
    address = f"/activities/{gate.pk}/opened/"
    assert browser.client.post(address, {"seen_at": sent}).status_code == 204
    [visit] = ActivityVisit.objects.all()
    assert abs(visit.seen_at - timezone.now()) < dt.timedelta(minutes=1)
    long_ago = timezone.now() - dt.timedelta(days=9)
    browser.client.post(address, {"seen_at": long_ago.isoformat()})
    [again] = ActivityVisit.objects.all()
    assert again.seen_at == visit.seen_at
    assert LedgerEntry.objects.count() == before


# --- The first time --------------------------------------------------------------------------------------

HINT = "This is what you approve. Your answer is recorded with time and name."


def test_whoever_has_never_decided_is_told_once_what_an_approval_is() -> None:
    maya, omar = b.person("maya"), b.person("omar")
    first, second = ask({"user": "maya"}), ask({"user": "maya"})
    assert HINT in page(maya, first).part("decide").text
    assert HINT not in page(tom(), first).text  # is not asked
    b.vote(first, maya)
    assert HINT not in page(maya, second).text
    b.vote(ask({"user": "omar"}), omar)
    assert Decision.objects.filter(user=maya).count() == 1


# --- Seats by rule, remaining first ----------------------------------------------------------------------


@pytest.mark.req("POL-11", "POL-17", "MON-3")
@pytest.mark.parametrize(
    ("rule", "progress", "needed", "sentence"),
    [
        (
            "majority",
            "1 of 2 approvals",
            "Needs 1 more from",
            "More than half must approve: 2 of 3.",
        ),
        ("unanimous", "1 of 3 approvals", "Needs 2 more from", "All 3 must approve."),
        ({"at_least": 2}, "1 of 2 approvals", "Needs 1 more from", "At least 2 of 3 must approve."),
        ({"percent": 60}, "1 of 2 approvals", "Needs 1 more from", "60 % must approve: 2 of 3."),
    ],
)
def test_each_rule_says_what_remains_first_why_one_is_asked_and_why_another_is_not(
    rule: Any, progress: str, needed: str, sentence: str
) -> None:
    maya, omar, ines = b.person("maya"), b.person("omar"), b.person("ines")
    b.role("cab", "CAB member")
    b.give("cab", ines)
    gate = ask({"user": "omar"}, {"group": b.group("QA", maya).name}, {"role": "cab"}, rule=rule)
    b.vote(gate, omar)
    mine = page(maya, gate)
    seats = mine.part("activity-seats")
    assert seats.one("h2").text == progress
    assert needed in seats.text
    assert sentence in seats.text
    rows = [one.text for one in seats.all("li", class_="activity-seat")]
    assert [("Your turn" in row, "Waiting" in row, "Approved" in row) for row in rows] == [
        (True, False, False), (False, True, False), (False, False, True),
    ]  # fmt: skip
    assert "You are asked as a member of QA." in mine.part("decide").text
    assert "because you hold the role CAB member" in page(ines, gate).part("decide").text
    policy = Browser(tom()).get(f"/activities/{gate.pk}/?tab=policy").part("tabs").text
    assert "Why can’t I decide? You are not asked for this decision." in policy
    assert "Why was I asked?" not in policy


@pytest.mark.req("POL-3", "POL-11")
def test_a_seat_that_must_approve_stands_before_the_others_that_remain() -> None:
    maya, _ = b.person("maya"), b.person("omar")
    gate = ask(
        {"user": "omar"},
        {"group": b.group("Security", maya).name, "required": True},
        rule="any",
    )
    rows = page(tom(), gate).part("activity-seats").all("li", class_="activity-seat")
    assert "Security must approve" in rows[0].text
    assert "omar" in rows[1].text


# --- Changed under me ------------------------------------------------------------------------------------


@pytest.mark.req("A-010", "EXE-10")
def test_content_that_changed_under_an_open_form_is_shown_and_what_was_typed_is_kept() -> None:
    maya, omar = b.person("maya"), b.person("omar")
    gate = ask({"group": b.group("QA", maya, omar).name})
    browser = Browser(maya)
    shown = browser.get(f"/activities/{gate.pk}/")
    b.vote(gate, omar, "reject")
    actor = b.actor_for(tom())
    change = ContentChange(version="1.1")
    change_release(release_id=gate.release_id, change=change, reason="Mended.", actor=actor)
    retry_activity(activity_id=gate.pk, reason="Again.", actor=actor)
    for htmx in (False, True):
        answer = browser.send(shown.form("/decide/"), htmx, verdict="approve", comment="Mine.")
        assert answer.status == 409
        alert = answer.part("decide").one("div", role="alert")
        assert "This has changed since you opened it" in alert.text
        assert "Version: 1.0 → 1.1" in alert.text
        form = answer.form("/decide/")
        assert form.one("textarea", name="comment").raw.strip() == "Mine."
        assert "Approve the new version" in form.text
    assert not Decision.objects.filter(user=maya).exists()
    # The same form cannot be pressed through by pressing it again.
    assert browser.send(shown.form("/decide/"), verdict="approve").status == 409


@pytest.mark.req("POL-9")
def test_what_its_deadline_has_ended_is_read_only_and_says_by_what() -> None:
    maya = b.person("maya")
    start = timezone.now() - dt.timedelta(hours=2)
    gate = ask({"user": "maya"}, deadline={"after": "1h", "on_miss": "reject"}, now=start)
    run_due()
    seen = page(maya, gate)
    decide = seen.part("decide").text
    assert "Nothing more is asked: the deadline passed without a decision." in decide
    assert not seen.offers("/decide/")
    history = Browser(maya).get(f"/activities/{gate.pk}/?tab=history").part("tabs").text
    assert "Policy · Rejected automatically: the deadline passed" in history


# --- Nothing is promised that is not there ---------------------------------------------------------------


@pytest.mark.req("MON-3")
def test_no_page_of_an_activity_offers_what_cannot_be_done_yet() -> None:
    maya = b.person("maya")
    gate = ask({"user": "maya"})
    stuck = ask({"user": "maya"}, authors=["maya"])
    for user in (maya, tom()):
        for activity in (gate, stuck):
            for tab in ("discussion", "history", "policy", "notifications"):
                seen = Browser(user).get(f"/activities/{activity.pk}/?tab={tab}").text.lower()
                for word in ("hand over", "reassign", "delegate", "defer"):
                    assert word not in seen, (word, tab)

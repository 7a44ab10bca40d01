"""Deciding, commenting, withdrawing, retrying at the activity page, without script and with htmx."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from approvals.models import Decision
from releases.models import Activity, Comment
from releases.services.activities import retry_activity
from tests import builders as b
from tests.portal.pages.browser import Browser, Page
from tests.scenes import ask, entry, events, run, state, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("EXE-3")]

_FIELDS = [
    {"key": "note", "type": "long_text", "label": "Summary", "required": True, "min_length": 5},
    {"key": "count", "type": "number", "label": "Tests failed", "min": 0, "max": 9},
    {
        "key": "risk",
        "type": "dropdown",
        "label": "Residual risk",
        "choices": ["low", "high"],
        "required": "approve",
    },
    {"key": "sure", "type": "checkbox", "label": "I am sure", "required": "approve"},
    {"key": "ticket", "type": "text", "label": "Ticket", "pattern": "[A-Z]+-[0-9]+"},
]


def opened(user: Any, activity: Activity) -> tuple[Browser, Page]:
    """Somebody's browser with the page of an activity in it."""
    browser = Browser(user)
    return browser, browser.get(f"/activities/{activity.pk}/")


def decide(user: Any, activity: Activity, verdict: str, **more: Any) -> Page:
    """Press a verdict in the form as it stands."""
    browser, shown = opened(user, activity)
    return browser.send(shown.form("/decide/"), verdict=verdict, **more)


@pytest.mark.req("CAP-1", "CAP-4", "EXE-4")
def test_the_answers_are_kept_in_their_types_under_their_fields() -> None:
    maya = b.person("maya", display_name="Maya Okafor")
    gate = ask({"user": "maya"}, fields=_FIELDS, kind="verification")
    done = decide(
        maya, gate, "approve",
        **{
            "field-note": "All\r\nfine", "field-count": "3", "field-risk": "low",
            "field-sure": "true", "field-ticket": "PAY-1", "field-evil": "x", "is_admin": "1",
        },
    )  # fmt: skip
    assert done.status == 200
    assert done.part("result").text.startswith(
        "Your decision is recorded Passed. Quorum reached (1 of 1)."
    )
    kept = Decision.objects.get()
    assert kept.inputs == (
        '{"count":3,"note":"All\\nfine","risk":"low","sure":true,"ticket":"PAY-1"}'
    )
    assert kept.door == "page"
    assert state(gate) == "completed"
    shown = opened(maya, gate)[1].text
    assert "Tests failed: 3" in shown
    assert "I am sure: Yes" in shown
    assert not opened(maya, gate)[1].has("result")  # told once


@pytest.mark.req("CAP-3")
def test_what_is_wrong_stands_at_its_field_keeps_what_was_typed_and_records_nothing() -> None:
    maya = b.person("maya")
    gate = ask({"user": "maya"}, fields=_FIELDS)
    before = events(gate)
    answer = decide(
        maya, gate, "approve",
        **{"field-note": "abc", "field-count": "1,284", "field-ticket": "nope", "comment": "Kept."},
    )  # fmt: skip
    assert answer.status == 422
    form = answer.form("/decide/")
    summary = form.one("div", class_="error-summary")
    links = {one.attrs["href"]: one.text for one in summary.all("a")}
    assert links == {
        "#field-note": "Summary: Write at least 5 characters.",
        "#field-count": "Tests failed: Give a number.",
        "#field-risk-0": "Residual risk: This is required.",
        "#field-sure": "I am sure: This must be ticked.",
        "#field-ticket": "Ticket: This does not have the form asked for.",
    }
    for href in links:
        answer.part(href[1:])
    note = form.one("textarea", name="field-note")
    assert note.raw.strip() == "abc"
    assert note.attrs["aria-invalid"] == "true"
    assert "autofocus" in note.attrs
    assert "field-note-error" in note.attrs["aria-describedby"]
    assert len([one for one in form.all() if "autofocus" in one.attrs]) == 1
    assert form.one("input", name="field-count").attrs["value"] == "1,284"
    assert form.one("textarea", name="comment").raw.strip() == "Kept."
    assert events(gate) == before
    assert not Decision.objects.exists()


def test_a_rejection_needs_a_reason_and_tells_what_it_did() -> None:
    maya = b.person("maya")
    gate = ask({"user": "maya"})
    browser, shown = opened(maya, gate)
    answer = browser.send(shown.form("/decide/"), verdict="reject")
    assert answer.status == 422
    assert "Comment: Say why you reject." in answer.text
    done = browser.send(answer.form("/decide/"), verdict="reject", comment="No log.")
    assert done.part("result").text.startswith(
        "Your decision is recorded Rejected. Phase Main failed, release is Failed. tom was told (in the portal) and can "
        "retry, fix or abort."
    )
    assert state(gate) == "rejected"


def test_without_a_verdict_nothing_is_decided() -> None:
    gate = ask({"user": b.person("maya").username})
    for verdict in (None, "", "withdraw", "APPROVE", "delete"):
        assert decide(gate_user(), gate, verdict).status == 422  # type: ignore[arg-type]
    assert not Decision.objects.exists()


def gate_user() -> Any:
    """Maya, as she was made before."""
    return b.get_user_model().objects.get(username="maya")


@pytest.mark.req("A-006", "EXE-8")
def test_a_double_press_is_one_decision_and_one_comment() -> None:
    maya, _ = b.person("maya"), b.person("omar")
    gate = ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    browser, shown = opened(maya, gate)
    texts = [
        browser.send(shown.form("/decide/"), verdict="approve").part("result").text
        for _ in range(2)
    ]
    assert texts[0] == texts[1]
    assert texts[0].startswith("Your decision is recorded Approved. 1 of 2. Still waiting on omar.")
    assert Decision.objects.count() == 1
    browser, shown = opened(maya, gate)
    for _ in range(2):
        said = browser.send(shown.form("/comment/"), text="Look at line 3.")
        assert "Comment added." in said.text
    assert Comment.objects.count() == 1
    # Going back and writing something else is a comment of its own.
    browser.send(shown.form("/comment/"), text="And at line 4.")
    assert Comment.objects.count() == 2


@pytest.mark.req("EXE-7")
def test_a_decision_is_withdrawn_and_changed_while_it_is_open() -> None:
    maya, _ = b.person("maya"), b.person("omar")
    gate = ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    decide(maya, gate, "approve")
    browser, shown = opened(maya, gate)
    done = browser.send(shown.form("/withdraw/"), reason="Too early.")
    assert "Withdrawn. The activity waits for you again." in done.part("result").text
    assert done.offers("/decide/")
    again = browser.send(shown.form("/withdraw/"), reason="Too early.")
    assert "Withdrawn." in again.text
    assert [one.verdict for one in Decision.objects.order_by("pk")] == ["approve", "withdraw"]
    # A form of before the withdrawal, sent once more, does not decide again by itself.
    browser.send(shown.form("/withdraw/"), reason="Another reason.")
    assert Decision.objects.count() == 2


@pytest.mark.req("A-006", "EXE-7")
def test_a_form_of_before_a_withdrawal_sent_again_does_not_claim_to_have_decided() -> None:
    maya, _ = b.person("maya"), b.person("omar")
    gate = ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    browser, shown = opened(maya, gate)
    browser.send(shown.form("/decide/"), verdict="approve")
    browser.send(opened(maya, gate)[1].form("/withdraw/"))
    again = browser.send(shown.form("/decide/"), verdict="approve")
    assert "you have decided otherwise since" in again.part("result").text
    assert again.offers("/decide/")
    assert [one.verdict for one in Decision.objects.order_by("pk")] == ["approve", "withdraw"]


@pytest.mark.req("A-010", "EXE-6", "EXE-10")
def test_a_form_of_the_former_attempt_decides_nothing_and_loses_nothing() -> None:
    maya, omar = b.person("maya"), b.person("omar")
    group = b.group("QA", maya, omar).name
    gate = ask({"group": group}, fields=_FIELDS[:1])
    browser, shown = opened(maya, gate)
    b.vote(gate, omar, "reject", inputs={"note": "Not good."})
    retry_activity(activity_id=gate.pk, reason="Again.", actor=b.actor_for(tom()))
    answer = browser.send(
        shown.form("/decide/"), verdict="approve", **{"field-note": "Long enough"}, comment="Mine."
    )
    assert answer.status == 409
    assert "This has changed since you opened it" in answer.part("decide").text
    assert "Approve the new version" in answer.part("decide").text
    form = answer.form("/decide/")
    assert form.one("textarea", name="field-note").raw.strip() == "Long enough"
    assert form.one("textarea", name="comment").raw.strip() == "Mine."
    assert form.one("input", name="attempt").attrs["value"] == "2"
    assert not Decision.objects.filter(user=maya).exists()
    done = browser.send(form, verdict="approve")
    assert "Quorum reached" in done.part("result").text
    assert Decision.objects.get(user=maya).approval.attempt == 2


@pytest.mark.req("A-003", "A-019", "A-076")
def test_a_vote_that_comes_too_late_is_told_by_whom_and_kept_as_a_draft() -> None:
    maya, omar = b.person("maya"), b.person("omar", display_name="Omar Haddad")
    gate = ask({"group": b.group("QA", maya, omar).name})
    browser, shown = opened(maya, gate)
    b.vote(gate, omar)
    answer = browser.send(shown.form("/decide/"), verdict="approve", comment="Fine by me.")
    assert answer.status == 409
    text = answer.part("decide").text
    assert "Not counted: the activity was completed at" in text
    assert "by Omar Haddad" in text
    assert answer.form("/comment/").one("textarea").raw.strip() == "Fine by me."
    assert not Comment.objects.exists()  # all or nothing
    assert not Decision.objects.filter(user=maya).exists()
    assert entry(gate, "approval.decision_refused")["data"]["code"] == "already_decided"


@pytest.mark.req("A-003", "CAP-4")
def test_a_vote_that_counted_and_is_taken_back_too_late_is_not_said_to_be_lost() -> None:
    maya, omar = b.person("maya"), b.person("omar")
    gate = ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    b.vote(gate, maya)
    browser, shown = opened(maya, gate)
    b.vote(gate, omar)
    answer = browser.send(shown.form("/withdraw/"), reason="Not yet.")
    assert answer.status == 409
    assert "not counted" not in answer.text.lower()
    assert "This was not done" in answer.text


@pytest.mark.req("A-003")
def test_a_vote_after_the_deadline_is_refused_though_nothing_has_run() -> None:
    maya = b.person("maya")
    start = timezone.now() - dt.timedelta(hours=2)
    gate = ask({"user": "maya"}, deadline={"after": "1h", "on_miss": "reject"}, now=start)
    answer = Browser(maya).client.post(
        f"/activities/{gate.pk}/decide/", {"verdict": "approve", "attempt": "1"}
    )
    assert answer.status_code == 409
    assert b"The deadline passed at" in answer.content
    assert not Decision.objects.exists()


@pytest.mark.req("POL-6", "SEC-1")
def test_whoever_may_not_decide_is_told_why_whatever_they_send() -> None:
    b.person("maya")
    gate = ask({"user": "maya"})
    answer = Browser(tom()).client.post(
        f"/activities/{gate.pk}/decide/", {"verdict": "approve", "attempt": "1"}
    )
    assert answer.status_code == 403
    assert b"You are not asked for this decision." in answer.content
    for act in ("retry", "skip"):
        other = Browser(gate_user()).client.post(f"/activities/{gate.pk}/{act}/", {"reason": "x"})
        assert other.status_code == 403, act
    assert not Decision.objects.exists()


@pytest.mark.req("A-086", "A-102")
@pytest.mark.parametrize(
    "field",
    ["attempt=99999999999999999999", "attempt=-1", "attempt=x", "fingerprint=0", "attempt="],
)
def test_what_no_form_sends_decides_nothing(field: str) -> None:
    gate = ask({"user": b.person("maya").username})
    name, _, value = field.partition("=")
    sent = {"verdict": "approve", "attempt": "1", "idempotency_key": "\u00e9" * 500, name: value}
    answer = Browser(gate_user()).client.post(f"/activities/{gate.pk}/decide/", sent)
    assert answer.status_code == 409, answer.content
    assert not Decision.objects.exists()


@pytest.mark.req("MON-3")
def test_with_htmx_the_parts_come_and_every_counter_is_told() -> None:
    maya, _ = b.person("maya"), b.person("omar")
    gate = ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    browser, shown = opened(maya, gate)
    refused = browser.send(shown.form("/decide/"), htmx=True, verdict="reject")
    assert refused.status == 422
    assert not refused.root.all("html")
    assert "HX-Trigger" not in refused.headers
    done = browser.send(shown.form("/decide/"), htmx=True, verdict="approve")
    assert done.status == 200
    assert not done.root.all("html")
    assert done.headers["HX-Trigger"] == "approvals:changed"
    assert "HX-Request" in done.headers["Vary"]
    assert done.part("result").one("h3").attrs["tabindex"] == "-1"
    assert done.part("result").attrs["data-say"].startswith("Approved. 1 of 2.")
    for part in ("activity-seats", "activity-meta", "activity-bar"):
        assert done.part(part).attrs["hx-swap-oob"] == "true"
    assert "You decided: Approve" in done.part("decide").text


def test_a_comment_decides_nothing_and_an_empty_one_is_none() -> None:
    maya = b.person("maya")
    gate = ask({"user": "maya"})
    browser, shown = opened(maya, gate)
    empty = browser.send(shown.form("/comment/"), text="  ")
    assert empty.status == 422
    assert "Write something." in empty.text
    said = browser.send(shown.form("/comment/"), text="Wait for the log.")
    assert "Comment added. Your decision is still open." in said.text
    assert state(gate) == "awaiting_approval"


@pytest.mark.req("SEC-4")
def test_a_form_from_elsewhere_is_refused() -> None:
    gate = ask({"user": b.person("maya").username})
    browser = Browser(gate_user())
    browser.client.handler.enforce_csrf_checks = True
    for act in ("decide", "comment", "question", "withdraw", "retry", "skip"):
        answer = browser.client.post(f"/activities/{gate.pk}/{act}/", {"verdict": "approve"})
        assert answer.status_code == 403, act
    assert not Decision.objects.exists()


@pytest.mark.req("EXE-4")
def test_the_result_names_what_starts_now_and_before_it_what_would() -> None:
    maya = b.person("maya")
    release = run(
        b.phase("p", b.manual("qa", {"user": "maya"})),
        b.phase("q", b.pipeline("deploy"), b.pipeline("docs", needs=[])),
    )
    gate = b.activity(release, "qa")
    browser, shown = opened(maya, gate)
    assert "When this is completed, Deploy and Docs start." in shown.text
    done = browser.send(shown.form("/decide/"), verdict="approve")
    assert "2 activities start now: Deploy and Docs." in done.part("result").text

"""What the page says after an act: every row of ux.md's appendix B that exists, through the real page."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

import pytest
from django.utils import timezone

from approvals.models import Decision
from audit.models import Delivery, LedgerEntry
from releases.models import Activity
from releases.services.activities import request_skip
from releases.services.due import run_due
from releases.services.lifecycle import abort_release, defer_release
from tests import builders as b
from tests.portal.pages.browser import Browser, Page
from tests.scenes import ask, people, run, state, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("EXE-4", "POL-11")]


def press(user: Any, activity: Activity, verdict: str, **more: Any) -> tuple[str, str]:
    """Press a verdict in the form as it stands: heading and text of the result."""
    browser = Browser(user)
    shown = browser.get(f"/activities/{activity.pk}/")
    return told(browser.send(shown.form("/decide/"), verdict=verdict, **more))


def told(seen: Page) -> tuple[str, str]:
    """Heading and text of the result panel."""
    panel = seen.part("result")
    return panel.one("h3").text, panel.all("p")[0].text


def named(name: str, shown: str, **more: Any) -> Any:
    """A person who is shown by another name."""
    return b.person(name, display_name=shown, **more)


def boss(email: str = "") -> Any:
    """Tom Reuter, who manages every release."""
    made = named("tom", "Tom Reuter", email=email)
    b.give("release-manager", made)
    return made


# --- Approve -----------------------------------------------------------------------------------------


def test_approve_rule_met_says_the_quorum_what_starts_and_who_was_told() -> None:
    maya = b.person("maya")
    release = run(
        b.phase("p", b.manual("qa", {"user": "maya"})),
        b.phase("q", b.pipeline("deploy"), b.pipeline("docs", needs=[])),
    )
    assert press(maya, b.activity(release, "qa"), "approve") == (
        "Your decision is recorded",
        "Approved. Quorum reached (1 of 1). 2 activities start now: Deploy and Docs. tom was told "
        "(in the portal).",
    )


@pytest.mark.req("POL-3")
def test_approve_number_met_and_a_required_seat_open_says_what_is_still_needed() -> None:
    maya, ines = b.person("maya"), named("ines", "Inês Prado")
    gate = ask(
        {"user": "maya"},
        {"group": b.group("Security", ines).name, "required": True},
        rule={"at_least": 1},
    )
    assert press(maya, gate, "approve") == (
        "Your decision is recorded",
        "Approved. The number is met (1 of 1). Still needed: 1 from Security (Inês Prado).",
    )
    assert state(gate) == "awaiting_approval"


@pytest.mark.req("POL-9")
def test_approve_not_met_says_who_is_awaited_until_when_and_what_follows() -> None:
    maya, _, _ = b.person("maya"), named("ines", "Inês Prado"), named("ruth", "Ruth Cole")
    named("omar", "Omar Haddad")
    everybody = [{"user": name} for name in ("maya", "ines", "ruth")]
    late = {"after": "2h", "on_miss": "escalate", "escalate_to": [{"user": "omar"}]}
    gate = ask(*everybody, rule="unanimous", deadline=late)
    heading, text = press(maya, gate, "approve")
    assert heading == "Your decision is recorded"
    assert re.fullmatch(
        r"Approved\. 1 of 3\. Still waiting on Inês Prado, Ruth Cole\. "
        r"Due [^.]*\d\d:\d\d[^.]*, then escalates to Omar Haddad\.",
        text,
    ), text


def test_approve_not_met_without_a_deadline_promises_none() -> None:
    maya, _ = b.person("maya"), named("ines", "Inês Prado")
    gate = ask({"user": "maya"}, {"user": "ines"}, rule="unanimous")
    _, text = press(maya, gate, "approve")
    assert text == "Approved. 1 of 2. Still waiting on Inês Prado."


def test_approving_again_in_the_same_words_is_not_told_as_something_new() -> None:
    maya, _ = b.person("maya"), named("ines", "Inês Prado")
    gate = ask({"user": "maya"}, {"user": "ines"}, rule="unanimous")
    b.vote(gate, maya)
    browser = Browser(maya)
    shown = browser.get(f"/activities/{gate.pk}/?change=1")
    heading, text = told(browser.send(shown.form("/decide/"), verdict="approve"))
    assert heading == "Done before"
    assert text.startswith("Approved. You had said the same before; it counts once.")
    assert Decision.objects.count() == 1


# --- Approve, but it was settled before --------------------------------------------------------------


def too_late(user: Any, gate: Activity, meanwhile: Any) -> str:
    """Open the page, let something happen, then approve: what the page says."""
    browser = Browser(user)
    shown = browser.get(f"/activities/{gate.pk}/")
    meanwhile()
    answer = browser.send(shown.form("/decide/"), verdict="approve", comment="Fine.")
    assert answer.status == 409
    assert not Decision.objects.filter(user=user).exists()
    assert not answer.has("result")
    return re.sub(r"\bat [\w ,]*?\d\d:\d\d( UTC)?", "at 10:31", answer.part("decide").text)


@pytest.mark.req("A-003", "A-076")
def test_a_late_vote_names_whoever_completed_it() -> None:
    who = people("maya")
    kenji = named("kenji", "Kenji Watanabe")
    gate = ask({"group": b.group("QA", who.maya, kenji).name})
    text = too_late(who.maya, gate, lambda: b.vote(gate, kenji))
    assert (
        "Not counted: the activity was completed at 10:31 by Kenji Watanabe. Nothing else to do."
        in text
    )


@pytest.mark.req("A-003", "A-076")
@pytest.mark.parametrize(
    ("act", "because"),
    [
        (abort_release, "the release was aborted"),
        (
            lambda **more: defer_release(until=timezone.now() + dt.timedelta(days=1), **more),
            "the release was put off",
        ),
    ],
)
def test_a_round_that_no_vote_ended_names_no_voter(act: Any, because: str) -> None:
    maya, omar = b.person("maya"), named("omar", "Omar Haddad")
    gate = ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    b.vote(gate, omar)  # an earlier vote, which ended nothing
    actor = b.actor_for(tom())
    end = {"release_id": gate.release_id, "reason": "Enough.", "actor": actor}
    text = too_late(maya, gate, lambda: act(**end))
    assert f"Not counted: the activity was closed at 10:31 by tom: {because}." in text
    assert "Omar Haddad" not in text


@pytest.mark.req("POL-13")
def test_a_round_that_an_override_ended_names_whoever_approved_the_override() -> None:
    maya, omar = b.person("maya"), named("omar", "Omar Haddad")
    b.role("director", rights=["override", "view"])
    ruth = named("ruth", "Ruth Cole")
    b.give("director", ruth)
    gate = ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    b.vote(gate, omar)
    wanted = request_skip(activity_id=gate.pk, reason="Away.", actor=b.actor_for(tom()))
    text = too_late(maya, gate, lambda: b.vote(wanted, ruth, comment="Go."))
    assert "closed at 10:31 by Ruth Cole: it was skipped by override." in text
    assert "Omar Haddad" not in text


@pytest.mark.req("POL-9")
def test_a_round_that_its_deadline_ended_was_ended_by_the_policy() -> None:
    maya, omar = b.person("maya"), named("omar", "Omar Haddad")
    start = timezone.now() - dt.timedelta(minutes=59)
    gate = ask(
        {"user": "maya"}, {"user": "omar"}, rule="unanimous",
        deadline={"after": "1h", "on_miss": "reject"}, now=start,
    )  # fmt: skip
    b.vote(gate, omar)
    text = too_late(maya, gate, lambda: run_due(now=timezone.now() + dt.timedelta(hours=1)))
    assert "rejected at 10:31 by Policy: the deadline passed." in text
    assert "Omar Haddad" not in text


# --- Reject ------------------------------------------------------------------------------------------


@pytest.mark.req("EXE-6")
def test_reject_that_ends_it_says_what_failed_who_was_told_how_and_can_mend_it() -> None:
    maya = b.person("maya")
    manager = boss("tom@example.com")
    gate = ask({"user": "maya"}, by=manager)
    assert press(maya, gate, "reject", comment="No log.") == (
        "Your decision is recorded",
        "Rejected. Phase Main failed, release is Failed. Tom Reuter was told (email) and can retry, "
        "fix or abort.",
    )
    assert Delivery.objects.filter(notice__moment="rejected", state="pending").count() == 1


@pytest.mark.req("NTF-7")
def test_email_is_named_for_nobody_to_whom_no_mail_goes() -> None:
    maya = b.person("maya")
    gate = ask({"user": "maya"}, by=boss())
    _, text = press(maya, gate, "reject", comment="No log.")
    assert "Tom Reuter was told (in the portal) and can retry, fix or abort." in text


@pytest.mark.req("EXE-5")
def test_reject_that_can_be_outvoted_says_what_is_still_possible() -> None:
    names = ("maya", "omar", "ines", "ruth", "kenji")
    maya, omar, ines, _, _ = (b.person(name) for name in names)
    gate = ask(*({"user": one} for one in names), rule={"at_least": 3}, reject="unreachable")
    b.vote(gate, omar)
    b.vote(gate, ines)
    assert press(maya, gate, "reject", comment="No log.") == (
        "Your decision is recorded",
        "Rejected. 2 approvals and 1 rejection; 3 of 5 are still possible. Still waiting on kenji, "
        "ruth.",
    )


@pytest.mark.req("EXE-5")
def test_reject_after_which_the_number_cannot_be_reached_says_so() -> None:
    names = ("maya", "omar", "ines")
    maya, omar, _ = (b.person(name) for name in names)
    gate = ask(*({"user": one} for one in names), rule={"at_least": 2}, reject="unreachable")
    b.vote(gate, omar, "reject")
    _, text = press(maya, gate, "reject", comment="No log.")
    assert text.startswith(
        "Rejected. 2 of 3 can no longer be reached. Phase Main failed, release is Failed."
    )
    assert "waiting" not in text


# --- Comment, withdraw, abstain ----------------------------------------------------------------------


@pytest.mark.req("EXE-7")
def test_a_comment_leaves_the_decision_open_and_a_withdrawal_names_its_entry() -> None:
    maya, _ = b.person("maya"), b.person("omar")
    gate = ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    browser = Browser(maya)
    shown = browser.get(f"/activities/{gate.pk}/")
    said = told(browser.send(shown.form("/comment/"), text="Look at line 3."))
    assert said == ("Done", "Comment added. Your decision is still open.")
    b.vote(gate, maya)
    shown = browser.get(f"/activities/{gate.pk}/")
    heading, text = told(browser.send(shown.form("/withdraw/")))
    entry = LedgerEntry.objects.get(kind="approval.decision_withdrawn")
    newest = Decision.objects.get(verdict="withdraw")
    assert json.loads(entry.text)["data"]["decision"] == newest.pk
    assert (heading, text) == (
        "Your decision is taken back",
        f"Withdrawn. The activity waits for you again. Ledger entry #{entry.seq}.",
    )


@pytest.mark.req("EXE-9")
def test_an_abstention_after_which_too_few_remain_says_so_and_who_was_told() -> None:
    names = ("maya", "omar", "ines")
    maya, _, _ = (b.person(name) for name in names)
    manager = boss("tom@example.com")
    gate = ask(*({"user": one} for one in names), rule={"at_least": 3}, by=manager)
    assert press(maya, gate, "abstain") == (
        "Your decision is recorded",
        "Abstained. Only 2 voters remain, 3 are needed. Tom Reuter was told (email).",
    )


@pytest.mark.req("A-006", "EXE-7")
def test_nothing_is_headed_as_done_that_was_not() -> None:
    maya, _ = b.person("maya"), b.person("omar")
    gate = ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    browser = Browser(maya)
    shown = browser.get(f"/activities/{gate.pk}/")
    browser.send(shown.form("/decide/"), verdict="approve")
    browser.send(browser.get(f"/activities/{gate.pk}/").form("/withdraw/"))
    heading, text = told(browser.send(shown.form("/decide/"), verdict="approve"))
    assert heading == "Not done"
    assert text.startswith("Nothing was done:")
    assert [one.verdict for one in Decision.objects.order_by("pk")] == ["approve", "withdraw"]

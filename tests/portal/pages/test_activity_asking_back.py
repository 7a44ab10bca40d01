"""Ask for information at the activity page: pressed beside the form, answered like a comment."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail

from approvals.models import RoleAssignment
from audit.models import Notice
from portal.notifications.sending import deliver_due
from portal.services.people import set_user_active
from releases.models import Activity, Comment
from releases.services.roles import end_role
from tests import builders as b
from tests.portal.notifications.scenes import reachable, tom_by_mail
from tests.portal.pages.browser import Browser
from tests.scenes import ask, people, pipe, run, state

pytestmark = [pytest.mark.django_db, pytest.mark.req("EXE-3")]


def test_a_question_is_asked_from_the_form_and_leaves_it_open() -> None:
    tom, ann = tom_by_mail(), reachable("ann").ann
    gate = ask({"user": "ann"}, by=tom)
    asker = Browser(ann)
    shown = asker.get(f"/activities/{gate.pk}/")
    assert "tom is told. It decides nothing; you can still decide." in shown.part("decide").text
    after = asker.send(shown.form("/question/"), question="Which <b>log</b>?")
    assert after.part("result").text.startswith(
        "Done Asked. tom was told (email). Your decision is still open."
    )
    assert after.offers("/decide/")
    said = after.part("activity-comments")
    assert [one.text for one in said.all("span", class_="tag")] == ["Question"]
    assert "Which <b>log</b>?" in said.text
    assert state(gate) == "awaiting_approval"
    feed = Browser(tom).get(f"/releases/{gate.release_id}/").text
    assert "ann asked for information on Gate" in feed
    assert "Which <b>log</b>?" in feed

    deliver_due()
    [one] = [each for each in mail.outbox if each.to == ["tom@example.com"]]
    assert one.subject == "[Question] Gate – Payments 1.0"
    assert "ann asks for information on Gate – Payments 1.0." in one.body
    assert "“Which <b>log</b>?”" in one.body
    assert "Read and answer" in one.body
    listed = Browser(tom).get("/notifications/").text
    assert "ann asks for information on Gate – Payments 1.0." in listed


def test_it_names_nobody_who_is_not_told() -> None:
    """A requester whose account is closed, and whoever asks, by whichever account."""
    tom, who = tom_by_mail(), reachable("ann", "rita")
    b.give("release-manager", who.rita)
    gate = ask({"user": "ann"}, by=who.rita, manager="tom")
    told = Browser(who.ann).get(f"/activities/{gate.pk}/").part("decide").text
    assert "tom and rita are told." in told
    set_user_active(user_id=who.rita.pk, active=False, actor=b.SYSTEM)
    told = Browser(who.ann).get(f"/activities/{gate.pk}/").part("decide").text
    assert "tom is told." in told
    own = ask({"user": "tom"}, by=tom, separation={"requester": False})
    told = Browser(tom).get(f"/activities/{own.pk}/").part("decide").text
    assert "told." not in told
    assert "It decides nothing; you can still decide." in told


def told_of_a_question(user: Any, gate: Activity) -> list[str]:
    """Whom the page names before somebody asks, who are those that have a notice afterwards."""
    asker = Browser(user)
    shown = asker.get(f"/activities/{gate.pk}/")
    [said, *_] = shown.part("activity-ask").all("p", class_="muted")
    names, told, _ = said.text.partition(" told. ")
    named = re.split(", | and ", re.sub(" (is|are)$", "", names)) if told else []
    asker.send(shown.form("/question/"), question="Which log?")
    assert Comment.objects.filter(activity=gate, question=True).count() == 1
    rows = Notice.objects.filter(host=gate.host, moment="information_asked")
    assert sorted(named) == sorted(rows.values_list("display_name", flat=True))
    return sorted(named)


@pytest.mark.sqlite
def test_the_page_names_exactly_those_who_get_a_notice() -> None:
    """Whoever holds the release's role, and whoever owns the phase, as it is now: not who is named."""
    who = people("ann", "nora", "rita", "gus", "gone", "rob")
    tom_by_mail()
    b.give("release-manager", who.rita)
    b.group("Empty")
    b.group("Keepers", who.gus, who.gone)
    b.role("keeper")
    b.give("keeper", who.rob)
    owned = {"user": "rob"}, {"group": "Empty"}, {"group": "Keepers"}, {"role": "keeper"}
    phases = [
        b.phase(f"p{number}", b.manual(f"gate-{number}", {"user": "ann"}), owner=owner, needs=[])
        for number, owner in enumerate(owned)
    ]
    release = run(*phases, by=who.rita, manager="tom")
    set_user_active(user_id=who.gone.pk, active=False, actor=b.SYSTEM)
    b.give("release-manager", who.nora, release.scope)
    gates = [b.activity(release, f"gate-{number}") for number in range(len(owned))]
    runs_it = {"tom", "nora", "rita"}
    expected = [{*runs_it, "rob"}, runs_it, {*runs_it, "gus"}, {*runs_it, "rob"}]
    for gate, names in zip(gates, expected, strict=True):
        assert told_of_a_question(who.ann, gate) == sorted(names)


@pytest.mark.sqlite
def test_who_is_still_named_but_manages_it_no_more_is_neither_named_nor_told() -> None:
    who, tom = people("ann", "nora"), tom_by_mail()
    gate = ask({"user": "ann"}, by=pipe(), manager="tom", authors=["tom"])
    [held] = RoleAssignment.objects.filter(scope=gate.release.scope, user=tom)
    b.give("release-manager", who.nora, gate.release.scope)
    end_role(assignment_id=held.pk, reason="On leave.", actor=b.SYSTEM)
    assert told_of_a_question(who.ann, gate) == ["nora"]


@pytest.mark.sqlite
def test_neither_the_other_account_of_who_asks_nor_a_machine_is_named_or_told() -> None:
    ann, tom = b.person("ann"), tom_by_mail()
    other = b.person("ann-2", person=ann.person)
    b.give("release-manager", other)
    own = ask({"user": "ann"}, by=other, manager="tom", separation={"requester": False})
    assert told_of_a_question(ann, own) == ["tom"]
    by_machine = ask({"user": "ann"}, by=pipe(), manager="tom", authors=["tom"])
    assert by_machine.release.requester.kind == "machine"
    assert told_of_a_question(ann, by_machine) == ["tom"]
    alone = ask({"user": "tom"}, by=tom, separation={"requester": False})
    assert told_of_a_question(tom, alone) == []


def test_a_question_sent_twice_is_asked_once() -> None:
    ann = b.person("ann")
    gate = ask({"user": "ann"})
    asker = Browser(ann)
    form = asker.get(f"/activities/{gate.pk}/").form("/question/")
    for _ in range(2):
        asker.send(form, question="Which log?")
    assert Comment.objects.count() == 1
    assert Notice.objects.filter(moment="information_asked").count() == 1


def test_nobody_else_is_offered_it_and_what_was_typed_is_kept() -> None:
    ann, bea = b.person("ann"), b.person("bea")
    gate = ask({"user": "ann"}, {"user": "bea"})
    asker = Browser(ann)
    form = asker.get(f"/activities/{gate.pk}/").form("/question/")
    empty = asker.send(form, question=" ")
    assert empty.status == 422
    assert "Write your question." in empty.part("decide").text
    b.vote(gate, bea)
    late = asker.send(form, question="Which log?")
    assert late.status == 409
    assert "Your question was not asked" in late.part("decide").text
    assert late.part("comment-text").raw.strip() == "Which log?"
    assert not late.offers("/question/")
    assert not Browser(gate.release.manager).get(f"/activities/{gate.pk}/").offers("/question/")
    assert not Comment.objects.exists()

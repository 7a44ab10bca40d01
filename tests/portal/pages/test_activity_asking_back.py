"""Ask for information at the activity page: pressed beside the form, answered like a comment."""

from __future__ import annotations

import pytest
from django.core import mail

from audit.models import Notice
from portal.notifications.sending import deliver_due
from portal.services.people import set_user_active
from releases.models import Comment
from tests import builders as b
from tests.portal.notifications.scenes import reachable, tom_by_mail
from tests.portal.pages.browser import Browser
from tests.scenes import ask, state

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

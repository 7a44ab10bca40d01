"""Whoever is asked asks for information: told once, decided nothing (ux.md, section 4 d)."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from audit.errors import Conflict, Invalid, NotFound, NotPermitted
from audit.models import Notice
from audit.verification.ledger import verify_ledger
from releases.models import Comment
from releases.services.activities import ask_for_information, request_skip, write_comment
from tests import builders as b
from tests.refusals import refused
from tests.scenes import ask, asked, entry, events, people, run, state, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def told() -> list[tuple[str, str]]:
    """Who was told of questions, and why."""
    rows = Notice.objects.filter(moment="information_asked").order_by("user__username")
    return list(rows.values_list("user__username", "why"))


@pytest.mark.req("EXE-3", "NTF-1")
def test_a_question_is_a_comment_that_tells_those_who_run_it_and_decides_nothing() -> None:
    who = people("ann", "bea", "own", "out")
    b.give("release-manager", who.bea)  # manages everything, and is told of none of it
    both = b.manual("gate", {"user": "ann"}, {"user": "bea"}, rule="unanimous")
    gate = b.activity(run(b.phase("p", both, owner={"user": "own"})), "gate")
    first = ask_for_information(activity_id=gate.pk, text="Which log?", actor=b.actor_for(who.ann))
    assert (first.question, first.display_name, first.attempt) == (True, "ann", 1)
    assert told() == [("own", "owner"), ("tom", "manager")]
    assert set(Notice.objects.filter(moment="information_asked").values_list("needs_action")) == {
        (False,)
    }
    assert state(gate) == "awaiting_approval"
    assert asked(gate, waiting=True) == {"ann", "bea"}
    said = entry(gate, "activity.information_asked")
    assert said["data"] == {"activity": gate.pk, "comment": first.pk}
    assert "Which log?" not in str(said)
    ask_for_information(activity_id=gate.pk, text="And where?", actor=b.actor_for(who.ann))
    assert told() == [("own", "owner")] * 2 + [("tom", "manager")] * 2
    assert "activity.commented" not in events(gate)
    assert verify_ledger().ok


@pytest.mark.req("EXE-3")
def test_a_plain_comment_tells_nobody() -> None:
    who = people("ann")
    gate = ask({"user": "ann"})
    comment = write_comment(activity_id=gate.pk, text="Which log?", actor=b.actor_for(who.ann))
    assert not comment.question
    assert told() == []


@pytest.mark.req("NTF-1")
def test_whoever_asks_is_not_told_of_it_though_they_manage() -> None:
    tom_ = tom()
    who = people("bea")
    gate = ask({"user": "tom"}, by=b.pipeline_user(), manager="tom", authors=["bea"])
    ask_for_information(activity_id=gate.pk, text="Which log?", actor=b.actor_for(tom_))
    assert ("tom", "manager") not in told()
    assert who.bea.username not in dict(told())


@pytest.mark.req("SEC-1", "EXE-3", "A-070")
def test_nobody_asks_back_who_is_not_asked() -> None:
    who = people("ann", "wri", "out", "aud")
    b.give("auditor", who.aud)
    gate = ask({"user": "ann"}, {"user": "wri"}, authors=["wri"])
    for by, code, kind in (
        (tom(), "not_an_approver", NotPermitted),
        (who.wri, "own_change", NotPermitted),
        (who.aud, "auditor", NotPermitted),
        (b.superuser(), "not_an_approver", NotPermitted),
        (who.out, "not_found", NotFound),
    ):
        with refused(code, kind):
            ask_for_information(activity_id=gate.pk, text="Why?", actor=b.actor_for(by))
    for text in ("", " ", "x" * 10_001, "\x00"):
        with refused("invalid", Invalid):
            ask_for_information(activity_id=gate.pk, text=text, actor=b.actor_for(who.ann))
    with refused("token_scope", NotPermitted):
        narrow = b.actor_for(who.ann, scopes=frozenset({"read"}))
        ask_for_information(activity_id=gate.pk, text="Why?", actor=narrow)


@pytest.mark.req("EXE-3")
def test_what_is_settled_or_late_takes_no_question() -> None:
    who = people("ann")
    done = ask({"user": "ann"})
    b.vote(done, who.ann)
    with refused("already_decided", Conflict):
        ask_for_information(activity_id=done.pk, text="Why?", actor=b.actor_for(who.ann))
    late = ask({"user": "ann"}, deadline={"after": "1h", "on_miss": "reject"})
    with refused("deadline_passed", Conflict):
        ask_for_information(
            activity_id=late.pk, text="Why?", actor=b.actor_for(who.ann),
            now=timezone.now() + dt.timedelta(hours=2),
        )  # fmt: skip
    assert not Comment.objects.exists()


@pytest.mark.req("NTF-1", "EXE-6")
def test_a_question_about_a_request_to_skip_reaches_whoever_asked_for_it() -> None:
    who = people("ann", "ovi")
    b.role("breaker", rights=["view", "override"])
    b.give("breaker", who.ovi)
    gate = ask({"user": "ann"})
    request = request_skip(activity_id=gate.pk, reason="It burns.", actor=b.actor_for(tom()))
    ask_for_information(activity_id=request.pk, text="What burns?", actor=b.actor_for(who.ovi))
    assert told() == [("tom", "asked_for")]

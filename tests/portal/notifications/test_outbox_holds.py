"""What must hold of telling holds after everything, and each breach of it is found (I4, I5)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from audit.models import Delivery, Notice
from portal.invariants import check_invariants, outbox
from portal.notifications.sending import GIVE_UP_AFTER, deliver_due
from portal.services.people import add_member
from releases.services.activities import retry_activity
from tests import builders as b
from tests.portal.notifications.scenes import reachable, told, tom_by_mail
from tests.scenes import ask

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def found() -> list[str]:
    """The codes of what does not hold, ten minutes from now."""
    now = timezone.now() + dt.timedelta(minutes=10)
    return [one.code for one in check_invariants(now=now, only=("I4", "I5"))]


@pytest.mark.req("I4", "I5", "NTF-3")
def test_nothing_is_found_after_rounds_attempts_and_sending() -> None:
    who, tom = reachable("ann", "bea"), tom_by_mail()
    gate = ask({"user": "ann"}, {"user": "bea"}, rule="unanimous", by=tom)
    b.vote(gate, who.ann, "reject")
    retry_activity(activity_id=gate.pk, reason="Again.", actor=b.actor_for(tom))
    b.vote(gate, who.ann)
    b.withdraw(gate, who.ann)
    deliver_due()
    assert found() == []


@pytest.mark.req("I4")
def test_somebody_who_is_asked_and_was_not_told_is_found() -> None:
    reachable("ann", "bea")
    ask({"user": "ann"}, {"user": "bea"}, rule="unanimous", by=tom_by_mail())
    deliver_due()
    gone = Notice.objects.filter(user__username="bea")
    Delivery.objects.filter(notice__in=gone).delete()
    assert found() == ["no_delivery"]
    gone.delete()
    assert found() == ["not_told"]


@pytest.mark.req("I4")
def test_a_message_that_nobody_sends_is_found() -> None:
    reachable("ann")
    ask({"user": "ann"}, by=tom_by_mail())
    assert found() == ["not_sent"]


@pytest.mark.req("I4", "NTF-3")
def test_while_a_server_is_silent_what_waits_its_turn_is_no_breach(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    names = [f"p{number}" for number in range(GIVE_UP_AFTER + 3)]
    reachable(*names)
    ask(*({"user": name} for name in names), rule="unanimous", by=tom_by_mail())
    Delivery.objects.update(next_try_at=timezone.now() - dt.timedelta(hours=1))
    now = timezone.now()
    assert "not_sent" in [one.code for one in check_invariants(now=now, only=("I4",))]
    deliver_due()
    assert Delivery.objects.filter(attempts=0).count() == 3
    assert [one.code for one in check_invariants(now=now, only=("I4",))] == []


@pytest.mark.req("I4", "NTF-3")
def test_a_round_from_before_there_were_notices_is_no_breach_and_its_outcome_is_told() -> None:
    who, tom = reachable("ann", "bea", "cid", "dora", "dev"), tom_by_mail()
    b.pipeline_user("pipeline")
    qa = b.group("qa", who.cid)
    gate = ask(
        {"user": "ann"}, {"user": "bea"}, {"group": "qa"}, {"user": "dev"},
        rule={"at_least": 2}, by=tom, authors=["dev"],
    )  # fmt: skip
    Delivery.objects.all().delete()
    Notice.objects.all().delete()
    assert found() == []
    later = timezone.now() + dt.timedelta(seconds=1)
    add_member(user=who.dora, group=qa, actor=b.SYSTEM, now=later)
    assert told(gate) == [("asked", "dora", "group")]
    deliver_due()
    assert found() == []
    # Who joined afterwards and was not told is a breach all the same.
    with transaction.atomic():
        hers = Notice.objects.filter(user=who.dora)
        hers.update(user=tom)
        assert found() == ["not_told"]
        hers = Notice.objects.filter(user=tom)
        hers.update(user=who.dora)
    b.vote(gate, who.ann)
    b.vote(gate, who.bea)
    assert sorted(told(gate, "completed")) == [
        ("completed", "ann", "decided"), ("completed", "cid", "asked"),
        ("completed", "dora", "asked"), ("completed", "tom", "manager"),
    ]  # fmt: skip


@pytest.mark.req("I5")
def test_only_the_newest_notices_are_held_against_the_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reachable("ann", "bea")
    for _ in range(2):
        ask({"user": "ann"}, {"user": "bea"}, rule="unanimous", by=tom_by_mail())
    deliver_due()
    Notice.objects.update(created_at=timezone.now() - dt.timedelta(days=1))
    assert found() == ["untrue"] * 4
    monkeypatch.setattr(outbox, "_LOOKED_AT", 1)
    assert found() == ["untrue"]


@pytest.mark.req("I5")
def test_a_notice_of_what_never_was_is_found() -> None:
    reachable("ann")
    ask({"user": "ann"}, by=tom_by_mail())
    deliver_due()
    Notice.objects.update(created_at=timezone.now() - dt.timedelta(days=1))
    assert found() == ["untrue"]

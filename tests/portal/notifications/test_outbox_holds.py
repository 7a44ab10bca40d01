"""What must hold of telling holds after everything, and each breach of it is found (I4, I5)."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from audit.models import Delivery, Notice
from portal.invariants import check_invariants
from portal.notifications.sending import deliver_due
from releases.services.activities import retry_activity
from tests import builders as b
from tests.portal.notifications.scenes import reachable, tom_by_mail
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


@pytest.mark.req("I5")
def test_a_notice_of_what_never_was_is_found() -> None:
    reachable("ann")
    ask({"user": "ann"}, by=tom_by_mail())
    deliver_due()
    Notice.objects.update(created_at=timezone.now() - dt.timedelta(days=1))
    assert found() == ["untrue"]

"""Many messages that failed for good are sent again with one reason, by whoever sets things up (NTF-3)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from audit.errors import Conflict, Invalid, NotPermitted
from audit.models import Delivery, LedgerEntry
from audit.services.deliveries import end
from portal.notifications.sending import deliver_due
from portal.services import deliveries as service
from portal.services.deliveries import send_dead_again
from tests import builders as b
from tests.portal.notifications.scenes import deliveries, make_due, reachable, tom_by_mail
from tests.refusals import refused
from tests.scenes import ask

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("NTF-3")]

PATH = "/admin/audit/delivery/send-again/"
RELAY, NO_BOX = "smtp_refuses_us_554_5.7.1", "smtp_550_5.1.1"


def client_for(user: Any) -> Client:
    """Somebody signed in."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def dead() -> None:
    """Ann's and Bea's mail failed for what the relay said, Cid's for want of a mail box; Dora's waits."""
    names = ("ann", "bea", "cid", "dora")
    reachable(*names)
    ask(*({"user": name} for name in names), rule="unanimous", by=tom_by_mail())
    for row in Delivery.objects.exclude(notice__user__username="dora"):
        error = NO_BOX if row.notice.display_name == "cid" else RELAY
        end(row, Delivery.State.DEAD, error)


def states() -> dict[str, str]:
    """How the delivery to each stands."""
    return {name: state for name, state, _ in deliveries()}


@pytest.mark.req("ADM-1")
def test_the_page_asks_what_and_why_and_sends_that_alone() -> None:
    dead()
    ada = client_for(b.superuser())
    listed = ada.get("/admin/audit/delivery/").content.decode()
    assert PATH in listed
    assert "Send again what failed for good (3)" in listed
    page = ada.get(PATH).content.decode()
    assert "2 × the mail server takes no mail from this installation (smtp 554 5.7.1)" in page
    assert "1 × not taken by the mail server (smtp 550 5.1.1)" in page
    assert states() == {"ann": "dead", "bea": "dead", "cid": "dead", "dora": "pending"}
    done = ada.post(PATH, {"error": RELAY, "reason": "The relay was mended."}, follow=True)
    assert "2 messages are tried anew." in done.content.decode()
    assert states() == {"ann": "pending", "bea": "pending", "cid": "dead", "dora": "pending"}
    [entry] = LedgerEntry.objects.filter(kind="delivery.all_sent_again")
    said = json.loads(entry.text)["data"]
    sent = Delivery.objects.filter(notice__display_name__in=("ann", "bea")).order_by("pk")
    assert said == {
        "deliveries": [row.pk for row in sent],
        "errors": [RELAY],
        "reason": "The relay was mended.",
    }
    make_due()
    deliver_due()
    assert states() == {"ann": "sent", "bea": "sent", "cid": "dead", "dora": "sent"}


def test_without_a_reason_or_a_choice_nothing_is_sent_and_the_page_says_so() -> None:
    dead()
    ada = client_for(b.superuser())
    for given, said in (
        ({"error": RELAY, "reason": " "}, "Say why."),
        ({"reason": "Mended."}, "Choose what is to be sent again."),
    ):
        answer = ada.post(PATH, given)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert ada.post(PATH, {"error": "no_such", "reason": "Mended."}).status_code == 409
    assert "dead" in states().values()
    assert not LedgerEntry.objects.filter(kind="delivery.all_sent_again").exists()


@pytest.mark.req("SEC-1")
def test_whoever_does_not_set_things_up_sends_nothing_again() -> None:
    dead()
    staff, aud = b.person("staff", is_staff=True), b.person("aud", is_staff=True)
    b.give("auditor", aud)
    for user in (staff, aud, tom_by_mail()):
        for answer in (
            client_for(user).get(PATH),
            client_for(user).post(PATH, {"error": RELAY, "reason": "Mended."}),
        ):
            assert answer.status_code in {302, 403, 404}, user
    with refused("no_permission", NotPermitted):
        send_dead_again(errors=[RELAY], reason="Mended.", actor=b.actor_for(tom_by_mail()))
    assert states() == {"ann": "dead", "bea": "dead", "cid": "dead", "dora": "pending"}


def test_what_is_no_longer_dead_is_left_alone_and_so_many_at_most_are_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dead()
    ada = b.actor_for(b.superuser())
    with refused("invalid", Invalid):
        send_dead_again(errors=[], reason="Mended.", actor=ada)
    monkeypatch.setattr(service, "MOST_AT_ONCE", 1)
    assert send_dead_again(errors=[RELAY], reason="Mended.", actor=ada) == 1
    assert states() == {"ann": "pending", "bea": "dead", "cid": "dead", "dora": "pending"}
    assert send_dead_again(errors=[RELAY], reason="Mended.", actor=ada) == 1
    with refused("nothing_failed", Conflict):
        send_dead_again(errors=[RELAY], reason="Mended.", actor=ada)

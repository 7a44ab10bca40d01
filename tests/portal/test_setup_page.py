"""`/setup/`: a new installation's six steps, each done when it is true."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client, override_settings

from audit.errors import NotPermitted
from audit.locking import database_now
from audit.models import LedgerEntry
from portal.models import User
from portal.notifications.trial_mail import ASKED, PAUSE, TAKEN, send_test_mail
from portal.pages.setup import SetupPage
from portal.services.people import create_user
from tests import builders as b

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("ADM-1", "OPS-1")]
_FAILING = "tests.portal.test_setup_page.Failing"


class Failing:
    """A mail server that is not there."""

    def __init__(self, *args: Any, **options: Any) -> None:
        pass

    def send_messages(self, messages: Any) -> int:
        raise ConnectionRefusedError("10.0.0.9 said no to secret-user")


def _client(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _states(client: Client) -> dict[str, bool]:
    page: SetupPage = client.get("/setup/").context["page"]
    return {step.key: step.done for step in page.steps}


@override_settings(COUNTERSIGN_BASE_URL="http://127.0.0.1:8000")
def test_each_step_is_done_when_it_is_true() -> None:
    ada = b.superuser()
    client = _client(ada)
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend"):
        assert set(_states(client).values()) == {False}
    with override_settings(COUNTERSIGN_BASE_URL="https://sign.example.com"):
        assert _states(client)["organisation"]
    tom = create_user(username="tom", email="tom@example.com", actor=b.SYSTEM)
    assert _states(client)["people"]
    b.product()
    assert not _states(client)["product"]
    b.process(b.phase("p", b.manual("qa", {"role": "qa-lead"})), roles={"qa-lead": "QA lead"})
    assert _states(client)["product"]
    b.give("release-manager", tom)
    page = client.get("/setup/").context["page"]
    roles = next(step for step in page.steps if step.key == "roles")
    assert not roles.done
    assert "QA lead" in " ".join(roles.facts)
    assert roles.ways[0].label == "Give QA lead"
    b.give("qa-lead", ada)
    assert _states(client)["roles"]
    assert not _states(client)["mail"]
    assert client.post("/setup/test-mail/").status_code == 302
    assert _states(client)["mail"]
    # Another server has taken nothing yet, and files are no mail.
    with override_settings(EMAIL_HOST="mail.example.com"):
        assert not _states(client)["mail"]
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.filebased.EmailBackend"):
        assert not _states(client)["mail"]


def test_the_first_that_is_not_done_is_next() -> None:
    client = _client(b.superuser())
    page = client.get("/setup/").context["page"]
    undone = [step.key for step in page.steps if not step.done]
    assert [step.key for step in page.steps if step.is_next] == undone[:1]
    assert client.get("/setup/").content.decode().count('aria-current="step"') == 1


@pytest.mark.req("MON-5")
def test_nobody_else_sees_it_and_it_goes_with_the_first_release() -> None:
    tom, ada = b.manager(), b.superuser()
    b.give("auditor", b.person("aud"))
    for who in (tom, b.person("nora"), User.objects.get(username="aud")):
        assert _client(who).get("/setup/").status_code == 404
        assert _client(who).post("/setup/test-mail/").status_code == 404
        assert _client(who).get("/")["Location"] != "/setup/"
    assert Client().get("/setup/").status_code == 302
    assert _client(ada).get("/")["Location"] == "/setup/"
    admin = b.person("olga")
    b.give("process-admin", admin)
    assert _client(admin).get("/")["Location"] == "/setup/"
    assert "/admin/" not in _client(admin).get("/setup/").content.decode()
    b.product()
    b.process(b.phase("p", b.pipeline("build")))
    b.release(tom)
    assert _client(ada).get("/setup/").status_code == 404
    assert _client(ada).get("/")["Location"] != "/setup/"


def test_a_test_mail_goes_to_ones_own_address_and_no_other() -> None:
    client = _client(b.superuser())
    assert client.post("/setup/test-mail/", {"address": "other@example.com"}).status_code == 302
    assert [one.to for one in mail.outbox] == [["ada@example.com"]]
    assert client.get("/setup/test-mail/").status_code == 302
    assert len(mail.outbox) == 1
    assert Client(enforce_csrf_checks=True).post("/setup/test-mail/").status_code == 403


@pytest.mark.req("AUD-2")
def test_a_test_mail_is_on_record_and_not_sent_twice_in_half_a_minute() -> None:
    ada, olga = b.superuser(), b.person("olga", email="olga@example.com")
    b.give("process-admin", olga)
    client = _client(ada)
    client.post("/setup/test-mail/")
    for again in (client, _client(olga)):
        answer = again.post("/setup/test-mail/")
        assert answer.status_code == 409
        assert "Wait half a minute" in answer.content.decode()
    assert len(mail.outbox) == 1
    kinds = list(
        LedgerEntry.objects.filter(kind__startswith="mail.").values_list("kind", flat=True)
    )
    assert kinds == [ASKED, TAKEN]
    later = database_now() + PAUSE * 2
    assert send_test_mail(actor=b.actor_for(olga), now=later) == "olga@example.com"
    assert mail.outbox[-1].to == ["olga@example.com"]


@pytest.mark.req("SEC-1")
def test_the_service_itself_asks_who_may() -> None:
    for who in (b.manager(), b.person("nora", email="nora@example.com")):
        with pytest.raises(NotPermitted):
            send_test_mail(actor=b.actor_for(who))
    aud = b.person("aud", email="aud@example.com")
    b.give("auditor", aud)
    b.give("process-admin", aud)
    with pytest.raises(NotPermitted):
        send_test_mail(actor=b.actor_for(aud))
    assert mail.outbox == []
    assert not LedgerEntry.objects.filter(kind__startswith="mail.").exists()


@override_settings(EMAIL_BACKEND=_FAILING)
def test_what_the_mail_server_says_is_shown_by_its_code_alone() -> None:
    answer = _client(b.superuser()).post("/setup/test-mail/")
    assert answer.status_code == 409
    text = answer.content.decode()
    assert not LedgerEntry.objects.filter(kind=TAKEN).exists()
    assert "ConnectionRefusedError" in text
    assert "secret-user" not in text


def test_without_an_address_there_is_no_test() -> None:
    olga = b.person("olga")
    b.give("process-admin", olga)
    client = _client(olga)
    assert "no e-mail address" in client.get("/setup/").content.decode()
    assert client.post("/setup/test-mail/").status_code == 422
    assert mail.outbox == []

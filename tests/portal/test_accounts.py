"""The pages of sign-in: which there are, and what a password that is changed there leaves (SEC-1, AUD-2)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import get_resolver

from audit.errors import NotFound, NotPermitted
from audit.models import LedgerEntry, PersonalRecord
from portal.mail import NO_MAIL_BACKEND
from portal.models import User
from portal.services.passwords import set_password
from portal.services.people import change_user, set_user_active
from portal.views.password_reset import NOT_SENT, NOT_SET_UP
from tests import builders as b
from tests.pages import inline_parts
from tests.permissions.routes import patterns
from tests.refusals import refused
from tests.scenes import entry

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

OLD, NEW = "an-old-and-long-phrase", "a-new-and-longer-phrase"
LOCMEM = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture(autouse=True)
def _no_limits_left() -> None:
    cache.clear()


def person(name: str = "ann") -> Any:
    """Somebody with a password and an address."""
    return b.person(name, password=OLD, email=f"{name}@example.com")


def signed_in(name: str = "ann", password: str = OLD) -> Client:
    client = Client(REMOTE_ADDR="198.51.100.7")
    answer = client.post("/accounts/login/", {"login": name, "password": password})
    assert answer.status_code == 302
    return client


def may_sign_in(name: str, password: str) -> bool:
    answer = Client().post("/accounts/login/", {"login": name, "password": password})
    return bool(answer.status_code == 302)


def ask_for_link(address: str) -> Any:
    return Client().post("/accounts/password/reset/", {"email": address})


def link() -> str:
    """The address in the newest mail."""
    found = re.search(r"http://[^/]+(/accounts/password/reset/key/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def follow(path: str, password: str = NEW) -> Any:
    client = Client(REMOTE_ADDR="203.0.113.5")
    page = client.get(path, follow=True)
    if not page.redirect_chain:
        return page
    form = page.redirect_chain[-1][0]
    return client.post(form, {"password1": password, "password2": password})


def changes() -> list[LedgerEntry]:
    return list(LedgerEntry.objects.filter(kind="user.password_changed"))


@pytest.mark.req("SEC-1", "AUD-2")
@pytest.mark.parametrize(
    "path", ["email/", "confirm-email/", "confirm-email/abc/", "login/code/confirm/", "3rdparty/"]
)
def test_a_page_that_would_change_an_account_past_the_services_is_not_there(path: str) -> None:
    ann = person()
    client = signed_in()
    for answer in (
        client.get(f"/accounts/{path}"),
        client.post(f"/accounts/{path}", {"action_add": "", "email": "eve@example.com"}),
    ):
        assert answer.status_code == 404
    ann.refresh_from_db()
    assert ann.email == "ann@example.com"


@pytest.mark.req("SEC-1")
def test_no_page_of_sign_in_is_there_that_nobody_chose() -> None:
    routes = {route for route, _ in patterns(get_resolver()) if route.startswith("accounts/")}
    assert {route for route in routes if not route.startswith("accounts/2fa/")} == {
        "accounts/login/", "accounts/logout/", "accounts/inactive/", "accounts/signup/",
        "accounts/reauthenticate/", "accounts/password/change/", "accounts/password/set/",
        "accounts/password/reset/", "accounts/password/reset/done/",
        "accounts/password/reset/key/done/",
        "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
    }  # fmt: skip


@pytest.mark.req("SEC-1")
@pytest.mark.parametrize(
    "path",
    ["password/change/", "reauthenticate/", "2fa/", "2fa/totp/activate/", "inactive/", "logout/"],
)
def test_the_pages_that_there_are_answer(path: str) -> None:
    person()
    answer = signed_in().get(f"/accounts/{path}", follow=True)
    assert answer.status_code == 200
    assert inline_parts(answer.content.decode()) == []


@pytest.mark.req("AUD-2", "A-096", "SEC-1")
def test_a_changed_password_is_on_record_as_its_owners_act_and_ends_other_sessions() -> None:
    ann = person()
    here, elsewhere = signed_in(), signed_in()
    versions = ann.history.count()
    wrong = {"oldpassword": "guess", "password1": NEW, "password2": NEW}
    here.post("/accounts/password/change/", wrong)
    assert changes() == []
    here.post("/accounts/password/change/", {**wrong, "oldpassword": OLD})
    kept = entry("portal", "user.password_changed")
    assert (kept["actor"]["username"], kept["door"], kept["data"]) == (
        "ann", "page", {"user": ann.pk},
    )  # fmt: skip
    assert "198.51.100.7" in PersonalRecord.objects.latest("pk").text
    assert not LedgerEntry.objects.filter(kind="user.changed").exists()
    assert ann.history.count() == versions
    assert here.get("/accounts/password/change/").status_code == 200
    assert elsewhere.get("/accounts/password/change/").status_code == 302
    assert may_sign_in("ann", NEW)
    assert not may_sign_in("ann", OLD)


@pytest.mark.req("AUD-2", "SEC-1")
@override_settings(EMAIL_BACKEND=LOCMEM)
def test_a_password_set_by_a_mailed_link_is_on_record_and_the_link_works_once() -> None:
    ann = person()
    client = signed_in()
    ask_for_link("ann@example.com")
    path = link()
    follow(path)
    kept = entry("portal", "user.password_changed")
    assert (kept["actor"]["username"], kept["auth"], kept["door"]) == ("ann", "mailed_link", "page")
    assert kept["data"] == {"user": ann.pk}
    assert "203.0.113.5" in PersonalRecord.objects.latest("pk").text
    assert client.get("/accounts/password/change/").status_code == 302
    follow(path, "yet-another-long-phrase")
    assert len(changes()) == 1
    assert may_sign_in("ann", NEW)


@pytest.mark.req("SEC-1")
@override_settings(EMAIL_BACKEND=LOCMEM)
def test_an_address_that_an_account_no_longer_has_opens_nothing() -> None:
    ann = person()
    ask_for_link("ann@example.com")
    path = link()
    change_user(user_id=ann.pk, display_name="Ann", email="new@example.com", actor=b.SYSTEM)
    follow(path)
    assert changes() == []
    sent = len(mail.outbox)
    ask_for_link("ann@example.com")
    assert all("/reset/key/" not in str(one.body) for one in mail.outbox[sent:])
    ask_for_link("NEW@example.com")
    follow(link())
    assert len(changes()) == 1


@pytest.mark.req("SEC-1", "A-060")
@override_settings(EMAIL_BACKEND=LOCMEM)
def test_no_link_for_an_account_that_is_ended_or_no_person() -> None:
    ann = person()
    b.machine(email="robot@example.com")
    ask_for_link("ann@example.com")
    path = link()
    set_user_active(user_id=ann.pk, active=False, actor=b.SYSTEM)
    sent = len(mail.outbox)
    ask_for_link("ann@example.com")
    ask_for_link("robot@example.com")
    assert all("/reset/key/" not in str(one.body) for one in mail.outbox[sent:])
    follow(path)
    assert changes() == []


@pytest.mark.req("SEC-1")
def test_a_password_is_set_by_nobody_else() -> None:
    ann, ada = person(), b.superuser()
    for actor in (b.actor_for(ada), b.actor_for(b.person("ben"))):
        with refused("not_yours", NotPermitted):
            set_password(user_id=ann.pk, password=NEW, actor=actor)
    set_user_active(user_id=ann.pk, active=False, actor=b.SYSTEM)
    with refused("not_found", NotFound):
        set_password(user_id=ann.pk, password=NEW, actor=b.actor_for(ann))
    assert User.objects.get(pk=ann.pk).check_password(OLD)


@pytest.mark.req("SEC-1", "A-059")
@pytest.mark.parametrize("address", ["ann@example.com", "nobody@example.com"])
def test_a_mail_server_that_is_down_is_said_and_tells_nothing_of_accounts(address: str) -> None:
    person()
    smtp = "django.core.mail.backends.smtp.EmailBackend"
    with override_settings(EMAIL_BACKEND=smtp, EMAIL_HOST="127.0.0.1", EMAIL_PORT=1):
        answer = ask_for_link(address)
    assert answer.status_code == 200
    assert NOT_SENT in answer.content.decode()


@pytest.mark.req("SEC-1")
def test_an_installation_without_mail_says_so_and_promises_nothing() -> None:
    person()
    with override_settings(EMAIL_BACKEND=NO_MAIL_BACKEND):
        answer = ask_for_link("ann@example.com")
    assert answer.status_code == 200
    assert NOT_SET_UP in answer.content.decode()

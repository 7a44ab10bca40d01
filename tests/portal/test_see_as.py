"""“See it as …”: a demo's door, that no installation in use can have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client, override_settings

from approvals.services.roles import ensure_builtin_roles
from audit.actor import system_actor
from audit.models import LedgerEntry
from portal.demo.see_as import CARDS
from portal.demo.seeding import seed
from portal.management.commands.serve import Command
from portal.models import User
from portal.serve import Plan
from portal.services.passwords import set_password
from portal.services.people import set_user_active
from tests import builders as b
from tests.conftest import append_only_lifted

pytestmark = [pytest.mark.sqlite, pytest.mark.req("OPS-1", "SEC-1")]
DOOR = "/demo/see-as/"


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The demo, made once for this module and cleared away after it."""
    with django_db_blocker.unblock():
        assert seed()
        yield
        with append_only_lifted("default"):
            call_command("flush", verbosity=0, interactive=False)
        ensure_builtin_roles(actor=system_actor("Test"))


seeded = pytest.mark.usefixtures("demo", "db")
embedded = override_settings(
    COUNTERSIGN_EMBEDDED=True, HOST="127.0.0.1", COUNTERSIGN_BASE_URL="http://localhost:8000"
)


def here(**more: Any) -> Client:
    """A browser on the machine itself."""
    return Client(**{"SERVER_NAME": "localhost", "REMOTE_ADDR": "127.0.0.1", **more})


@pytest.fixture(autouse=True)
def _nobody_has_tried() -> None:
    """Tries of other tests don't count."""
    cache.clear()


def _enter(username: str, client: Client | None = None) -> tuple[int, str]:
    """The status, and who is signed in then."""
    client = client or here()
    answer = client.post(DOOR, {"username": username})
    key = client.session.get("_auth_user_id")
    return answer.status_code, User.objects.get(pk=key).username if key else ""


@seeded
@embedded
def test_each_card_signs_in_its_person_and_it_is_on_record() -> None:
    for card in CARDS:
        assert _enter(card.username) == (302, card.username)
        entry = LedgerEntry.objects.filter(kind="user.signed_in").latest("pk")
        text = json.loads(entry.text)
        assert text["actor"]["username"] == card.username
        assert text["data"] == {"by": "demo", "user": text["actor"]["id"]}
        assert text["auth"] == "demo"


@seeded
@embedded
def test_the_session_is_another_one_and_keeps_nothing() -> None:
    client = Client()
    client.force_login(User.objects.get(username="ada"))
    session = client.session
    session["mine"] = "kept?"
    session.save()
    before = client.session.session_key
    assert _enter("maya", client) == (302, "maya")
    assert client.session.session_key != before
    assert "mine" not in client.session
    assert (
        not Client(headers={"cookie": f"sessionid={before}"})
        .get("/")
        .wsgi_request.user.is_authenticated
    )


@seeded
@override_settings(COUNTERSIGN_EMBEDDED=False)
def test_in_production_there_is_no_such_door_even_with_demo_data() -> None:
    for username in [card.username for card in CARDS]:
        assert _enter(username) == (404, "")
    assert DOOR not in Client().get("/accounts/login/").content.decode()
    client = Client()
    client.force_login(User.objects.get(username="maya"))
    assert DOOR not in client.get("/help/").content.decode()


@seeded
@embedded
def test_only_the_demos_own_people_and_only_with_the_password_that_everybody_knows() -> None:
    b.person("mallory", password="demo")
    for username in ("mallory", "pipeline", "lena", "nobody", "", "MAYA", "maya\x00"):
        assert _enter(username) == (404, "")
    ada = User.objects.get(username="ada")
    set_password(user_id=ada.pk, password="a long one of her own", actor=b.SYSTEM)
    assert _enter("ada") == (404, "")
    set_user_active(user_id=User.objects.get(username="tom").pk, active=False, actor=b.SYSTEM)
    assert _enter("tom") == (404, "")


@seeded
@embedded
def test_it_takes_a_post_with_the_token_and_no_other_method() -> None:
    assert Client().get(DOOR, {"username": "maya"}).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(DOOR, {"username": "maya"}).status_code == 403
    assert "_auth_user_id" not in strict.session


@seeded
@embedded
@pytest.mark.parametrize(
    "elsewhere", [{"HOST": "0.0.0.0"}, {"COUNTERSIGN_BASE_URL": "https://demo.example.com"}]
)
def test_where_others_reach_it_nobody_becomes_a_superuser_by_a_click(
    elsewhere: dict[str, str],
) -> None:
    with override_settings(**elsewhere):
        assert _enter("ada") == (404, "")
        assert _enter("maya") == (302, "maya")
        assert "Ada Marsh" not in Client().get("/accounts/login/").content.decode()
        client = Client()
        client.force_login(User.objects.get(username="maya"))
        menu = client.get("/help/").content.decode()
        assert 'value="tom"' in menu
        assert 'value="ada"' not in menu


@seeded
@embedded
@pytest.mark.req("A-079")
@pytest.mark.parametrize(
    "tunnel",
    [
        {"SERVER_NAME": "demo.example.com"},
        {"REMOTE_ADDR": "192.0.2.7"},
        {"headers": {"x-forwarded-for": "192.0.2.7"}},
        {"headers": {"x-forwarded-for": "127.0.0.1"}},
        {"headers": {"forwarded": "for=192.0.2.7"}},
        {"headers": {"x-forwarded-host": "localhost"}},
        {"headers": {"x-real-ip": "192.0.2.7"}},
        {"headers": {"via": "1.1 tunnel"}},
    ],
)
@pytest.mark.parametrize("trusted", [[], ["127.0.0.0/8"]])
def test_behind_a_tunnel_on_this_machine_nobody_becomes_a_superuser_by_a_click(
    tunnel: dict[str, Any], trusted: list[str]
) -> None:
    with override_settings(
        COUNTERSIGN_TRUSTED_PROXIES=trusted, ALLOWED_HOSTS=["localhost", "demo.example.com"]
    ):
        assert _enter("ada", here(**tunnel)) == (404, "")
        assert "Ada Marsh" not in here(**tunnel).get("/accounts/login/").content.decode()
        assert _enter("maya", here(**tunnel)) == (302, "maya")
        assert "Ada Marsh" in here().get("/accounts/login/").content.decode()
        assert _enter("ada", here()) == (302, "ada")


@seeded
@embedded
@pytest.mark.parametrize(("host", "warned"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_at_the_start_it_is_said_that_others_reach_a_demo(host: str, warned: bool) -> None:
    said = StringIO()
    Command(stdout=said, no_color=True)._announce(Plan(host=host, port=8000))
    assert "ada" in said.getvalue()
    assert ("WARNING: other machines reach this demo" in said.getvalue()) is warned


@seeded
@embedded
@pytest.mark.req("A-095")
def test_tries_are_counted_by_address() -> None:
    answers = [_enter("nobody")[0] for _ in range(31)]
    assert answers == [404] * 30 + [429]
    assert _enter("maya") == (429, "")


@seeded
@embedded
@pytest.mark.req("A-094")
def test_it_is_no_proof_of_who_one_is_before_a_second_factor_is_set() -> None:
    client = Client()
    _enter("maya", client)
    for path in ("totp/activate/", "recovery-codes/generate/"):
        answer = client.get(f"/accounts/2fa/{path}")
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/reauthenticate/")


@seeded
@embedded
def test_the_frame_asks_nothing_more_because_of_the_demo(django_assert_num_queries: Any) -> None:
    client = Client()
    client.force_login(User.objects.get(username="maya"))
    client.get("/help/")
    with django_assert_num_queries(4):  # session, account, what waits, how the reader stands
        assert DOOR in client.get("/help/").content.decode()


@seeded
@embedded
def test_after_removal_the_door_is_shut() -> None:
    call_command("seed_demo", "--remove", verbosity=0)
    assert _enter("maya") == (404, "")
    assert DOOR not in Client().get("/accounts/login/").content.decode()


@seeded
@embedded
def test_sign_in_page_and_account_menu_offer_it() -> None:
    page = Client().get("/accounts/login/").content.decode()
    assert "Maya Okafor" in page
    assert "QA lead: approves" in page
    client = Client()
    client.force_login(User.objects.get(username="maya"))
    menu = client.get("/help/").content.decode()
    assert 'value="tom"' in menu
    assert 'value="maya"' not in menu

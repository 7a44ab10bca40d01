"""The demo, loaded from the set-up page and removed again: what that does is said before (ux.md 4 q 1)."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings

from audit.errors import Conflict, NotPermitted
from audit.models import LedgerEntry
from portal.demo.company import PEOPLE, PRODUCTS
from portal.demo.loading import load_demo, remove_demo
from portal.demo.presence import is_here
from portal.models import User
from releases.models import Product, Release
from tests import builders as b

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("OPS-1")]

LOAD, REMOVE = "/setup/demo/load/", "/setup/demo/remove/"
embedded = override_settings(
    COUNTERSIGN_EMBEDDED=True, HOST="127.0.0.1", COUNTERSIGN_BASE_URL="http://localhost:8000"
)


def _client(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


@embedded
@pytest.mark.req("AUD-2")
def test_it_is_loaded_and_removed_by_a_press_each_after_its_consequence() -> None:
    root = b.superuser("root")
    client = _client(root)
    assert f'href="{LOAD}"' in client.get("/setup/").content.decode()
    assert "#demo" not in client.get("/releases/").content.decode()
    page = client.get(LOAD).content.decode()
    assert "Ada Marsh may do everything" in page
    assert not is_here()
    assert client.post(LOAD)["Location"] == "/"
    assert is_here()
    assert LedgerEntry.objects.filter(kind="demo.asked_for", text__contains='"root"').count() == 1
    # It is here: from the set-up page it is removed now, and by nobody of the demo.
    assert client.post(LOAD).status_code == 409
    assert f'href="{REMOVE}"' in client.get("/setup/").content.decode()
    ada = _client(User.objects.get(username="ada"))
    assert f'href="{REMOVE}"' in ada.get("/help/").content.decode()
    # Nobody takes its data for their own: the frame says so on every page, to everybody.
    for reader in (client, ada):
        for path in ("/releases/", "/help/", "/admin/"):
            assert 'href="/help/#demo"' in reader.get(path).content.decode(), path
    assert 'id="demo"' in client.get("/help/").content.decode()
    assert ada.get(REMOVE).status_code == ada.post(REMOVE).status_code == 409
    assert "createsuperuser" in ada.get(REMOVE).content.decode()
    assert is_here()
    assert "Nothing is deleted" in client.get(REMOVE).content.decode()
    kept = Release.objects.count()
    assert client.post(REMOVE)["Location"] == "/setup/"
    assert not User.objects.filter(
        username__in=[one.username for one in PEOPLE], is_active=True
    ).exists()
    assert Product.objects.filter(is_archived=True).count() == len(PRODUCTS)
    assert Release.objects.count() == kept
    # What is left is a new installation, into which the demo does not come back.
    page = client.get("/setup/").content.decode()
    assert LOAD not in page
    assert REMOVE not in page
    assert client.post(LOAD).status_code == 409


@embedded
@pytest.mark.req("SEC-1", "MON-5")
def test_it_is_for_superusers_and_the_service_asks_itself() -> None:
    olga = b.person("olga")
    b.give("process-admin", olga)
    client = _client(olga)
    assert LOAD not in client.get("/setup/").content.decode()
    for path in (LOAD, REMOVE):
        assert client.get(path).status_code == client.post(path).status_code == 404
    for act in (load_demo, remove_demo):
        with pytest.raises(NotPermitted):
            act(actor=b.actor_for(olga))
        with pytest.raises(NotPermitted):
            act(actor=b.SYSTEM)
    assert not User.objects.filter(username="maya").exists()


@pytest.mark.req("SEC-1")
def test_it_is_not_loaded_into_production_nor_beside_other_releases() -> None:
    root = b.superuser("root")
    client = _client(root)
    with override_settings(COUNTERSIGN_EMBEDDED=False):
        assert LOAD not in client.get("/setup/").content.decode()
        assert client.post(LOAD).status_code == 409
    b.product()
    b.process(b.phase("p", b.pipeline("build")))
    b.release(b.manager())
    with embedded, pytest.raises(Conflict) as refused:
        load_demo(actor=b.actor_for(root))
    assert refused.value.code == "has_releases"
    assert not User.objects.filter(username="maya").exists()


@embedded
@pytest.mark.req("SEC-1")
@pytest.mark.parametrize(
    "elsewhere", [{"HOST": "0.0.0.0"}, {"COUNTERSIGN_BASE_URL": "https://demo.example.com"}]
)
def test_where_others_reach_it_no_button_makes_a_superuser_whose_password_is_known(
    elsewhere: dict[str, str],
) -> None:
    root = b.superuser("root")
    client = _client(root)
    with override_settings(**elsewhere):
        assert LOAD not in client.get("/setup/").content.decode()
        answer = client.post(LOAD)
        assert answer.status_code == 409
        assert "Other machines reach this installation" in answer.content.decode()
        with pytest.raises(Conflict) as refused:
            load_demo(actor=b.actor_for(root))
    assert refused.value.code == "not_private"
    assert not User.objects.filter(username="ada").exists()
    assert LOAD in client.get("/setup/").content.decode()


@embedded
@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
def test_a_press_while_the_demo_is_being_loaded_is_told_so() -> None:
    client = _client(b.superuser("root"))
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout=0")
    other = sqlite3.connect(connection.settings_dict["NAME"])
    try:
        other.execute("BEGIN IMMEDIATE")
        answer = client.post(LOAD)
    finally:
        other.close()
        connection.close()  # and with it the pragma
    assert answer.status_code == 409
    assert "look again in a minute" in answer.content.decode()
    assert not is_here()

"""Portal page and administration record lead to each other, for whoever can open both (ADM-1)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.test import Client

from tests.admin.conftest import client_for
from tests.admin.pages import address

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("ADM-1", "ADM-2")]


def _pages(world: SimpleNamespace) -> list[tuple[str, str]]:
    release, gate = world.release, world.gate
    return [
        (f"/releases/{release.pk}/", address("releases.Release", "change", release.pk)),
        (f"/activities/{gate.pk}/", address("releases.Activity", "change", gate.pk)),
    ]


def test_each_leads_to_the_other(ada: Client, vera: Client, world: SimpleNamespace) -> None:
    for client in (ada, vera):
        for page, record in _pages(world):
            assert f'href="{record}"' in client.get(page).content.decode()
            assert f'href="{page}"' in client.get(record).content.decode()


def test_who_cannot_come_in_gets_no_link(world: SimpleNamespace) -> None:
    for user in (world.tom, world.maya):
        client = client_for(user)
        for page, record in _pages(world):
            assert "/admin/" not in client.get(page).content.decode()
            assert client.get(record).status_code == 403


def test_states_of_history_are_the_words_that_people_know(
    ada: Client, world: SimpleNamespace
) -> None:
    page = ada.get(address("releases.Release", "history", world.release.pk)).content.decode()
    assert "On Hold" in page
    assert "on_hold" not in page

"""Portal page and administration record lead to each other, for whoever can open both (ADM-1)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.test import Client

from tests.admin.conftest import client_for
from tests.admin.pages import LABELS, address, row_of
from tests.pages import Page
from tests.scenes import ask

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("ADM-1", "ADM-2")]


def _pages(world: SimpleNamespace) -> list[tuple[str, str]]:
    release, gate = world.release, world.gate
    phase = gate.phase
    return [
        (f"/releases/{release.pk}/", address("releases.Release", "change", release.pk)),
        (f"/releases/{release.pk}/phases/main/", address("releases.Phase", "change", phase.pk)),
        (f"/activities/{gate.pk}/", address("releases.Activity", "change", gate.pk)),
    ]


def test_each_leads_to_the_other(ada: Client, vera: Client, world: SimpleNamespace) -> None:
    for client in (ada, vera):
        for page, record in _pages(world):
            assert f'href="{record}"' in client.get(page).content.decode()
            assert f'href="{page}"' in client.get(record).content.decode()


# What belongs to an activity leads to it; accounts, groups, and what configures have no page there.
OF_AN_ACTIVITY = {
    "approvals.Approval", "approvals.Decision", "audit.Delivery", "releases.Activity",
    "releases.ActivityResult", "releases.Comment",
}  # fmt: skip
OF_THEIR_OWN = {
    "releases.Release", "releases.Phase", "approvals.Role", "approvals.RoleAssignment",
}  # fmt: skip


@pytest.mark.parametrize("label", LABELS)
def test_each_record_leads_to_the_page_on_which_it_is_shown(
    ada: Client, world: SimpleNamespace, label: str
) -> None:
    if label == "audit.Delivery":
        world.tom.email = "tom@example.com"
        world.tom.save(update_fields=["email"])
        ask({"user": "tom"}, by=world.tom)
    html = ada.get(address(label, "change", row_of(label).pk)).content.decode()
    found = [link["href"] for link in Page(html).all("a", class_="cs-button")]
    found = [path for path in found if not path.startswith("/admin/")]
    assert len(found) == (label in OF_AN_ACTIVITY | OF_THEIR_OWN), found
    for path in found:
        assert path.startswith("/activities/") == (label in OF_AN_ACTIVITY)
        assert ada.get(path).status_code == 200


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

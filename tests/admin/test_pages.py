"""Every page opens for whom it is meant, and for nobody else (SEC-1, A-042)."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from audit.models import LedgerEntry
from portal.services.people import set_user_active
from releases.services.roles import end_role
from tests import builders as b
from tests.admin.conftest import client_for
from tests.admin.pages import (
    BY_RELEASE,
    CONFIGURATION,
    LABELS,
    LEDGER,
    NEVER_ADDED,
    address,
    addresses_of,
    assignment,
    page_of,
    row_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def _closed(label: str, name: str) -> bool:
    """Pages that are shut for superusers too."""
    return name == "delete" or (name == "add" and label in NEVER_ADDED)


def _statuses(client: Client, labels: Iterable[str]) -> dict[str, int]:
    return {
        f"{label} {name}": client.get(url).status_code
        for label in labels
        for name, url in addresses_of(label)
    }


def _open(labels: Iterable[str]) -> dict[str, int]:
    """What who may open everything gets."""
    return {
        f"{label} {name}": 403 if _closed(label, name) else 200
        for label in labels
        for name, _ in addresses_of(label)
    }


@pytest.mark.req("SEC-1", "A-042")
def test_the_admin_has_exactly_the_pages_that_are_meant() -> None:
    registered = sorted(model._meta.label for model in admin.site._registry)
    assert registered == sorted(LABELS)


@pytest.mark.req("SEC-1")
def test_every_page_opens_for_a_superuser(ada: Client) -> None:
    assert _statuses(ada, LABELS) == _open(LABELS)


@pytest.mark.req("SEC-1", "A-068")
def test_no_page_opens_for_a_stranger(world: SimpleNamespace) -> None:
    for label in LABELS:
        for _, url in addresses_of(label):
            answer = Client().get(url)
            assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/admin/login/")


@pytest.mark.req("SEC-1")
def test_no_page_opens_for_who_is_no_staff(pete: Client) -> None:
    assert set(_statuses(pete, LABELS).values()) == {403}


@pytest.mark.req("SEC-1")
def test_configuration_opens_for_who_may_configure(olga: Client) -> None:
    assert _statuses(olga, CONFIGURATION) == _open(CONFIGURATION)


@pytest.mark.req("A-070", "SEC-1")
@pytest.mark.parametrize("other", ["process-admin", "superuser"])
def test_an_auditor_who_may_configure_besides_reads_it_and_changes_nothing(
    world: SimpleNamespace, other: str
) -> None:
    if other == "superuser":
        user = b.superuser()
    else:
        user = b.person("iris", is_staff=True)
        b.give(other, user)
    b.give("auditor", user)
    client = client_for(user)
    entries = LedgerEntry.objects.count()
    for label in CONFIGURATION:
        row = row_of(label)
        assert client.get(address(label, "changelist")).status_code == 200
        change = address(label, "change", row.pk)
        assert client.get(change).status_code == 200
        assert client.post(change, {"name": "x"}).status_code == 403
        assert client.get(address(label, "add")).status_code == 403
        for act in getattr(page_of(label), "acts", ()):
            assert client.post(address(label, act.slug, row.pk)).status_code == 403
    assert LedgerEntry.objects.count() == entries


@pytest.mark.req("SEC-1")
def test_configuration_opens_for_nobody_else(vera: Client, aud: Client) -> None:
    for client in (vera, aud):
        assert set(_statuses(client, CONFIGURATION).values()) <= {403, 404}


@pytest.mark.req("SEC-1", "MON-5")
def test_what_belongs_to_a_release_opens_for_who_may_see_the_release(
    vera: Client, nora: Client
) -> None:
    for label in BY_RELEASE:
        pk = row_of(label).pk
        assert vera.get(address(label, "change", pk)).status_code == 200
        assert vera.get(address(label, "history", pk)).status_code == 200
        assert vera.get(address(label, "changelist")).context["cl"].result_count > 0
        # Hidden and never there are one answer.
        assert nora.get(address(label, "change", pk)).status_code == 404
        assert nora.get(address(label, "history", pk)).status_code == 404
        assert nora.get(address(label, "change", 987_654)).status_code == 404
        assert nora.get(address(label, "changelist")).context["cl"].result_count == 0


@pytest.mark.req("SEC-1")
def test_the_history_of_a_hidden_release_does_not_open(
    nora: Client, world: SimpleNamespace
) -> None:
    version = world.release.history.latest("pk").pk
    url = address("releases.Release", "simple_history", world.release.pk, version)
    assert nora.get(url).status_code == 404


@pytest.mark.req("SEC-1", "A-070")
def test_the_ledger_opens_for_auditors_alone(aud: Client, vera: Client, olga: Client) -> None:
    for label in LEDGER:
        url = address(label, "change", row_of(label).pk)
        assert aud.get(url).status_code == 200
        for client in (vera, olga):
            assert client.get(url).status_code in {403, 404}
            assert client.get(address(label, "changelist")).status_code == 403


@pytest.mark.req("SEC-1")
def test_an_auditor_of_one_product_reads_the_ledger_of_its_releases_alone(
    world: SimpleNamespace,
) -> None:
    user = b.person("paul", is_staff=True)
    b.give("auditor", user, scope=world.product.scope)
    client = client_for(user)
    rows = client.get(address("audit.LedgerStream", "changelist")).context["cl"].result_list
    assert [row.key for row in rows] == [world.release.stream]


@pytest.mark.req("AUD-3", "SEC-1")
def test_an_entry_shows_the_address_behind_its_digest_to_auditors(
    aud: Client, world: SimpleNamespace
) -> None:
    entry = (
        page_of("audit.LedgerEntry")
        .model.objects.filter(kind="approval.decision_cast")
        .latest("pk")
    )
    page = aud.get(address("audit.LedgerEntry", "change", entry.pk)).content.decode()
    assert "192.0.2.7" in page
    assert "192.0.2.7" not in entry.text


@pytest.mark.req("SEC-1")
def test_the_menu_offers_only_what_opens(vera: Client, ada: Client) -> None:
    offered = {
        model["model"]._meta.label
        for app in vera.get(reverse("admin:index")).context["app_list"]
        for model in app["models"]
    }
    assert offered == BY_RELEASE | {"portal.ApiToken"}
    page = ada.get(reverse("admin:index")).content.decode()
    assert "/admin/releases/process/" in page


@pytest.mark.req("SEC-1")
def test_a_token_opens_for_its_owner_and_superusers_alone(
    ada: Client, olga: Client, world: SimpleNamespace
) -> None:
    url = address("portal.ApiToken", "change", row_of("portal.ApiToken").pk)
    assert ada.get(url).status_code == 200
    assert olga.get(url).status_code == 404


@pytest.mark.req("SEC-1")
def test_a_deactivated_member_of_staff_comes_in_no_more(olga: Client) -> None:
    user = get_user_model().objects.get(username="olga")
    set_user_active(user_id=user.pk, active=False, actor=b.SYSTEM)
    assert olga.get(reverse("admin:index")).status_code == 302


@pytest.mark.req("SEC-1")
def test_a_right_that_was_taken_back_is_gone_with_the_next_page(olga: Client) -> None:
    url = address("releases.Product", "changelist")
    assert olga.get(url).status_code == 200
    end_role(assignment_id=assignment().pk, actor=b.SYSTEM)
    assert olga.get(url).status_code == 403


@pytest.mark.req("SEC-1")
def test_lists_ask_no_more_for_more_rows(
    ada: Client, world: SimpleNamespace, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        b.release(world.tom, version=f"2.{number}")
    for label in LABELS:
        with django_assert_max_num_queries(12):
            assert ada.get(address(label, "changelist")).status_code == 200

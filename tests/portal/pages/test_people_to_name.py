"""Whom the form of a new release suggests: those with a role there, all of them or none (A-049)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from releases.models import Product
from releases.overview import people_to_name
from tests import builders as b
from tests import scenes as s
from tests.pages import Page

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("A-049")]


@pytest.fixture
def world(db: None) -> SimpleNamespace:
    """Mia manages ours; others hold roles there, elsewhere, everywhere, or none."""
    people = s.people("mia", "dora", "gus", "elsa", "ola", "nora", "gone")
    ours, theirs = b.product("ours", "Ours"), b.product("theirs", "Theirs")
    b.role("dev")
    b.give("release-manager", people.mia, ours.scope)
    b.give("dev", people.dora, ours.scope)
    b.give("dev", b.group("ops", people.gus), ours.scope)
    b.give("dev", people.elsa)
    b.give("dev", people.ola, theirs.scope)
    b.process(b.phase("p", b.pipeline("build")))
    return people


def _suggested(user: Any) -> tuple[list[str], dict[str, str]]:
    client = Client()
    client.force_login(user)
    page = Page(client.get("/releases/new/").content.decode())
    [field] = page.all("input", name="manager")
    return sorted(one["value"] for one in page.all("option") if one.get("value", "").isalpha()
                  and one["value"] not in {"ours", "theirs", "proc", "low", "medium", "high",
                                           "standard", "normal", "emergency"}), field  # fmt: skip


def test_nobody_is_named_who_has_nothing_to_do_with_it(world: SimpleNamespace) -> None:
    names, field = _suggested(world.mia)
    assert names == ["dora", "elsa", "gus", "mia"]
    assert field["list"] == "people"


def test_a_list_that_would_stop_somewhere_is_not_offered(world: SimpleNamespace) -> None:
    products = Product.objects.filter(key="ours")
    found = people_to_name(products, limit=4)
    assert found is not None
    assert {one.username for one in found} == {"dora", "elsa", "gus", "mia"}
    assert people_to_name(products, limit=3) is None


def test_whoever_is_not_suggested_can_be_typed(world: SimpleNamespace) -> None:
    client = Client()
    client.force_login(world.mia)
    sent = {
        "product": "ours", "process": "proc", "name": "N", "version": "1", "manager": "nora",
        "idempotency_key": "key-of-this-form",
    }  # fmt: skip
    answer = client.post("/releases/new/", sent)
    assert answer.status_code == 303
    assert b.Release.objects.get().manager == world.nora

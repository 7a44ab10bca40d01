"""Whoever sets the product up is no approver by that, and is told so (POL-11)."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import builders as b
from tests.pages import Page

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("MON-4")]


def test_nobody_is_told_to_ask_themselves() -> None:
    ada, nora = b.superuser(), b.person("nora")
    ada.display_name = "Ada Marsh"
    ada.save()
    said = {}
    for user in (ada, nora):
        client = Client()
        client.force_login(user)
        page = Page(client.get("/inbox/").content.decode())
        said[user.username] = page.text
    assert "Ask an administrator: Ada Marsh." in said["nora"]
    assert "Ask an administrator" not in said["ada"]
    assert "A seat comes with a role" in said["ada"]

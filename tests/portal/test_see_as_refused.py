"""“See it as …” where no demo was ever loaded."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings

from tests import builders as b

pytestmark = [pytest.mark.sqlite, pytest.mark.req("OPS-1", "SEC-1")]
DOOR = "/demo/see-as/"


@pytest.mark.django_db
@override_settings(COUNTERSIGN_EMBEDDED=True)
def test_without_the_demo_there_is_no_such_door_whatever_people_are_called() -> None:
    maya = b.person("maya", email="maya@example.com", password="demo")
    b.superuser("ada")
    for username in ("maya", "ada"):
        client = Client()
        assert client.post(DOOR, {"username": username}).status_code == 404
        assert "_auth_user_id" not in client.session
    assert DOOR not in Client().get("/accounts/login/").content.decode()
    client = Client()
    client.force_login(maya)
    assert DOOR not in client.get("/help/").content.decode()

"""`/healthz` and `/readyz`: what they ask, and what they keep to themselves (OPS-3)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.db import connection
from django.db.utils import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from portal.models import Heartbeat

pytestmark = [pytest.mark.req("OPS-3"), pytest.mark.sqlite]


def _beat(seconds_ago: float) -> None:
    beaten_at = timezone.now() - dt.timedelta(seconds=seconds_ago)
    Heartbeat.objects.update_or_create(name="worker", defaults={"beaten_at": beaten_at})


@pytest.mark.django_db
def test_healthz_asks_the_database_nothing(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.cookies["sessionid"] = "of-somebody"
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert response.status_code == 200
    assert response.content == b"ok\n"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_health_is_only_read(client: Client, path: str, method: str) -> None:
    assert getattr(client, method)(path).status_code == 405


@pytest.mark.django_db
def test_ready_when_everything_works(client: Client) -> None:
    _beat(5)
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["ready"] is True
    assert response.json()["failing"] == []
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("seconds_ago", [None, 121, 86_400])
def test_not_ready_without_a_worker(client: Client, seconds_ago: float | None) -> None:
    if seconds_ago is not None:
        _beat(seconds_ago)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["failing"] == ["worker"]


@pytest.mark.django_db
def test_not_ready_without_storage(client: Client, settings: object, tmp_path: Path) -> None:
    _beat(5)
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    settings.COUNTERSIGN_VAR_DIR = in_the_way  # type: ignore[attr-defined]
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["failing"] == ["storage"]
    assert str(tmp_path) not in response.content.decode()


@pytest.mark.django_db
def test_a_lost_database_is_named_and_nothing_else_is_told(client: Client) -> None:
    _beat(5)

    def refuse(*_: object) -> None:
        raise OperationalError("connection to server at 10.1.2.3 failed: password canary")

    with connection.execute_wrapper(refuse):
        response = client.get("/readyz")
    assert response.status_code == 503
    assert "database" in response.json()["failing"]
    assert "canary" not in response.content.decode()
    assert "10.1.2.3" not in response.content.decode()

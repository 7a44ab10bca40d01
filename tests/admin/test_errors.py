"""When something goes wrong a page says so, with the request's id and nothing of the inside (A-104)."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from releases.admin.products import ProductAdmin
from tests.admin.pages import address

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

INSIDE = ("Traceback", "DatabaseError", "secret-of-the-inside", "/work/", "site-packages", ".py")


def _breaks(*_: Any) -> Any:
    raise DatabaseError("secret-of-the-inside")


@pytest.mark.req("A-104")
def test_an_error_shows_the_request_and_nothing_else(
    ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ProductAdmin, "get_queryset", _breaks)
    ada.raise_request_exception = False
    answer = ada.get(address("releases.Product", "changelist"))
    page = answer.content.decode()
    assert answer.status_code == 500
    assert [each for each in INSIDE if each in page] == []
    assert answer["X-Request-ID"] in page
    assert re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", page)


@pytest.mark.req("A-104")
def test_an_error_in_a_service_leaves_nothing_behind(
    ada: Client, world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ProductAdmin, "response_change", _breaks)
    ada.raise_request_exception = False
    answer = ada.post(
        address("releases.Product", "change", world.product.pk),
        {"name": "Overwritten", "description": "", "tags": "", "reason": ""},
    )
    assert answer.status_code == 500
    world.product.refresh_from_db()
    assert world.product.name == "Payments"


@pytest.mark.req("A-104")
@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/admin/portal/user/?password__startswith=x", 400),
        ("/admin/releases/product/999999/change/", 404),
        ("/admin/nothing/here/", 404),
        ("/nothing/here/", 404),
        ("/admin/releases/release/add/", 403),
    ],
)
def test_refusals_have_plain_pages(ada: Client, url: str, status: int) -> None:
    answer = ada.get(url)
    page = answer.content.decode()
    assert answer.status_code == status
    assert page.count("<h1") == 1
    assert answer["X-Request-ID"] in page
    assert [each for each in INSIDE if each in page] == []

"""Without signing in, nothing but the door itself is reached: every address × every method (A-068)."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.permissions.routes import patterns

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

# What may answer anybody: health, help, and the way in and out.
OPEN = re.compile(
    r"(healthz|readyz|help/|admin/(login|logout|jsi18n)/"
    r"|accounts/(login|signup|logout|inactive)/"
    r"|accounts/password/set/|accounts/\^?password/reset/.*)$"
)
SIGN_IN = ("/accounts/login/", "/admin/login/")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
REFUSED = {301, 302, 401, 403, 404, 405}


def address_of(route: str) -> str:
    """An address that a route matches."""
    path = re.sub(r"<(?:int:)?[^>]*>", "1", route)
    path = re.sub(r"\(\?P<\w+>[^)]*\)", "1", path)
    return "/" + re.sub(r"[\^$\\]|\?$", "", path).replace("\\Z", "")


@pytest.mark.req("A-068", "SEC-1")
def test_every_address_refuses_a_stranger() -> None:
    wrong = []
    client = Client(raise_request_exception=False)
    for route, _ in patterns():
        if OPEN.match(route):
            continue
        for method in METHODS:
            client.cookies.clear()
            answer = client.generic(
                method, address_of(route), "{}", content_type="application/json"
            )
            if answer.status_code not in REFUSED:
                wrong.append(f"{method} {route}: {answer.status_code}")
            # Whole paths: "/accounts/login/../" and "//elsewhere" lead somewhere else.
            if answer.status_code in (301, 302) and (
                answer.headers["Location"].partition("?")[0] not in SIGN_IN
            ):
                wrong.append(f"{method} {route}: leads to {answer.headers['Location']}")
    assert wrong == []

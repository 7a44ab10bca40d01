"""What every request passes: whose address is recorded, what is logged, which policy is sent."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings

from portal.logs import HIDDEN, hide_secrets
from portal.middleware import RequestLog, TrustedProxies

FORGED = "203.0.113.66"


def _address(headers: dict[str, str], remote: str, proxies: list[str]) -> tuple[str, bool]:
    """The address that the product would record, and whether it took the request for HTTPS."""
    seen: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    with override_settings(
        COUNTERSIGN_TRUSTED_PROXIES=proxies,
        SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    ):
        request = RequestFactory().get("/", REMOTE_ADDR=remote, headers=headers)
        TrustedProxies(view)(request)
        return seen[0].META["REMOTE_ADDR"], seen[0].is_secure()


@pytest.mark.req("A-079")
@pytest.mark.parametrize("proxies", [[], ["10.0.0.0/8"]])
def test_a_client_cannot_choose_the_address_that_is_recorded(proxies: list[str]) -> None:
    headers = {"X-Forwarded-For": FORGED, "X-Forwarded-Proto": "https"}
    assert _address(headers, "198.51.100.7", proxies) == ("198.51.100.7", False)


@pytest.mark.req("A-079")
@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("198.51.100.7", "198.51.100.7"),
        (f"{FORGED}, 198.51.100.7", "198.51.100.7"),
        (f"{FORGED}, 198.51.100.7, 10.0.0.9", "198.51.100.7"),
        (f"{FORGED}, nonsense", "10.0.0.1"),
        ("2001:db8::7", "2001:db8::7"),
        ("", "10.0.0.1"),
    ],
)
def test_behind_a_trusted_proxy_the_last_untrusted_address_counts(
    forwarded: str, client: str
) -> None:
    headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": "https"}
    assert _address(headers, "10.0.0.1", ["10.0.0.0/8"]) == (client, True)


@pytest.mark.req("A-096", "I13")
@pytest.mark.parametrize(
    "name", ["password", "api_token", "Authorization", "SECRET_KEY", "cookies"]
)
def test_a_value_that_is_named_as_a_secret_is_hidden(name: str) -> None:
    event = hide_secrets(None, "info", {name: "canary", "event": "signed_in"})
    assert event == {name: HIDDEN, "event": "signed_in"}


@pytest.mark.req("A-096", "I13")
def test_the_log_line_of_a_request_holds_no_query_string() -> None:
    request = RequestFactory().get("/inbox/?signature=canary")
    assert RequestLog.format_request(request) == "GET /inbox/"


@pytest.mark.req("OPS-3")
def test_a_request_has_an_id_of_ours_and_not_the_clients(client: Client) -> None:
    first = client.get("/healthz", headers={"X-Request-ID": "chosen-by-the-client"})
    second = client.get("/healthz")
    assert len(first.headers["X-Request-ID"]) == 36
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]


@pytest.mark.req("SEC-4")
def test_the_strict_policy_is_sent_and_loosened_in_the_admin_alone(
    client: Client, db: None
) -> None:
    strict = client.get("/healthz").headers["Content-Security-Policy"]
    assert "unsafe" not in strict
    for part in ("default-src 'self'", "frame-ancestors 'none'", "object-src 'none'"):
        assert part in strict
    admin = client.get("/admin/login/").headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval'" in admin
    assert "style-src 'self' 'unsafe-inline'" in admin
    assert "unsafe" not in client.get("/administration/").headers["Content-Security-Policy"]
    assert "unsafe" not in client.get("/accounts/login/").headers["Content-Security-Policy"]


@pytest.mark.req("SEC-1")
@pytest.mark.django_db
def test_nobody_signs_up(client: Client, django_user_model: type) -> None:
    page = client.get("/accounts/signup/")
    assert b"<form" not in page.content or b'name="password1"' not in page.content
    client.post(
        "/accounts/signup/",
        {
            "username": "mallory",
            "password1": "long-and-unusual-1",
            "password2": "long-and-unusual-1",
        },
    )
    assert not django_user_model._default_manager.filter(username="mallory").exists()

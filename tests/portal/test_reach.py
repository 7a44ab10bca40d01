"""From where an installation is reached, as its settings say."""

from __future__ import annotations

import pytest
from django.test import override_settings

from portal.reach import is_private, is_this_machine

pytestmark = [pytest.mark.req("SEC-1")]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_these_mean_this_machine(host: str) -> None:
    assert is_this_machine(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "", "192.0.2.1", "localhost.example.com", "demo.example.com"]
)
def test_these_mean_others(host: str) -> None:
    assert not is_this_machine(host)


@pytest.mark.parametrize(
    ("host", "address", "private"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000", True),
        ("::1", "http://[::1]:8000", True),
        ("0.0.0.0", "http://127.0.0.1:8000", False),
        ("127.0.0.1", "https://demo.example.com", False),
    ],
)
def test_both_the_socket_and_the_address_must_be_private(
    host: str, address: str, private: bool
) -> None:
    with override_settings(HOST=host, COUNTERSIGN_BASE_URL=address):
        assert is_private() is private

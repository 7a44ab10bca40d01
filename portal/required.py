"""What settings must be: a wrong one stops the start with a sentence.

`verify_ledger` and `doctor` run whatever else is misconfigured (contract.md, Commands): for them the
sentence is kept for `doctor` to report, and a value that does no harm stands in.
"""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterable
from typing import Final, NamedTuple, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured

Value = TypeVar("Value")

ALWAYS_RUN: Final = frozenset({"verify_ledger", "doctor"})
_STAND_IN_ADDRESS: Final = "http://localhost"


class SettingsProblem(NamedTuple):
    """A setting that is wrong, and what is wrong with it."""

    name: str
    detail: str


SETTINGS_PROBLEMS: Final[list[SettingsProblem]] = []


def stand_in(name: str, detail: str, value: Value) -> Value:
    """The value that stands in for a wrong setting, whose problem is kept.

    Raises ImproperlyConfigured, with a sentence of name and detail, for every other command.
    """
    if ALWAYS_RUN.isdisjoint(sys.argv[1:2]):
        raise ImproperlyConfigured(f"{name} {detail}")
    SETTINGS_PROBLEMS.append(SettingsProblem(name, detail))
    return value


def port(name: str, given: str) -> int:
    """The number of a port, or 8000 in place of what is none."""
    digits = given.strip()
    if digits.isascii() and digits.isdigit() and len(digits) < 6 and 0 < int(digits) < 2**16:
        return int(digits)
    return stand_in(name, f"is {given!r}, which is no port number from 1 to 65535.", 8000)


def time_zone(name: str, given: str) -> str:
    """The name of a time zone, or UTC in place of what is none."""
    try:
        ZoneInfo(given)
    except (KeyError, ValueError, OSError):
        return stand_in(name, f"is {given!r}, which is no time zone's name.", "UTC")
    return given


def networks(name: str, given: Iterable[str]) -> list[str]:
    """Those that are addresses or networks; of a network the bits that count (10.0.0.0/8)."""
    return [found for one in given if (found := _network(name, one.strip()))]


def _network(name: str, given: str) -> str:
    try:
        network = ipaddress.ip_network(given, strict=False)
    except ValueError:
        return stand_in(name, f"holds {given!r}, which is no address or network.", "")
    return str(network) if "/" in given else given


def base_url(name: str, given: str) -> str:
    """An address with scheme and host, without a slash at its end."""
    try:
        parts = urlsplit(given)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        usable = usable and parts.port != 0
    except ValueError:  # brackets without an end, a port that is no number
        usable = False
    if not usable:
        detail = f"is {given!r}; it must be like https://signoff.example.org."
        return stand_in(name, detail, _STAND_IN_ADDRESS)
    return given.rstrip("/")


def url_host(host: str) -> str:
    """The host of an address at which this machine reaches what listens on `host` (RFC 3986, 3.2.2)."""
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (a comparison)
    return f"[{reached}]" if ":" in reached else reached

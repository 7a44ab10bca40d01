"""Guessing passwords is slowed down (A-095): what django-axes asks us about a try to sign in.

Five wrong passwords for a name from one address close sign-in for that name from that address for a
quarter of an hour. Other addresses go on working; what is guessed from many of them together is counted
in `portal/sign_in_limits.py`, so that nobody can be locked out of their own browser by somebody else.
"""

from __future__ import annotations

import ipaddress
import unicodedata
from collections.abc import Mapping
from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ResetPasswordKeyForm
from django.http import HttpRequest

_LONGEST_NAME = 255
_CUSTOMER_BITS = 64


class Labelled:
    """What a field is for stands above it and stays there; the library writes it into the field."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class SignInForm(Labelled, LoginForm):
    """Name and password; the way to a new password stands below."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""


class PasswordForm(Labelled, ChangePasswordForm):
    """The old password and a new one, twice."""


class NewPasswordForm(Labelled, ResetPasswordKeyForm):
    """A new password, twice, for whoever came by the mailed link."""


def tried_name(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    """The name that a try was for, in one spelling: "Maya" and "maya" are one account."""
    return spelled((credentials or {}).get("username") or request.POST.get("login", ""))


def spelled(name: object) -> str:
    """The one spelling of a name by which tries are counted."""
    return unicodedata.normalize("NFKC", str(name)).strip().lower()[:_LONGEST_NAME]


def said_in_logs(name: str, address: str | None, *rest: Any) -> str:
    """What the log calls a try: never by the name, which may be a password typed too early (A-096)."""
    return f"somebody at {address}"


def client_address(request: HttpRequest) -> str | None:
    """REMOTE_ADDR, which `TrustedProxies` has set right; no header is believed here.

    Of an IPv6 address the first 64 bits: the rest is the customer's own to choose, for each try anew.
    """
    given = request.META.get("REMOTE_ADDR") or None
    try:
        address = ipaddress.ip_address(given or "")
    except ValueError:
        return given
    if isinstance(address, ipaddress.IPv4Address):
        return given
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _CUSTOMER_BITS), strict=False).network_address)

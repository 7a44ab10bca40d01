"""Guessing passwords is slowed down (A-095): what django-axes asks us about a try to sign in.

Five wrong passwords for a name from one address close sign-in for that name from that address for a
quarter of an hour. Other addresses go on working, so nobody can be locked out by somebody else.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ResetPasswordKeyForm
from django.http import HttpRequest

_LONGEST_NAME = 255


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
    given = (credentials or {}).get("username") or request.POST.get("login", "")
    return unicodedata.normalize("NFKC", str(given)).strip().lower()[:_LONGEST_NAME]


def said_in_logs(name: str, address: str | None, *rest: Any) -> str:
    """What the log calls a try: never by the name, which may be a password typed too early (A-096)."""
    return f"somebody at {address}"


def client_address(request: HttpRequest) -> str | None:
    """REMOTE_ADDR, which `TrustedProxies` has set right; no header is believed here."""
    return request.META.get("REMOTE_ADDR") or None

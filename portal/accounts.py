"""Sign-in by django-allauth: who may have an account is decided by an admin, never by a form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.adapter import DefaultAccountAdapter

if TYPE_CHECKING:
    from django.http import HttpRequest


class ClosedSignupAdapter(DefaultAccountAdapter):
    """Accounts are made by an admin; nobody signs up (SEC-1)."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: the sign-up page says that it is closed and its POST makes no account."""
        return False

"""Keys of the links that are mailed to whoever has forgotten a password."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator


class ActiveAccountTokens(PasswordResetTokenGenerator):
    """Django's keys, which password, e-mail address and sign-in end; a deactivated account has none.

    allauth's own generator keeps every address that an account ever had, and goes by them too.
    """

    def check_token(self, user: Any, token: str | None) -> bool:
        """Whether the key opens the account now."""
        return bool(user is not None and user.is_active and super().check_token(user, token))

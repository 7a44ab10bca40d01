"""“Is it you?”: whoever has shown it once more goes on in a new session; the old key is dead (A-094)."""

from __future__ import annotations

from typing import Any

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import ReauthenticateView as CodeReauthenticateView
from django.http.response import HttpResponseBase


class NewKey:
    """What a form does when it is right, in a session with a new key."""

    request: Any

    def form_valid(self, form: Any) -> HttpResponseBase:
        """Change the key, then let the library note the moment in it."""
        self.request.session.cycle_key()
        answer: HttpResponseBase = super().form_valid(form)  # type: ignore[misc]
        return answer


class ByPassword(NewKey, ReauthenticateView):
    """With the password."""


class ByCode(NewKey, CodeReauthenticateView):
    """With a code of the authenticator."""

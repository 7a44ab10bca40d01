"""Sign-in by django-allauth: who may have an account is decided by an admin, never by a form."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ResetPasswordForm

from portal.actors import actor_by_mail, actor_from_request
from portal.models import User
from portal.services.passwords import set_password
from portal.sign_in_limits import remember_device

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

DOOR = "page"


class ClosedSignupAdapter(DefaultAccountAdapter):
    """Accounts are made by an admin; nobody signs up (SEC-1)."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: the sign-up page says that it is closed and its POST makes no account."""
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """A key of its own for each password: axes counts those, by name and address together.

        What is left to the library's limit by key are the codes of a second factor.
        """
        return secrets.token_hex(16)

    def post_login(self, request: HttpRequest, user: Any, **rest: Any) -> HttpResponse:
        """As the library does, and this browser is known to be theirs from now on (A-095)."""
        response: HttpResponse = super().post_login(request, user, **rest)
        remember_device(request, response, user)
        return response

    def set_password(self, user: Any, password: str) -> None:
        """Through the service, so that the record says who changed it and from where (AUD-2)."""
        request = self.request
        signed_in = request.user.is_authenticated and request.user.pk == user.pk
        actor = actor_from_request(request, DOOR) if signed_in else actor_by_mail(request, user)
        changed = set_password(user_id=user.pk, password=password, actor=actor)
        user.password = changed.password  # by it the session of this request goes on


class MailedLinkForm(ResetPasswordForm):
    """Asks where to send the link; it goes to the address that stands in the account, and no other.

    The library would also take addresses that it kept of earlier ones of the account.
    """

    def clean_email(self) -> str:
        """The address; `users` are the active people who are reached there."""
        given: str = self.cleaned_data["email"]
        found = User.objects.filter(
            email__iexact=given, is_active=True, kind=User.Kind.PERSON
        ).order_by("pk")
        # The database may take other letters for the same one (ı for i).
        self.users = [user for user in found if user.email.lower() == given.lower()]
        return given

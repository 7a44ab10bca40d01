"""Who calls the API: a token, or the session of a signed-in person (SEC-3, A-060, A-084)."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.middleware.csrf import CsrfViewMiddleware
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from portal.actors import actor_from_request
from portal.models import ApiToken, User
from portal.services.tokens import looks_like_token, note_token_use, token_by_secret

_REALM: Final = 'Bearer realm="countersign"'


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer csgn_pat_…`.

    One query finds token and account. A token that is unknown, revoked or expired, or whose account
    is deactivated, is answered alike: 401, without saying which.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The account and the token; None when the request brings no bearer token."""
        scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        secret = secret.strip()
        token = token_by_secret(secret) if looks_like_token(secret) else None
        if token is None or not token.user.is_active:
            raise exceptions.AuthenticationFailed
        request._request.auth = token  # type: ignore[attr-defined]
        request._request.user = token.user
        note_token_use(token=token, actor=actor_from_request(request._request, "api"))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for (RFC 6750)."""
        if request.META.get("HTTP_AUTHORIZATION"):
            return f'{_REALM}, error="invalid_token"'
        return _REALM


class SessionAuthentication(authentication.BaseAuthentication):
    """The session of a person who signed in to the portal; every change needs the CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """The person; None when nobody has signed in or the account was deactivated."""
        user: Any = request._request.user
        if not user.is_authenticated or not user.is_active:
            return None
        _require_csrf(request)
        return user, None


class _CSRFCheck(CsrfViewMiddleware):
    """Django's own check, which says why instead of answering."""

    def _reject(self, request: Any, reason: str) -> Any:
        return reason


def _require_csrf(request: Request) -> None:
    check = _CSRFCheck(lambda _: None)  # type: ignore[arg-type]
    check.process_request(request._request)
    # The token is taken from the header alone: a form's field would mean reading the body here.
    if check.process_view(request._request, lambda: None, (), {}):  # type: ignore[arg-type, return-value]
        raise exceptions.PermissionDenied(code="csrf_failed")


class TokenScheme(OpenApiAuthenticationExtension):
    """How OpenAPI says the first."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "csgn_pat_…"}


class SessionScheme(OpenApiAuthenticationExtension):
    """How OpenAPI says the second."""

    target_class = SessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """The session's cookie."""
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}

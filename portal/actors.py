"""The actor behind a request: read from what the server knows, never from what the client says (A-079)."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import structlog
from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from audit.actor import Actor
from portal.models import ApiToken, User
from portal.services.tokens import scopes_of

_LONGEST_USER_AGENT = 300
# The middleware makes it; whatever else may have bound one, only what looks like an id goes on record.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def actor_from_request(request: HttpRequest, door: str) -> Actor:
    """The signed-in person or machine user of a request, as it comes through `door`.

    `request.auth` may hold the token in use (API); without one it is the session's person, with all
    scopes. The address is REMOTE_ADDR, which `TrustedProxies` has set right. Raises ValueError for a
    request that nobody has signed in to: there is no anonymous actor.
    """
    user = request.user
    if not user.is_authenticated:
        raise ValueError("nobody has signed in")
    token = getattr(request, "auth", None)
    if isinstance(token, ApiToken):
        mark = f"token:{str(token.public_id).rpartition('-')[2]}"
        return _actor(request, user, door, authenticated_by=mark, scopes=scopes_of(token))
    method, moment = _sign_in(request)
    return _actor(
        request, user, door,
        authenticated_by=method, authenticated_at=moment, session=_session_mark(request),
    )  # fmt: skip


def actor_by_mail(request: HttpRequest, user: User) -> Actor:
    """The owner of an account who has not signed in, known by the link that was mailed to them."""
    return _actor(
        request, user, "page", authenticated_by="mailed_link", session=_session_mark(request)
    )


def _actor(request: HttpRequest, user: User, door: str, **how: Any) -> Actor:
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    return Actor(
        kind="machine" if user.kind == User.Kind.MACHINE else "person",
        door=door,
        label=str(user),
        user_id=user.pk,
        person=user.person,
        username=user.username,
        is_superuser=user.is_active and user.is_superuser,
        ip=request.META.get("REMOTE_ADDR", ""),
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:_LONGEST_USER_AGENT],
        request_id=request_id if _REQUEST_ID.fullmatch(request_id) else "",
        **how,
    )


def _sign_in(request: HttpRequest) -> tuple[str, str]:
    """How and when the session's person signed in last: ("password", "2026-…"), as far as known."""
    records = get_authentication_records(request, request.user)
    last = records[-1] if records else {}
    moment = last.get("at")
    at = dt.datetime.fromtimestamp(moment, dt.UTC).isoformat() if moment else ""
    return str(last.get("method", "session")), at


def _session_mark(request: HttpRequest) -> str:
    """Tells sessions apart; whoever reads it can't take the session over."""
    key = request.session.session_key or ""
    return (
        salted_hmac("countersign.session", key, algorithm="sha256").hexdigest()[:32] if key else ""
    )

"""`/live/`: 204 when nothing is new, by two queries; else what is new, to swap where it stands."""

from __future__ import annotations

import json
from typing import cast

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from audit.errors import NotFound
from portal.actors import actor_from_request
from portal.marks import Mark, account_with_mark
from portal.models import User
from portal.moments import zone_for
from portal.pages.live import News, load_news, token_of
from portal.pages.live_asked import Asked, Scope


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """What a page is told that is open in somebody's browser."""
    asked = Asked.read(request.GET)
    found = _signed_in(request, asked.scope)
    if found is None:
        return HttpResponse(status=401)
    user, mark = found
    token = token_of(mark, asked.scope, user.pk)
    if constant_time_compare(token, asked.since):
        return HttpResponse(status=204)
    # The middleware's own look at the session is as good; it would cost the query once more.
    request.user = user
    actor = actor_from_request(request, "page")
    try:
        news = load_news(actor, asked, mark, timezone.now(), zone_for(user))
    except NotFound:
        return HttpResponse(status=404)
    return _answer(request, news, token, mark)


def _signed_in(request: HttpRequest, scope: Scope) -> tuple[User, Mark] | None:
    """The account of a session and how far things have come for it, by one query.

    As Django's own look at a session: an account that is active, a password that has not changed
    since, a backend that is still in use (A-060).
    """
    session = request.session
    try:
        key = int(session[SESSION_KEY])
    except (KeyError, TypeError, ValueError):
        return None
    if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    found = account_with_mark(key, scope.stream, scope.activity)
    if found is None or not found[0].is_active:
        return None
    given = cast("str", session.get(HASH_SESSION_KEY) or "")
    known = [found[0].get_session_auth_hash(), *found[0].get_session_auth_fallback_hash()]
    if not any(constant_time_compare(given, one) for one in known):
        return None
    return found


def _answer(request: HttpRequest, news: News, token: str, mark: Mark) -> HttpResponse:
    parts = [render_to_string(one.template, dict(one.context), request) for one in news.parts]
    place = render_to_string("portal/_live_since.html", {"token": token, "oob": True})
    answer = HttpResponse("".join([*parts, place]))
    counts = {**news.counts, "unread": mark.unread}
    answer.headers["HX-Trigger"] = json.dumps({"counts": counts})
    return answer

"""Guessing one name's password from many addresses is slowed down too (A-095).

django-axes counts by name and address together. Here all wrong passwords for a name count, wherever
they come from; once there are too many of them, only browsers in which this name has signed in before
may go on trying. They are told apart by a cookie that we sign, as OWASP's "Slow Down Online Guessing
Attacks with Device Cookies" has it: whoever guesses from elsewhere shuts the person out of strange
browsers for a quarter of an hour, never out of their own.
"""

from __future__ import annotations

import time
from typing import Any, Final

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.core import signing
from django.db.models import Sum
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from portal.models import User
from portal.sign_in import spelled, tried_name

MOST_WRONG: Final = 50  # for one name, within axes' cool-off time
DEVICE_COOKIE: Final = "device"
_SALT: Final = "countersign.device"
_KNOWN_FOR: Final = 180 * 24 * 3600  # seconds
_MOST_NAMES: Final = 5  # of one browser: people have two accounts, or share a computer
# The code of a second factor is given beside the sign-in page, and must not lose the other names.
_PATH: Final = "/accounts/"


class SignInLimits(AxesDatabaseHandler):
    """Axes' own limit by name and address, and one by name for browsers that don't know it."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        """Whether this try is turned away unread."""
        if super().is_locked(request, credentials):
            return True
        name = tried_name(request, credentials)
        return bool(name) and not knows_device(request, name) and _wrong_for(request, name)


def _wrong_for(request: HttpRequest, name: str) -> bool:
    lately = AccessAttempt.objects.filter(
        username=name, attempt_time__gt=get_cool_off_threshold(request)
    )
    counted = lately.aggregate(number=Sum("failures_since_start"))["number"] or 0
    return bool(counted >= MOST_WRONG)


def knows_device(request: HttpRequest, name: str) -> bool:
    """Whether this name has signed in from this browser within half a year."""
    return name in _known_names(request)


def remember_device(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """From now on this browser is one in which this account has signed in, and those before it."""
    name = spelled(user.username)
    before = {known: at for known, at in _known_names(request).items() if known != name}
    kept = [*before.items(), (name, int(time.time()))][-_MOST_NAMES:]
    response.set_cookie(
        DEVICE_COOKIE,
        signing.dumps(dict(kept), salt=_SALT),
        max_age=_KNOWN_FOR,
        path=_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _known_names(request: HttpRequest) -> dict[str, int]:
    """Who has signed in from this browser within half a year, the latest last, and when."""
    given = request.COOKIES.get(DEVICE_COOKIE, "")
    try:
        found = signing.loads(given, salt=_SALT, max_age=_KNOWN_FOR)
    except signing.BadSignature:
        return {}
    if not isinstance(found, dict):  # a cookie of an earlier version, of one name
        return {}
    since = time.time() - _KNOWN_FOR
    return {name: at for name, at in found.items() if at > since}

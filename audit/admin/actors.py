"""Who asks, and what they may: answered once for each admin request."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

from audit.actor import Actor

DOOR = "admin"


def answered_once(request: HttpRequest, key: Hashable, question: Callable[[], Any]) -> Any:
    """The answer to `question`, asked once in this request.

    A page asks for the same right once for each model in its menu. What changes state asks its
    service, which reads the right anew.
    """
    answers: dict[Hashable, Any] = request.__dict__.setdefault("admin_answers", {})
    if key not in answers:
        answers[key] = question()
    return answers[key]


def actor_of(request: HttpRequest) -> Actor:
    """The person behind an admin request, made by the function that ACTOR_FROM_REQUEST names.

    The setting stands between because the apps below the portal don't import it.
    """
    make = import_string(settings.ACTOR_FROM_REQUEST)
    actor: Actor = answered_once(request, "actor", lambda: make(request, DOOR))
    return actor


def may_enter(request: HttpRequest) -> bool:
    """Whether the request comes from an active member of staff: the first of all questions here."""
    user = request.user
    return bool(user.is_authenticated and user.is_active and user.is_staff)

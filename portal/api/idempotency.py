"""The `Idempotency-Key` header of a POST."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Final

from django.http import HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from audit.actor import Actor
from audit.errors import Malformed
from portal.services.idempotency import KeptAnswer, answer_once

LONGEST_KEY: Final = 255
REPLAYED: Final = "Idempotency-Replayed"


def key_of(request: Request) -> str | None:
    """The key of a request, if it brings one. Raises Malformed for one that is no key."""
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return None
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable() and key.strip()):
        raise Malformed(
            "invalid_key", f"An idempotency key has 1 to {LONGEST_KEY} printable ASCII characters."
        )
    return str(key)


def once(request: Request, key: str, actor: Actor, handler: Callable[[], Response]) -> HttpResponse:
    """The handler's answer, or the one kept under the key; the same bytes either way."""

    def act() -> KeptAnswer:
        response = handler()
        body = JSONRenderer().render(response.data).decode("utf-8")
        return KeptAnswer(response.status_code, body)

    answer = answer_once(key=key, digest=_digest(request), act=act, actor=actor)
    response = HttpResponse(answer.body, status=answer.status, content_type="application/json")
    if answer.replayed:
        response.headers[REPLAYED] = "true"
    return response


def _digest(request: Request) -> str:
    """Address and body; the order of keys and blanks in the body make no difference."""
    call = [request.method, request.get_full_path(), request.data]
    return hashlib.sha256(json.dumps(call, sort_keys=True).encode()).hexdigest()

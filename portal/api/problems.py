"""Every error of the API as problem details (RFC 9457): the one mapping of refusals to answers (API-1)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions

from audit.errors import Invalid, NotFound, Refusal

MEDIA_TYPE: Final = "application/problem+json"

# What Django and REST framework raise: class → (status, code, sentence). The first that fits counts.
_FOREIGN: Final[tuple[tuple[type[Exception], int, str, str], ...]] = (
    (exceptions.NotAuthenticated, 401, "not_authenticated", "Sign in, or send a token."),
    (exceptions.AuthenticationFailed, 401, "invalid_token", "This token is not valid."),
    (exceptions.PermissionDenied, 403, "no_permission", "You may not do this."),
    (PermissionDenied, 403, "no_permission", "You may not do this."),
    (exceptions.MethodNotAllowed, 405, "method_not_allowed", "This address takes no such method."),
    (exceptions.NotAcceptable, 406, "not_acceptable", "Answers are JSON; accept that."),
    (exceptions.UnsupportedMediaType, 415, "unsupported_media_type", "Send JSON."),
    (exceptions.Throttled, 429, "too_many_requests", "Too many requests; try again later."),
    (exceptions.ParseError, 400, "malformed", "The request cannot be parsed."),
    (RequestDataTooBig, 413, "too_large", "The body is too large."),
    (SuspiciousOperation, 400, "malformed", "The request cannot be parsed."),
)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    title: str = "",
    errors: Mapping[str, list[str]] | None = None,
    data: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The members of one problem; `errors` and `data` only when there are any.

    A server error names the request, and nothing else about itself (A-104).
    """
    found: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if errors:
        found["errors"] = dict(errors)
    if data:
        found["data"] = dict(data)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        context = structlog.contextvars.get_contextvars()
        found["request_id"] = str(context.get("request_id", ""))
    return found


def problem_response(exc: Exception, context: Mapping[str, Any]) -> JsonResponse | None:
    """The answer to an exception of a view; None for one that is a fault of ours (500).

    JSON whatever the view would have answered with (the schema is YAML, the documents a page).
    """
    found = _of(exc)
    if found is None:
        return None
    response = JsonResponse(found, status=found["status"], content_type=MEDIA_TYPE)
    if isinstance(exc, exceptions.APIException):
        if challenge := getattr(exc, "auth_header", None):
            response.headers["WWW-Authenticate"] = challenge
        if wait := getattr(exc, "wait", None):
            response.headers["Retry-After"] = str(int(wait))
    return response


def plain_problem(status: int, code: str, detail: str) -> JsonResponse:
    """A problem for an address below `/api/` that no view answers."""
    return JsonResponse(problem(status, code, detail), status=status, content_type=MEDIA_TYPE)


def is_api(request: HttpRequest) -> bool:
    """Whether errors of this request are problem details."""
    return request.path.startswith("/api/")


def _of(exc: Exception) -> dict[str, Any] | None:
    if isinstance(exc, Http404):
        exc = NotFound()
    if isinstance(exc, exceptions.ValidationError):
        exc = Invalid(errors=flat_errors(exc.detail))
    if isinstance(exc, Refusal):
        return problem(
            exc.status, exc.code, exc.sentence, title=exc.title, errors=exc.errors, data=exc.data
        )
    for kind, status, code, sentence in _FOREIGN:
        if isinstance(exc, kind):
            own = exc.get_codes() if isinstance(exc, exceptions.APIException) else None
            chosen = own if isinstance(own, str) and own in _OWN_CODES else code
            return problem(status, chosen, _OWN_CODES.get(chosen, sentence))
    return None


# Codes that authentication raises beside the general ones, with their sentences.
_OWN_CODES: Final = {
    "csrf_failed": "The CSRF token is missing or wrong; a session needs it for every change.",
}


def flat_errors(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Nested errors of a serializer by dotted field: `{"window.from": […], "authors.0": […]}`."""
    if isinstance(detail, Mapping):
        pairs = [(str(key), value) for key, value in detail.items()]
    elif isinstance(detail, list) and any(isinstance(one, Mapping) for one in detail):
        pairs = [(str(number), value) for number, value in enumerate(detail) if value]
    else:
        sentences = detail if isinstance(detail, list) else [detail]
        return {path or "body": [str(one) for one in sentences]}
    found: dict[str, list[str]] = {}
    for key, value in pairs:
        here = path if key == "non_field_errors" else f"{path}.{key}".lstrip(".")
        found.update(flat_errors(value, here))
    return found

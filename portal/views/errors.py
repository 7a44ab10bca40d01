"""Errors that no view answers: problem details below `/api/`, plain pages elsewhere (A-104)."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views import defaults

from portal.api.problems import is_api, plain_problem


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """400."""
    if is_api(request):
        return plain_problem(400, "malformed", "The request cannot be parsed.")
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """403."""
    if is_api(request):
        return plain_problem(403, "no_permission", "You may not do this.")
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """404."""
    if is_api(request):
        return plain_problem(404, "not_found", "There is nothing here that you may see.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """500: the request's id, by which the log tells the rest, and nothing else."""
    if is_api(request):
        return plain_problem(500, "server_error", "Something went wrong here; it has been logged.")
    return defaults.server_error(request)

"""Errors that no view answers: problem details below `/api/`, pages in the frame elsewhere (A-104)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template import loader

from audit.errors import NotFound, Refusal
from portal.api.problems import is_api, plain_problem


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """400."""
    if is_api(request):
        return plain_problem(400, "malformed", "The request cannot be parsed.")
    return _page(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """403, with the sentence that came with it."""
    if is_api(request):
        return plain_problem(403, "no_permission", "You may not do this.")
    return _page(request, 403, exception=str(exception))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """404."""
    if is_api(request):
        return plain_problem(404, "not_found", "There is nothing here that you may see.")
    return _page(request, 404)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """500: the request's id, by which the log tells the rest, and nothing else."""
    if is_api(request):
        return plain_problem(500, "server_error", "Something went wrong here; it has been logged.")
    return _page(request, 500)


def too_many_tries(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
    """429: somebody has tried too many passwords (A-095)."""
    return _page(request, 429, template="portal/too_many_passwords.html")


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponseBase:
    """A refusal's sentence with its status: a page, or a fragment for htmx."""
    if getattr(request, "htmx", False):
        return render(request, "portal/_refusal.html", {"refusal": refusal}, status=refusal.status)
    if isinstance(refusal, NotFound):
        return _page(request, 404)
    return _page(request, refusal.status, template="portal/refusal.html", refusal=refusal)


def _page(
    request: HttpRequest, status: int, *, template: str = "", **context: Any
) -> HttpResponseBase:
    """The page of a status; without the frame when the frame itself can't be made."""
    name = template or f"{status}.html"
    try:
        return render(request, name, context, status=status)
    except Exception:  # the database may be what went wrong, and the frame asks it
        if status != 500:
            raise
        return HttpResponse(loader.render_to_string(name), status=status)

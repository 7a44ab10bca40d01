"""Errors that no view answers: problem details below `/api/`, pages in the frame elsewhere (A-104)."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template import loader

from audit.errors import NotFound, NotPermitted, Refusal
from portal.api.problems import is_api, plain_problem
from portal.views.signed_out import is_from_here, keeps, too_old

_NOT_YOURS: Final = "You do not have the right to do this."


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """400."""
    if is_api(request):
        return plain_problem(400, "malformed", "The request cannot be parsed.")
    return _page(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """403, with the sentence that came with it."""
    if is_api(request):
        return plain_problem(403, "no_permission", "You may not do this.")
    if by_htmx(request):
        return refused(request, NotPermitted("no_permission", str(exception) or _NOT_YOURS))
    return _page(request, 403, exception=str(exception))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """404."""
    if is_api(request):
        return plain_problem(404, "not_found", "There is nothing here that you may see.")
    if by_htmx(request):
        return refused(request, NotFound())
    return _page(request, 404)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """500: the request's id, by which the log tells the rest, and nothing else."""
    if is_api(request):
        return plain_problem(500, "server_error", "Something went wrong here; it has been logged.")
    return _page(request, 500)


def too_many_tries(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
    """429: somebody has tried too many passwords (A-095)."""
    return _page(request, 429, template="portal/too_many_passwords.html")


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """A form that doesn't prove that a page of this session sent it: 403 and nothing is done.

    What a page of ours has sent that was made for an earlier session is shown, to be sent again. htmx
    gets 401 without content, as if nobody had signed in: session.js says so and sends a fresh token.
    """
    if is_api(request):
        return plain_problem(403, "no_permission", "You may not do this.")
    if by_htmx(request):
        return HttpResponse(status=401)
    if keeps(request) and is_from_here(request):
        return too_old(request)
    sentence = "This form could not be checked. Go back, reload the page and send it again."
    return _page(request, 403, exception=sentence)


def by_htmx(request: HttpRequest) -> bool:
    """Whether htmx asks, which puts the answer into the page that is open."""
    return request.headers.get("HX-Request") == "true"


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponseBase:
    """A refusal's sentence with its status: a page, or a fragment for htmx."""
    if by_htmx(request):
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

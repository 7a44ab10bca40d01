"""The notification centre: read, and marked as read (NTF-5)."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from audit.services.notices import mark_all_read, mark_read
from portal.actors import actor_from_request
from portal.pages.notifications import centre_page, newest_notices

_MOST_AT_ONCE = 50
_LONGEST_KEY = 18


@require_safe
@login_required
def centre(request: HttpRequest) -> HttpResponseBase:
    """All that one was told, fifty a page."""
    return _shown(request)


@require_safe
@login_required
def latest(request: HttpRequest) -> HttpResponseBase:
    """The panel at the bell: the newest ten."""
    groups = newest_notices(actor_from_request(request, "page"))
    return render(request, "portal/notifications/_panel.html", {"groups": groups})


@require_POST
@login_required
def read(request: HttpRequest) -> HttpResponseBase:
    """Mark those that are named as read."""
    keys = [key for one in request.POST.getlist("notice")[:_MOST_AT_ONCE] if (key := _key(one))]
    mark_read(notice_ids=keys, actor=actor_from_request(request, "page"))
    return _after(request)


@require_POST
@login_required
def read_all(request: HttpRequest) -> HttpResponseBase:
    """Mark all as read that had been shown when the page was made."""
    before = _key(request.POST.get("before", ""))
    mark_all_read(actor=actor_from_request(request, "page"), before=before)
    return _after(request)


def _after(request: HttpRequest) -> HttpResponseBase:
    if request.headers.get("HX-Request"):
        return _shown(request, changed=True)
    return redirect("notifications", permanent=False)


def _shown(request: HttpRequest, *, changed: bool = False) -> HttpResponseBase:
    given = request.GET if request.method != "POST" else request.POST
    number = max(_key(given.get("page", "1")), 1)
    page = centre_page(
        actor_from_request(request, "page"),
        number=min(number, 10_000),
        only_unread=given.get("show") == "unread",
    )
    part = bool(request.headers.get("HX-Request"))
    template = "portal/notifications/_list.html" if part else "portal/notifications/page.html"
    response = render(request, template, {"page": page})
    patch_vary_headers(response, ["HX-Request"])
    if changed:
        response.headers["HX-Trigger"] = "approvals:changed"
    return response


def _key(text: str | None) -> int:
    """A key of a form or address; 0 for what is none."""
    fits = text and text.isascii() and text.isdigit() and len(text) <= _LONGEST_KEY
    return int(text) if fits and text else 0

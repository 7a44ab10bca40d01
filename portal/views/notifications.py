"""The notification centre: read, and marked as read (NTF-5)."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from audit.services.notices import mark_all_read, mark_read
from portal.actors import actor_from_request
from portal.pages.notifications import bell_panel, centre_page

_MOST_AT_ONCE = 50
_LONGEST_KEY = 18
# Said by the bar of what is new: whoever follows it goes on reading at the head of the list.
_NEW = "new"


@require_safe
@login_required
def centre(request: HttpRequest) -> HttpResponseBase:
    """All that one was told, fifty a page."""
    return _shown(request)


@require_safe
@login_required
def latest(request: HttpRequest) -> HttpResponseBase:
    """The panel at the bell: ten, what needs one first."""
    panel = bell_panel(actor_from_request(request, "page"))
    context = {"panel": panel, "shows_new": _NEW in request.GET}
    return render(request, "portal/notifications/_panel.html", context)


@require_POST
@login_required
def read(request: HttpRequest) -> HttpResponseBase:
    """Mark those that are named as read."""
    keys = _keys(request.POST.getlist("notice"))
    mark_read(notice_ids=keys, actor=actor_from_request(request, "page"))
    return _after(request)


@require_POST
@login_required
def read_all(request: HttpRequest) -> HttpResponseBase:
    """Mark all as read that there were when the page was made."""
    mark_all_read(
        actor=actor_from_request(request, "page"),
        before=_key(request.POST.get("before", "")),
        recent=_keys(request.POST.get("recent", "").split(".")),
    )
    return _after(request)


def _after(request: HttpRequest) -> HttpResponseBase:
    """The list again; without script the page from which it was sent."""
    if request.headers.get("HX-Request"):
        return _shown(request, changed=True)
    query = _place_of(request).urlencode()
    return redirect(f"{reverse('notifications')}?{query}" if query else "notifications")


def _place_of(request: HttpRequest) -> QueryDict:
    """The filter and the place of the page that is asked for, or from which a form was sent."""
    given = request.POST if request.method == "POST" else request.GET
    place = QueryDict(mutable=True)
    if given.get("show") == "unread":
        place["show"] = "unread"
    if (older := given.get("older", "")) and _is_key(older):
        place["older"] = older
    return place


def _shown(request: HttpRequest, *, changed: bool = False) -> HttpResponseBase:
    place = _place_of(request)
    page = centre_page(
        actor_from_request(request, "page"),
        older=int(str(place["older"])) if "older" in place else None,
        only_unread="show" in place,
    )
    part = bool(request.headers.get("HX-Request"))
    template = "portal/notifications/_list.html" if part else "portal/notifications/page.html"
    response = render(request, template, {"page": page, "shows_new": _NEW in request.GET})
    patch_vary_headers(response, ["HX-Request"])
    if changed:
        response.headers["HX-Trigger"] = "approvals:changed"
    return response


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_KEY


def _key(text: str) -> int:
    """A key of a form; 0 for what is none."""
    return int(text) if _is_key(text) else 0


def _keys(texts: Sequence[str]) -> list[int]:
    return [int(one) for one in texts[:_MOST_AT_ONCE] if _is_key(one)]

"""`/inbox/`: what a person must decide next, and the record beside it."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from approvals.services.reconcile import ensure_current
from audit.actor import Actor
from audit.errors import NotFound, Refusal
from portal.actors import actor_from_request
from portal.moments import zone_for
from portal.pages.activity import Draft, load_activity
from portal.pages.inbox import load_inbox
from portal.pages.inbox_filters import Asked
from portal.views.inbox_acts import DENSITY

PANE: Final = "pane"


@never_cache
@vary_on_headers("HX-Request", "HX-Target")
@require_safe
@login_required
def inbox(request: HttpRequest) -> HttpResponse:
    """The list; with `?open=ACT-874` the record beside it, and for htmx the record alone."""
    asked = Asked.read(request.GET.dict())
    if _wants_pane(request):
        actor = actor_from_request(request, "page")
        return render(request, "portal/inbox/_pane.html", _pane(actor, asked))
    return show_inbox(request, asked)


def show_inbox(
    request: HttpRequest,
    asked: Asked,
    *,
    draft: Draft | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of the list. `draft`: what was typed in its pane and not taken, `refusal`: why."""
    actor = actor_from_request(request, "page")
    ensure_current(actor=actor)
    page = load_inbox(actor, asked, timezone.now(), zone_for(request.user))
    request.waiting = page.counts.waiting  # type: ignore[attr-defined]  # the navigation says the same
    context = {
        "page": page,
        "compact": request.COOKIES.get(DENSITY) == "compact",
        "refusal": refusal,
        **_pane(actor, asked, draft),
    }
    return render(request, "portal/inbox/page.html", context, status=status)


def _wants_pane(request: HttpRequest) -> bool:
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx) and htmx.target == PANE


def _pane(actor: Actor, asked: Asked, draft: Draft | None = None) -> dict[str, Any]:
    """The record that is open; what the person may not see is not there (MON-5)."""
    here = asked.address(cursor=asked.cursor)
    if asked.open_id is None:
        return {"record": None, "here": here}
    try:
        record = load_activity(actor, asked.open_id, draft=draft)
    except NotFound:
        return {"record": None, "missing": f"ACT-{asked.open_id}", "here": here}
    return {"record": record, "here": here}

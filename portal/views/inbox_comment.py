"""A comment written beside the list: it decides nothing, and the list stays (MON-4)."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from audit.errors import NotFound, Refusal
from portal.actors import actor_from_request
from portal.moments import zone_for
from portal.pages.activity import Draft, load_activity
from portal.pages.activity_results import Clock
from portal.pages.inbox_filters import Asked
from portal.views.activity_acts import Posted, act_once
from portal.views.errors import by_htmx
from portal.views.inbox import show_inbox
from portal.views.inbox_acts import local_address

_PLACE = "pane-comment"


@never_cache
@vary_on_headers("HX-Request")
@require_POST
@login_required
def comment_in_inbox(request: HttpRequest, activity_id: int) -> HttpResponse:
    """Say something about the record that is open in the pane."""
    actor = actor_from_request(request, "page")
    posted = Posted(request.POST)
    try:
        result = act_once("comment", activity_id, posted, actor, Clock(zone_for(request.user)))
    except NotFound:
        raise
    except Refusal as refusal:
        draft = Draft(act="comment", text=posted.text("text"), errors=refusal.errors)
        return _refused(request, activity_id, draft, refusal)
    if not by_htmx(request):
        messages.success(request, result.text)
        return HttpResponse(status=303, headers={"Location": _back(request, activity_id)})
    context = {"record": load_activity(actor, activity_id), "said": result.text}
    answer = render(request, "portal/inbox/_comment.html", context)
    answer.headers["HX-Trigger"] = "approvals:changed"
    return answer


def _refused(
    request: HttpRequest, activity_id: int, draft: Draft, refusal: Refusal
) -> HttpResponse:
    """The form again with what was typed: alone for htmx, else in its list."""
    if by_htmx(request):
        actor = actor_from_request(request, "page")
        record = load_activity(actor, activity_id, draft=draft)
        context = {"record": record, "refusal": refusal, "swapped": True}
        return render(request, "portal/inbox/_comment.html", context, status=refusal.status)
    query = QueryDict(urlsplit(_back(request, activity_id)).query)
    asked = Asked.read(query.dict())
    return show_inbox(request, asked, draft=draft, refusal=refusal, status=refusal.status)


def _back(request: HttpRequest, activity_id: int) -> str:
    """The list that the form stood beside, with the record still open."""
    parts = urlsplit(local_address(request, request.POST.get("next")))
    query = QueryDict(parts.query, mutable=True)
    query["open"] = f"ACT-{activity_id}"
    return urlunsplit(("", "", "/inbox/", query.urlencode(), _PLACE))

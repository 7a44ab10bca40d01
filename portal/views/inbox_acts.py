"""What is done in the inbox besides reading: press Approve, snooze, take up again, how rows stand."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from audit.actor import Actor
from audit.errors import NotFound, Refusal
from portal.actors import actor_from_request
from portal.moments import zone_for
from portal.pages.activity_results import Clock
from portal.pages.snooze import load_snooze, until_for
from portal.result_texts import ResultText
from portal.views.activities import keep_on_record
from portal.views.activity_acts import Posted, act_once
from portal.views.errors import by_htmx
from releases.selectors import activity_for
from releases.services.snoozes import snooze_activity, unsnooze_activity

DENSITY: Final = "inbox_density"
_A_YEAR: Final = 365 * 24 * 3600


@never_cache
@vary_on_headers("HX-Request")
@require_POST
@login_required
def press(request: HttpRequest, activity_id: int) -> HttpResponse:
    """Approve with one press, where the policy asks for no more; the service judges, as ever."""
    actor = actor_from_request(request, "page")
    posted = Posted(_approving(request))
    try:
        result = act_once("decide", activity_id, posted, actor, Clock(zone_for(request.user)))
    except NotFound as refusal:
        if not by_htmx(request):
            raise
        gone = {"id": activity_id, "sentence": refusal.sentence, "icon": "error", "refused": True}
        return render(request, "portal/inbox/_row_done.html", gone, status=refusal.status)
    except Refusal as refusal:
        keep_on_record(activity_id, posted, refusal, actor)
        sentences = [one for several in refusal.errors.values() for one in several]
        said = " ".join([refusal.sentence, *sentences])
        return _pressed(request, activity_id, actor, ResultText(said, "red"), refusal.status)
    return _pressed(request, activity_id, actor, result, 200)


def _approving(request: HttpRequest) -> Any:
    """The form as it was sent; a press here never means anything but approving."""
    data = request.POST.copy()
    data["verdict"] = "approve"
    data["comment"] = ""
    return data


def _pressed(
    request: HttpRequest, activity_id: int, actor: Actor, result: ResultText, status: int
) -> HttpResponse:
    if not by_htmx(request):
        level = messages.success if status == 200 else messages.error
        level(request, result.text)
        back = local_address(request, request.POST.get("next"))
        return HttpResponse(status=303, headers={"Location": back})
    activity = activity_for(actor, activity_id)
    context = {
        "id": activity_id,
        "name": activity.name,
        "sentence": result.text,
        "icon": "check_circle" if status == 200 else "error",
        "look": "good" if status == 200 else "",
        "refused": status != 200,
    }
    answer = render(request, "portal/inbox/_row_done.html", context, status=status)
    answer.headers["HX-Trigger"] = "approvals:changed"
    return answer


@never_cache
@vary_on_headers("HX-Request")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def snooze(request: HttpRequest, activity_id: int) -> HttpResponse:
    """Put a question aside: until when is asked, then done."""
    actor = actor_from_request(request, "page")
    now, zone = timezone.now(), zone_for(request.user)
    back = local_address(request, request.POST.get("next") or request.GET.get("next"))
    if request.method == "POST":
        try:
            until = until_for(request.POST.get("until", ""), now, zone)
            snooze_activity(activity_id=activity_id, until=until, actor=actor)
        except NotFound:
            raise
        except Refusal as refusal:
            return _snooze_page(request, actor, activity_id, now, back, refusal)
        return _done(request, back)
    return _snooze_page(request, actor, activity_id, now, back)


def _snooze_page(
    request: HttpRequest,
    actor: Actor,
    activity_id: int,
    now: dt.datetime,
    back: str,
    refusal: Refusal | None = None,
) -> HttpResponse:
    page = load_snooze(actor, activity_id, now, zone_for(request.user))
    name = "_snooze.html" if by_htmx(request) else "snooze.html"
    return render(
        request,
        f"portal/inbox/{name}",
        {"page": page, "next": back, "refusal": refusal},
        status=refusal.status if refusal else 200,
    )


@require_POST
@login_required
def unsnooze(request: HttpRequest, activity_id: int) -> HttpResponse:
    """Take up again what was put aside."""
    unsnooze_activity(activity_id=activity_id, actor=actor_from_request(request, "page"))
    return _done(request, local_address(request, request.POST.get("next")))


@require_POST
@login_required
def density(request: HttpRequest) -> HttpResponse:
    """How closely the rows of the inbox stand, kept by the browser."""
    answer = _done(request, local_address(request, request.POST.get("next")))
    chosen = "compact" if request.POST.get("density") == "compact" else "roomy"
    answer.set_cookie(
        DENSITY, chosen, max_age=_A_YEAR, samesite="Lax", httponly=True, secure=request.is_secure()
    )
    return answer


def _done(request: HttpRequest, back: str) -> HttpResponse:
    """Back to the list; htmx is told to go there."""
    if by_htmx(request):
        return HttpResponse(status=204, headers={"HX-Location": back})
    return HttpResponse(status=303, headers={"Location": back})


def local_address(request: HttpRequest, address: str | None) -> str:
    """An address of this portal to go back to; the inbox for any other."""
    is_ours = url_has_allowed_host_and_scheme(address or "", allowed_hosts=None)
    return address if address and is_ours and address.startswith("/") else "/inbox/"

"""`/activities/{id}/`: the page of an activity, and what people do there (MON-3, EXE-3, EXE-6, EXE-7)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

import structlog
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from audit.actor import Actor
from audit.errors import NotFound, Refusal
from portal.actors import actor_from_request
from portal.forms.decision import typed_from
from portal.moments import zone_for
from portal.pages.activity import Draft, load_activity
from portal.pages.activity_refused import notice_for
from portal.pages.activity_results import Clock
from portal.result_texts import DONE, ResultText
from portal.services.visits import note_visit
from portal.views.activity_acts import Posted, act_once, moment_in
from releases.services.decisions import goes_on_record, record_refused_decision

log = structlog.get_logger(__name__)

# What the address of an act ends with.
ACTS: Final = ("withdraw", "question", "retry", "skip")
# The field of what somebody has written for it, where it is not a reason.
_WORDS: Final = {"comment": "text", "question": "question"}
_RESULT: Final = "activity-result"


@require_safe
@login_required
@vary_on_headers("HX-Request")
def activity(request: HttpRequest, activity_id: int) -> HttpResponseBase:
    """The page."""
    record = load_activity(
        actor_from_request(request, "page"),
        activity_id,
        tab=request.GET.get("tab", ""),
        changing="change" in request.GET,
        older=_number(request.GET.get("older")),
    )
    result, place, others = _result_of(request)
    context = {"record": record, "result": result, "result_place": place, "messages": others}
    return render(request, "portal/activities/page.html", context)


def _posted(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For an act: only a POST does anything; whoever comes by a link, or from signing in, gets the page."""

    @wraps(view)
    def guarded(request: HttpRequest, activity_id: int, **more: Any) -> HttpResponseBase:
        if request.method in ("GET", "HEAD"):
            return redirect("activity", activity_id)
        return view(request, activity_id, **more)

    checked = require_http_methods(["GET", "HEAD", "POST"])(login_required(guarded))
    return vary_on_headers("HX-Request")(checked)


@_posted
def decide(request: HttpRequest, activity_id: int) -> HttpResponseBase:
    """Approve, reject or abstain."""
    return _act(request, activity_id, "decide")


@_posted
def comment(request: HttpRequest, activity_id: int) -> HttpResponseBase:
    """Say something."""
    return _act(request, activity_id, "comment")


@_posted
def opened(request: HttpRequest, activity_id: int) -> HttpResponseBase:
    """The page was shown to somebody: from then on it tells them what has changed since."""
    actor = actor_from_request(request, "page")
    seen_at = moment_in(request.POST.get("seen_at", ""))
    note_visit(activity_id=activity_id, seen_at=seen_at, actor=actor)
    return HttpResponse(status=204)


@_posted
def act(request: HttpRequest, activity_id: int, name: str) -> HttpResponseBase:
    """Withdraw, ask for information, retry, or ask to skip: each with its reason, or question."""
    if name not in ACTS:
        raise Http404
    return _act(request, activity_id, name)


def _act(request: HttpRequest, activity_id: int, name: str) -> HttpResponseBase:
    actor = actor_from_request(request, "page")
    clock = Clock(zone_for(request.user))
    posted = Posted(request.POST)
    try:
        result = act_once(name, activity_id, posted, actor, clock)
    except NotFound:
        raise
    except Refusal as refusal:
        if name == "decide":
            keep_on_record(activity_id, posted, refusal, actor)
        return _refused(request, activity_id, name, refusal, actor)
    return _done(request, activity_id, name, result, actor)


def keep_on_record(activity_id: int, posted: Posted, refusal: Refusal, actor: Actor) -> None:
    """What comes too late goes on record, after its transaction has ended (A-076)."""
    if not goes_on_record(refusal):
        return
    verdict = posted.text("verdict")
    try:
        record_refused_decision(
            activity_id=activity_id, verdict=verdict, code=refusal.code, actor=actor
        )
    except Exception:
        # The refusal is the answer, whatever becomes of its note.
        log.exception("refused_decision_not_recorded", activity=activity_id)


def _done(
    request: HttpRequest, activity_id: int, name: str, result: ResultText, actor: Actor
) -> HttpResponseBase:
    """With htmx the parts that have changed; else the page again, which shows the result once."""
    if _is_htmx(request) and name == "decide":
        context = {"record": load_activity(actor, activity_id), "result": result}
        response = render(request, "portal/activities/_decided.html", context)
        response.headers["HX-Trigger"] = "approvals:changed"
        return response
    place = "tabs" if name == "comment" else "decide"
    heading = result.heading.replace(" ", "_")
    messages.info(request, result.text, extra_tags=f"{_RESULT} {result.tone} {place} {heading}")
    address = f"{reverse('activity', args=[activity_id])}#{place}"
    return HttpResponse(status=303, headers={"Location": address})


def _refused(
    request: HttpRequest, activity_id: int, name: str, refusal: Refusal, actor: Actor
) -> HttpResponseBase:
    """The page again with everything that was typed, and at its place why it was not done."""
    posted = Posted(request.POST)
    record = load_activity(actor, activity_id, changing=name == "decide")
    record.draft = Draft(
        act=name,
        typed=typed_from(request.POST) if name == "decide" else None,
        text=posted.text(_WORDS.get(name, "reason")),
        errors=refusal.errors,
        notice=notice_for(refusal, record, Clock(zone_for(request.user)), name),
        known_attempt=posted.attempt if refusal.code == "changed_since" else None,
    )
    fragment = _is_htmx(request) and name == "decide"
    template = "_decide.html" if fragment else "page.html"
    # portal.js puts the keys into what is swapped in; the browser refuses `autofocus` there.
    context: dict[str, Any] = {"record": record, "swapped": fragment}
    return render(request, f"portal/activities/{template}", context, status=refusal.status)


def _result_of(request: HttpRequest) -> tuple[ResultText | None, str, list[Any]]:
    """What the act before came to, told once, where it stands, and whatever else is to be said."""
    result, place, others = None, "", []
    for message in messages.get_messages(request):
        tags = (message.extra_tags or "").split()
        if tags[:1] == [_RESULT]:
            _, tone, place, *heading = tags
            said = " ".join(heading).replace("_", " ") or DONE
            result = ResultText(str(message.message), tone, said)
        else:
            others.append(message)
    return result, place, others


def _is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None

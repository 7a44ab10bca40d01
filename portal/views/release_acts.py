"""`/releases/{id}/{act}/`: one page for each act, with its consequence; the POST does it (EXE-6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from audit.actor import Actor
from audit.errors import Conflict, NotFound, NotPermitted, Refusal
from portal.actors import actor_from_request
from portal.forms.releases import FORMS, ActForm
from portal.moments import zone_for
from portal.pages.release_acts import ACTS, act_of, answer_for, chosen_row
from portal.pages.release_scene import Scene, load_scene
from releases.models import Activity
from releases.rules.transitions import ACTIVITY_OPEN, ReleaseState
from releases.selectors import release_for
from releases.services.activities import request_skip, retry_activities
from releases.services.content import change_release
from releases.services.fixing import fix_activities
from releases.services.lifecycle import (
    abort_release,
    defer_release,
    hold_release,
    resume_release,
    start_release,
)
from releases.services.ownership import change_manager

_SERVICES: Final[Mapping[str, Callable[..., Any]]] = {
    "start": start_release,
    "hold": hold_release,
    "resume": resume_release,
    "defer": defer_release,
    "abort": abort_release,
    "change": change_release,
    "fix": fix_activities,
    "manager": change_manager,
}
# These are about activities of the release.
_OF_ACTIVITIES: Final[Mapping[str, Callable[..., Any]]] = {
    "retry": retry_activities,
    "skip": request_skip,
}
_DONE: Final[Mapping[str, str]] = {
    "hold": "Held. Nothing new starts until the release is resumed.",
    "resume": "Resumed.",
    "skip": "Asked. It is skipped as soon as somebody else approves it.",
    "manager": "The release has another manager, who is told.",
    "defer": "Deferred. Open questions are closed.",
}
# By whether anything differed.
_CHANGED: Final[Mapping[bool, str]] = {
    True: "Changed. The next attempts are asked about the new content.",
    False: "Nothing was changed.",
}
# By whether the new attempts are open.
_TRIED_AGAIN: Final[Mapping[tuple[str, bool], str]] = {
    ("retry", True): "A new attempt is open; whoever is asked has been asked afresh.",
    ("retry", False): "Retried. Nobody is asked yet: the new attempt opens when nothing holds the "
    "release back any more.",
    (
        "fix",
        True,
    ): "Changed, and tried again: whoever is asked has been asked about the new content.",
    ("fix", False): "Changed. Nobody is asked yet: the new attempt, about the new content, opens "
    "when nothing holds the release back any more.",
}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def release_act(request: HttpRequest, release_id: int, act: str) -> HttpResponseBase:
    """The page of an act, or the act."""
    actor = actor_from_request(request, "page")
    if act not in ACTS:
        raise NotFound
    scene, _ = load_scene(actor, release_id)
    form = _form(request, scene, act)
    answer = answer_for(scene, act)
    if not answer and answer.code in _ABOUT_THE_PERSON:
        raise NotPermitted(answer.code, answer.sentence, data=answer.data)
    if not answer:
        refusal = Conflict(answer.code, answer.sentence)
        return _page(request, scene, act, form, refusal=refusal)
    if not form.is_bound:
        return _page(request, scene, act, form)
    if not form.is_valid():
        return _page(request, scene, act, form, status=422)
    try:
        done = _do(act, release_id, form, actor)
    except Refusal as refusal:
        form.take(refusal)
        return _page(request, scene, act, form, status=refusal.status)
    messages.success(request, _done(act, form, done))
    after = redirect(_after(scene, actor))
    after.status_code = 303
    return after


def _form(request: HttpRequest, scene: Scene, act: str) -> ActForm:
    return FORMS[act](
        request.POST if request.method == "POST" else None,
        scene=scene,
        zone=zone_for(request.user),
        initial=_initial(request, scene, act),
    )


_ABOUT_THE_PERSON: Final = frozenset({"no_permission", "auditor", "token_scope"})


def _initial(request: HttpRequest, scene: Scene, act: str) -> dict[str, Any]:
    """The activity that the address names, where it may be chosen."""
    named = request.GET.get("activity", "")
    chosen = chosen_row(scene, act, named) if named else None
    if chosen is None:
        return {}
    return {"activities": [str(chosen)]} if act == "retry" else {"activity": str(chosen)}


def _do(act: str, release_id: int, form: ActForm, actor: Actor) -> Any:
    if act in _OF_ACTIVITIES:
        return _OF_ACTIVITIES[act](actor=actor, **form.values())
    return _SERVICES[act](release_id=release_id, actor=actor, **form.values())


def _done(act: str, form: ActForm, done: Any) -> str:
    if act == "start":
        scheduled = done.state == ReleaseState.SCHEDULED
        return "The start is scheduled." if scheduled else "Started."
    if act == "change":
        return _CHANGED[bool(done)]
    if act in ("retry", "fix"):
        return _TRIED_AGAIN[act, _are_open(done)]
    if act == "abort":
        return "Cancelled." if form.scene.is_planned else "Aborted."
    return _DONE[act]


def _are_open(tried: Iterable[Activity]) -> bool:
    return all(one.state in ACTIVITY_OPEN for one in tried)


def _after(scene: Scene, actor: Actor) -> str:
    """The release, unless whoever gave it away sees it no more."""
    try:
        release_for(actor, scene.release.pk)
    except NotFound:
        return reverse("releases")
    return scene.path


def _page(
    request: HttpRequest,
    scene: Scene,
    act: str,
    form: ActForm,
    *,
    status: int = 200,
    refusal: Refusal | None = None,
) -> HttpResponseBase:
    context = {"scene": scene, "act": act_of(scene, act), "form": form, "refusal": refusal}
    if refusal is not None:
        status = refusal.status
    return render(request, "portal/releases/act.html", context, status=status)

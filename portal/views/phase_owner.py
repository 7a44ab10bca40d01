"""`/releases/{id}/phases/{key}/owner/`: a phase is given to another owner (ux.md, phase view)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from audit.errors import Conflict, NotPermitted, Refusal
from portal.actors import actor_from_request
from portal.forms.phase_owner import PhaseOwnerForm
from portal.moments import zone_for
from portal.pages.phase import PhasePage, load_phase_page
from portal.pages.phase_owner import act_for, answer_for
from releases.services.phase_owners import change_phase_owner


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def phase_owner(request: HttpRequest, release_id: int, key: str) -> HttpResponseBase:
    """What follows from it, and the form; the POST does it."""
    actor = actor_from_request(request, "page")
    page = load_phase_page(actor, release_id, key)
    if not page.scene.may_manage:
        answer = page.scene.may_manage
        raise NotPermitted(answer.code, answer.sentence, data=answer.data)
    answer = answer_for(page.scene)
    form = PhaseOwnerForm(
        request.POST if request.method == "POST" else None, zone=zone_for(request.user)
    )
    if not answer:
        return _shown(request, page, form, refusal=Conflict(answer.code, answer.sentence))
    if not form.is_bound:
        return _shown(request, page, form)
    if not form.is_valid():
        return _shown(request, page, form, status=422)
    try:
        change_phase_owner(release_id=release_id, phase=key, actor=actor, **form.values())
    except Refusal as refusal:
        form.take(refusal)
        return _shown(request, page, form, status=refusal.status)
    given = form.cleaned_data["owner"]
    back = "The phase is the release manager's again."
    messages.success(request, "The phase has another owner, who is told." if given else back)
    after = redirect(page.own_path)
    after.status_code = 303
    return after


def _shown(
    request: HttpRequest,
    page: PhasePage,
    form: PhaseOwnerForm,
    *,
    status: int = 200,
    refusal: Refusal | None = None,
) -> HttpResponseBase:
    act = act_for(page.phase, page.owner)
    context = {"page": page, "act": act, "form": form, "refusal": refusal}
    template = "portal/releases/phase_owner.html"
    return render(request, template, context, status=refusal.status if refusal else status)

"""`/`: where a person begins."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from portal.actors import actor_from_request
from portal.pages.setup import leads_to_setup
from releases.inbox import holds_a_seat
from releases.selectors import releases_for


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponseBase:
    """A new installation begins with its set-up, for those who can do it.

    Whoever is asked for decisions, or administers, begins with what waits; others with releases.
    """
    actor = actor_from_request(request, "page")
    if leads_to_setup(actor):
        return redirect("setup")
    if request.user.is_staff or holds_a_seat(actor):
        return redirect("inbox")
    return redirect("releases" if releases_for(actor).exists() else "inbox")

"""`/releases/`: the list, a release, a phase, a new release (MON-1, MON-2)."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from approvals.services.reconcile import ensure_current
from audit.actor import Actor
from audit.errors import NotPermitted, Refusal
from portal.actors import actor_from_request
from portal.event_words import FILTERS
from portal.forms.releases import NewReleaseForm
from portal.moments import zone_for
from portal.pages.phase import load_phase_page
from portal.pages.release import load_release_page
from portal.pages.release_feed import FeedQuery
from portal.pages.release_list import ACTIVE, ListQuery, load_release_list
from portal.sent_forms import ANEW_EACH_TIME
from portal.services.idempotency import KeptAnswer, answer_once
from portal.wording import RELEASE_STATES
from releases.overview import people_to_name, processes_to_release, products_to_release
from releases.services.creation import create_release

_LARGEST_KEY = 2**63 - 1
_LONGEST_SEARCH = 200


def key_in(text: str | None) -> int | None:
    """A key that an address names; None for what is none."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > 19:
        return None
    return min(int(text), _LARGEST_KEY)


@require_safe
@login_required
def release_list(request: HttpRequest) -> HttpResponseBase:
    """The releases that the person may see."""
    actor = actor_from_request(request, "page")
    ensure_current(actor=actor)
    given = request.GET
    state = given.get("state", "")
    query = ListQuery(
        state=state if state == ACTIVE or state in RELEASE_STATES else "",
        product=given.get("product", "")[:50].replace("\0", ""),
        mine=given.get("mine") == "1",
        text=given.get("q", "").replace("\0", "").strip()[:_LONGEST_SEARCH],
        before=key_in(given.get("before")),
    )
    page = load_release_list(actor, query)
    return render(request, "portal/releases/list.html", {"page": page})


@require_safe
@login_required
def release(request: HttpRequest, release_id: int) -> HttpResponseBase:
    """One release."""
    actor = actor_from_request(request, "page")
    ensure_current(actor=actor)
    chosen = request.GET.get("feed", "")
    query = FeedQuery(
        chosen=chosen if chosen in FILTERS else "", before=key_in(request.GET.get("before"))
    )
    everything = request.GET.get("graph") == "all"
    page = load_release_page(actor, release_id, query, everything=everything)
    kept = {"feed": query.chosen, "graph": "all" if everything else ""}
    addresses = {
        "older": urlencode({**_given(kept), "before": page.feed.older}),
        "feed_all": urlencode(_given({**kept, "feed": ""})),
        "feed_decisions": urlencode({**_given(kept), "feed": "decisions"}),
        "feed_system": urlencode({**_given(kept), "feed": "system"}),
    }
    return render(request, "portal/releases/release.html", {"page": page, "addresses": addresses})


def _given(values: dict[str, str]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value}


@require_safe
@login_required
def phase(request: HttpRequest, release_id: int, key: str) -> HttpResponseBase:
    """One phase of a release."""
    actor = actor_from_request(request, "page")
    ensure_current(actor=actor)
    page = load_phase_page(actor, release_id, key)
    return render(request, "portal/releases/phase.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_release(request: HttpRequest) -> HttpResponseBase:
    """The form of a new release, and the draft it makes."""
    actor = actor_from_request(request, "page")
    products = products_to_release(actor)
    if not products:
        raise NotPermitted(
            "no_permission",
            "There is no product of which you may make releases. An administrator gives you a role.",
        )
    form = _new_form(request, actor, products)
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                path = _create(request, form, actor)
            except Refusal as refusal:
                form.take(refusal)
                status = refusal.status
            else:
                messages.success(request, "The release is a draft. Start it when it is ready.")
                return _see_other(path)
    people = people_to_name(products)
    form.offer(people)
    context = {"form": form, "people": people or ()}
    return render(request, "portal/releases/new.html", context, status=status)


def _new_form(request: HttpRequest, actor: Actor, products: Sequence[Any]) -> NewReleaseForm:
    chosen = products[0].key if len(products) == 1 else request.GET.get("product", "")
    return NewReleaseForm(
        request.POST if request.method == "POST" else None,
        products=products,
        processes=processes_to_release(actor),
        zone=zone_for(request.user),
        initial={"idempotency_key": uuid.uuid4().hex, "product": chosen},
    )


def _create(request: HttpRequest, form: NewReleaseForm, actor: Actor) -> str:
    """The address of the draft; the same form sent again leads to the same one (A-006)."""
    given = form.cleaned_data

    def act() -> KeptAnswer:
        made = create_release(
            product=given["product"], process=given["process"], details=form.details(), actor=actor
        )
        return KeptAnswer(303, f"/releases/{made.pk}/")

    sent = sorted(
        (name, value) for name, value in request.POST.items() if name not in ANEW_EACH_TIME
    )
    digest = hashlib.sha256(f"/releases/new/ {sent}".encode()).hexdigest()
    key = f"page:{given['idempotency_key']}"
    return answer_once(key=key, digest=digest, act=act, actor=actor).body


def _see_other(path: str) -> HttpResponseBase:
    answer = redirect(path)
    answer.status_code = 303
    return answer

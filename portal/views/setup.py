"""`/setup/`: what a new installation still needs, for those who set it up."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from audit.errors import Refusal
from portal.actors import actor_from_request
from portal.pages.setup import setup_page
from portal.trial_mail import send_test_mail


@require_safe
@login_required
def setup(request: HttpRequest) -> HttpResponseBase:
    """The six steps with their real state."""
    page = setup_page(request, actor_from_request(request, "page"))
    return render(request, "portal/setup/page.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def test_mail(request: HttpRequest) -> HttpResponseBase:
    """Send a mail to the person's own address; the page again, with what came of it."""
    page = setup_page(request, actor_from_request(request, "page"))
    if request.method != "POST":
        return redirect("setup")
    try:
        send_test_mail(address=page.address)
    except Refusal as refusal:
        context = {"page": page, "refusal": refusal}
        return render(request, "portal/setup/page.html", context, status=refusal.status)
    messages.success(request, f"A test mail is on its way to {page.address}.")
    return redirect("setup")

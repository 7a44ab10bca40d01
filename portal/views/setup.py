"""`/setup/`: what a new installation still needs, for those who set it up; the demo, loaded and removed."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from audit.errors import Conflict, Refusal
from portal.actors import actor_from_request
from portal.demo.loading import load_demo, remove_demo
from portal.notifications.trial_mail import send_test_mail
from portal.pages.demo_data import DemoQuestion, demo_question
from portal.pages.setup import setup_page


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
    actor = actor_from_request(request, "page")
    page = setup_page(request, actor)
    if request.method != "POST":
        return redirect("setup")
    try:
        address = send_test_mail(actor=actor)
    except Refusal as refusal:
        context = {"page": page, "refusal": refusal}
        return render(request, "portal/setup/page.html", context, status=refusal.status)
    messages.success(request, f"The mail server has taken a test mail for {address}.")
    return redirect("setup")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def demo(request: HttpRequest, act: str) -> HttpResponseBase:
    """Ask whether to load the demo, or to remove it, saying what that does; and do it."""
    actor = actor_from_request(request, "page")
    question = demo_question(actor, act)
    if not question.answer:
        return _question(
            request, question, Conflict(question.answer.code, question.answer.sentence)
        )
    if request.method != "POST":
        return _question(request, question)
    try:
        if act == "load":
            load_demo(actor=actor)
        else:
            remove_demo(actor=actor)
    except Refusal as refusal:
        return _question(request, question, refusal)
    said = "The demo is loaded." if act == "load" else "The demo’s data is removed."
    messages.success(request, said)
    return redirect("home" if act == "load" else "setup")


def _question(
    request: HttpRequest, question: DemoQuestion, refusal: Refusal | None = None
) -> HttpResponseBase:
    context = {"question": question, "refusal": refusal}
    status = refusal.status if refusal else 200
    return render(request, "portal/setup/demo.html", context, status=status)

"""`/help/`: the same place for everybody, signed in or not (WCAG 3.2.6)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.pages.help_words import meanings


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """What the portal is for, and what its words mean."""
    return render(request, "portal/help/page.html", {"meanings": meanings()})

"""`/`: where a person begins."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_safe


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponseBase:
    """The admin for staff, the API's page for everybody else."""
    return redirect("admin:index" if request.user.is_staff else "api:docs")

"""`/healthz` and `/readyz`, for load balancers and supervisors; no sign-in, no details."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.health import readiness


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers; touches neither the database nor anything else (OPS-3)."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when every part works, else 503 with the names of those that don't (OPS-3)."""
    parts = readiness()
    failing = [part for part, works in parts.items() if not works]
    return JsonResponse(
        {"ready": not failing, "parts": parts, "failing": failing},
        status=503 if failing else 200,
    )

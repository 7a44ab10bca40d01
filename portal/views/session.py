"""`/session/`: until when one is signed in, and as whom; a press prolongs it (WCAG 2.2.1)."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def session(request: HttpRequest) -> HttpResponse:
    """GET tells, and prolongs nothing; POST prolongs. 401 without content for who is not signed in."""
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    store = request.session
    ends_at: dt.datetime | None = getattr(store, "ends_at", None)
    if request.method == "POST":
        store.modified = True  # written at the end of the request, with a new end
        ends_at = store.get_expiry_date()
    ends = ends_at.isoformat(timespec="seconds") if ends_at else ""
    return JsonResponse({"ends": ends, "account": str(request.user.pk)})

"""`/inbox/decided.csv`: one's own decisions to take along."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.actors import actor_from_request
from portal.moments import zone_for
from portal.pages.inbox_export import decisions_as_csv
from portal.pages.inbox_filters import Asked


@never_cache
@require_safe
@login_required
def decided_as_csv(request: HttpRequest) -> StreamingHttpResponse:
    """What "Decided" lists of the last 90 days, with the filters of the address, as a file."""
    now = timezone.now()
    lines = decisions_as_csv(
        actor_from_request(request, "page"),
        Asked.read(request.GET.dict()),
        now,
        zone_for(request.user),
    )
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = f"decisions-{now:%Y-%m-%d}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer

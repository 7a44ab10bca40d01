"""`/releases/{id}/remind/`: somebody reminds those for whom a release waits."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from audit.errors import Conflict, NotFound
from portal.actors import actor_from_request
from portal.pages.reminding import done_words
from releases.services.reminding import remind_awaited

_LONGEST_KEY: Final = 18


@require_POST
@login_required
def remind(request: HttpRequest, release_id: int) -> HttpResponse:
    """Remind the person whom the form names, or everybody, and go back to the release.

    What the moment forbids is said there in words; who may not is refused as everywhere.
    """
    actor = actor_from_request(request, "page")
    try:
        done = remind_awaited(release_id=release_id, user_id=_person(request), actor=actor)
    except Conflict as refusal:
        messages.warning(request, refusal.sentence)
    else:
        messages.success(request, done_words(done))
    return HttpResponse(status=303, headers={"Location": f"/releases/{release_id}/"})


def _person(request: HttpRequest) -> int | None:
    """The account that the form names; None for everybody. Raises NotFound for what is none."""
    given = request.POST.get("person", "")
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= _LONGEST_KEY):
        raise NotFound
    return int(given)

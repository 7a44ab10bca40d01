"""`/demo/see-as/`: sign in as one of the demo's people, in a demo only (ux.md 4 q)."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core.internal import ratelimit
from django.contrib.auth import logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from audit.errors import NotFound
from portal.actors import actor_from_request
from portal.demo.see_as import person_called
from portal.services.sign_ins import note_sign_in

DOOR = "demo"
# Each try costs as much as a password does.
_RATES = {DOOR: "30/m/ip"}


@never_cache
@require_POST
def see_as(request: HttpRequest) -> HttpResponseBase:
    """End the session and begin one as the person chosen; everywhere but in a demo there is no such page.

    It is no proof of who somebody is: the library asks for the password before a second factor is set.
    """
    if not ratelimit.consume(request, app="portal", action=DOOR, config=_RATES):
        return ratelimit.respond_429(request)
    user = person_called(request.POST.get("username", ""), request)
    if user is None:
        raise NotFound
    # First, so that nothing of the former session is carried over.
    logout(request)
    record_authentication(request, user, method=DOOR, username=user.username)
    answer: HttpResponseBase = perform_login(request, Login(user=user, redirect_url="/"))
    if request.user.is_authenticated:  # else a second factor is asked for first
        note_sign_in(door=DOOR, actor=actor_from_request(request, "page"))
    return answer

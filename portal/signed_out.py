"""A request whose session has ended, or is somebody else's by now, is answered where it was made."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from portal.api.problems import is_api
from portal.views.errors import by_htmx
from portal.views.signed_out import by_another_account, keeps, signed_out, somebody_else

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class SignedOut:
    """Answers in the place of a redirect to the sign-in page what the asking page can use.

    htmx would follow the redirect and put the sign-in page into the panel of the page that is open: it
    gets 401 without content, and session.js says what has happened. A form that was sent without script
    comes back with all that was typed (portal/views/signed_out.py). Pages that are read are led to
    sign-in and back, as ever.

    A page also says for which account it was made. Once somebody else has signed in in the same browser,
    nothing of it is done in their name, and nothing of theirs is put into it (SEC-1).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_api(request) and by_another_account(request):
            return HttpResponse(status=412) if by_htmx(request) else somebody_else(request)
        response = self.get_response(request)
        if is_api(request) or not _leads_to_sign_in(response) or request.user.is_authenticated:
            return response
        if by_htmx(request):
            return HttpResponse(status=401)
        return signed_out(request) if keeps(request) else response


def _leads_to_sign_in(response: HttpResponseBase) -> bool:
    if response.status_code != 302:
        return False
    path = urlsplit(response.headers.get("Location", "")).path
    return path in (settings.LOGIN_URL, "/admin/login/")

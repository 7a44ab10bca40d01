"""What every request passes: the client's true address, the log line, the CSP; refusals of pages."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

import structlog
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django_structlog.middlewares import RequestMiddleware

from audit.errors import Refusal
from portal.api.problems import is_api
from portal.logs import hide_keys
from portal.views.errors import refused

GetResponse = Callable[[HttpRequest], HttpResponseBase]

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")
# By these a request shows that somebody passed it on, whether they are trusted or not.
_PASSED_ON = (*_FORWARDED, "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")


class TrustedProxies:
    """Makes REMOTE_ADDR the client's address, believing `X-Forwarded-…` from trusted proxies alone.

    Everything after it (record, throttling, logs) reads REMOTE_ADDR and nothing else, so that no
    client can choose the address that is recorded (A-079). The client is the last address of
    `X-Forwarded-For` that is not a trusted proxy itself. `request.was_forwarded` keeps whether the
    request as it came said that it was passed on.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.trusted = [
            ipaddress.ip_network(each, strict=False)
            for each in settings.COUNTERSIGN_TRUSTED_PROXIES
        ]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        passed_on = any(header in request.META for header in _PASSED_ON)
        request.was_forwarded = passed_on  # type: ignore[attr-defined]
        if self._is_trusted(request.META.get("REMOTE_ADDR", "")):
            request.META["REMOTE_ADDR"] = self._client(request)
        else:
            for header in _FORWARDED:
                request.META.pop(header, None)
        return self.get_response(request)

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self.trusted)

    def _client(self, request: HttpRequest) -> str:
        client: str = request.META["REMOTE_ADDR"]
        for part in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
            try:
                client = str(ipaddress.ip_address(part.strip()))
            except ValueError:
                break  # nothing to the left of what a proxy did not write is worth believing
            if not self._is_trusted(client):
                break
        return client


class RequestLog(RequestMiddleware):
    """One log line a request, and its id in the answer's `X-Request-ID`.

    Differs from the library's in three things: query string and keys of mailed links stay out of the
    log (what a person searched for, a signed link's secret), the address is REMOTE_ADDR, and a request
    that never asked who the user is isn't made to load a session for the log's sake.
    """

    sync_capable = True
    async_capable = False

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {hide_keys(request.path)}"

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        structlog.contextvars.bind_contextvars(ip=request.META.get("REMOTE_ADDR", ""))

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        user: Any = request.__dict__.get("user")
        if isinstance(user, SimpleLazyObject):
            user = request.__dict__.get("_cached_user")
        if user is not None:
            structlog.contextvars.bind_contextvars(user_id=user.pk)

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        request_id = structlog.contextvars.get_contextvars().get("request_id")
        if request_id:
            response.headers["X-Request-ID"] = request_id
        super().handle_response(request, response)


class ContentSecurityPolicy(CSPMiddleware):
    """The strict policy, loosened under two prefixes whose pages need it (SEC-4)."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """The settings' policy, plus what the page's prefix may add to it."""
        parts = super().get_policy_parts(request, response, report_only)
        for prefix, additions in settings.CONTENT_SECURITY_ADDITIONS.items():
            if request.path.startswith(prefix):
                parts.update = {**additions, **(parts.update or {})}
        return parts


class PageHeaders:
    """No copy of a signed-in person's page is kept anywhere; fragments and pages are told apart (A-103)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if is_api(request):
            return response
        patch_vary_headers(response, ["HX-Request"])
        if request.session.accessed and "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "private, no-store"
        return response


class PageRefusals:
    """Shows a refusal that no view has answered: its sentence, with its status (ux.md 3.2).

    The API maps them itself. Whatever is no refusal goes on to Django's own handling of errors.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """The refusal's page or fragment; None for everything else."""
        if isinstance(exception, Refusal) and not is_api(request):
            return refused(request, exception)
        return None

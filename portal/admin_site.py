"""The admin's entrance: sign-in, sign-out and passwords are the portal's, for staff alone (SEC-1)."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite

from portal.pages.admin_start import admin_start

STAFF_ONLY = "The administration is for staff. Ask an administrator if you need to come in here."


class PortalAdminSite(UnfoldAdminSite):
    """The admin site: one sign-in page for everything, so that no second factor is walked around."""

    index_title = "Administration"

    def admin_view(
        self, view: Callable[..., HttpResponseBase], cacheable: bool = False
    ) -> Callable[..., HttpResponseBase]:
        """A page for staff: whoever is signed in and no staff gets a plain no, not a sign-in page."""
        inner = super().admin_view(view, cacheable)

        def for_staff(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied(STAFF_ONLY)
            answer: HttpResponseBase = inner(request, *args, **kwargs)
            return answer

        return update_wrapper(for_staff, inner)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page has, with the style sheet of our own pages."""
        context: dict[str, Any] = super().each_context(request)
        return {**context, "styles": [*context["styles"], static("audit/admin.css")]}

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """The first page: what needs attention, then the records."""
        start = admin_start(request)
        answer: TemplateResponse = super().index(request, {**(extra_context or {}), "start": start})
        return answer

    @method_decorator(never_cache)
    @login_not_required
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """To the portal's sign-in page, and back here afterwards."""
        start = reverse("admin:index", current_app=self.name)
        if not request.user.is_authenticated:
            wanted = request.GET.get(REDIRECT_FIELD_NAME) or start
            return redirect_to_login(wanted, login_url=reverse("account_login"))
        if not self.has_permission(request):
            raise PermissionDenied(STAFF_ONLY)
        return HttpResponseRedirect(start)

    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Ends the session, and shows the sign-in page."""
        return LogoutView.as_view()(request)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """To the portal's page for it."""
        return HttpResponseRedirect(reverse("account_change_password"))

"""Addresses: the API, the admin, sign-in, health (contract.md, Pages and REST)."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from portal.views.health import healthz, readyz
from portal.views.home import home

urlpatterns = [
    path("", home, name="home"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("api/v1/", include("portal.api.urls")),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
]

handler400 = "portal.views.errors.bad_request"
handler403 = "portal.views.errors.permission_denied"
handler404 = "portal.views.errors.page_not_found"
handler500 = "portal.views.errors.server_error"

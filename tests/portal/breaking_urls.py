"""The portal's addresses and one more, whose view breaks: for tests of what a failure shows."""

from __future__ import annotations

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.urls import path

from portal import urls
from portal.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def breaks(request: HttpRequest) -> HttpResponse:
    """Fails as a view of ours might."""
    raise DatabaseError("secret-of-the-inside")


urlpatterns = [path("breaks/", breaks), *urls.urlpatterns]

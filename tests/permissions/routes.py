"""The calls that there are, read from the URL table, so that no list of them can fall behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

API = "api/v1/"
ADMIN = "admin/"
METHODS = ("get", "post", "put", "patch", "delete")


def patterns(resolver: Any = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route of the product with its pattern."""
    for one in (resolver or get_resolver()).url_patterns:
        route = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from patterns(one, route)
        else:
            yield route, one


def api_routes() -> list[tuple[str, str]]:
    """(method, "/api/v1/…") of every call of the API."""
    found = []
    for route, pattern in patterns():
        if route.startswith(API):
            view = getattr(pattern.callback, "cls", None) or pattern.callback.view_class  # type: ignore[union-attr]
            found += [(name.upper(), f"/{route}") for name in METHODS if hasattr(view, name)]
    return sorted(found)


def page_routes() -> list[str]:
    """ "/…" of every page and form of the portal: all that is neither the API's nor the admin's."""
    routes = {f"/{route}" for route, _ in patterns() if not route.startswith((API, ADMIN))}
    return sorted(routes)

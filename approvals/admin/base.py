"""Admin pages whose right is held for everything: configuration."""

from __future__ import annotations

from django.http import HttpRequest

from approvals.selectors import root_scope
from audit.admin.actors import actor_of, answered_once
from audit.permissions import can


def holds_everywhere(request: HttpRequest, right: str) -> bool:
    """Whether the person holds `right` for everything (a superuser does)."""

    def ask() -> bool:
        root = root_scope()
        return bool(can(actor_of(request), right, *([root] if root else [])))

    return bool(answered_once(request, ("everywhere", right), ask))


class Configuration:
    """Who may configure reads and changes; nobody else sees these pages at all (SEC-1)."""

    def may_view(self, request: HttpRequest) -> bool:
        return holds_everywhere(request, "configure")

    def may_change(self, request: HttpRequest) -> bool:
        return holds_everywhere(request, "configure")

    def may_view_deleted(self, request: HttpRequest) -> bool:
        return holds_everywhere(request, "configure")

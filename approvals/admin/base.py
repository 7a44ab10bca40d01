"""Admin pages whose right is held for everything: configuration."""

from __future__ import annotations

from django.http import HttpRequest

from approvals.models import Scope
from approvals.permissions import can_configure
from approvals.selectors import root_scope
from audit.admin.actors import actor_of, answered_once
from audit.permissions import can


def _everything(request: HttpRequest) -> Scope | None:
    """The scope "everything", looked up once a request."""
    found: Scope | None = answered_once(request, "scope of everything", root_scope)
    return found


def holds_everywhere(request: HttpRequest, right: str) -> bool:
    """Whether the person holds `right` for everything (a superuser does)."""

    def ask() -> bool:
        root = _everything(request)
        return bool(can(actor_of(request), right, *([root] if root else [])))

    return bool(answered_once(request, ("everywhere", right), ask))


def may_configure(request: HttpRequest) -> bool:
    """Whether the person may change what is set up, as the services answer it."""

    def ask() -> bool:
        root = _everything(request)
        return root is not None and bool(can_configure(actor_of(request), root))

    return bool(answered_once(request, "may_configure", ask))


class Configuration:
    """Who holds `configure` reads, and changes unless an auditor; nobody else sees these pages (SEC-1)."""

    def may_view(self, request: HttpRequest) -> bool:
        return holds_everywhere(request, "configure")

    def may_change(self, request: HttpRequest) -> bool:
        return may_configure(request)

    def may_view_deleted(self, request: HttpRequest) -> bool:
        return holds_everywhere(request, "configure")

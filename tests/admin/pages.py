"""Every page of the admin, found in its registry, so that a new one can't be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db import models
from django.urls import reverse
from django.utils import timezone

from approvals.models import RoleAssignment
from portal.models import ApiToken
from releases.models import DueWork
from tests import builders as b

LABELS = (
    "approvals.Approval",
    "approvals.Decision",
    "approvals.Role",
    "approvals.RoleAssignment",
    "approvals.Scope",
    "audit.Delivery",
    "audit.LedgerEntry",
    "audit.LedgerStream",
    "auth.Group",
    "portal.ApiToken",
    "portal.Membership",
    "portal.User",
    "releases.Activity",
    "releases.ActivityResult",
    "releases.Comment",
    "releases.DueWork",
    "releases.Phase",
    "releases.Process",
    "releases.ProcessVersion",
    "releases.Product",
    "releases.Release",
)
READ_ONLY = frozenset(
    {
        "approvals.Approval", "approvals.Decision", "approvals.Scope", "audit.LedgerEntry",
        "audit.LedgerStream", "releases.Activity", "releases.ActivityResult", "releases.Comment",
        "releases.DueWork", "releases.Phase", "releases.ProcessVersion", "releases.Release",
    }
)  # fmt: skip
# Written by what they tell of, and only sent again.
NEVER_ADDED = READ_ONLY | {"audit.Delivery"}
# Who may see the release sees these; the ledger takes `view_audit`, a token its owner.
BY_RELEASE = frozenset(
    {
        "approvals.Approval", "approvals.Decision", "releases.Activity",
        "releases.ActivityResult", "releases.Comment", "releases.Phase", "releases.Release",
    }
)  # fmt: skip
LEDGER = frozenset({"audit.LedgerEntry", "audit.LedgerStream"})
CONFIGURATION = frozenset(LABELS) - BY_RELEASE - LEDGER - {"portal.ApiToken"}


def page_of(label: str) -> Any:
    """The ModelAdmin of a model."""
    return next(page for model, page in admin.site._registry.items() if model._meta.label == label)


def row_of(label: str) -> models.Model:
    """Some row of a model; the world has one of each, but for a token."""
    model = page_of(label).model
    if model is ApiToken and not ApiToken.objects.exists():
        b.token_for(b.person("token-owner"))
    if model is DueWork and not DueWork.objects.exists():
        DueWork.objects.create(kind="deadline", object_id=1, due_at=timezone.now(), attempts=5)
    return model._base_manager.order_by("-pk").first()


def address(label: str, what: str, *args: Any) -> str:
    """The address of a page: `address("releases.Product", "change", 3)`."""
    return reverse(f"admin:{label.lower().replace('.', '_')}_{what}", args=args)


def addresses_of(label: str) -> Iterator[tuple[str, str]]:
    """(name, address) of every page of a model that answers reading, for some row."""
    page, row = page_of(label), row_of(label)
    yield "changelist", address(label, "changelist")
    yield "add", address(label, "add")
    for name in ("change", "history", "delete", *(act.slug for act in getattr(page, "acts", ()))):
        yield name, address(label, name, row.pk)
    version = newest_version_of(row)
    if version is not None:
        yield "version", address(label, "simple_history", row.pk, version)
    if label == "releases.ProcessVersion":
        yield "export", address(label, "export", row.pk)


def newest_version_of(row: models.Model) -> int | None:
    """The key of the newest version of a tracked row; None for rows written once."""
    if not hasattr(type(row), "history"):
        return None
    return row.history.latest("pk").pk  # type: ignore[attr-defined]


def assignment() -> RoleAssignment:
    """Some role assignment."""
    return RoleAssignment.objects.latest("pk")  # type: ignore[no-any-return]

"""The rows of engine and ledger that a person may read in the admin, by the releases they may see."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest

from approvals.admin.base import holds_everywhere
from approvals.models import Approval
from audit.admin.actors import actor_of
from audit.models import LedgerStream
from audit.permissions import granted
from releases.models import Product, Release
from releases.selectors import releases_for


def release_keys(request: HttpRequest) -> QuerySet[Any, Any]:
    """The keys of the releases that the person may see."""
    return releases_for(actor_of(request)).values("pk")


def approvals_seen(request: HttpRequest) -> QuerySet[Approval]:
    """The rounds of approval in releases that the person may see."""
    scopes = releases_for(actor_of(request)).values("scope_id")
    return Approval.objects.select_related("scope").filter(scope_id__in=scopes)  # type: ignore[no-any-return]


def streams_seen(request: HttpRequest) -> QuerySet[LedgerStream]:
    """The streams of the ledger that the person may read with addresses: the right `view_audit`.

    Held for everything it opens all of them; for a product or release, those of its releases.
    """
    rows = LedgerStream.objects.all()
    if holds_everywhere(request, "view_audit"):
        return rows
    actor = actor_of(request)
    may = granted(actor, "view_audit", Product, "product_id")
    may |= granted(actor, "view_audit", Release, "pk")
    keys = (
        releases_for(actor)
        .filter(may)
        .annotate(stream_key=Concat(Value("release:"), Cast("pk", CharField())))
        .values("stream_key")
    )
    return rows.filter(Q(key__in=keys))

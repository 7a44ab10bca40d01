"""The rows of engine and ledger that a person may read in the admin, by the releases they may see."""

from __future__ import annotations

from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest

from approvals.admin.base import holds_everywhere
from approvals.models import Approval, Scope
from audit.admin.actors import actor_of, answered_once
from audit.models import LedgerStream
from audit.permissions import granted
from releases.models import Product, Release
from releases.places import scopes_around
from releases.selectors import archived_too_for


def releases_seen(request: HttpRequest) -> QuerySet[Release]:
    """The releases that the person may see, those of archived products too: they stay on record.

    What the person holds is looked up once a request.
    """
    actor = actor_of(request)
    rows: QuerySet[Release] = answered_once(request, "releases", lambda: archived_too_for(actor))
    return rows.all()


def scopes_seen(request: HttpRequest) -> QuerySet[Scope]:
    """The places of which the person may know, for assignments of roles."""
    return scopes_around(releases_seen(request))


def approvals_seen(request: HttpRequest) -> QuerySet[Approval]:
    """The rounds of approval in releases that the person may see."""
    scopes = releases_seen(request).values("scope_id")
    return Approval.objects.select_related("scope").filter(scope_id__in=scopes)


def told_seen(request: HttpRequest, field: str) -> Q:
    """Of rows that say by `field` in which stream it happened, those about releases that the person sees.

    What is about no release is seen by whoever sees the list.
    """
    keys = _stream_keys(releases_seen(request))
    return Q(**{f"{field}__in": keys}) | ~Q(**{f"{field}__startswith": "release:"})


def _stream_keys(rows: QuerySet[Release]) -> QuerySet[Release, str]:
    named = rows.annotate(stream_key=Concat(Value("release:"), Cast("pk", CharField())))
    return named.values_list("stream_key", flat=True)


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
    return rows.filter(Q(key__in=_stream_keys(releases_seen(request).filter(may))))

"""The places in which roles are held, as far as somebody may know of them (MON-5)."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from approvals.models import Scope
from audit.actor import Actor
from releases.models import Release
from releases.selectors import releases_for


def scopes_for(actor: Actor) -> QuerySet[Scope]:
    """Everything, every product, and the releases that the actor may see.

    A role held for a release tells that the release is there, and what it is called.
    """
    return scopes_around(releases_for(actor))


def scopes_around(releases: QuerySet[Release]) -> QuerySet[Scope]:
    """The same where the releases that are seen are known already."""
    own = releases.order_by().values("scope_id")
    return Scope.objects.filter(~Q(kind=Scope.Kind.RELEASE) | Q(pk__in=own))

"""Who has to do something about a failure: whoever manages the release or owns the phase (EXE-5)."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat

from approvals.audience import MANAGER_ROLE
from approvals.selectors import live_assignments
from audit.actor import Actor
from audit.permissions import live_group_ids
from releases.models import Activity
from releases.rules.transitions import ACTIVITY_FAILED
from releases.visibility import visible


def failures_to_mend(user_id: int, *, sees_all: Q) -> models.QuerySet[Activity]:
    """The failed activities that an account may retry, fix or abort, and sees.

    Of releases under way alone: an end, also one for now, leaves nothing to mend. A rejected request
    to skip has failed nothing. `sees_all` is the condition under which nothing is hidden from the
    account; the query does not depend on any value, so it can be put together once.
    """
    reader = Actor(kind="person", door="page", label="", user_id=user_id)
    manages = live_assignments(user_id).filter(
        role__slug=MANAGER_ROLE, scope_id=OuterRef("release__scope_id")
    )
    seen = visible(reader, "release__") | sees_all
    return Activity.objects.filter(
        (Exists(manages) & seen) | _owns_phase(user_id),
        state__in=sorted(ACTIVITY_FAILED),
        overrides=None,
        release__ended_at=None,
        release__product__is_archived=False,
    )


def _owns_phase(user_id: int) -> Q:
    """The owner of a phase sees its release: as the person named, by a group, or by a role held there."""
    place = Concat(Value("/"), Cast("scope_id", models.CharField()), Value("/"))
    path = ExpressionWrapper(OuterRef("release__scope__path"), models.CharField())
    by_role = (
        live_assignments(user_id)
        .filter(role_id=OuterRef("phase__owner_role_id"))
        .annotate(place=place, path=path)
        .filter(path__contains=F("place"))
    )
    return (
        Q(phase__owner_user_id=user_id)
        | Q(phase__owner_group_id__in=live_group_ids(user_id))
        | Q(Exists(by_role))
    )

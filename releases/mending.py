"""Who has to do something about a failure: whoever manages the release or owns the phase (EXE-5)."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat

from approvals.models import RoleAssignment
from approvals.selectors import live_assignments
from audit.permissions import live_group_ids
from releases.models import Activity, Release
from releases.rules.transitions import ACTIVITY_FAILED
from releases.visibility import manages_and_sees


def failures_to_mend(user_id: int) -> models.QuerySet[Activity]:
    """The failed activities that an account may retry, fix or abort, and sees.

    Of releases under way alone: an end, also one for now, leaves nothing to mend. A rejected request
    to skip has failed nothing. Who only reads somewhere mends nothing there (A-070).
    """
    under_way = Release.objects.filter(ended_at=None).order_by().values("pk")
    reads_only = _held_here(user_id).filter(role__reads_only=True)
    return Activity.objects.filter(
        manages_and_sees(user_id, "release__") | _owns_phase(user_id),
        ~Exists(reads_only),
        release_id__in=under_way,
        state__in=sorted(ACTIVITY_FAILED),
        overrides=None,
        release__product__is_archived=False,
    )


def _owns_phase(user_id: int) -> Q:
    """The owner of a phase sees its release: as the person named, by a group, or by a role held there."""
    by_role = _held_here(user_id).filter(role_id=OuterRef("phase__owner_role_id"))
    return (
        Q(phase__owner_user_id=user_id)
        | Q(phase__owner_group_id__in=live_group_ids(user_id))
        | Q(Exists(by_role))
    )


def _held_here(user_id: int) -> models.QuerySet[RoleAssignment]:
    """What the account holds where an activity is: on its release, its product, or everything."""
    place = Concat(Value("/"), Cast("scope_id", models.CharField()), Value("/"))
    path = ExpressionWrapper(OuterRef("release__scope__path"), models.CharField())
    held = live_assignments(user_id).annotate(place=place, path=path)
    return held.filter(path__contains=F("place"))

"""What a reader knows of an activity already: asked with the activity itself, at no query more."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import JSONObject

from approvals.models import Decision
from audit.history import history_of
from portal.models import ActivityVisit
from releases.models import Release

# What a release ships and says, as far as it can change while people decide.
CONTENT: Final = (
    "version", "commit", "artifacts", "authors", "environments", "risk", "change_type",
    "description", "links",
)  # fmt: skip


def known_to(user_id: int) -> dict[str, Any]:
    """Expressions over activities, by name, of what an account knows; for `activity_to_show`.

    `seen_at`: up to when the reader knows it. `release_seen`: what the release said at that moment.
    `has_decided`: whether the reader has ever decided on anything.
    """
    mine = ActivityVisit.objects.filter(user_id=user_id).values("seen_at")
    versions = history_of(Release)._base_manager.filter(
        id=OuterRef("release_id"),
        history_date__lte=Subquery(mine.filter(activity_id=OuterRef(OuterRef("pk")))),
    )
    then = versions.order_by("-history_id").values(said=JSONObject(**{one: one for one in CONTENT}))
    return {
        "seen_at": Subquery(mine.filter(activity_id=OuterRef("pk"))),
        "release_seen": Subquery(then[:1]),
        "has_decided": Exists(Decision.objects.filter(user_id=user_id)),
    }

"""When somebody last looked at an activity, so that the next time shows what has changed since."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from releases.models import Activity


class ActivityVisit(models.Model):
    """The moment whose state of an activity an account was last shown.

    Bookkeeping, like a read mark: not part of the record, read by no rule, and no proof that anybody
    has read anything.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "activity"], name="one_visit_per_activity"),
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.activity}"

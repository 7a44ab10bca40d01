"""Snoozes: what a person has put aside for a while. Bookkeeping, no part of the record."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from approvals.models import Approval
from releases.models.activities import Activity


class Snooze(models.Model):
    """Somebody put one round aside, until a moment or (`until` empty) until something changes.

    Something has changed when the round's version is no longer `seen_version`, when there is a
    comment with a key above `seen_comment`, or when somebody is asked afresh. It never outlasts the
    deadline: what is overdue is not put aside. Changes nothing for anybody else, and whoever manages
    the release sees it on the activity.
    """

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="snoozes")
    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="snoozes")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="snoozes"
    )
    snoozed_at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    seen_version = models.PositiveIntegerField()
    seen_comment = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["approval", "user"], name="one_snooze_per_round"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.activity}"

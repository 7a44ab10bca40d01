"""Four tables: what is decided, the decisions, the chained record, who is still asked."""

from __future__ import annotations

from django.conf import settings
from django.db import models

NO_HASH = "0" * 64


class Activity(models.Model):
    """What is decided; `seq` and `hash` are the head of its own chain."""

    name = models.CharField(max_length=200)
    release = models.CharField(max_length=200)
    state = models.CharField(max_length=24, default="awaiting_approval")
    votes = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=0)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=NO_HASH)

    def __str__(self) -> str:
        return self.name


class Decision(models.Model):
    """One vote of one person."""

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    verdict = models.CharField(max_length=10)
    comment = models.TextField(blank=True)
    decided_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.verdict


class AuditRow(models.Model):
    """One event of an activity, chained to the one before it."""

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT)
    seq = models.BigIntegerField()
    text = models.TextField()
    former = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["activity", "seq"], name="floor_one_row_per_place"),
        ]

    def __str__(self) -> str:
        return f"{self.activity_id}#{self.seq}"


class Pending(models.Model):
    """Who is asked; a partial index gives the open ones in the order of urgency."""

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    due_at = models.DateTimeField()
    is_open = models.BooleanField(default=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["user", "due_at", "id"],
                condition=models.Q(is_open=True),
                name="floor_open_by_urgency",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.activity_id}"

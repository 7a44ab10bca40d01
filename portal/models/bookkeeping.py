"""Bookkeeping of the doors: idempotency keys and heartbeats. Not part of the record."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class IdempotencyKey(models.Model):
    """The answer to a POST, kept in the transaction of the call, so that a repeat gets the same."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_key"),
        ]

    def __str__(self) -> str:
        return self.key


class Heartbeat(models.Model):
    """When a cluster last ran; `/readyz` and its supervisor act when it goes stale.

    `process` is the cluster's process group on `host`: the number of its first process.
    """

    name = models.CharField(max_length=40)
    host = models.CharField(max_length=255, blank=True, default="")
    process = models.PositiveIntegerField(default=0)
    beaten_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name", "host", "process"], name="one_heartbeat_per_cluster"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.beaten_at:%Y-%m-%d %H:%M:%S}"

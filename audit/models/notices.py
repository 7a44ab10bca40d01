"""Who must be told what, and what became of telling them over each channel (NTF-3, NTF-7).

Bookkeeping beside the record: written in the transaction of the change it tells of, so it exists if
and only if the change does. No version is kept, no rule reads it, and nothing deletes it.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class Notice(models.Model):
    """One person is told of one moment; `key` and person make it once.

    `host` is what it is about (`activity:17`, `release:5`), `facts` the canonical JSON of what can't
    be read again later, `why` the code of why this person is told, with the name of the role, group
    or phase in `why_name`. That it stands in the notification centre needs no delivery.
    """

    key = models.CharField(max_length=120)
    moment = models.CharField(max_length=40)
    # Without a constraint, whose check would wait for whoever changes the account while the ledger's
    # head is held; accounts can't be deleted.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="notices",
    )
    display_name = models.CharField(max_length=150)
    stream = models.CharField(max_length=80)
    host = models.CharField(max_length=80)
    attempt = models.PositiveIntegerField(default=0)
    facts = models.TextField(default="{}")
    why = models.CharField(max_length=20)
    why_name = models.CharField(max_length=200, blank=True)
    needs_action = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "user"], name="told_once_of_a_moment"),
        ]
        indexes = [
            models.Index(fields=["user", "id"], name="notice_of_user"),
            models.Index(
                fields=["user", "id"],
                condition=models.Q(read_at__isnull=True),
                name="notice_unread_of_user",
            ),
            models.Index(
                fields=["user", "host", "attempt", "id"],
                condition=models.Q(needs_action=True),
                name="notice_that_asks",
            ),
            models.Index(fields=["host", "attempt", "id"], name="notice_about_attempt"),
        ]

    def __str__(self) -> str:
        return f"{self.moment} of {self.host} to {self.display_name}"


class Delivery(models.Model):
    """A notice goes out over one channel: at least once, with the same mark at each try.

    `attempts` goes up and is committed before a try begins. `error` is a code: why the last try
    failed, or why it was dropped. `address` is shown to people, so it is masked.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", "Email"

    class State(models.TextChoices):
        PENDING = "pending", "Waiting to be sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed, is tried again"
        DEAD = "dead", "Failed for good"
        DROPPED = "dropped", "Not sent"

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="deliveries")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=60, blank=True)
    address = models.CharField(max_length=254, blank=True)
    mark = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["notice", "channel"], name="one_delivery_per_channel"),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=models.Q(state__in=["pending", "failed"]),
                name="delivery_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {self.notice}"

"""The engine's aggregate: a question put to people, and one round of answers."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models

from approvals.models.roles import Role
from approvals.models.scopes import Scope
from audit.models import Guarded, tracked


class Approval(Guarded):
    """One round: who is asked, by which rule, about which content, until when, with which result.

    The host (`activity:17`) gives title, scope, ledger stream and content; a retry is a new row with
    attempt n+1. `policy`, `seats`, `form`, `deadline`, `content` are canonical JSON snapshots taken
    when the round opened; only an escalation changes `seats`. `exclusions` names those who may not
    decide (`{"12": "own_change"}`), as the host last said. `tally` is how many have voted how and
    how the round stands, and with `version` mere bookkeeping: it can be counted again from the
    decisions, and `doctor` does.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        EXPIRED = "expired", "Expired"
        CLOSED = "closed", "Closed without a result"

    host = models.CharField(max_length=80)
    attempt = models.PositiveIntegerField()
    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="approvals")
    stream = models.CharField(max_length=80)
    title = models.CharField(max_length=250)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    stuck = models.BooleanField(default=False)
    policy = models.TextField()
    seats = models.TextField()
    form = models.TextField()
    exclusions = models.TextField(default="{}")
    deadline = models.TextField(default="null")
    content = models.TextField()
    fingerprint = models.CharField(max_length=64)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    decides_at = models.DateTimeField(null=True, blank=True)
    next_due_at = models.DateTimeField(null=True, blank=True)
    rungs_taken = models.PositiveSmallIntegerField(default=0)
    overdue = models.BooleanField(default=False)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_because = models.CharField(max_length=40, blank=True)
    tally = models.TextField(default="{}")
    version = models.PositiveIntegerField(default=0)
    reconciled_at = models.DateTimeField(null=True, blank=True)

    history = tracked(excluded_fields=["tally", "version", "reconciled_at"])

    class Meta(Guarded.Meta):
        constraints = [
            models.UniqueConstraint(fields=["host", "attempt"], name="one_round_per_attempt"),
            # A second open round of one question could be decided twice.
            models.UniqueConstraint(
                fields=["host"], condition=models.Q(state="open"), name="one_open_round"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_due_at"],
                condition=models.Q(state="open", next_due_at__isnull=False),
                name="approval_next_due",
            ),
            models.Index(
                fields=["due_at", "id"],
                condition=models.Q(state="open"),
                name="approval_open_by_due",
            ),
            models.Index(
                fields=["scope"],
                condition=models.Q(state="open", stuck=True),
                name="approval_stuck",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} (attempt {self.attempt})"


class SeatSource(models.Model):
    """A group, role or right that a round's seats name: what keeps one in use from being deleted.

    An index over `seats` for whoever was added to it a moment ago; bookkeeping, never read by a
    rule. Users who are named have their row in `AskedPerson`.
    """

    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="sources")
    group = models.ForeignKey(Group, null=True, on_delete=models.PROTECT, related_name="+")
    role = models.ForeignKey(Role, null=True, on_delete=models.PROTECT, related_name="+")
    right = models.CharField(max_length=20, blank=True)

    def __str__(self) -> str:
        return f"{self.group or self.role or self.right}"


class AskedPerson(models.Model):
    """Who a round asks or has asked: the projection behind inbox and counts.

    `is_open`: the person's vote could be taken at this moment. Services rewrite it when rounds,
    votes, membership or roles change, `tick` reconciles it, no rule reads it. Rows stay: a seat once held lets its
    holder see the release for good.
    """

    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="asked")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="asked_in"
    )
    is_open = models.BooleanField(default=True)
    has_answered = models.BooleanField(default=False)
    # Far in the future when there is no deadline, so that one index gives the order of urgency.
    due_at = models.DateTimeField()
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["approval", "user"], name="asked_once_per_round"),
        ]
        indexes = [
            models.Index(
                fields=["user", "due_at", "id"],
                condition=models.Q(is_open=True, has_answered=False),
                name="asked_and_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.approval}"

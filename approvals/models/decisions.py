"""Decisions: written once, never changed (AUD-1, CAP-4)."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from approvals.models.approvals import Approval
from audit.models import InsertOnly


class Decision(InsertOnly):
    """One answer of one person in one round; the highest `ordinal` of a person is the one that counts.

    It holds no seat (the matching gives it) and no mark of being stale (its fingerprint is compared
    with the round's). `hats` are the groups and roles that made the vote valid when it was given;
    `form` are the field definitions its `inputs` were given under.
    """

    announced_by = ("approval.decision_cast", "approval.decision_withdrawn")
    announced_as = "decision"

    class Verdict(models.TextChoices):
        APPROVE = "approve", "Approve"
        REJECT = "reject", "Reject"
        ABSTAIN = "abstain", "Abstain"
        WITHDRAW = "withdraw", "Withdraw"

    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="decisions")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="decisions"
    )
    person = models.UUIDField()
    display_name = models.CharField(max_length=150)
    username = models.CharField(max_length=150)
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    on_behalf_of_person = models.UUIDField(null=True)
    ordinal = models.PositiveIntegerField()
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    comment = models.TextField(blank=True)
    inputs = models.TextField(default="{}")
    form = models.TextField(default="[]")
    hats = models.TextField(default="[]")
    fingerprint = models.CharField(max_length=64)
    meaning = models.CharField(max_length=250, blank=True)
    decided_at = models.DateTimeField()
    door = models.CharField(max_length=20)
    authenticated_by = models.CharField(max_length=40)
    authenticated_at = models.CharField(max_length=40, blank=True)
    origin = models.CharField(max_length=64, blank=True)

    class Meta(InsertOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["approval", "person", "ordinal"], name="one_decision_per_person_and_ordinal"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.display_name}: {self.verdict}"

"""Phases and activities of a running release, what pipelines reported, what people said (REL-2)."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models

from approvals.models import Role
from audit.models import Guarded, InsertOnly, tracked
from releases.models.releases import Release
from releases.rules.transitions import ACTIVITY_FAILED, ActivityState, PhaseState


class Phase(Guarded):
    """A phase of one release; what it is like stands in the release's process version."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="phases")
    key = models.CharField(max_length=50)
    name = models.CharField(max_length=200)
    position = models.PositiveIntegerField()
    state = models.CharField(
        max_length=24,
        choices=[(state.value, state.value) for state in PhaseState],
        default=PhaseState.PENDING.value,
    )
    # Who owns it besides the release manager: at most one of the three.
    owner_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    owner_group = models.ForeignKey(Group, null=True, on_delete=models.PROTECT, related_name="+")
    owner_role = models.ForeignKey(Role, null=True, on_delete=models.PROTECT, related_name="+")

    history = tracked()

    class Meta(Guarded.Meta):
        constraints = [
            models.UniqueConstraint(fields=["release", "key"], name="one_phase_per_key"),
        ]
        ordering = ["release", "position"]

    def __str__(self) -> str:
        return self.name


class Activity(Guarded):
    """An activity of one release; keeps its key over all attempts.

    `state_because` is the code of what led to the state (`not_applicable`, `override`, `passed`,
    `timed_out` …). An ad-hoc request to skip another activity by override has it in `overrides`,
    with who asked and why.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="activities")
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="activities")
    key = models.CharField(max_length=80)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20)
    position = models.PositiveIntegerField()
    state = models.CharField(
        max_length=24,
        choices=[(state.value, state.value) for state in ActivityState],
        default=ActivityState.BLOCKED.value,
    )
    state_because = models.CharField(max_length=40, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    applies = models.BooleanField(default=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    times_out_at = models.DateTimeField(null=True, blank=True)
    overrides = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="override_requests"
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    asked_because = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=0)

    history = tracked(excluded_fields=["version"])

    class Meta(Guarded.Meta):
        constraints = [
            models.UniqueConstraint(fields=["phase", "key"], name="one_activity_per_key"),
        ]
        indexes = [
            models.Index(
                fields=["times_out_at"],
                condition=models.Q(state="running", times_out_at__isnull=False),
                name="activity_times_out",
            ),
            models.Index(
                fields=["release"],
                condition=models.Q(overrides__isnull=True, state__in=sorted(ACTIVITY_FAILED)),
                name="activity_failed",
            ),
        ]
        ordering = ["release", "position"]
        verbose_name_plural = "activities"

    def __str__(self) -> str:
        return self.name

    @property
    def reference(self) -> str:
        """What people call it: ACT-874."""
        return f"ACT-{self.pk}"

    @property
    def host(self) -> str:
        """How the approval engine knows it."""
        return f"activity:{self.pk}"


class ActivityResult(InsertOnly):
    """How one attempt of an automated activity ended: what a pipeline reported, or a time-out."""

    announced_by = ("activity.result_reported",)
    announced_as = "result"

    class Outcome(models.TextChoices):
        PASSED = "passed", "Passed"
        FAILED = "failed", "Failed"
        TIMED_OUT = "timed_out", "Timed out"

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="results")
    attempt = models.PositiveIntegerField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    summary = models.TextField(blank=True)
    url = models.URLField(max_length=1000, blank=True)
    data = models.TextField(default="null")
    digest = models.CharField(max_length=64)
    opened_at = models.DateTimeField()
    reported_at = models.DateTimeField()
    reported_by = models.CharField(max_length=200)

    class Meta(InsertOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["activity", "attempt"], name="one_result_per_attempt"),
        ]

    def __str__(self) -> str:
        return f"{self.activity}: {self.outcome}"


class Comment(InsertOnly):
    """What somebody said at an activity; it decides nothing.

    `question`: whoever said it was asked to decide, and asks those who run the release for information.
    """

    announced_by = ("activity.commented", "activity.information_asked")
    announced_as = "comment"

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="comments")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="comments"
    )
    display_name = models.CharField(max_length=150)
    text = models.TextField()
    attempt = models.PositiveIntegerField()
    question = models.BooleanField(default=False)
    written_at = models.DateTimeField()

    class Meta(InsertOnly.Meta):
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.display_name}: {self.text[:40]}"


class DueWork(models.Model):
    """Something due that was taken up and not yet done: its attempts, and when it was given up.

    Bookkeeping of `tick`: what falls due stands on the aggregates themselves. `unfinished` counts
    the tries in a row that neither ended nor failed; it goes up before the work starts, so that
    work which kills its worker ends as a dead letter. What fails is tried again, ever more rarely.
    """

    kind = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    unfinished = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "due work"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "object_id", "due_at"], name="one_row_per_due_thing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"

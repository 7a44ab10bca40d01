"""Releases (REL-1, REL-4)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from approvals.models import RIGHTS, Scope
from audit.models import Guarded, Timed, tracked
from releases.models.processes import ProcessVersion
from releases.models.products import Product
from releases.rules.transitions import ReleaseState


class Release(Guarded):
    """One release of a product: it keeps the process version that it was made with.

    `state` is what `releases.rules.progress` says of its phases and activities; only services write
    it. The JSON columns hold canonical text: `authors` a list of {user, name}; `environments`,
    `tags`, `product_tags` lists of names; `artifacts`, `links`, `stakeholders` lists of objects as in
    contract.md.
    """

    class Risk(models.TextChoices):
        LOW = "low", "Low"
        MEDIUM = "medium", "Medium"
        HIGH = "high", "High"

    class ChangeType(models.TextChoices):
        STANDARD = "standard", "Standard"
        NORMAL = "normal", "Normal"
        EMERGENCY = "emergency", "Emergency"

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="releases")
    process_version = models.ForeignKey(
        ProcessVersion, on_delete=models.PROTECT, related_name="releases"
    )
    scope = models.OneToOneField(Scope, on_delete=models.PROTECT, related_name="release")
    name = models.CharField(max_length=200)
    version = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="managed_releases"
    )
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="requested_releases"
    )
    starter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="started_releases",
    )
    # Everyone who scheduled or started it, by key: none of them may decide on it.
    starters = models.TextField(default="[]")
    authors = models.TextField(default="[]")
    environments = models.TextField(default="[]")
    commit = models.CharField(max_length=100, blank=True)
    risk = models.CharField(max_length=10, choices=Risk.choices, blank=True)
    change_type = models.CharField(max_length=10, choices=ChangeType.choices, blank=True)
    tags = models.TextField(default="[]")
    # The product's when it was made, for conditions (REL-5). NULL: made before there was this column.
    product_tags = models.TextField(null=True, blank=True)  # noqa: DJ001
    artifacts = models.TextField(default="[]")
    links = models.TextField(default="[]")
    stakeholders = models.TextField(default="[]")
    window_from = models.DateTimeField(null=True, blank=True)
    window_until = models.DateTimeField(null=True, blank=True)
    state = models.CharField(
        max_length=12,
        choices=[(state.value, state.value) for state in ReleaseState],
        default=ReleaseState.DRAFT.value,
    )
    held = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    scheduled_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    deferred_until = models.DateTimeField(null=True, blank=True)

    history = tracked()

    class Meta(Guarded.Meta):
        permissions = [(right, label) for right, label in RIGHTS]
        indexes = [
            models.Index(fields=["product", "state"]),
            models.Index(
                fields=["scheduled_at"],
                condition=models.Q(state="scheduled"),
                name="release_scheduled",
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(ended_at__isnull=True),
                name="release_under_way",
            ),
            models.Index(
                fields=["product", "-ended_at"],
                condition=models.Q(state="completed"),
                name="release_completed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def reference(self) -> str:
        """What people call it: REL-214."""
        return f"REL-{self.pk}"

    @property
    def stream(self) -> str:
        """The key of its ledger stream."""
        return f"release:{self.pk}"


class ReleaseUserPermission(UserObjectPermissionBase, Timed):
    """guardian's rows for people on one release; written by role assignments alone."""

    content_object = models.ForeignKey(Release, on_delete=models.PROTECT)

    class Meta(UserObjectPermissionBase.Meta):
        pass


class ReleaseGroupPermission(GroupObjectPermissionBase, Timed):
    """guardian's rows for groups on one release; written by role assignments alone."""

    content_object = models.ForeignKey(Release, on_delete=models.PROTECT)

    class Meta(GroupObjectPermissionBase.Meta):
        pass

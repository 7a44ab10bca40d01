"""Roles and who holds them where, from when until when (POL-5)."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models

from approvals.models.scopes import Scope
from audit.models import Guarded, tracked


class Role(Guarded):
    """A role: a name for seats, and the rights that go with it.

    `rights` is a canonical JSON list of actions. Whoever holds a role that `reads_only` (auditor)
    writes nothing and can fill no seat.
    """

    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    rights = models.TextField(default="[]")
    reads_only = models.BooleanField(default=False)
    is_builtin = models.BooleanField(default=False)

    history = tracked()

    class Meta(Guarded.Meta):
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class RoleAssignment(Guarded):
    """A person or a group holds a role in a scope; ended, never edited into another."""

    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="assignments")
    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="assignments")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="role_assignments",
    )
    group = models.ForeignKey(
        Group, null=True, blank=True, on_delete=models.PROTECT, related_name="role_assignments"
    )
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    assigned_at = models.DateTimeField()
    assigned_by = models.CharField(max_length=200)

    history = tracked()

    class Meta(Guarded.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=True, group__isnull=False)
                | models.Q(user__isnull=False, group__isnull=True),
                name="a_role_is_held_by_a_user_or_a_group",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_from__isnull=True)
                | models.Q(valid_until__isnull=True)
                | models.Q(valid_from__lte=models.F("valid_until")),
                name="assignment_ends_after_it_starts",
            ),
        ]
        indexes = [models.Index(fields=["role", "scope"])]

    def __str__(self) -> str:
        return f"{self.user or self.group} as {self.role} for {self.scope}"

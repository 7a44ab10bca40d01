"""People, machine users, and who is in which group until when (architecture.md, custom user)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AbstractUser, Group, UserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from audit.models import guarded_writes_open, tracked
from audit.services.adopt import adopt_changes


class User(AbstractUser):
    """An account. Deactivated, never deleted; one human with several accounts has one `person`."""

    class Kind(models.TextChoices):
        PERSON = "person", "Person"
        MACHINE = "machine", "Machine user"

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    person = models.UUIDField(default=uuid.uuid4, db_index=True)
    display_name = models.CharField(max_length=150, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PERSON)
    phone = models.CharField(max_length=32, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    groups = models.ManyToManyField(  # type: ignore[assignment]
        Group,
        through="portal.Membership",
        related_name="user_set",
        related_query_name="user",
        blank=True,
    )

    objects = UserManager()  # type: ignore[misc]
    history = tracked(excluded_fields=["password", "last_login", "email", "phone"])

    class Meta(AbstractUser.Meta):
        swappable = "AUTH_USER_MODEL"
        constraints = [
            models.UniqueConstraint(Lower("username"), name="username_unique_without_case"),
            # Letters that only look alike (Cyrillic "а") can't make a second "admin": A-119.
            models.CheckConstraint(
                condition=models.Q(username__regex=r"^[A-Za-z0-9.@+_-]+$"), name="username_is_ascii"
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or self.username

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Gives `user.groups.add()` its history, which Django writes by `bulk_create`."""

    def bulk_create(self, objs: Iterable[Any], *args: Any, **options: Any) -> list[Any]:
        rows = super().bulk_create(objs, *args, **options)
        if not guarded_writes_open():
            adopt_changes(rows, "+")
        return rows


class Membership(models.Model):
    """A person in a group, for a time: kept here, so that a rota needs no edit of policies (POL-5)."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="memberships")
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    since = models.DateTimeField(default=timezone.now, editable=False)

    objects = MembershipQuerySet.as_manager()
    history = tracked()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "group"], name="one_membership_per_group"),
            models.CheckConstraint(
                condition=models.Q(valid_from__isnull=True)
                | models.Q(valid_until__isnull=True)
                | models.Q(valid_from__lt=models.F("valid_until")),
                name="membership_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.group}"

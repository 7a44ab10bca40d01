"""Processes and their immutable versions (REL-5, REL-6)."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models

from approvals.models import Role
from audit.models import Guarded, InsertOnly, tracked


class Process(Guarded):
    """A release template under one slug. `draft` is the YAML being worked on in the admin."""

    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=200)
    draft = models.TextField(blank=True)
    is_archived = models.BooleanField(default=False)

    history = tracked()

    class Meta(Guarded.Meta):
        ordering = ["name"]
        verbose_name_plural = "processes"

    def __str__(self) -> str:
        return self.name


class ProcessVersion(InsertOnly):
    """One published version: a canonical JSON document with its digest, for ever as it is.

    The document names users, groups and roles by key; export prints the names they have today.
    """

    process = models.ForeignKey(Process, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.TextField()
    digest = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=200)

    class Meta(InsertOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["process", "number"], name="one_version_per_number"),
        ]
        ordering = ["process", "-number"]

    def __str__(self) -> str:
        return f"{self.process.slug} {self.number}"


class ProcessReference(InsertOnly):
    """A user, group or role that a version names: what a gate needs can't be deleted under it."""

    version = models.ForeignKey(ProcessVersion, on_delete=models.PROTECT, related_name="references")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    group = models.ForeignKey(Group, null=True, on_delete=models.PROTECT, related_name="+")
    role = models.ForeignKey(Role, null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.version}: {self.user or self.group or self.role}"

"""Products: what is released, and where object permissions anchor (REL-1)."""

from __future__ import annotations

from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from approvals.models import RIGHTS, Scope
from audit.models import Guarded, Timed, tracked


class Product(Guarded):
    """Groups releases. `tags` is a canonical JSON list that conditions read (POL-10)."""

    key = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=150)
    description = models.TextField(blank=True)
    tags = models.TextField(default="[]")
    is_archived = models.BooleanField(default=False)
    scope = models.OneToOneField(Scope, on_delete=models.PROTECT, related_name="product")

    history = tracked()

    class Meta(Guarded.Meta):
        permissions = [(right, label) for right, label in RIGHTS]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ProductUserPermission(UserObjectPermissionBase, Timed):
    """guardian's rows for people on a product; written by role assignments alone."""

    content_object = models.ForeignKey(Product, on_delete=models.PROTECT)

    class Meta(UserObjectPermissionBase.Meta):
        pass


class ProductGroupPermission(GroupObjectPermissionBase, Timed):
    """guardian's rows for groups on a product; written by role assignments alone."""

    content_object = models.ForeignKey(Product, on_delete=models.PROTECT)

    class Meta(GroupObjectPermissionBase.Meta):
        pass

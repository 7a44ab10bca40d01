"""Products: what is released, and where object permissions anchor (REL-1)."""

from __future__ import annotations

from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from approvals.models import Scope
from audit.models import Guarded, Timed, tracked

RIGHTS = [
    ("view", "May see"),
    ("manage", "May create and run releases"),
    ("start", "May create and start releases"),
    ("override", "May open a gate by override"),
    ("report_result", "May report results"),
    ("configure", "May configure"),
    ("view_audit", "May see the audit trail"),
]


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
        permissions = RIGHTS
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

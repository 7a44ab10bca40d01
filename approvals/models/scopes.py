"""Scopes: where a role is held — everything, a product, a release."""

from __future__ import annotations

from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from audit.models import Guarded, Timed, tracked

# What guardian's rows can give on everything, on a product, on a release (contract.md, Rights).
RIGHTS = (
    ("view", "May see"),
    ("manage", "May create and run releases"),
    ("start", "May create and start releases"),
    ("override", "May open a gate by override"),
    ("report_result", "May report results"),
    ("configure", "May configure"),
    ("view_audit", "May see the audit trail"),
)


class Scope(Guarded):
    """A place in the tree everything → product → release; each product and release owns one.

    `path` lists the keys from the root to this scope ("/1/5/77/"), so that "who holds role R here"
    needs no walk.
    """

    class Kind(models.TextChoices):
        EVERYTHING = "everything", "Everything"
        PRODUCT = "product", "Product"
        RELEASE = "release", "Release"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=80, blank=True, db_index=True)
    label = models.CharField(max_length=250)

    history = tracked()

    class Meta(Guarded.Meta):
        permissions = [(right, label) for right, label in RIGHTS]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(kind="everything"), name="one_root_scope"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def lineage(self) -> tuple[int, ...]:
        """The keys of this scope and those around it, root first."""
        return tuple(int(part) for part in self.path.split("/") if part)


class ScopeUserPermission(UserObjectPermissionBase, Timed):
    """guardian's rows for people on the scope "everything"; written by role assignments alone."""

    content_object = models.ForeignKey(Scope, on_delete=models.PROTECT)

    class Meta(UserObjectPermissionBase.Meta):
        pass


class ScopeGroupPermission(GroupObjectPermissionBase, Timed):
    """guardian's rows for groups on the scope "everything"; written by role assignments alone."""

    content_object = models.ForeignKey(Scope, on_delete=models.PROTECT)

    class Meta(GroupObjectPermissionBase.Meta):
        pass

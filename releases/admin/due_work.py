"""Due work that is being tried or was given up, to be read: the dead letters of `tick` (OPS-3)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from approvals.admin.base import Configuration
from audit.admin.base import ReadOnlyAdmin
from releases.models import DueWork

GIVEN_UP = "yes"


class GivenUp(admin.SimpleListFilter):
    """Whether somebody must look at it."""

    title = "given up"
    parameter_name = "given_up"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(GIVEN_UP, "Given up"), ("no", "Still tried")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DueWork]) -> QuerySet[DueWork]:
        if self.value() not in (GIVEN_UP, "no"):
            return queryset
        return queryset.filter(dead_at__isnull=self.value() != GIVEN_UP)


@admin.register(DueWork)
class DueWorkAdmin(Configuration, ReadOnlyAdmin):
    """What fell due and is not done. `manage.py tick --retry-dead` tries again what was given up."""

    fields = (
        "kind", "object_id", "due_at", "attempts", "unfinished", "tried_at", "dead_at", "error",
    )  # fmt: skip
    list_display = ("kind", "object_id", "due_at", "attempts", "tried_at", "dead_at", "error")
    list_filter = (GivenUp, "kind")
    search_fields = ("=object_id",)
    ordering = ("-pk",)

"""The closed page: nobody sees anything, and nothing that Django's admin writes by itself is open.

Who may see is asked of `may_view`, which says no until a page's class says otherwise; which rows, of
`get_queryset`. Delete, bulk actions, editing in lists, inlines, "save as new" and reverting history
are shut for everybody, superusers included.
"""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.http import Http404, HttpRequest
from unfold.admin import ModelAdmin

from audit.admin.actors import answered_once, may_enter
from audit.admin.history import HistoryPages

# What a filter's link may ask of a field, beside the field itself.
_LOOKUPS = frozenset(
    {"", "__exact", "__id__exact", "__isnull", "__gte", "__lt", "__year", "__month", "__day"}
)


class ClosedAdmin(HistoryPages, ModelAdmin):
    """Nobody sees anything, and nothing can be written."""

    actions = None
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_add_link = True

    # --- May they? -------------------------------------------------------------------------------

    def may_view(self, request: HttpRequest) -> bool:
        """Whether the person may read pages of this kind; which rows, `get_queryset` says."""
        return False

    def may_change(self, request: HttpRequest) -> bool:
        """Whether the person may use the services behind this page."""
        return False

    def _is_seen(self, request: HttpRequest, obj: models.Model | None) -> bool:
        if obj is None or obj.pk is None:
            return True
        seen = self.get_queryset(request).filter(pk=obj.pk)
        return bool(answered_once(request, ("seen", self.opts.label, obj.pk), seen.exists))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_enter(request) and self.may_view(request)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.has_module_permission(request) and self._is_seen(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never: what is on record stays."""
        return False

    # --- What is asked for -----------------------------------------------------------------------

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Filters are what `list_filter` offers, and no path beyond: `user__password__startswith`
        would tell a password's hash by its answers (A-048)."""
        offered = self.get_list_filter(request) if request is not None else self.list_filter
        names = [each[0] if isinstance(each, list | tuple) else each for each in offered]
        names = [getattr(each, "parameter_name", each) for each in names]
        return any(
            lookup.startswith(name) and lookup.removeprefix(name) in _LOOKUPS
            for name in [*names, self.date_hierarchy]
            if name
        )

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """What is found, in the page's order: choosing fields cut it into pages as it comes."""
        found, repeats = super().get_search_results(request, queryset, search_term)
        if not found.ordered:
            found = found.order_by(*(self.get_ordering(request) or ("-pk",)))
        return found, repeats

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> NoReturn:
        # Hidden and never there are the same answer, so that counting tells nothing.
        raise Http404

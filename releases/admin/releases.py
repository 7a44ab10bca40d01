"""Releases in the admin: to be read, by whoever may see them."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from audit.admin.base import ReadOnlyAdmin
from audit.admin.display import json_block
from releases import wording
from releases.admin.states import PhaseStates, ReleaseStates, state_tag
from releases.admin.visible import releases_seen
from releases.models import Phase, Release

_OTHERWISE = (
    "authors", "environments", "tags", "product_tags", "artifacts", "links", "stakeholders", "state",
)  # fmt: skip


class VisibleByRelease(ReadOnlyAdmin):
    """Every member of staff reads here; which rows, the selectors say."""

    def may_view(self, request: HttpRequest) -> bool:
        return True


def _shown(name: str) -> str:
    return f"shown_{name}" if name in _OTHERWISE else name


@admin.register(Release)
class ReleaseAdmin(VisibleByRelease):
    """Releases. What may be done with one is done on its page or over the API."""

    fields = tuple(
        _shown(field.name) for field in Release._meta.concrete_fields if not field.primary_key
    )
    history_words = {"state": wording.RELEASE_STATES}
    list_display = (
        "reference",
        "name",
        "version",
        "product",
        "shown_state",
        "manager",
        "created_at",
    )
    list_filter = (ReleaseStates,)  # one of products would name those that are hidden
    search_fields = ("name", "version")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Release]:
        return releases_seen(request).select_related("product", "scope", "manager")

    @admin.display(description="State", ordering="state")
    def shown_state(self, obj: Release) -> SafeString:
        return state_tag(obj.state, wording.RELEASE_STATES, wording.RELEASE_TONES)

    @admin.display(description="Authors")
    def shown_authors(self, obj: Release) -> SafeString:
        return json_block(obj.authors)

    @admin.display(description="Environments")
    def shown_environments(self, obj: Release) -> SafeString:
        return json_block(obj.environments)

    @admin.display(description="Tags")
    def shown_tags(self, obj: Release) -> SafeString:
        return json_block(obj.tags)

    @admin.display(description="Tags of the product")
    def shown_product_tags(self, obj: Release) -> SafeString:
        return json_block(obj.product_tags or "[]")

    @admin.display(description="Artifacts")
    def shown_artifacts(self, obj: Release) -> SafeString:
        return json_block(obj.artifacts)

    @admin.display(description="Links")
    def shown_links(self, obj: Release) -> SafeString:
        return json_block(obj.links)

    @admin.display(description="Stakeholders")
    def shown_stakeholders(self, obj: Release) -> SafeString:
        return json_block(obj.stakeholders)


@admin.register(Phase)
class PhaseAdmin(VisibleByRelease):
    """Phases of releases."""

    fields = (
        "name", "key", "release", "shown_state", "position", "owner_user", "owner_group",
        "owner_role",
    )  # fmt: skip
    history_words = {"state": wording.PHASE_STATES}
    list_display = ("name", "key", "release", "shown_state")
    list_filter = (PhaseStates,)
    list_select_related = ("release",)
    search_fields = ("name", "key", "release__name")
    ordering = ("-release_id", "position")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Phase]:
        seen = releases_seen(request).values("pk")
        return Phase.objects.filter(release_id__in=seen)

    @admin.display(description="State", ordering="state")
    def shown_state(self, obj: Phase) -> SafeString:
        return state_tag(obj.state, wording.PHASE_STATES, wording.PHASE_TONES)

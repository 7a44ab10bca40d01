"""Activities, what pipelines reported and what people said, to be read."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from audit.admin.actors import actor_of
from audit.admin.display import json_block
from releases import wording
from releases.admin.releases import VisibleByRelease
from releases.admin.states import ActivityStates, state_tag
from releases.models import Activity, ActivityResult, Comment
from releases.selectors import activities_for


@admin.register(Activity)
class ActivityAdmin(VisibleByRelease):
    """Activities of releases; they are decided on their page or over the API, never here."""

    history_words = {"state": wording.ACTIVITY_STATES}
    list_display = ("reference", "name", "kind", "release", "phase", "shown_state", "attempt")
    list_filter = (ActivityStates, "kind")
    list_select_related = ("release", "phase")
    search_fields = ("name", "key", "release__name")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Activity]:
        return activities_for(actor_of(request))

    @admin.display(description="State", ordering="state")
    def shown_state(self, obj: Activity) -> SafeString:
        return state_tag(obj.state, wording.ACTIVITY_STATES, wording.ACTIVITY_TONES)


@admin.register(ActivityResult)
class ActivityResultAdmin(VisibleByRelease):
    """How attempts of pipelines and checks ended; written once."""

    fields = (
        "activity", "attempt", "outcome", "summary", "url", "shown_data", "opened_at",
        "reported_at", "reported_by",
    )  # fmt: skip
    list_display = ("activity", "attempt", "outcome", "reported_by", "reported_at")
    list_filter = ("outcome",)
    list_select_related = ("activity",)
    search_fields = ("activity__name",)
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ActivityResult]:
        seen = activities_for(actor_of(request)).values("pk")
        return ActivityResult.objects.filter(activity_id__in=seen)

    @admin.display(description="Data")
    def shown_data(self, obj: ActivityResult) -> SafeString:
        return json_block(obj.data)


@admin.register(Comment)
class CommentAdmin(VisibleByRelease):
    """What people said at activities; written once."""

    list_display = ("display_name", "activity", "text", "written_at")
    list_select_related = ("activity",)
    search_fields = ("text", "display_name", "activity__name")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Comment]:
        seen = activities_for(actor_of(request)).values("pk")
        return Comment.objects.filter(activity_id__in=seen)

"""Rounds of approval and the decisions in them, to be read; nobody changes one, by any road."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from approvals.models import Approval, Decision
from audit.admin.display import json_block
from releases.admin.releases import VisibleByRelease
from releases.admin.visible import approvals_seen


@admin.register(Approval)
class ApprovalAdmin(VisibleByRelease):
    """Rounds: who was asked, by which rule, about what, with which result."""

    fields = (
        "title", "host", "attempt", "scope", "state", "stuck", "closed_because", "opened_at",
        "due_at", "decides_at", "next_due_at", "rungs_taken", "overdue", "closed_at",
        "fingerprint", "shown_tally", "shown_policy", "shown_seats", "shown_form",
        "shown_exclusions", "shown_deadline", "shown_content",
    )  # fmt: skip
    list_display = ("title", "attempt", "scope", "state", "stuck", "due_at", "opened_at")
    list_filter = ("state", "stuck", "overdue")
    search_fields = ("title", "=host")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Approval]:
        return approvals_seen(request)

    @admin.display(description="Result so far")
    def shown_tally(self, obj: Approval) -> SafeString:
        return json_block(obj.tally)

    @admin.display(description="Policy")
    def shown_policy(self, obj: Approval) -> SafeString:
        return json_block(obj.policy)

    @admin.display(description="Seats")
    def shown_seats(self, obj: Approval) -> SafeString:
        return json_block(obj.seats)

    @admin.display(description="Form")
    def shown_form(self, obj: Approval) -> SafeString:
        return json_block(obj.form)

    @admin.display(description="May not decide")
    def shown_exclusions(self, obj: Approval) -> SafeString:
        return json_block(obj.exclusions)

    @admin.display(description="Deadline")
    def shown_deadline(self, obj: Approval) -> SafeString:
        return json_block(obj.deadline)

    @admin.display(description="Content")
    def shown_content(self, obj: Approval) -> SafeString:
        return json_block(obj.content)


@admin.register(Decision)
class DecisionAdmin(VisibleByRelease):
    """Decisions: written once."""

    fields = (
        "approval", "display_name", "username", "user", "person", "on_behalf_of", "ordinal",
        "verdict", "meaning", "comment", "shown_inputs", "shown_form", "shown_hats",
        "fingerprint", "decided_at", "door", "authenticated_by", "authenticated_at", "origin",
    )  # fmt: skip
    list_display = ("display_name", "verdict", "approval", "ordinal", "door", "decided_at")
    list_filter = ("verdict", "door")
    list_select_related = ("approval",)
    search_fields = ("display_name", "username", "approval__title")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Decision]:
        seen = approvals_seen(request).values("pk")
        return Decision.objects.filter(approval_id__in=seen)

    @admin.display(description="Inputs")
    def shown_inputs(self, obj: Decision) -> SafeString:
        return json_block(obj.inputs)

    @admin.display(description="Form")
    def shown_form(self, obj: Decision) -> SafeString:
        return json_block(obj.form)

    @admin.display(description="By groups and roles")
    def shown_hats(self, obj: Decision) -> SafeString:
        return json_block(obj.hats)

"""Roles and who holds them where: made, assigned and ended through services (POL-5)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from approvals.admin.base import Configuration
from approvals.models import RIGHTS, Role, RoleAssignment, Scope
from approvals.services.roles import change_role, create_role, rights_of
from audit.actor import Actor
from audit.admin.actors import actor_of
from audit.admin.acts import Act
from audit.admin.base import ReadOnlyAdmin, ServiceAdmin
from audit.admin.display import instant, link, once_per_row, table
from audit.admin.forms import ReasonedForm, ServiceForm
from audit.permissions import ACTIONS
from releases.admin.visible import scopes_seen
from releases.services.roles import Grantee, assign_role, end_role

MOST_SHOWN = 20
_RIGHT_NAMES = dict(RIGHTS)


class RoleForm(ServiceForm):
    """A new role with its rights."""

    rights = forms.MultipleChoiceField(
        required=False,
        choices=[(right, f"{right}: {_RIGHT_NAMES[right]}") for right in ACTIONS],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="What its holders may do. A role without rights only fills seats.",
    )


@admin.register(Role)
class RoleAdmin(Configuration, ServiceAdmin):
    """Roles. A role's rights are fixed when it is made: a change of them is a new role."""

    addable = changeable = True
    add_form = RoleForm
    form = ReasonedForm
    add_fieldsets = ((None, {"fields": ("slug", "name", "description", "rights")}),)
    fields = (
        "slug", "name", "description", "reason", "shown_rights", "reads_only", "is_builtin",
        "shown_holders",
    )  # fmt: skip
    list_display = ("name", "slug", "shown_rights", "is_builtin")
    search_fields = ("slug", "name")

    def add_through(self, request: HttpRequest, data: dict[str, Any]) -> Role:
        return create_role(
            slug=data["slug"], name=data["name"], description=data["description"],
            rights=data["rights"], actor=actor_of(request),
        )  # fmt: skip

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Role | None:
        """The role, which is shown with those of its holders whose places the person may know of."""
        found: Role | None = super().get_object(request, object_id, from_field)
        if found is not None:
            found.scopes_shown = scopes_seen(request)  # type: ignore[attr-defined]
        return found

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> tuple[str, ...]:
        """A role is known by its slug; what it gives is fixed."""
        fixed = ("slug", "shown_rights", "reads_only", "is_builtin", "shown_holders")
        return fixed if obj else ()

    def change_through(self, request: HttpRequest, obj: Role, data: dict[str, Any]) -> Role:
        return change_role(
            role_id=obj.pk, name=data["name"], description=data["description"],
            reason=data["reason"], actor=actor_of(request),
        )  # fmt: skip

    @admin.display(description="Rights")
    def shown_rights(self, obj: Role) -> str:
        return ", ".join(rights_of(obj))

    @admin.display(description="Holders")
    @once_per_row
    def shown_holders(self, obj: Role) -> SafeString:
        """The newest assignments, and the way to all of them."""
        rows = obj.assignments.select_related("user", "group", "scope").order_by("-pk")
        rows = rows.filter(scope__in=obj.scopes_shown)  # type: ignore[attr-defined]
        held = table(
            ["Holder", "For", "From", "Until"],
            [
                (
                    one.user or one.group,
                    one.scope,
                    instant(one.valid_from),
                    instant(one.valid_until),
                )
                for one in rows[:MOST_SHOWN]
            ],
        )
        everyone = reverse("admin:approvals_roleassignment_changelist")
        new = reverse("admin:approvals_roleassignment_add")
        return format_html(
            "{}<p>{} · {}</p>",
            held,
            link(f"{everyone}?role__id__exact={obj.pk}", f"All {rows.count()} assignments"),
            link(f"{new}?role={obj.pk}", "Assign this role"),
        )


class AssignmentForm(ServiceForm):
    """Who gets the role, where, from when until when."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if bool(cleaned.get("user")) == bool(cleaned.get("group")) and not self.errors:
            self.add_error("user", "Give the role to a user or to a group.")
        return cleaned


def _end(actor: Actor, assignment: RoleAssignment, reason: str) -> object:
    return end_role(assignment_id=assignment.pk, actor=actor, reason=reason)


def _holds(assignment: RoleAssignment) -> bool:
    return assignment.valid_until is None or assignment.valid_until > timezone.now()


@admin.register(RoleAssignment)
class RoleAssignmentAdmin(Configuration, ServiceAdmin):
    """Assignments: given and ended, never edited into another."""

    addable = True
    add_form = AssignmentForm
    add_fieldsets = (
        (None, {"fields": ("role", "user", "group", "scope", "valid_from", "valid_until")}),
    )
    fields = (
        "role", "user", "group", "scope", "valid_from", "valid_until", "assigned_at",
        "assigned_by",
    )  # fmt: skip
    autocomplete_fields = ("role", "user", "group", "scope")
    list_display = ("role", "user", "group", "scope", "valid_from", "valid_until")
    list_filter = ("role",)
    list_select_related = ("role", "user", "group", "scope")
    search_fields = ("user__username", "user__display_name", "group__name", "role__name")
    ordering = ("-pk",)
    acts = (
        Act(
            slug="end",
            label="End this assignment",
            question="The role is taken back from now on; the assignment stays on record.",
            done="The assignment has ended.",
            perform=_end,
            applies=_holds,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoleAssignment]:
        rows: QuerySet[RoleAssignment] = super().get_queryset(request)
        return rows.filter(scope__in=scopes_seen(request))

    def add_through(self, request: HttpRequest, data: dict[str, Any]) -> RoleAssignment:
        user, group = data["user"], data["group"]
        return assign_role(
            role=data["role"],
            grantee=Grantee(user_id=user.pk) if user else Grantee(group_id=group.pk),
            scope=data["scope"], valid_from=data["valid_from"], valid_until=data["valid_until"],
            actor=actor_of(request),
        )  # fmt: skip


@admin.register(Scope)
class ScopeAdmin(Configuration, ReadOnlyAdmin):
    """Scopes: made with their product or release; here to be chosen for an assignment."""

    fields = ("label", "kind", "parent")
    list_display = ("label", "kind", "parent")
    list_filter = ("kind",)
    list_select_related = ("parent",)
    search_fields = ("label",)
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Scope]:
        return scopes_seen(request)

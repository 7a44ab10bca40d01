"""Groups and who is in them, from when until when (POL-5).

Members are rows of their own with lists in pages, never one form with a thousand boxes.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from approvals.admin.base import Configuration
from audit.actor import Actor
from audit.admin.actors import actor_of
from audit.admin.acts import Act
from audit.admin.base import ServiceAdmin
from audit.admin.display import instant, link, once_per_row, table
from audit.admin.forms import ReasonedForm
from portal.models import Membership
from portal.services.people import (
    add_member,
    change_membership,
    create_group,
    remove_member,
    rename_group,
)

MOST_SHOWN = 20


@admin.register(Group)
class GroupAdmin(Configuration, ServiceAdmin):
    """Groups. Django's permissions of groups are not used and not shown."""

    addable = changeable = True
    form = ReasonedForm
    add_fieldsets = ((None, {"fields": ("name",)}),)
    fields = ("name", "reason", "shown_members")
    readonly_fields = ("shown_members",)
    list_display = ("name",)
    search_fields = ("name",)
    ordering = ("name",)

    def add_through(self, request: HttpRequest, data: dict[str, Any]) -> Group:
        return create_group(name=data["name"], actor=actor_of(request))

    def change_through(self, request: HttpRequest, obj: Group, data: dict[str, Any]) -> Group:
        return rename_group(
            group_id=obj.pk, name=data["name"], reason=data["reason"], actor=actor_of(request)
        )

    @admin.display(description="Members")
    @once_per_row
    def shown_members(self, obj: Group) -> SafeString:
        """The newest members, and the way to all of them."""
        rows = obj.memberships.select_related("user").order_by("-pk")
        newest = table(
            ["Member", "From", "Until"],
            [
                (
                    link(reverse("admin:portal_membership_change", args=[one.pk]), str(one.user)),
                    instant(one.valid_from),
                    instant(one.valid_until),
                )
                for one in rows[:MOST_SHOWN]
            ],
        )
        everyone = reverse("admin:portal_membership_changelist")
        new = reverse("admin:portal_membership_add")
        return format_html(
            "{}<p>{} · {}</p>",
            newest,
            link(f"{everyone}?group__id__exact={obj.pk}", f"All {rows.count()} members"),
            link(f"{new}?group={obj.pk}", "Add a member"),
        )


def _remove(actor: Actor, membership: Membership, reason: str) -> None:
    remove_member(user=membership.user, group=membership.group, actor=actor, reason=reason)


@admin.register(Membership)
class MembershipAdmin(Configuration, ServiceAdmin):
    """Memberships: added, given other dates and removed, each with its history."""

    addable = changeable = True
    form = ReasonedForm
    add_fieldsets = ((None, {"fields": ("group", "user", "valid_from", "valid_until")}),)
    fields = ("group", "user", "valid_from", "valid_until", "since", "reason")
    autocomplete_fields = ("group", "user")
    list_display = ("user", "group", "valid_from", "valid_until", "since")
    list_filter = ("group",)
    list_select_related = ("user", "group")
    search_fields = ("user__username", "user__display_name", "group__name")
    ordering = ("-pk",)
    acts = (
        Act(
            slug="remove",
            label="Remove from the group",
            question="Votes that they gave stay; open rounds stop asking them at once.",
            done="The member is removed.",
            perform=_remove,
        ),
    )

    def get_readonly_fields(
        self, request: HttpRequest, obj: Membership | None = None
    ) -> tuple[str, ...]:
        """Another person or group is another membership."""
        return ("group", "user", "since") if obj else ()

    def change_through(
        self, request: HttpRequest, obj: Membership, data: dict[str, Any]
    ) -> Membership:
        return change_membership(
            membership_id=obj.pk, valid_from=data["valid_from"], valid_until=data["valid_until"],
            reason=data["reason"], actor=actor_of(request),
        )  # fmt: skip

    def add_through(self, request: HttpRequest, data: dict[str, Any]) -> Membership:
        return add_member(
            user=data["user"], group=data["group"], valid_from=data["valid_from"],
            valid_until=data["valid_until"], actor=actor_of(request),
        )  # fmt: skip

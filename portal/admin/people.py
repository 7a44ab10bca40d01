"""Accounts in the admin: made, changed, deactivated through services; never deleted (SEC-1).

No form here sets `is_superuser`, groups or permissions: superusers are made by `createsuperuser`,
memberships have pages of their own, and Django's permissions are not used.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import validate_password
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from approvals.admin.base import Configuration
from audit.actor import Actor
from audit.admin.actors import actor_of
from audit.admin.acts import Act
from audit.admin.base import ServiceAdmin
from audit.admin.forms import ReasonedForm, ServiceForm
from portal.models import User
from portal.selectors import people_without_sign_in
from portal.services.people import change_user, create_user, set_user_active


class UserAddForm(ServiceForm):
    """A new account. Without a password its person sets one by mail, or signs in otherwise."""

    initial_password = forms.CharField(
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="Tell it to the person, who can change it after signing in. Left out, there is none.",
    )
    same_person_as = forms.CharField(
        required=False,
        max_length=150,
        widget=UnfoldAdminTextInputWidget,
        help_text="The username of another account of the same human: both count as one person.",
    )

    def clean_same_person_as(self) -> User | None:
        username = self.cleaned_data["same_person_as"].strip()
        found: User | None = User.objects.filter(username__iexact=username).first()
        if username and found is None:
            raise forms.ValidationError("There is no user of this name.")
        return found

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if cleaned.get("initial_password"):
            known = {name: cleaned.get(name, "") for name in ("username", "display_name", "email")}
            try:
                validate_password(cleaned["initial_password"], User(**known))
            except forms.ValidationError as error:
                self.add_error("initial_password", error)
        return cleaned


def _activate(actor: Actor, user: User, reason: str) -> object:
    return set_user_active(user_id=user.pk, active=True, reason=reason, actor=actor)


def _deactivate(actor: Actor, user: User, reason: str) -> object:
    return set_user_active(user_id=user.pk, active=False, reason=reason, actor=actor)


class SignIn(admin.SimpleListFilter):
    """Whether the person has any way to sign in by a password."""

    title = "sign-in"
    parameter_name = "sign_in"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("none", "Neither password nor address")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        if self.value() != "none":
            return queryset
        return queryset.filter(pk__in=people_without_sign_in().values("pk"))


@admin.register(User)
class UserAdmin(Configuration, ServiceAdmin):
    """Accounts. Only a superuser says who enters the admin."""

    addable = changeable = True
    add_form = UserAddForm
    form = ReasonedForm
    list_display = ("username", "display_name", "kind", "is_active", "is_staff", "is_superuser")
    list_filter = (SignIn, "kind", "is_active", "is_staff", "is_superuser")
    search_fields = ("username", "display_name", "email")
    ordering = ("username",)
    readonly_fields = (
        "username", "kind", "person", "is_active", "is_superuser", "date_joined", "last_login",
    )  # fmt: skip
    acts = (
        Act(
            slug="deactivate",
            label="Deactivate",
            question="Sessions end at once, tokens are refused, open rounds no longer count on them.",
            done="The account is deactivated.",
            perform=_deactivate,
            applies=lambda user: user.is_active,
        ),
        Act(
            slug="activate",
            label="Activate",
            question="The person may sign in again.",
            done="The account is active.",
            perform=_activate,
            applies=lambda user: not user.is_active,
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """A new account has nothing that is fixed."""
        return self.readonly_fields if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> list[Any]:
        staff = ["is_staff"] if request.user.is_superuser else []
        if obj is None:
            # Only a superuser joins accounts: one human's accounts count as one person.
            joined = ["same_person_as"] if request.user.is_superuser else []
            fields = [
                "username", "display_name", "email", "kind", *staff, "initial_password", *joined,
            ]  # fmt: skip
            return [(None, {"fields": fields})]
        reached = ["username", "display_name", "email", "phone", "time_zone", *staff, "reason"]
        fixed = [name for name in self.readonly_fields if name != "username"]
        return [(None, {"fields": reached}), ("Account", {"fields": fixed})]

    def add_through(self, request: HttpRequest, data: dict[str, Any]) -> User:
        other = data["same_person_as"]
        return create_user(
            username=data["username"], display_name=data["display_name"], email=data["email"],
            kind=data["kind"], is_staff=data.get("is_staff", False),
            password=data["initial_password"] or None, person=other.person if other else None,
            actor=actor_of(request),
        )  # fmt: skip

    def change_through(self, request: HttpRequest, obj: User, data: dict[str, Any]) -> User:
        return change_user(
            user_id=obj.pk, display_name=data["display_name"], email=data["email"],
            phone=data["phone"], time_zone=data["time_zone"], is_staff=data.get("is_staff"),
            reason=data["reason"], actor=actor_of(request),
        )  # fmt: skip

"""API tokens in the admin: issued, shown once, revoked (SEC-3)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminIntegerFieldWidget

from audit.actor import SCOPES, Actor
from audit.admin.actors import actor_of
from audit.admin.acts import Act
from audit.admin.base import ServiceAdmin
from audit.admin.forms import ServiceForm
from portal.models import ApiToken, User
from portal.services.tokens import DEFAULT_DAYS, MOST_DAYS, issue_token, revoke_token, scopes_of

EVERYTHING = "all"


class TokenForm(ServiceForm):
    """Whose token, what it reaches, how long it lasts."""

    reach = forms.MultipleChoiceField(
        choices=[(EVERYTHING, "All that the person may do"), *((each, each) for each in SCOPES)],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    days = forms.IntegerField(
        initial=DEFAULT_DAYS, min_value=1, max_value=MOST_DAYS,
        widget=UnfoldAdminIntegerFieldWidget, help_text="It expires after this many days.",
    )  # fmt: skip


def _revoke(actor: Actor, token: ApiToken, reason: str) -> object:
    return revoke_token(token_id=token.pk, actor=actor, reason=reason)


def _self(request: HttpRequest) -> QuerySet[User]:
    return User.objects.filter(username=request.user.get_username())


def _issued_for(request: HttpRequest) -> QuerySet[User]:
    """Oneself; for superusers machine users too. Nobody issues for another person."""
    if actor_of(request).is_superuser:
        return _self(request) | User.objects.filter(kind=User.Kind.MACHINE)
    return _self(request)


@admin.register(ApiToken)
class ApiTokenAdmin(ServiceAdmin):
    """One's own tokens; a superuser's list has everybody's. The secret is kept nowhere."""

    addable = True
    add_form = TokenForm
    add_fieldsets = ((None, {"fields": ("user", "name", "reach", "days")}),)
    fields = (
        "name", "user", "last_four", "shown_scopes", "created_at", "expires_at", "revoked_at",
        "last_used_at",
    )  # fmt: skip
    list_display = ("name", "user", "last_four", "shown_scopes", "expires_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("name", "user__username", "=last_four")
    ordering = ("-pk",)
    acts = (
        Act(
            slug="revoke",
            label="Revoke",
            question="Whoever uses this token is refused from now on.",
            done="The token is revoked.",
            perform=_revoke,
            applies=lambda token: token.revoked_at is None,
        ),
    )

    def may_view(self, request: HttpRequest) -> bool:
        return True

    def may_change(self, request: HttpRequest) -> bool:
        return True

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        rows: QuerySet[ApiToken] = super().get_queryset(request)
        return rows if actor_of(request).is_superuser else rows.filter(user__in=_self(request))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A token is chosen, and seen, for nobody else."""
        if db_field.name == "user":
            kwargs["queryset"] = _issued_for(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"user": request.user.pk, **super().get_changeform_initial_data(request)}

    def add_through(self, request: HttpRequest, data: dict[str, Any]) -> ApiToken:
        reach = data["reach"]
        token, secret = issue_token(
            user=data["user"], name=data["name"], days=data["days"],
            scopes=None if EVERYTHING in reach else reach, actor=actor_of(request),
        )  # fmt: skip
        request.issued_secret = secret  # type: ignore[attr-defined]
        return token

    def response_add(
        self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The secret, in the answer itself: no message, cookie or session carries it."""
        context = {
            **self.admin_site.each_context(request),
            "title": "The token is issued",
            "opts": self.opts,
            "token": obj,
            "secret": request.issued_secret,  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "admin/token_issued.html", context)

    @admin.display(description="Reaches")
    def shown_scopes(self, obj: ApiToken) -> str:
        scopes = scopes_of(obj)
        return "all" if scopes is None else ", ".join(sorted(scopes)) or "nothing"

"""Acts on a row that are no edit (end, revoke, remove): a page that asks, a POST that calls a service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from audit.actor import Actor
from audit.admin.actors import actor_of, may_enter
from audit.admin.closed import ClosedAdmin
from audit.errors import Invalid, NotFound, Refusal

LONGEST_REASON = 1000


@dataclass(frozen=True)
class Act:
    """One act: `perform(actor, row, reason)` calls the service.

    `question` is what the page asks, `done` what it says afterwards; `applies` hides the button
    where the service would refuse.
    """

    slug: str
    label: str
    question: str
    done: str
    perform: Callable[[Actor, Any, str], object]
    applies: Callable[[Any], bool] = lambda _: True


class ActPages(ClosedAdmin):
    """Gives a ModelAdmin a page for each of its `acts`, and buttons to them on the row's page."""

    acts: tuple[Act, ...] = ()
    change_form_outer_before_template = "admin/acts.html"

    def has_act_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Whether the person may use the services behind this row's page."""
        return may_enter(request) and self.may_change(request) and self._is_seen(request, obj)

    def get_urls(self) -> list[URLPattern]:
        """The acts' addresses before Django's, which end in one that takes anything."""
        mine = [
            path(
                f"<path:object_id>/{act.slug}/",
                self.admin_site.admin_view(self._act_view),
                {"act": act},
                name=self._act_name(act),
            )
            for act in self.acts
        ]
        return mine + super().get_urls()

    def _act_name(self, act: Act) -> str:
        opts = self.opts
        return f"{opts.app_label}_{opts.model_name}_{act.slug}"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """The row's page, with a button for each act that applies and that the person may do."""
        obj = kwargs.get("obj")
        if obj is not None and self.has_act_permission(request, obj):
            context["acts"] = [
                {"label": act.label, "address": self._address(act.slug, obj)}
                for act in self.acts
                if act.applies(obj)
            ]
        return super().render_change_form(request, context, *args, **kwargs)

    def _address(self, what: str, obj: Any) -> str:
        opts = self.opts
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_{what}", args=[quote(obj.pk)])

    def _act_view(self, request: HttpRequest, object_id: str, act: Act) -> HttpResponseBase:
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        if not self.has_act_permission(request, obj):
            raise PermissionDenied
        if request.method in {"GET", "HEAD"}:
            return self._ask(request, obj, act)
        if request.method != "POST":
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        try:
            act.perform(actor_of(request), obj, _reason(request))
        except NotFound as refusal:
            raise Http404 from refusal
        except Refusal as refusal:
            return self._ask(request, obj, act, refusal)
        messages.success(request, act.done)
        return HttpResponseRedirect(self._after(obj))

    def _after(self, obj: Any) -> str:
        """The row's page, or the list when the row is gone."""
        opts = self.opts
        if self.model._base_manager.filter(pk=obj.pk).exists():
            return self._address("change", obj)
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")

    def _ask(
        self, request: HttpRequest, obj: Any, act: Act, refusal: Refusal | None = None
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": act.label,
            "opts": self.opts,
            "object": obj,
            "act": act,
            "refusal": refusal,
            "reason": request.POST.get("reason", ""),
            "longest_reason": LONGEST_REASON,
            "back": self._address("change", obj),
        }
        return TemplateResponse(
            request, "admin/act.html", context, status=refusal.status if refusal else 200
        )


def _reason(request: HttpRequest) -> str:
    reason = request.POST.get("reason", "").strip()
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"Give a reason of at most {LONGEST_REASON} characters.")
    return reason

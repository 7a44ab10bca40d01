"""Messages in the admin: what was sent, what failed for good, and sending it again (NTF-3)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from approvals.admin.base import Configuration
from audit.actor import Actor
from audit.admin.actors import actor_of
from audit.admin.acts import LONGEST_REASON, Act
from audit.admin.base import ServiceAdmin
from audit.errors import Refusal
from audit.models import Delivery
from audit.selectors import dead_by_error, deliveries
from portal.notifications.words import MOMENTS, ending_words, why_words
from portal.services.deliveries import MOST_AT_ONCE, send_again, send_dead_again
from releases.admin.visible import told_seen


def _send_again(actor: Actor, row: Delivery, reason: str) -> object:
    return send_again(delivery_id=row.pk, actor=actor, reason=reason)


@admin.register(Delivery)
class DeliveryAdmin(Configuration, ServiceAdmin):
    """Every message about what the reader may see; addresses are masked. Nothing is added, changed or deleted.

    How many have failed, and sending all of those again, is about the mail server: it counts every one.
    """

    fields = (
        "shown_person", "shown_moment", "shown_about", "shown_why", "channel", "state",
        "shown_reason", "attempts", "address", "tried_at", "sent_at", "next_try_at", "mark",
    )  # fmt: skip
    list_display = (
        "shown_person", "shown_moment", "shown_about", "channel", "state", "shown_reason",
        "attempts", "tried_at", "sent_at",
    )  # fmt: skip
    list_filter = ("state", "channel")
    search_fields = ("=notice__host", "notice__display_name", "=error")
    search_help_text = "A person, what it is about (activity:17) or a reason's code, in full."
    ordering = ("-pk",)
    acts = (
        Act(
            slug="send-again",
            label="Send again",
            question="It is tried anew within a minute, unless it has been settled meanwhile.",
            done="The message is tried anew.",
            perform=_send_again,
            applies=lambda row: row.state != Delivery.State.SENT,
        ),
    )

    list_before_template = "admin/send_again_link.html"

    def get_urls(self) -> list[URLPattern]:
        """The page for many before Django's addresses, of which the last takes anything."""
        view = self.admin_site.admin_view(self._send_dead_view)
        return [path("send-again/", view, name="audit_delivery_send_again"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """The list; above it a way to the page for many, where something has failed for good."""
        number = sum(number for _, number in dead_by_error()) if self.may_change(request) else 0
        return super().changelist_view(request, {**(extra_context or {}), "dead": number})

    def _send_dead_view(self, request: HttpRequest) -> HttpResponseBase:
        """What failed for good, by its reason: asks what is to be sent again, and does it."""
        if not self.has_act_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._ask_what(request)
        try:
            number = send_dead_again(
                errors=request.POST.getlist("error"),
                reason=request.POST.get("reason", "").strip(),
                actor=actor_of(request),
            )
        except Refusal as refusal:
            return self._ask_what(request, refusal)
        tried = "1 message is" if number == 1 else f"{number} messages are"
        messages.success(request, f"{tried} tried anew.")
        return HttpResponseRedirect(reverse("admin:audit_delivery_changelist"))

    def _ask_what(self, request: HttpRequest, refusal: Refusal | None = None) -> TemplateResponse:
        sentences = (
            [one for several in refusal.errors.values() for one in several] if refusal else []
        )
        chosen = set(request.POST.getlist("error"))
        context = {
            **self.admin_site.each_context(request),
            "title": "Send again what failed for good",
            "opts": self.opts,
            "kinds": [
                {"error": error, "words": ending_words(error), "number": number,
                 "chosen": not refusal or error in chosen}
                for error, number in dead_by_error()
            ],
            "sentences": sentences or ([refusal.sentence] if refusal else []),
            "most": MOST_AT_ONCE,
            "reason": request.POST.get("reason", ""),
            "longest_reason": LONGEST_REASON,
        }  # fmt: skip
        status = refusal.status if refusal else 200
        return TemplateResponse(request, "admin/send_again.html", context, status=status)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return deliveries().filter(told_seen(request, "notice__stream"))

    @admin.display(description="To", ordering="notice__display_name")
    def shown_person(self, obj: Delivery) -> str:
        return obj.notice.display_name

    @admin.display(description="What")
    def shown_moment(self, obj: Delivery) -> str:
        return MOMENTS[obj.notice.moment].tag

    @admin.display(description="About", ordering="notice__host")
    def shown_about(self, obj: Delivery) -> str:
        return obj.notice.host

    @admin.display(description="Because")
    def shown_why(self, obj: Delivery) -> str:
        return why_words(obj.notice.why, obj.notice.why_name)

    @admin.display(description="Reason")
    def shown_reason(self, obj: Delivery) -> str:
        return ending_words(obj.error) if obj.error else "–"

"""Messages in the admin: what was sent, what failed for good, and sending it again (NTF-3)."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from approvals.admin.base import Configuration
from audit.actor import Actor
from audit.admin.acts import Act
from audit.admin.base import ServiceAdmin
from audit.models import Delivery
from audit.selectors import deliveries
from portal.notifications.words import MOMENTS, ending_words, why_words
from portal.services.deliveries import send_again


def _send_again(actor: Actor, row: Delivery, reason: str) -> object:
    return send_again(delivery_id=row.pk, actor=actor, reason=reason)


@admin.register(Delivery)
class DeliveryAdmin(Configuration, ServiceAdmin):
    """Every message over a channel; addresses are masked. Nothing is added, changed or deleted."""

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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return deliveries()

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

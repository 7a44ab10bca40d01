"""Who was told of an activity, and what the caller was told (NTF-5, NTF-7)."""

# The contract has names (`label`, `required`) that serializers and fields have as well.
# mypy: disable-error-code="assignment"

from __future__ import annotations

import json
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit.models import Delivery, Notice
from audit.selectors import notices_about
from portal.api.base import ApiView, NoParameters
from portal.api.documented import PAGING, page_of, reading
from portal.api.fields import Query, YesNo
from portal.api.outputs import Moment, PersonShown, Shown
from portal.api.pagination import CursorPages
from portal.api.shown import instant, person
from portal.notifications.centre import newest_notices, path_of, waiting_among
from portal.notifications.words import MOMENTS, ending_words, sentence_of, why_words
from releases.selectors import activity_for

NOTICE_MOMENTS = list(MOMENTS)
NOTICE_CHANNELS = ["in_app", *Delivery.Channel.values]
NOTICE_RESULTS = ["unread", "read", *Delivery.State.values]


class ToldShown(Shown):
    id = serializers.IntegerField()
    moment = serializers.ChoiceField(choices=NOTICE_MOMENTS)
    sentence = serializers.CharField(help_text="What happened, for people.")
    why = serializers.CharField(help_text="Why they are told: “you hold the role QA Lead”.")
    attempt = serializers.IntegerField()
    told_at = Moment()


class NoticeShown(ToldShown):
    path = serializers.CharField(help_text="The page that it leads to.")
    waits = serializers.BooleanField(help_text="Something is still asked of you.")
    read_at = Moment(allow_null=True)


class ChannelShown(Shown):
    channel = serializers.ChoiceField(choices=NOTICE_CHANNELS)
    result = serializers.ChoiceField(choices=NOTICE_RESULTS)
    at = Moment(allow_null=True)
    attempts = serializers.IntegerField()
    reason = serializers.CharField(allow_blank=True)


class ActivityNoticeShown(ToldShown):
    to = PersonShown()
    channels = ChannelShown(many=True)


class NoticeQuery(Query):
    """Which notices."""

    unread = YesNo(required=False)


def _told(notice: Notice) -> dict[str, Any]:
    return {
        "id": notice.pk,
        "moment": notice.moment,
        "sentence": sentence_of(notice.moment, json.loads(notice.facts)),
        "why": why_words(notice.why, notice.why_name),
        "attempt": notice.attempt,
        "told_at": instant(notice.created_at),
    }


def show_notice(notice: Notice, *, waits: bool) -> dict[str, Any]:
    """A notice to whom it was told; `waits`: something is still asked of them."""
    return {
        **_told(notice),
        "path": path_of(notice),
        "waits": waits,
        "read_at": instant(notice.read_at),
    }


def show_told(notice: Notice) -> dict[str, Any]:
    """A notice to whoever may see what it is about: nobody's address, but every channel's result."""
    seen = "read" if notice.read_at else "unread"
    in_app = {"channel": "in_app", "result": seen, "at": instant(notice.read_at)}
    return {
        **_told(notice),
        "to": {**(person(notice.user) or {}), "name": notice.display_name},
        "channels": [
            {**in_app, "attempts": 1, "reason": ""},
            *(_channel(one) for one in notice.deliveries.all()),
        ],
    }


def _channel(delivery: Delivery) -> dict[str, Any]:
    return {
        "channel": delivery.channel,
        "result": delivery.state,
        "at": instant(delivery.sent_at or delivery.tried_at),
        "attempts": delivery.attempts,
        "reason": ending_words(delivery.error) if delivery.error else "",
    }


@extend_schema_view(
    get=extend_schema(
        summary="Who was told what about an activity, newest first",
        parameters=PAGING,
        responses=reading(page_of(ActivityNoticeShown), 404),
    )
)
class ActivityNotices(ApiView):
    """Whoever may see the activity may see who was told."""

    def get(self, request: Request, activity_id: int) -> Response:
        """One page."""
        self.query(NoParameters)
        activity = activity_for(self.actor, activity_id)
        rows = notices_about(activity.host)
        return self.page(rows, lambda found: [show_told(one) for one in found])


@extend_schema_view(
    get=extend_schema(
        summary="What you were told, newest first",
        parameters=[OpenApiParameter("unread", bool), *PAGING],
        responses=reading(page_of(NoticeShown)),
    )
)
class Notifications(ApiView):
    """One's own, of what one may still see."""

    def get(self, request: Request) -> Response:
        """One page."""
        unread = self.query(NoticeQuery).get("unread")
        pages = CursorPages()
        found = pages.paginate_newest(
            lambda limit, before: newest_notices(self.actor, limit, before=before, unread=unread),
            request,
        )
        waiting = waiting_among(self.actor, found)
        shown = [show_notice(one, waits=one.pk in waiting) for one in found]
        return Response({"results": shown, "next": pages.next_address()})

"""`/activities/`: what waits for people and pipelines, listed, shown, waited for (EXE-3, API-3)."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.models import AskedPerson
from approvals.services.reconcile import ensure_current
from audit.locking import database_now
from audit.permissions import require
from portal.api.activity_outputs import ActivityRow, ActivityShown, CommentShown
from portal.api.base import ActView, ApiView, NoParameters
from portal.api.documented import PAGING, acting, page_of, reading
from portal.api.inputs import ActivityQuery, NewComment, WaitQuery
from portal.api.outputs import ACTIVITY_STATES
from portal.api.show_activities import activity_row, show_activity, show_comment
from portal.api.waiting import wait_for_change
from portal.pages.activity_standing import load_activity_page
from releases.inbox.behind import activities_asked_about
from releases.permissions import can_comment
from releases.selectors import (
    ActivityFilter,
    activities_matching,
    activity_for,
    change_marks,
    comments_of,
    count_waiting,
    release_for,
    seats_matching,
)
from releases.services.activities import ask_for_information, write_comment

Shown = dict[str, Any]

_FILTERS: Final = [
    OpenApiParameter(
        "awaiting", str, enum=["me"], description="What waits for your decision; with `total`."
    ),
    OpenApiParameter("release", int, description="A release's number."),
    OpenApiParameter("state", str, many=True, enum=ACTIVITY_STATES),
    OpenApiParameter("overdue", bool),
]
_WAIT: Final = [
    OpenApiParameter(
        "wait",
        int,
        description="Seconds, at least 1; more than 30 count as 30. With `If-None-Match` the answer "
        "comes when the ETag differs, else when the state changes, and at the latest after this "
        "time.",
    ),
    OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER),
]


@extend_schema_view(
    get=extend_schema(
        summary="Activities, the most urgent first",
        parameters=[*_FILTERS, *PAGING],
        responses=reading(page_of(ActivityRow, total=True)),
    )
)
class Activities(ApiView):
    """Activities of the releases that the caller may see."""

    def get(self, request: Request) -> Response:
        """One page, sorted by when they fall due."""
        given = self.query(ActivityQuery)
        wanted = ActivityFilter(
            release=given.get("release"),
            states=given.get("state", ()),
            overdue=given.get("overdue"),
        )
        if "awaiting" in given:
            return self._mine(wanted)
        rows = activities_matching(self.actor, wanted)
        now = database_now()
        return self.page(
            rows,
            lambda found: [activity_row(one, one.due, now) for one in found],
            ("due", "pk"),
        )

    def _mine(self, wanted: ActivityFilter) -> Response:
        ensure_current(actor=self.actor)
        now = database_now()

        def show(rows: list[AskedPerson]) -> list[Shown]:
            found = activities_asked_about(rows)
            return [
                activity_row(found[one.approval_id], one.due_at, now)
                for one in rows
                if one.approval_id in found
            ]

        total = count_waiting(self.actor)
        return self.page(seats_matching(self.actor, wanted), show, ("due_at", "pk"), total=total)


@extend_schema_view(
    get=extend_schema(
        summary="An activity, as it stands or when it has changed",
        parameters=_WAIT,
        responses={304: None, **reading(ActivityShown, 404)},
    )
)
class ActivityDetail(ApiView):
    """One activity."""

    def get(self, request: Request, activity_id: int) -> Response:
        """The activity; with `?wait=` when it differs from what the caller knows."""
        seconds = self.query(WaitQuery).get("wait")
        known = known_tags(request)
        look = self._look(activity_id, by_state=known is None)
        before = look() if seconds is not None else ()
        response = self._answer(activity_id)
        if seconds is not None and (known is None or response.headers["ETag"] in known):
            wait_for_change(look, before, seconds)
            response = self._answer(activity_id)
        if known is not None and (response.headers["ETag"] in known or "*" in known):
            return Response(status=304, headers=dict(response.headers))
        return response

    def _answer(self, activity_id: int) -> Response:
        shown = show_activity(load_activity_page(self.actor, activity_id))
        return Response(shown, headers={"ETag": etag_of(shown)})

    @staticmethod
    def _look(activity_id: int, *, by_state: bool) -> Any:
        def look() -> tuple[Any, ...]:
            marks = change_marks(activity_id)
            return marks[:1] if by_state else marks

        return look


def etag_of(shown: Shown) -> str:
    """The tag of an activity as one person sees it: it differs when anything shown differs."""
    digest = hashlib.sha256(JSONRenderer().render(shown)).hexdigest()
    return f'"{shown["attempt"]}-{digest[:24]}"'


def known_tags(request: Request) -> set[str] | None:
    """The tags of `If-None-Match`, weak ones as strong; None without the header."""
    header = request.META.get("HTTP_IF_NONE_MATCH")
    if header is None:
        return None
    return {tag.strip().removeprefix("W/") for tag in str(header).split(",")}


@extend_schema_view(
    get=extend_schema(
        summary="What was said at an activity, newest first",
        parameters=PAGING,
        responses=reading(page_of(CommentShown), 404),
    ),
    post=extend_schema(
        summary="Say something at an activity",
        request=NewComment,
        responses=acting({201: CommentShown}, 404),
    ),
)
class Comments(ActView):
    """Comments decide nothing and can be written at any time; whoever is asked can ask back with one."""

    def get(self, request: Request, activity_id: int) -> Response:
        """One page of comments."""
        self.query(NoParameters)
        activity = activity_for(self.actor, activity_id)
        return self.page(comments_of(activity), lambda rows: [show_comment(one) for one in rows])

    def act(self, **kwargs: Any) -> Response:
        """Write one."""
        activity_id: int = kwargs["activity_id"]

        def first() -> None:
            activity = activity_for(self.actor, activity_id)
            require(can_comment(self.actor, release_for(self.actor, activity.release_id)))

        given = self.read(NewComment, first)
        write = ask_for_information if given["question"] else write_comment
        comment = write(activity_id=activity_id, text=given["text"], actor=self.actor)
        return Response(show_comment(comment), status=201)

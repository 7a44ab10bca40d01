"""What the OpenAPI document says of answers: pages, problems, statuses."""

# The contract has names (`data`, `label`, `required`) that serializers and fields have as well.
# mypy: disable-error-code="assignment"

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers

from portal.api.problems import MEDIA_TYPE

Serializer = type[serializers.Serializer[Any]]
Responses = dict[int | tuple[int, str], Any]

_SAYS: Final = {
    400: "What was sent cannot be parsed.",
    401: "Nobody has signed in, or the token is not valid.",
    403: "It is about the person: a right, a seat, a scope is missing.",
    404: "Not there, or not for you to see.",
    409: "It is about the moment: already decided, not open, too late, changed since.",
    413: "Too large.",
    415: "The body is not JSON.",
    422: "It parses and is not valid; `errors` says what, by field.",
}


class Problem(serializers.Serializer[Any]):
    """Problem details (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="The refusal's stable code, such as `own_change`.")
    detail = serializers.CharField(help_text="A sentence for people.")
    errors = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), required=False
    )
    data = serializers.DictField(required=False)
    request_id = serializers.CharField(required=False)


def problems(*statuses: int) -> Responses:
    """These statuses, answered with a problem."""
    return {
        (status, MEDIA_TYPE): OpenApiResponse(Problem, description=_SAYS[status])
        for status in statuses
    }


def reading(shown: Any, *more: int) -> Responses:
    """The answers of a GET."""
    return {200: shown, **problems(400, 401, 403, *more, 422)}


def acting(shown: Mapping[int, Any], *more: int) -> Responses:
    """The answers of an act."""
    answers: Responses = dict(shown.items())
    return {**answers, **problems(400, 401, 403, *more, 409, 415, 422)}


@cache
def page_of(row: Serializer, *, total: bool = False) -> serializers.Serializer[Any]:
    """A cursor page of rows."""
    fields: dict[str, Any] = {
        "results": row(many=True),
        "next": serializers.URLField(allow_null=True),
    }
    if total:
        fields["total"] = serializers.IntegerField(
            required=False, help_text="All that waits for you; with `awaiting=me`."
        )
    return inline_serializer(f"PageOf{row.__name__}", fields)


PAGING: Final = [
    OpenApiParameter("cursor", str, description="From `next` of the page before."),
    OpenApiParameter("page_size", int, description="1 to 200; 50 when left out."),
]
IDEMPOTENCY_KEY: Final = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="1 to 255 printable characters. The same key and body gives the same answer.",
)

"""Cursor pages: the place of the last row shown, so that a page costs the same however far it is."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from django.db import models
from django.db.models import Q
from rest_framework.pagination import BasePagination
from rest_framework.request import Request

from audit.canonical import instant_text
from audit.errors import Invalid, Malformed

PAGE_SIZE: Final = 50
LARGEST_PAGE: Final = 200
_LARGEST_KEY: Final = 2**63 - 1


class CursorPages(BasePagination):
    """`?cursor=` and `?page_size=` (at most 200); answers with `results` and `next`.

    A page is found by the values of its order (`-pk`, or `due` and `pk`), which the cursor carries;
    rows that come or go meanwhile neither repeat nor skip others.
    """

    display_page_controls = False

    def __init__(self) -> None:
        self.request: Request | None = None
        self.last: Sequence[Any] | None = None

    def paginate_queryset(  # type: ignore[override]
        self,
        queryset: models.QuerySet[Any],
        request: Request,
        view: Any = None,
        order: Sequence[str] = ("-pk",),
    ) -> list[Any]:
        """The rows of the page that the request asks for, in `order` (its last part is unique)."""
        self.request = request
        size = _page_size(request)
        cursor = request.query_params.get("cursor")
        if cursor is not None:
            queryset = queryset.filter(_after(order, _decoded(cursor, order)))
        return self._cut(list(queryset.order_by(*order)[: size + 1]), size, order)

    def paginate_newest(
        self, find: Callable[[int, int | None], list[Any]], request: Request
    ) -> list[Any]:
        """The same in the order `-pk`, of rows that `find(limit, before)` gives: those below a key."""
        self.request, order = request, ("-pk",)
        size, cursor = _page_size(request), request.query_params.get("cursor")
        before = None if cursor is None else _decoded(cursor, order)[0]
        return self._cut(find(size + 1, before), size, order)

    def _cut(self, rows: list[Any], size: int, order: Sequence[str]) -> list[Any]:
        if len(rows) > size:
            rows = rows[:size]
            self.last = [getattr(rows[-1], name.lstrip("-")) for name in order]
        return rows

    def next_address(self) -> str | None:
        """The address of the following page."""
        if self.last is None or self.request is None:
            return None
        parameters = self.request.query_params.copy()
        parameters["cursor"] = _encoded(self.last)
        return self.request.build_absolute_uri(f"?{parameters.urlencode()}")


def _page_size(request: Request) -> int:
    given = request.query_params.get("page_size")
    if given is None:
        return PAGE_SIZE
    if not (given.isascii() and given.isdigit() and len(given) < 6 and int(given)):
        raise Invalid(errors={"page_size": [f"Give a number from 1 to {LARGEST_PAGE}."]})
    return min(int(given), LARGEST_PAGE)


def _after(order: Sequence[str], values: Sequence[Any]) -> Q:
    """The rows that come after these values, where the parts of the order count from the left."""
    after, equal = Q(), Q()
    for name, value in zip(order, values, strict=True):
        path = name.lstrip("-")
        side = "lt" if name.startswith("-") else "gt"
        after |= equal & Q(**{f"{path}__{side}": value})
        equal &= Q(**{path: value})
    # Said once more for the first part alone: this is what an index can begin with.
    first = order[0].lstrip("-")
    side = "lte" if order[0].startswith("-") else "gte"
    return Q(**{f"{first}__{side}": values[0]}) & after


def _encoded(values: Sequence[Any]) -> str:
    plain = [instant_text(one) if isinstance(one, dt.datetime) else one for one in values]
    text = json.dumps(plain, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decoded(cursor: str, order: Sequence[str]) -> list[Any]:
    try:
        padded = (cursor + "=" * (-len(cursor) % 4)).encode("ascii")
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        pairs = zip(order, values, strict=True)
        return [_READ[_kind(name)](one) for name, one in pairs]
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise Malformed("invalid_cursor", "This cursor leads nowhere.") from error


def _kind(name: str) -> str:
    return "instant" if name.lstrip("-").startswith("due") else "key"


def _key(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST_KEY:
        raise ValueError(value)
    return value


def _instant(value: Any) -> dt.datetime:
    found = dt.datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError(value)
    return found.astimezone(dt.UTC)  # raises OverflowError for what is in no year of UTC


_READ: Final[dict[str, Callable[[Any], Any]]] = {"instant": _instant, "key": _key}

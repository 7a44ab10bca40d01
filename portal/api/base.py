"""What every view of the API has in common: who calls, how a body is read, how a POST is done once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals.permissions import can_configure
from approvals.services.roles import everything
from audit.actor import Actor
from audit.errors import NotPermitted, Refusal
from audit.faults import faultpoint
from audit.permissions import require
from portal.actors import actor_from_request
from portal.api.fields import Query, Strict
from portal.api.idempotency import key_of, once
from portal.api.pagination import CursorPages
from portal.api.parsers import LARGEST_BODY

Values = dict[str, Any]


class LengthRequired(Refusal):
    """A body without its length: the server would take it for an empty one."""

    status = 411
    title = "Length required"


class ApiView(APIView):
    """A view for whoever has signed in, with a credential that reaches at least `read`."""

    largest_body = LARGEST_BODY
    actor: Actor
    _unreadable: Refusal | exceptions.APIException | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Ask who calls, before anything else is looked at."""
        super().initial(request, *args, **kwargs)
        self.actor = actor_from_request(request._request, "api")
        if not self.actor.has_scope("read"):
            raise NotPermitted(
                "token_scope", "This token does not reach that far.", data={"scope": "read"}
            )
        if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
            raise LengthRequired("length_required", "Send the length of the body.")

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Answers are one person's: nobody in between keeps them."""
        return {**super().default_response_headers, "Cache-Control": "private, no-cache"}

    def read(self, kind: type[Strict], first: Callable[[], object]) -> Values:
        """The values of the body.

        When it is not valid, `first` is asked before that is said: it raises NotFound or
        NotPermitted for what the caller may not see or do, so that errors tell a stranger nothing.
        """
        try:
            given = kind(data=self.sent() or {})
            given.is_valid(raise_exception=True)
        except (Refusal, exceptions.APIException):
            first()
            raise
        return dict(given.validated_data)

    def sent(self) -> Any:
        """The body, parsed; one that can't be is refused each time, not only the first.

        (REST framework takes it for an empty one from then on.)
        """
        if self._unreadable is not None:
            raise self._unreadable
        try:
            return self.request.data
        except (Refusal, exceptions.APIException) as error:
            self._unreadable = error
            raise

    def require_configure(self) -> None:
        """Raise NotPermitted for one who may not configure."""
        require(can_configure(self.actor, everything()))

    def query(self, kind: type[Query]) -> Values:
        """The values of the address's parameters. Raises ValidationError by name."""
        return kind.read(self.request._request.GET)

    def page(
        self,
        rows: Any,
        show: Callable[[list[Any]], list[Any]],
        order: tuple[str, ...] = ("-pk",),
        **more: Any,
    ) -> Response:
        """One page of `rows` in `order`, shown by `show`, with `more` beside `results` and `next`."""
        pages = CursorPages()
        found = pages.paginate_queryset(rows, self.request, self, order)
        return Response({"results": show(found), "next": pages.next_address(), **more})


class ActView(ApiView):
    """A view that takes POST: the act itself is `act`, done once for an `Idempotency-Key`."""

    def post(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """Do it, or answer what was answered before."""
        key = key_of(request)
        answer = self._once(request, key, kwargs) if key is not None else self.act(**kwargs)
        # Everything is committed, and nobody knows of it yet.
        faultpoint("after_commit")
        return answer

    def _once(self, request: Request, key: str, kwargs: Values) -> HttpResponseBase:
        try:
            self.sent()
        except (Refusal, exceptions.APIException):
            # There is nothing to keep; the act says so, after it has asked who may know.
            return self.act(**kwargs)
        return once(request, key, self.actor, lambda: self.act(**kwargs))

    def act(self, **kwargs: Any) -> Response:
        """The use case of this address."""
        raise NotImplementedError


class NoParameters(Query):
    """An address without parameters, but those of paging."""

"""The calls of floor and product: who asks what, as whom."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import repeat

from bench.client import Answer, Call
from bench.servers import BenchError

BALLOT = {"verdict": "approve", "comment": "Looks good."}
PAGE = 50


def _headers(**more: str) -> dict[str, str]:
    return {"Accept": "application/json", "Connection": "close", **more}


def floor_decision(session: str, activity: int) -> Call:
    """Floor W."""
    return Call(
        "POST",
        f"/activities/{activity}/decisions/",
        _headers(**{"Cookie": f"sessionid={session}", "Content-Type": "application/json"}),
        json.dumps(BALLOT).encode(),
        201,
    )


def floor_pending(session: str) -> Call:
    """Floor D."""
    return Call("GET", "/pending/", _headers(Cookie=f"sessionid={session}"))


def decision(token: str, activity: int) -> Call:
    """The product's decision."""
    return Call(
        "POST",
        f"/api/v1/activities/{activity}/decisions/",
        _headers(**{"Authorization": f"Bearer {token}", "Content-Type": "application/json"}),
        json.dumps(BALLOT).encode(),
        201,
    )


def pending(token: str) -> Call:
    """The first page of what waits for somebody."""
    return Call(
        "GET",
        f"/api/v1/activities/?awaiting=me&page_size={PAGE}",
        _headers(Authorization=f"Bearer {token}"),
    )


def page(session: str, path: str, status: int = 200) -> Call:
    """A page, or a poll of an open one, as a browser asks for it with a session."""
    cookies = f"sessionid={session}; csrftoken={'c' * 32}"  # a browser has both from its sign-in
    headers = {"Accept": "text/html", "Connection": "close", "Cookie": cookies}
    return Call("GET", path, headers, status=status)


def polls(session: str, send: Callable[[Call], Answer]) -> Iterator[Call]:
    """Polls of an open page that has been told everything: each is answered by 204."""
    page_text = send(page(session, "/live/?scope=none")).body.decode()
    found = re.search(r'name="since"\s+value="([^"]+)"', page_text)
    if found is None:
        raise BenchError("A poll does not say how far the page has come.")
    yield from repeat(page(session, f"/live/?scope=none&since={found[1]}", status=204))


def first_of(call: Call) -> Call | None:
    """What is to be sent before a call whose statements are counted: a token's use is noted once."""
    return processes(call) if "Authorization" in call.headers else None


def processes(like: Call) -> Call:
    """A small request by whoever makes another one."""
    headers = {name: like.headers[name] for name in ("Accept", "Authorization", "Connection")}
    return Call("GET", "/api/v1/processes/", headers)

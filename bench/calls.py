"""The calls of floor and product: who asks what, as whom."""

from __future__ import annotations

import json

from bench.client import Call

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


def processes(like: Call) -> Call:
    """A small request by whoever makes another one."""
    headers = {name: like.headers[name] for name in ("Accept", "Authorization", "Connection")}
    return Call("GET", "/api/v1/processes/", headers)

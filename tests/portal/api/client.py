"""A client of the API, as programs use it: a token, JSON, addresses below `/api/v1/`."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from tests.builders import token_for

# One for all: making a client loads every middleware, and a token leaves no cookie behind.
_client = Client(raise_request_exception=False)


class Api:
    """Calls with the token of one user (a fresh one, if none is given); nobody's without both."""

    def __init__(self, user: Any = None, *scopes: str, token: str | None = None) -> None:
        self.token = token or (token_for(user, *scopes) if user is not None else None)
        self.client = _client

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | str | None = None,
        content_type: str = "application/json",
        key: str | None = None,
        **headers: str,
    ) -> Any:
        """One call; `headers` are WSGI's names without `HTTP_`."""
        sent: dict[str, Any] = {f"HTTP_{name}": value for name, value in headers.items()}
        if self.token is not None:
            sent["HTTP_AUTHORIZATION"] = f"Bearer {self.token}"
        if key is not None:
            sent["HTTP_IDEMPOTENCY_KEY"] = key
        data = raw if raw is not None else ("" if body is None else json.dumps(body))
        address = path if path.startswith(("/", "http")) else f"/api/v1/{path}"
        return self.client.generic(method, address, data, content_type=content_type, **sent)

    def get(self, path: str, **more: Any) -> Any:
        """GET."""
        return self.call("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        """POST."""
        return self.call("POST", path, body, **more)

    def patch(self, path: str, body: Any = None, **more: Any) -> Any:
        """PATCH."""
        return self.call("PATCH", path, body, **more)


def refused(response: Any, status: int, code: str | None = None, *fields: str) -> dict[str, Any]:
    """Assert that the answer is a problem with this status, code and errors at these fields."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"].startswith("application/problem+json")
    problem: dict[str, Any] = json.loads(response.content)
    assert {"type", "title", "status", "code", "detail"} <= problem.keys()
    assert problem["status"] == status
    if code is not None:
        assert problem["code"] == code, problem
    for field in fields:
        assert field in problem.get("errors", {}), problem
    return problem


def ok(response: Any, status: int = 200) -> dict[str, Any]:
    """Assert the status and give the JSON of the answer."""
    assert response.status_code == status, response.content
    answer: dict[str, Any] = json.loads(response.content)
    return answer

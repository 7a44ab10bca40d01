"""One HTTP request, as small as the standard library can do it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any

from bench.servers import BenchError

TIMEOUT = 60


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is ready to be sent, and the status that it must be answered with."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None = None
    status: int = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


def send(port: int, call: Call) -> Answer:
    """Send a call over a connection of its own (sync workers keep none)."""
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request(call.method, call.path, call.body, call.headers)
        response = connection.getresponse()
        body = response.read()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, body, headers)
    finally:
        connection.close()


def send_checked(port: int, call: Call) -> Answer:
    """Send a call; BenchError when it is answered with another status."""
    answer = send(port, call)
    if answer.status != call.status:
        text = answer.body[:500].decode(errors="replace")
        raise BenchError(f"{call.method} {call.path}: {answer.status} {text}")
    return answer

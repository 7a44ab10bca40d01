"""A WSGI wrapper that says in `X-SQL-Count` how many statements an answer took.

For the separate requests in which statements are counted; the servers that are measured run without
it. Transaction statements (BEGIN, COMMIT, savepoints) count like any other.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

StartResponse = Callable[..., Any]

_counted = import_module(os.environ["BENCH_APPLICATION"]).application


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Call the wrapped application and add the header."""
    told: list[Any] = []

    def keep(status: str, headers: list[tuple[str, str]], info: Any = None) -> None:
        told[:] = [status, headers, info]

    with CaptureQueriesContext(connection) as captured:
        answer = _counted(environ, keep)
        body = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
    status, headers, info = told
    if environ.get("HTTP_X_SQL_SHOW"):
        for query in captured.captured_queries:
            print(query["sql"], file=sys.stderr, flush=True)
    start_response(status, [*headers, ("X-SQL-Count", str(len(captured)))], info)
    return [body]

"""Instants as canonical text, written by the database where it can.

PostgreSQL says an instant as `instant_text` does several times faster than the driver reads it and Python
writes it again; a verification reads a few for every row there is.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection
from django.db.models import F, Func, TextField

from audit.canonical import instant_text

_AS_TEXT = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"


def instant_sql(column: str) -> str:
    """PostgreSQL's expression for the text of a quoted column."""
    return _AS_TEXT.format(column)


def instant_column(name: str) -> F | Func:
    """A field as a queryset's `values_list` reads it; `said_instant` makes the text of either."""
    if connection.vendor != "postgresql":
        return F(name)
    return Func(F(name), template=_AS_TEXT.format("%(expressions)s"), output_field=TextField())


def said_instant(value: Any) -> str:
    """The text of what was read."""
    return instant_text(value) if isinstance(value, dt.datetime) else str(value)


def seconds_between(first: str, second: str) -> float:
    """How many seconds lie between two such texts, negative when the second is before the first."""
    return (dt.datetime.fromisoformat(second) - dt.datetime.fromisoformat(first)).total_seconds()

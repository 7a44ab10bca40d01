"""Values as every answer of the API writes them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from audit.canonical import instant_text


def instant(value: dt.datetime | None) -> str | None:
    """An instant as UTC text with microseconds, as the ledger has it; null for none."""
    return None if value is None else instant_text(value)


def person(user: Any) -> dict[str, str] | None:
    """An account by its username, with the name that it has today; null for none."""
    if user is None:
        return None
    return {"username": user.username, "name": str(user)}

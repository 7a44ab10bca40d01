"""Sessions as Django keeps them in the database, which know when they end."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions


class SessionStore(DatabaseSessions):
    """Django's own store. `ends_at` is when the session ends, once it has been read or written.

    A session ends SESSION_COOKIE_AGE after it was last written: that is at sign-in, and when the person
    asks to stay signed in. Reading pages and the polls of open ones write nothing and prolong nothing.
    """

    ends_at: dt.datetime | None = None

    def _get_session_from_db(self) -> Any:
        found = super()._get_session_from_db()  # type: ignore[misc]
        self.ends_at = found.expire_date if found else None
        return found

    def create_model_instance(self, data: Any) -> Any:
        """The row that is about to be written."""
        row = super().create_model_instance(data)
        self.ends_at = row.expire_date
        return row

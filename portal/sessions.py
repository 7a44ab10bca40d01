"""Sessions as Django keeps them in the database, which know when they end."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.utils import timezone

from audit.compiled import Compiled

# Asked at every request.
_LIVING = Compiled(
    lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now),
    key=str,
    now=dt.datetime,
)


class SessionStore(DatabaseSessions):
    """Django's own store. `ends_at` is when the session ends, once it has been read or written.

    A session ends SESSION_COOKIE_AGE after it was last written: that is at sign-in, and when the person
    asks to stay signed in. Reading pages and the polls of open ones write nothing and prolong nothing.
    """

    ends_at: dt.datetime | None = None

    def _get_session_from_db(self) -> Any:
        found = (
            _LIVING.first(key=self.session_key, now=timezone.now()) if self.session_key else None
        )
        self.ends_at = found.expire_date if found else None
        if found is None:
            self._session_key = None  # as Django's own store does
        return found

    def create_model_instance(self, data: Any) -> Any:
        """The row that is about to be written."""
        row = super().create_model_instance(data)
        self.ends_at = row.expire_date
        return row

"""What every form of a page carries besides what was filled in, and anew each time that it is sent."""

from __future__ import annotations

from typing import Final

TOKEN_FIELD: Final = "csrfmiddlewaretoken"  # noqa: S105  (the name of a field)
# For which account a page was made: session.js says it with every form and every request of htmx.
ACCOUNT_FIELD: Final = "_account"
ACCOUNT_HEADER: Final = "X-Account"

# The same form sent again is told by everything but these.
ANEW_EACH_TIME: Final = frozenset({TOKEN_FIELD, ACCOUNT_FIELD})

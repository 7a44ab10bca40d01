"""Models of the doors: accounts, tokens, bookkeeping."""

from portal.models import groups as _groups  # noqa: F401  (registers the history of groups)
from portal.models.bookkeeping import Heartbeat, IdempotencyKey
from portal.models.people import Membership, User
from portal.models.tokens import ApiToken
from portal.models.visits import ActivityVisit

__all__ = ["ActivityVisit", "ApiToken", "Heartbeat", "IdempotencyKey", "Membership", "User"]

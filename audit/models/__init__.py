"""Models of the record."""

from audit.models.grants import Timed
from audit.models.guarded import (
    Guarded,
    GuardedWrite,
    InsertOnly,
    guarded_writes,
    guarded_writes_open,
    require_guard_open,
)
from audit.models.ledger import PORTAL_STREAM, LedgerEntry, LedgerStream, PersonalRecord
from audit.models.notices import Delivery, Notice
from audit.models.tracked import HistoryContext, TrackedRecords, tracked

__all__ = [
    "PORTAL_STREAM",
    "Delivery",
    "Guarded",
    "GuardedWrite",
    "HistoryContext",
    "InsertOnly",
    "LedgerEntry",
    "LedgerStream",
    "Notice",
    "PersonalRecord",
    "Timed",
    "TrackedRecords",
    "guarded_writes",
    "guarded_writes_open",
    "require_guard_open",
    "tracked",
]

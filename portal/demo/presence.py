"""Whether the demo is in this database: two marks on the record, made when it is loaded and removed."""

from __future__ import annotations

import json
from typing import Any, Final

from django.db.models import Exists, Q, QuerySet

from audit.models import PORTAL_STREAM, LedgerEntry

SEEDED: Final = "demo.seeded"
REMOVED: Final = "demo.removed"


def _marks(*kinds: str) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(stream__key=PORTAL_STREAM, kind__in=kinds)


def demo_data() -> dict[str, Any] | None:
    """What the demo made here, by keys of users and products; None where it never was."""
    entry = _marks(SEEDED).first()
    return json.loads(entry.text)["data"] if entry else None


def was_removed() -> bool:
    """Whether the demo was here and was taken out."""
    return _marks(REMOVED).exists()


def is_here() -> bool:
    """Whether the demo was made here and not removed; one query."""
    return set(_marks(SEEDED, REMOVED).values_list("kind", flat=True)) == {SEEDED}


def here() -> Q:
    """The same as a condition within another query."""
    return Q(Exists(_marks(SEEDED).order_by())) & ~Q(Exists(_marks(REMOVED).order_by()))

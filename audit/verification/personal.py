"""Personal values against their digests; those that were erased are counted, not complained of."""

from __future__ import annotations

from typing import Any

from audit.canonical import personal_digest
from audit.models import PersonalRecord
from audit.verification.report import Place, Report

BATCH = 500
CHUNK = 2000


class OriginCollector:
    """Counts the entries whose personal values are no longer there."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.pending: dict[str, int] = {}
        self.erased = 0

    def take(self, document: dict[str, Any], stream: str, seq: int) -> None:
        """Note the digest of an entry."""
        origin = document["origin"]
        if isinstance(origin, str):
            self.pending[origin] = self.pending.get(origin, 0) + 1
            if len(self.pending) >= BATCH:
                self.flush()

    def flush(self) -> None:
        """Look for the values behind the digests that are waiting."""
        kept = set(
            PersonalRecord.objects.filter(digest__in=list(self.pending)).values_list(
                "digest", flat=True
            )
        )
        self.erased += sum(count for origin, count in self.pending.items() if origin not in kept)
        self.pending.clear()

    def finish(self) -> None:
        """Say how many entries have lost their personal values; that is allowed."""
        self.flush()
        if self.erased:
            detail = f"the address, session and user agent behind {self.erased} entries were erased"
            self.report.note("personal_erased", detail, Place(table=_TABLE))


_TABLE = PersonalRecord._meta.db_table


def check_personal(report: Report) -> None:
    """Report every personal record that its digest does not fit."""
    records = PersonalRecord.objects.order_by("pk").values_list("pk", "digest", "salt", "text")
    for key, digest, salt, text in records.iterator(chunk_size=CHUNK):
        try:
            fits = personal_digest(salt, text) == digest
        except ValueError:  # the salt is no hex
            fits = False
        if not fits:
            place = Place(table=_TABLE, key=key)
            report.problem("personal_differs", "it is not what its digest was taken of", place)

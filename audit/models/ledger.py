"""The ledger: streams of entries, each chained to the one before it (AUD-3)."""

from __future__ import annotations

from django.db import models

from audit.canonical import FORMAT, NO_HASH
from audit.models.guarded import InsertOnly

PORTAL_STREAM = "portal"


class LedgerStream(models.Model):
    """The head of one stream: a counter, locked while an entry is added, compared by verification."""

    key = models.CharField(max_length=80, unique=True)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=NO_HASH)

    class Meta:
        verbose_name = "ledger stream"

    def __str__(self) -> str:
        return f"{self.key} at {self.seq}"


class LedgerEntry(InsertOnly):
    """One event, as canonical text that is stored byte for byte and hashed as stored."""

    stream = models.ForeignKey(LedgerStream, on_delete=models.PROTECT, related_name="entries")
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=80)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    format = models.PositiveSmallIntegerField(default=FORMAT)
    text = models.TextField()
    former = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta(InsertOnly.Meta):
        verbose_name = "ledger entry"
        verbose_name_plural = "ledger entries"
        constraints = [
            models.UniqueConstraint(fields=["stream", "seq"], name="one_entry_per_place"),
        ]
        ordering = ["stream", "seq"]

    def __str__(self) -> str:
        return f"{self.stream_id}#{self.seq} {self.kind}"


class PersonalRecord(models.Model):
    """Personal values behind the salted digests of ledger, decisions and history.

    The one table of the record from which rows may be deleted: the digests stay, so the chain
    verifies after an erasure.
    """

    digest = models.CharField(max_length=64, unique=True)
    salt = models.CharField(max_length=32)
    text = models.TextField()

    class Meta:
        db_table = "audit_personal"
        verbose_name = "personal record"

    def __str__(self) -> str:
        return self.digest[:12]

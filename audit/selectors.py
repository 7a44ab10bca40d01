"""Reading the ledger: the entries of one stream, and the personal values behind their digests."""

from __future__ import annotations

import json
from collections.abc import Collection

from django.db import models

from audit.models import LedgerEntry, PersonalRecord


def entries_of(stream: str) -> models.QuerySet[LedgerEntry]:
    """The entries of a stream, in the order in which they were written."""
    return LedgerEntry.objects.filter(stream__key=stream).order_by("seq")


def personal_values(digests: Collection[str]) -> dict[str, dict[str, str]]:
    """Address, session and user agent behind salted digests, as far as they were not erased."""
    records = PersonalRecord.objects.filter(digest__in=digests)
    return {one.digest: json.loads(one.text) for one in records}

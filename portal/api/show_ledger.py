"""Entries of the ledger as the API shows them (AUD-1, AUD-3)."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any

from audit.models import LedgerEntry
from portal.api.shown import instant

LookUp = Callable[[Collection[str]], dict[str, dict[str, str]]]


def show_entries(entries: list[LedgerEntry], look_up: LookUp | None) -> list[dict[str, Any]]:
    """Entries as recorded; `look_up` brings the personal values, for those who may see them."""
    documents = [json.loads(entry.text) for entry in entries]
    origins = {one["origin"] for one in documents if one.get("origin")}
    personal = look_up(origins) if look_up is not None and origins else {}
    shown = []
    for entry, document in zip(entries, documents, strict=True):
        row = {
            "seq": entry.seq,
            "at": instant(entry.at),
            "recorded_at": instant(entry.recorded_at),
            "kind": entry.kind,
            "actor": document["actor"],
            "on_behalf_of": document["on_behalf_of"],
            "door": document["door"],
            "auth": document["auth"],
            "data": document["data"],
            "former": entry.former,
            "hash": entry.hash,
        }
        if look_up is not None:
            row["personal"] = personal.get(document.get("origin") or "")
        shown.append(row)
    return shown

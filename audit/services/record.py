"""Write the journal of a use case to its ledger stream, inside the use case's transaction."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection

from audit.bulk import given_rows, rows_text
from audit.canonical import FORMAT, canonical_text, entry_hash, instant_text
from audit.errors import NotFound
from audit.events import Event
from audit.history import write_kept
from audit.journal import Journal
from audit.locking import Lock
from audit.models import PORTAL_STREAM, LedgerEntry, LedgerStream, PersonalRecord, guarded_writes
from audit.services.telling import told_parts, write_told_in_turn


class NothingToRecord(RuntimeError):
    """Rows were written without an event that tells what happened: a mistake of the service."""


_HEAD = Lock(lambda key: LedgerStream.objects.filter(key=key), key=str)


def _lock_head(stream: str, *, opening: bool) -> LedgerStream:
    if opening:
        LedgerStream.objects.bulk_create([LedgerStream(key=stream)], ignore_conflicts=True)
    head = _HEAD.take(key=stream)
    if head is None:
        raise NotFound
    return head


def _entry_text(
    journal: Journal, event: Event, stream: str, seq: int, recorded_at: dt.datetime, last: bool
) -> str:
    document: dict[str, Any] = {
        "actor": journal.actor.as_document(),
        "at": instant_text(journal.at),
        "auth": journal.actor.authenticated_by,
        "data": event.data,
        "door": journal.actor.door,
        "kind": event.kind,
        "on_behalf_of": event.on_behalf_of,
        "origin": journal.origin or None,
        "recorded_at": instant_text(recorded_at),
        "request": journal.actor.request_id or None,
        "seq": seq,
        "stream": stream,
    }
    if last:
        # The whole transaction's rows stand in its last entry, once.
        document["rows"] = {
            table: {"columns": digests.columns, "rows": [list(row) for row in digests.rows]}
            for table, digests in journal.tables.items()
        }
    return canonical_text(document)


def record(journal: Journal, *, stream: str, opening: bool = False) -> list[LedgerEntry]:
    """Append the journal's events to `stream`, write who is told of them, and empty the journal.

    `opening` says that the stream may not exist yet. Locks the stream's head (the last lock of a
    transaction), so entries of one stream are in commit order. Raises NothingToRecord when rows
    were written and no event says why.
    """
    if not journal.events:
        if journal.has_rows or journal.told:
            raise NothingToRecord("rows were written and no event tells what happened")
        return []
    write_kept(journal)
    head = _lock_head(stream, opening=opening or stream == PORTAL_STREAM)
    recorded_at: dt.datetime = head.locked_at  # type: ignore[attr-defined]
    entries = []
    for number, event in enumerate(journal.events, start=1):
        seq = head.seq + 1
        last = number == len(journal.events)
        text = _entry_text(journal, event, stream, seq, recorded_at, last)
        digest = entry_hash(head.hash, text)
        entries.append(
            LedgerEntry(
                stream_id=head.pk,
                seq=seq,
                kind=event.kind,
                at=journal.at,
                format=FORMAT,
                recorded_at=recorded_at,
                text=text,
                former=head.hash,
                hash=digest,
            )
        )
        head.seq, head.hash = seq, digest
    if connection.vendor == "postgresql":
        _append_at_once(head, entries, journal)
    else:
        _append_in_turn(head, entries, journal)
    journal.events.clear()
    journal.tables.clear()
    journal.told.clear()
    return entries


def _append_in_turn(head: LedgerStream, entries: list[LedgerEntry], journal: Journal) -> None:
    """Insert the entries, the personal values behind them, who is told; and move the head."""
    with guarded_writes():
        LedgerEntry.objects.bulk_create(entries)
    if journal.origin:
        PersonalRecord.objects.bulk_create(
            [PersonalRecord(digest=journal.origin, salt=journal.salt, text=journal.personal_text)],
            ignore_conflicts=True,
        )
    LedgerStream.objects.filter(pk=head.pk).update(seq=head.seq, hash=head.hash)
    write_told_in_turn(journal, head.key)


_MOVE_HEAD = "head AS (UPDATE audit_ledgerstream SET seq = %s, hash = %s WHERE id = %s)"
_KEEP_PERSONAL = (
    "personal AS (INSERT INTO audit_personal (digest, salt, text) VALUES (%s, %s, %s) "
    "ON CONFLICT DO NOTHING)"
)
_COLUMNS = ("stream_id", "seq", "kind", "at", "recorded_at", "format", "text", "former", "hash")
_LIST = ", ".join(_COLUMNS)


def _append_at_once(head: LedgerStream, entries: list[LedgerEntry], journal: Journal) -> None:
    """The same in one statement, written by hand: every change that is recorded passes here."""
    values: list[Any] = [head.seq, head.hash, head.pk]
    before = [_MOVE_HEAD]
    if journal.origin:
        before.append(_KEEP_PERSONAL)
        values += [journal.origin, journal.salt, journal.personal_text]
    told, about = told_parts(journal, head.key)
    before += told
    values += about
    rows = [{name: getattr(entry, name) for name in _COLUMNS} for entry in entries]
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {', '.join(before)} INSERT INTO audit_ledgerentry ({_LIST}) "  # noqa: S608
            f"SELECT {_LIST} FROM {given_rows('audit_ledgerentry')} RETURNING id",
            [*values, rows_text(rows)],
        )
        for entry, (key,) in zip(entries, cursor.fetchall(), strict=True):
            entry.pk = key

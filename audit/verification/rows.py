"""Compares the rows of every protected table with the digests that entries hold of them (A-105).

Each row must be as it was when the entry was written, must be there, and must stand in exactly one
entry. Rows are read by key, in chunks; what is kept of each is one bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import connection, models

from audit.bulk import among
from audit.canonical import row_digest
from audit.models import LedgerEntry
from audit.triggers import protected_models
from audit.verification.instants import instant_sql
from audit.verification.keys import KeySet
from audit.verification.report import Place, Report

BATCH = 2000
CHUNK = 500
_LARGEST_KEY = 2**63 - 1

Digest = tuple[str, str, int]
"""A row's digest, and the stream and number of the entry that holds it."""


class ProtectedTable:
    """A table whose rows the ledger covers, with the keys met so far."""

    def __init__(self, model: type[models.Model]) -> None:
        self.model = model
        self.name = model._meta.db_table
        self.attributes = {
            field.column: field.attname
            for field in model._meta.concrete_fields
            if not field.primary_key
        }
        self.key = str(model._meta.pk.column)
        self.instants = {
            field.column
            for field in model._meta.concrete_fields
            if isinstance(field, models.DateTimeField)
        }
        self.covered = KeySet()

    def keys(self) -> Iterator[int]:
        """The keys of all rows there are."""
        rows = self.model._base_manager.order_by("pk").values_list("pk", flat=True)
        return iter(rows.iterator(chunk_size=CHUNK * 10))

    def rows(self, keys: Sequence[int], columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Key and the named columns of the rows with these keys."""
        if connection.vendor == "postgresql":
            return self._read(keys, columns)
        names = [self.attributes[column] for column in columns]
        rows = self.model._base_manager.filter(pk__in=keys).values_list("pk", *names)
        return iter(rows.order_by())

    def _read(self, keys: Sequence[int], columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """The same by hand: PostgreSQL writes an instant as `instant_text` does, only much faster."""
        quote = connection.ops.quote_name
        chosen = ", ".join(
            instant_sql(quote(column)) if column in self.instants else quote(column)
            for column in columns
        )
        wanted, values = among(quote(self.key), keys)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {quote(self.key)}, {chosen} FROM {quote(self.name)} WHERE {wanted}",  # noqa: S608
                values,
            )
            yield from cursor.fetchall()


def protected_tables() -> dict[str, ProtectedTable]:
    """Every table that entries cover: all protected ones but the ledger, which is its own proof."""
    tables = (ProtectedTable(model) for model in protected_models() if model is not LedgerEntry)
    return {table.name: table for table in tables}


class RowCollector:
    """Gathers the digests that entries hold, and compares a batch of them at a time."""

    def __init__(self, report: Report, tables: dict[str, ProtectedTable]) -> None:
        self.report = report
        self.tables = tables
        self.pending: dict[tuple[str, tuple[str, ...]], dict[int, Digest]] = {}
        self.count = 0

    def take(self, document: dict[str, Any], stream: str, seq: int) -> None:
        """Note what an entry's document holds of rows."""
        covered = document.get("rows")
        if not covered:
            return
        try:
            for name, digests in covered.items():
                self._take_table(name, tuple(digests["columns"]), digests["rows"], stream, seq)
        except (AttributeError, KeyError, TypeError, ValueError):
            detail = "what its text says of rows is not as format 1 has it"
            self.report.problem("text_unreadable", detail, Place(stream=stream, seq=seq))
        if self.count >= BATCH:
            self.flush()

    def _take_table(
        self, name: str, columns: tuple[str, ...], rows: Iterable[Any], stream: str, seq: int
    ) -> None:
        table = self.tables.get(name)
        here = Place(stream=stream, seq=seq, table=name)
        if table is None:
            detail = f"{stream} entry {seq} covers a table that is not there"
            self.report.problem("table_unknown", detail, here)
            return
        unknown = [column for column in columns if column not in table.attributes]
        if unknown:
            detail = f"{stream} entry {seq} covers a column that is not there: {unknown[0]}"
            self.report.problem("column_unknown", detail, here)
            return
        pending = self.pending.setdefault((name, columns), {})
        for key, digest in rows:
            if type(key) is not int or not 0 < key <= _LARGEST_KEY:
                raise ValueError(key)
            if table.covered.add(key):
                pending[key] = (digest, stream, seq)
                self.count += 1
            else:
                place = Place(stream, seq, name, key)
                detail = f"{stream} entry {seq} covers it although another entry does"
                self.report.problem("row_covered_twice", detail, place)

    def flush(self) -> None:
        """Compare what is waiting."""
        for (name, columns), digests in self.pending.items():
            keys = iter(digests)
            while chunk := list(islice(keys, CHUNK)):
                self._compare(self.tables[name], columns, chunk, digests)
        self.pending.clear()
        self.count = 0

    def _compare(
        self,
        table: ProtectedTable,
        columns: tuple[str, ...],
        keys: Sequence[int],
        digests: dict[int, Digest],
    ) -> None:
        missing = set(keys)
        for key, *values in table.rows(keys, columns):
            missing.discard(key)
            digest, stream, seq = digests[key]
            if row_digest(table.name, key, columns, values) != digest:
                detail = f"it is not as {stream} entry {seq} recorded it"
                place = Place(stream, seq, table.name, key)
                self.report.problem("row_differs", detail, place)
        self.report.rows += len(keys) - len(missing)
        for key in sorted(missing):
            _, stream, seq = digests[key]
            detail = f"it is gone; {stream} entry {seq} recorded it"
            self.report.problem("row_missing", detail, Place(stream, seq, table.name, key))

    def report_uncovered(self, table: ProtectedTable, existing: KeySet) -> None:
        """Report the rows that no entry holds a digest of."""
        for key in existing.without(table.covered):
            place = Place(table=table.name, key=key)
            self.report.problem("row_not_covered", "no entry recorded it", place)

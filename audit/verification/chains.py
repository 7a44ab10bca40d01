"""Walks every stream: order, chain, canonical form, columns against text, head (AUD-3).

Entries are read in order and in chunks, and each is looked at once; what they say about rows,
events and personal values goes to the collectors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple, Protocol

from audit.canonical import FORMAT, NO_HASH, entry_hash
from audit.models import LedgerEntry, LedgerStream
from audit.verification.instants import instant_column, said_instant, seconds_between
from audit.verification.report import Place, Report
from audit.verification.texts import read_text

CHUNK = 2000
# Between the moment a service worked with and the moment its entry was written.
LONGEST_DELAY = 60  # seconds
# The demo tells a history of its own: its moments lie in the past on purpose.
DEMO_DOOR = "demo"

_INSTANTS = frozenset({"at", "recorded_at"})
_MICROSECONDS = len(".000000Z")
_KEYS = frozenset(
    {
        "actor", "at", "auth", "data", "door", "kind", "on_behalf_of", "origin", "recorded_at",
        "request", "seq", "stream",
    }
)  # fmt: skip
_KEYS_WITH_ROWS = _KEYS | {"rows"}


class Entry(NamedTuple):
    """A stored entry; the names are those of the columns, its instants are texts."""

    stream_id: int
    seq: int
    pk: int
    kind: str
    at: str
    recorded_at: str
    format: int
    text: str
    former: str
    hash: str


class Head(NamedTuple):
    """A stream's own row."""

    pk: int
    key: str
    seq: int
    hash: str


class Collector(Protocol):
    """Takes in what an entry says, once it has been read."""

    def take(self, document: dict[str, Any], stream: str, seq: int) -> None: ...


def walk_streams(report: Report, collectors: Sequence[Collector]) -> None:
    """Verify every stream and hand each readable entry's document to the collectors."""
    heads = LedgerStream.objects.order_by("pk").values_list(*Head._fields)
    waiting = map(Head._make, heads.iterator(chunk_size=CHUNK))
    head = next(waiting, None)
    for stream_id, entries in groupby(_entries(), key=itemgetter(0)):
        while head is not None and head.pk < stream_id:
            _check_head(head, 0, NO_HASH, report)
            head = next(waiting, None)
        if head is not None and head.pk == stream_id:
            _Walk(head.key, report, collectors).along(entries, head)
            head = next(waiting, None)
        else:
            place = Place(stream=f"#{stream_id}")
            report.problem("stream_unknown", "its entries belong to no stream", place)
    while head is not None:
        _check_head(head, 0, NO_HASH, report)
        head = next(waiting, None)


def _entries() -> Iterator[tuple[Any, ...]]:
    columns = [instant_column(one) if one in _INSTANTS else one for one in Entry._fields]
    rows = LedgerEntry.objects.order_by("stream_id", "seq", "pk").values_list(*columns)
    return iter(rows.iterator(chunk_size=CHUNK))


def _check_head(head: Head, seq: int, digest: str, report: Report) -> None:
    report.streams += 1
    if head.seq > seq:
        place = Place(stream=head.key, seq=seq + 1)
        detail = f"{_numbers(seq + 1, head.seq)} missing, which the head of the stream counts"
        report.problem("entries_missing", detail, place)
    elif head.seq < seq:
        detail = f"the head of its stream counts {head.seq} entries alone"
        report.problem("head_differs", detail, Place(stream=head.key, seq=seq))
    elif head.hash != digest:
        detail = "the head of its stream has another hash"
        report.problem("head_differs", detail, Place(stream=head.key, seq=seq))


def _numbers(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"


class _Walk:
    """Goes along one stream; keeps what the next entry has to follow."""

    def __init__(self, stream: str, report: Report, collectors: Sequence[Collector]) -> None:
        self.stream = stream
        self.report = report
        self.collectors = collectors
        self.seq = 0
        self.hash = NO_HASH
        self.pk = 0

    def along(self, entries: Iterable[tuple[Any, ...]], head: Head) -> None:
        for row in entries:
            entry = _entry_of(row)
            self._check_place(entry)
            document = self._check_text(entry)
            if document is not None:
                for collector in self.collectors:
                    collector.take(document, self.stream, entry.seq)
            self.seq, self.hash, self.pk = entry.seq, entry.hash, entry.pk
            self.report.entries += 1
        _check_head(head, self.seq, self.hash, self.report)

    def _problem(self, entry: Entry, code: str, detail: str) -> None:
        self.report.problem(code, detail, Place(stream=self.stream, seq=entry.seq))

    def _check_place(self, entry: Entry) -> None:
        if entry.seq <= self.seq:
            self._problem(entry, "seq_repeated", f"its number does not follow {self.seq}")
        elif entry.seq != self.seq + 1:
            detail = f"{_numbers(self.seq + 1, entry.seq - 1)} missing"
            place = Place(stream=self.stream, seq=self.seq + 1)
            self.report.problem("entries_missing", detail, place)
        if entry.pk <= self.pk:
            # Which of the two was changed can't be told, so both are named.
            for seq in (self.seq, entry.seq):
                detail = f"the keys of entries {self.seq} and {entry.seq} are not in their order"
                self.report.problem("keys_unordered", detail, Place(stream=self.stream, seq=seq))
        if entry.former != self.hash:
            self._problem(entry, "former_differs", "it does not follow the entry before it")
        if _hash_of(entry) != entry.hash:
            self._problem(entry, "hash_differs", "its hash is not that of its text")
        if entry.format != FORMAT:
            self._problem(entry, "format_unknown", f"column format is {entry.format}, not {FORMAT}")

    def _check_text(self, entry: Entry) -> dict[str, Any] | None:
        try:
            document, canonical = read_text(entry.text)
        except ValueError as error:
            self._problem(entry, "text_unreadable", f"its text is no JSON: {error}")
            return None
        if not canonical:
            self._problem(entry, "not_canonical", "its text is not in canonical form")
        wrong = _wrong_shape(document)
        if wrong:
            self._problem(entry, "text_unreadable", wrong)
            return None
        self._check_columns(entry, document)
        self._check_actor(entry, document)
        if document["door"] != DEMO_DOOR:
            self._note_delay(entry)
        return document

    def _check_columns(self, entry: Entry, document: dict[str, Any]) -> None:
        said = (
            document["stream"], document["seq"], document["kind"], document["at"],
            document["recorded_at"],
        )  # fmt: skip
        stored = (self.stream, entry.seq, entry.kind, entry.at, entry.recorded_at)
        if said == stored:
            return
        names = ("stream", "seq", "kind", "at", "recorded_at")
        for name, left, right in zip(names, said, stored, strict=True):
            if left != right:
                detail = f"column {name} is {right!r}, its text says {left!r}"
                self._problem(entry, "column_differs", detail)

    def _check_actor(self, entry: Entry, document: dict[str, Any]) -> None:
        if not (document["door"] and document["actor"]["name"]):
            self._problem(entry, "actor_missing", "it does not say who acted through which door")

    def _note_delay(self, entry: Entry) -> None:
        if entry.at[:-_MICROSECONDS] == entry.recorded_at[:-_MICROSECONDS]:
            return  # the same second: so it is with nearly all
        try:
            late = round(seconds_between(entry.at, entry.recorded_at))
        except ValueError:  # no instant at all, such as PostgreSQL's infinity: its column differs
            return
        if abs(late) <= LONGEST_DELAY:
            return
        way = f"{late} s before" if late > 0 else f"{-late} s after"
        detail = f"it says that it happened {way} the database recorded it"
        self.report.note("time_differs", detail, Place(stream=self.stream, seq=entry.seq))


def _entry_of(row: tuple[Any, ...]) -> Entry:
    stream_id, seq, pk, kind, at, recorded_at, *rest = row
    return Entry(stream_id, seq, pk, kind, said_instant(at), said_instant(recorded_at), *rest)


def _hash_of(entry: Entry) -> str:
    try:
        return entry_hash(entry.former, entry.text)
    except ValueError:  # a former hash that is no hex, a text that is no UTF-8
        return ""


def _wrong_shape(document: Any) -> str | None:
    """Why this is no document of format 1; None when it is."""
    if not isinstance(document, dict):
        return "its text is no JSON object"
    keys = document.keys()
    if keys not in (_KEYS, _KEYS_WITH_ROWS):
        odd = sorted((keys ^ _KEYS) - {"rows"})
        return f"its text has other members than format {FORMAT}: {', '.join(odd)}"
    if not (isinstance(document["actor"], dict) and "name" in document["actor"]):
        return "its text names no actor"
    if not (isinstance(document["data"], dict) and isinstance(document["kind"], str)):
        return "its text does not say what happened"
    return None

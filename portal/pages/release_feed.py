"""The activity feed of a release: entries of its ledger in words, newest first."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from audit.models import LedgerEntry
from portal.event_words import ECHOES, FILTERS, detail_of, verb_of, words_of
from portal.pages.graph import phase_path
from releases.facts import Board
from releases.models import Release
from releases.overview import Saying, newest_entries

PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One entry: who did what to which thing; of what followed by itself the thing comes first."""

    seq: int
    at: dt.datetime
    actor: str
    is_machine: bool
    verb: str
    thing: str
    path: str
    detail: str
    quote: str

    @property
    def is_system(self) -> bool:
        """Whether it followed by itself."""
        return not self.actor


@dataclass(frozen=True, slots=True)
class Feed:
    """One page of a feed; `older` is where the next one begins, `newer` what came since `seen`.

    `is_live`: it is the newest page of everything, so that what comes can be counted.
    """

    items: Sequence[FeedItem]
    chosen: str
    older: int | None
    newest: int
    newer: int = 0
    is_live: bool = False


@dataclass(frozen=True, slots=True)
class FeedQuery:
    """Which part of a feed is asked for; `seen` is the newest entry that the reader has before them."""

    chosen: str = ""
    before: int | None = None
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries with their documents, read once."""

    rows: Sequence[LedgerEntry]
    documents: Sequence[Mapping[str, Any]]
    has_older: bool

    def keys(self, member: str) -> set[int]:
        """The keys of the decisions or comments that the entries tell of."""
        found = (document["data"].get(member) for document in self.documents)
        return {key for key in found if isinstance(key, int)}


def read_entries(release: Release, query: FeedQuery) -> Entries:
    """The newest entries that the query asks for; one query."""
    rows = newest_entries(
        release.stream,
        kinds=FILTERS.get(query.chosen),
        but=ECHOES,
        before=query.before,
        limit=PAGE + 1,
    )
    shown = rows[:PAGE]
    return Entries(shown, [json.loads(row.text) for row in shown], len(rows) > PAGE)


def feed_of(
    entries: Entries, query: FeedQuery, board: Board, said: Mapping[tuple[str, int], Saying]
) -> Feed:
    """The entries in words."""
    newest = entries.rows[0].seq if entries.rows else 0
    seen = newest if query.seen is None else query.seen
    words = _Words(board, said)
    pairs = zip(entries.rows, entries.documents, strict=True)
    return Feed(
        items=[words.item(row, document) for row, document in pairs],
        chosen=query.chosen if query.chosen in FILTERS else "",
        older=entries.rows[-1].seq if entries.has_older else None,
        newest=newest,
        newer=sum(row.seq > seen for row in entries.rows),
        is_live=query.chosen not in FILTERS and query.before is None,
    )


class _Words:
    def __init__(self, board: Board, said: Mapping[tuple[str, int], Saying]) -> None:
        self.board = board
        self.said = said
        self.phases = {phase.key: phase.name for phase in board.phases}

    def item(self, row: LedgerEntry, document: Mapping[str, Any]) -> FeedItem:
        data, actor = document["data"], document["actor"]
        words = words_of(row.kind)
        activity = self._activity(data) if words.about == "activity" else None
        thing, path = self._thing(words.about, data, activity)
        return FeedItem(
            seq=row.seq,
            at=row.at,
            actor="" if words.sort == "system" else str(actor["name"]),
            is_machine=actor["kind"] != "person",
            verb=verb_of(row.kind, data, activity.kind if activity else ""),
            thing=thing,
            path=path,
            detail=detail_of(row.kind, data),
            quote=self._quote(data),
        )

    def _activity(self, data: Mapping[str, Any]) -> Any:
        key = data.get("activity")
        if key is None:
            host = str(data.get("host") or "").removeprefix("activity:")
            key = int(host) if host.isdigit() else None
        return self.board.by_id.get(key) if isinstance(key, int) else None

    def _thing(self, about: str, data: Mapping[str, Any], activity: Any) -> tuple[str, str]:
        if activity is not None:
            return activity.name, f"/activities/{activity.pk}/"
        if about == "phase":
            key = str(data.get("phase"))
            path = phase_path(self.board.release.pk, key) if key in self.phases else ""
            return f"Phase {self.phases.get(key, key)}", path
        return ("The release", "") if about == "release" else ("", "")

    def _quote(self, data: Mapping[str, Any]) -> str:
        for kind in ("decision", "comment"):
            found = self.said.get((kind, data.get(kind) or 0))
            if found is not None:
                return found.text
        return ""

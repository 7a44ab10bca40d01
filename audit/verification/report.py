"""What verification found: problems that the record does not hold, and notes that it may still."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

# A table that was emptied gives a problem for each row; what is found is counted, not all kept.
MOST_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the record: an entry (stream and number), a row (table and key), or both."""

    stream: str | None = None
    seq: int | None = None
    table: str | None = None
    key: int | None = None

    def __str__(self) -> str:
        entry = f"{self.stream} entry {self.seq}" if self.seq is not None else self.stream
        row = f"{self.table} row {self.key}" if self.key is not None else self.table
        return row or entry or "the record"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it was recorded: a stable code, where, and a sentence."""

    code: str
    place: Place
    detail: str

    def __str__(self) -> str:
        return f"{self.place}: {self.detail}"

    def as_document(self) -> dict[str, Any]:
        """For `--json`: code, stream, seq, table, key, detail."""
        return {"code": self.code, **asdict(self.place), "detail": self.detail}


@dataclass(slots=True)
class Report:
    """What was looked at, and what was found; the first MOST_KEPT of each, and how many in all."""

    entries: int = 0
    streams: int = 0
    rows: int = 0
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    notes: list[Problem] = field(default_factory=list)
    note_count: int = 0

    @property
    def ok(self) -> bool:
        """Whether everything holds; notes do not count against it."""
        return self.problem_count == 0

    def problem(self, code: str, detail: str, place: Place) -> None:
        """Something does not hold."""
        self.problem_count += 1
        if len(self.problems) < MOST_KEPT:
            self.problems.append(Problem(code, place, detail))

    def note(self, code: str, detail: str, place: Place) -> None:
        """Something holds and should be looked at."""
        self.note_count += 1
        if len(self.notes) < MOST_KEPT:
            self.notes.append(Problem(code, place, detail))

    def as_document(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "ok": self.ok,
            "entries": self.entries,
            "streams": self.streams,
            "rows": self.rows,
            "problems": [problem.as_document() for problem in self.problems],
            "problem_count": self.problem_count,
            "notes": [note.as_document() for note in self.notes],
            "note_count": self.note_count,
        }

"""Each decision, result and comment stands in exactly one event that tells of it (I3)."""

from __future__ import annotations

from typing import Any

from audit.verification.keys import KeySet
from audit.verification.report import Place, Report
from audit.verification.rows import ProtectedTable


class AnnouncementCollector:
    """Compares rows of models that name their events (`announced_by`) with the events there are."""

    def __init__(self, report: Report, tables: dict[str, ProtectedTable]) -> None:
        self.report = report
        self.announced: dict[str, KeySet] = {}
        self.kinds: dict[str, tuple[str, str]] = {}
        for table in tables.values():
            member = getattr(table.model, "announced_as", "")
            if member:
                self.announced[table.name] = KeySet()
                for kind in table.model.announced_by:  # type: ignore[attr-defined]
                    self.kinds[kind] = (table.name, member)

    def take(self, document: dict[str, Any], stream: str, seq: int) -> None:
        """Note which row an event tells of."""
        found = self.kinds.get(document["kind"])
        if found is None:
            return
        name, member = found
        key = document["data"].get(member)
        place = Place(stream, seq, name, key if type(key) is int else None)
        if type(key) is not int:
            self.report.problem("event_without_row", f"its text does not name its {member}", place)
        elif not self.announced[name].add(key):
            detail = f"{stream} entry {seq} tells of it although another entry does"
            self.report.problem("row_announced_twice", detail, place)

    def report_differences(self, name: str, existing: KeySet) -> None:
        """Report rows that no event tells of, and events that tell of a row that is not there."""
        announced = self.announced.get(name)
        if announced is None:
            return
        for key in existing.without(announced):
            place = Place(table=name, key=key)
            self.report.problem("row_not_announced", "no event tells of it", place)
        for key in announced.without(existing):
            place = Place(table=name, key=key)
            self.report.problem("event_without_row", "an event tells of it; it is gone", place)

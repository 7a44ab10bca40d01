"""`manage.py verify_ledger`: does the record hold? (contract.md, Commands)"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import Error

from audit.verification import Problem, Report, verify_ledger

MOST_PRINTED = 100


class Command(BaseCommand):
    """Prints what does not hold, and exits 0 or 1."""

    help = (
        "Verify every chain of the ledger and every row that it covers. Exit 0 when all holds, "
        "1 with what is wrong (stream, entry, table, row)."
    )
    # Whatever else is misconfigured, the record can be verified.
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One switch."""
        parser.add_argument("--json", action="store_true", help="the result as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and say."""
        try:
            report = verify_ledger()
        except Error as error:
            said = str(error).strip().splitlines()[0]
            raise CommandError(f"The record can't be read: {said}", returncode=1) from error
        if options["json"]:
            self.stdout.write(json.dumps(report.as_document(), indent=2))
        else:
            self._print(report)
        if not report.ok:
            raise CommandError(
                f"The record does not hold: {_many(report.problem_count, 'problem')}.", returncode=1
            )

    def _print(self, report: Report) -> None:
        for problem in report.problems[:MOST_PRINTED]:
            self.stdout.write(str(problem))
        self._say_rest(report.problem_count, "problem")
        self._print_notes(report.notes, report.note_count)
        looked_at = (
            f"{_many(report.entries, 'entry', 'entries')} in {_many(report.streams, 'stream')}, "
            f"{_many(report.rows, 'row')}"
        )
        self.stdout.write(f"{looked_at}: {'everything holds' if report.ok else 'not all holds'}.")

    def _print_notes(self, notes: Sequence[Problem], count: int) -> None:
        for note in notes[:MOST_PRINTED]:
            self.stdout.write(f"note: {note}")
        self._say_rest(count, "note")

    def _say_rest(self, count: int, what: str) -> None:
        if count > MOST_PRINTED:
            self.stdout.write(f"… and {_many(count - MOST_PRINTED, f'more {what}')}.")


def _many(count: int, one: str, several: str = "") -> str:
    return f"{count:,} {one if count == 1 else several or one + 's'}"

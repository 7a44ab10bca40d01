"""`manage.py doctor`: what is wrong with this installation, and how it is mended (contract.md)."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management import BaseCommand, CommandError

from portal.doctor import Examination, examine
from portal.invariants import Finding

MOST_PRINTED = 100


class Command(BaseCommand):
    """Prints each finding with its mend, and exits 0 or 1."""

    help = "Look at configuration and invariants. Exit 0, perhaps with notes; 1 with each finding."
    # It runs the checks itself, and says how each thing is mended.
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One switch."""
        parser.add_argument("--json", action="store_true", help="the result as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Examine and say."""
        found = examine()
        if options["json"]:
            self.stdout.write(json.dumps(found.as_document(), indent=2))
        else:
            self._print(found)
        if not found.ok:
            number = len(found.findings)
            things = "1 thing has" if number == 1 else f"{number:,} things have"
            raise CommandError(f"{things} to be mended.", returncode=1)

    def _print(self, found: Examination) -> None:
        self._print_all(found.findings, "")
        self._print_all(found.notes, "note: ")
        if found.ok:
            self.stdout.write("All is well." if not found.notes else "Nothing has to be mended.")

    def _print_all(self, findings: Sequence[Finding], mark: str) -> None:
        for finding in findings[:MOST_PRINTED]:
            self.stdout.write(f"{mark}{finding} [{finding.code}]")
            self.stdout.write(f"    {finding.mend}")
        if len(findings) > MOST_PRINTED:
            self.stdout.write(f"{mark}… and {len(findings) - MOST_PRINTED:,} more.")

"""`manage.py tick`: does what is due once and says what it did (OPS-3)."""

from __future__ import annotations

from typing import Any, Final

from django.core.management import BaseCommand, CommandError, CommandParser

from portal.commands import command_actor
from portal.tick import tick
from releases.services.due import revive_dead_letters

# What each kind of work is called, in the order in which it is done.
_WORDS: Final = {
    "deadline": "deadlines enforced",
    "timeout": "runs that timed out",
    "start": "scheduled releases started",
    "grants": "permissions brought in step with roles",
    "reconciled": "open rounds brought up to date",
    "sent": "messages sent",
    "dropped": "messages not sent, because nobody needs them any more",
    "unsent": "messages that could not be sent and are tried again",
    "forgotten": "idempotency keys forgotten",
}


class Command(BaseCommand):
    """The same function that the scheduler calls."""

    help = "Do what is due once: deadlines, time-outs, scheduled starts, messages."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--retry-dead", action="store_true", help="first take up again what was given up"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """One line for each kind of work that was done; exit code 1 when something failed."""
        if options["retry_dead"]:
            number = revive_dead_letters(actor=command_actor())
            self.stdout.write(f"dead letters taken up again: {number}")
        report = tick(actor=command_actor())
        for kind, number in report.done.items():
            self.stdout.write(f"{_WORDS.get(kind, kind)}: {number}")
        if not report.done and not report.failed:
            self.stdout.write("Nothing was due.")
        if report.failed:
            lines = ["Some of it failed and is tried again later:", *report.failed]
            raise CommandError("\n".join(lines))

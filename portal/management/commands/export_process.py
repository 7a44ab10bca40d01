"""`manage.py export_process SLUG [--version N]`: a published process as YAML (REL-6)."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand
from django.core.management.base import CommandParser

from portal.commands import refused
from releases.documents import export_version
from releases.selectors import version_of


class Command(BaseCommand):
    """Prints the YAML and nothing else; importing it again gives the same version."""

    help = "Print a published process as YAML: the newest version, or the one that is named."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """As Django's, whose own --version (of Django) gives way to the version of the process."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which process, which version."""
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("--version", type=int, metavar="N", help="the newest, when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it, or say that there is no such version."""
        slug, number = options["slug"], options["version"]
        version = version_of(slug, number)
        if version is None:
            what = f"{slug!r}" if number is None else f"{slug!r} with a version {number}"
            raise refused(f"There is no published process {what}.")
        self.stdout.write(export_version(version), ending="")

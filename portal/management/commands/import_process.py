"""`manage.py import_process FILE…`: validates and publishes processes from YAML (REL-6)."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand

from portal.commands import command_actor, refused
from releases.rules.process_yaml import LARGEST
from releases.services.process_files import FilesInvalid, publish_processes


class Command(BaseCommand):
    """Publishes all files or none; prints `slug version` for each."""

    help = "Validate and publish processes from YAML; prints slug and version of each."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The files."""
        parser.add_argument("files", nargs="+", metavar="FILE", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Read every file, publish, then say which version each is."""
        texts = [(str(path), _content(path)) for path in options["files"]]
        try:
            published = publish_processes(texts=texts, actor=command_actor())
        except FilesInvalid as invalid:
            raise refused("\n".join([invalid.sentence, *invalid.lines()])) from invalid
        for one in published:
            self.stdout.write(f"{one.version.process.slug} {one.version.number}")


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)  # one byte too many is enough to be refused
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise refused(f"{path} can't be read: {reason}.") from error

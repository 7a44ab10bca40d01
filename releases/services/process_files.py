"""Several processes are published together, or none of them (REL-6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import transaction

from audit.actor import Actor
from audit.errors import Invalid
from releases.rules.process_errors import ProcessErrors
from releases.services.processes import Published, publish_process


class FilesInvalid(Invalid):
    """Some files hold no process that can be published; `findings` has what is wrong, by file."""

    title = "Invalid process files"

    def __init__(self, findings: Mapping[str, ProcessErrors]) -> None:
        self.findings = dict(findings)
        names = ", ".join(findings)
        super().__init__(f"Nothing was published, because of {names}.", code="invalid_process")

    def lines(self) -> list[str]:
        """One line for each finding: file, line, key and what is wrong there."""
        return [
            f"{name}:{item.line}: {item.key + ': ' if item.key else ''}{item.sentence}"
            for name, errors in self.findings.items()
            for item in errors.items
        ]


@transaction.atomic
def publish_processes(
    *, texts: Sequence[tuple[str, bytes]], actor: Actor, now: dt.datetime | None = None
) -> list[Published]:
    """Publish the processes of several files (name, content), in this order and in one transaction.

    Refusals: NotPermitted without `configure`; FilesInvalid with the findings of every file, so that
    one go shows all of them.
    """
    published: list[Published] = []
    wrong: dict[str, ProcessErrors] = {}
    for name, text in texts:
        try:
            published.append(publish_process(text=text, actor=actor, now=now))
        except ProcessErrors as errors:
            wrong[name] = errors
    if wrong:
        raise FilesInvalid(wrong)
    return published

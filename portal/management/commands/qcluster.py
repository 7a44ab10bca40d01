"""`manage.py qcluster`: django-q2's cluster, which here starts with the one schedule in place."""

from __future__ import annotations

from typing import Any

from django_q.management.commands.qcluster import Command as Cluster

from portal.startup import prepare_bookkeeping


class Command(Cluster):
    """A worker that is started by itself needs no `serve` before it."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Put the schedule and the cache's table right, then run until told to stop."""
        prepare_bookkeeping()
        super().handle(*args, **options)

"""`manage.py qcluster`: django-q2's cluster, which here starts with the one schedule in place."""

from __future__ import annotations

from typing import Any

from django.core.management import CommandError
from django_q.management.commands.qcluster import Command as Cluster

from portal.startup import NotReady, prepare_worker


class Command(Cluster):
    """A worker that is started by itself needs no `serve` before it."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Put the schedule right, then run until told to stop."""
        try:
            prepare_worker()
        except NotReady as error:
            raise CommandError(str(error)) from error
        super().handle(*args, **options)

"""Changes that Django's own code made (a shell, sign-in, `user.groups.add`) get their history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from audit.actor import Actor, system_actor
from audit.history import keep_versions
from audit.journal import Journal
from audit.locking import database_now
from audit.models import PORTAL_STREAM
from audit.services.record import record

OUTSIDE = system_actor("Outside the portal", door="shell")


def adopt_change(instance: Any, history_type: str, *, actor: Actor = OUTSIDE) -> None:
    """Write version and ledger entry for one row that was saved or deleted outside a service."""
    adopt_changes([instance], history_type, actor=actor)


@transaction.atomic
def adopt_changes(instances: Sequence[Any], history_type: str, *, actor: Actor = OUTSIDE) -> None:
    """The same for several rows of one model, in one entry."""
    if not instances:
        return
    verb = {"+": "created", "~": "changed", "-": "deleted"}[history_type]
    journal = Journal(actor=actor, at=database_now())
    keep_versions(journal, [(row, history_type) for row in instances], "outside the portal")
    model = instances[0]._meta.model_name
    journal.add(f"{model}.{verb}", keys=[row.pk for row in instances], outside=True)
    record(journal, stream=PORTAL_STREAM)

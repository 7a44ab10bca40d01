"""That somebody has signed in by a door of which the record must tell."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from audit.actor import Actor
from audit.journal import Journal
from audit.locking import database_now
from audit.models import PORTAL_STREAM
from audit.services.record import record


@transaction.atomic
def note_sign_in(*, door: str, actor: Actor, now: dt.datetime | None = None) -> None:
    """Put on record that the actor has signed in by `door`; address and session go with it."""
    journal = Journal(actor=actor, at=now or database_now())
    journal.add("user.signed_in", user=actor.account, by=door)
    record(journal, stream=PORTAL_STREAM)

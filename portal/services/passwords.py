"""A password is changed by the owner of the account alone, and that it was stands in the ledger."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.hashers import make_password
from django.db import transaction

from audit.actor import Actor
from audit.errors import NotFound, NotPermitted
from audit.history import save_tracked
from audit.journal import Journal
from audit.locking import lock, moment
from audit.models import PORTAL_STREAM
from audit.services.record import record
from portal.models import User


@transaction.atomic
def set_password(
    *, user_id: int, password: str, actor: Actor, now: dt.datetime | None = None
) -> User:
    """Give an account a new password: every other session of it ends, and so do open reset links.

    No version keeps the password, and no entry says more than that it was changed. Refusals:
    NotPermitted for an account of somebody else, NotFound for one that is deactivated.
    """
    if actor.kind != "system" and actor.user_id != user_id:
        raise NotPermitted("not_yours", "This is somebody else's password.")
    user = lock(User.objects.all(), pk=user_id)
    if not user.is_active:
        raise NotFound
    journal = Journal(actor=actor, at=moment(user, now))
    user.password = make_password(password)
    save_tracked(journal, [user], ["password"])
    journal.add("user.password_changed", user=user.pk)
    record(journal, stream=PORTAL_STREAM)
    return user

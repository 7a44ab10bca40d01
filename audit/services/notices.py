"""People read what they were told. Bookkeeping of their own rows; the record is not concerned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db import models

from audit.actor import Actor
from audit.locking import database_now
from audit.models import Notice


def mark_read(*, notice_ids: Collection[int], actor: Actor, now: dt.datetime | None = None) -> int:
    """The actor has read these notices of their own; others' are left alone. Returns how many."""
    return _mark(Notice.objects.filter(pk__in=notice_ids), actor, now)


def mark_all_read(
    *,
    actor: Actor,
    before: int | None = None,
    until: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> int:
    """The actor has read all of their notices, as far as the page showed them.

    `before` is the newest key that was shown: what came while they were reading stays unread.
    `until` leaves out what is newer than that moment.
    """
    rows = Notice.objects.all()
    if before is not None:
        rows = rows.filter(pk__lte=before)
    if until is not None:
        rows = rows.filter(created_at__lte=until)
    return _mark(rows, actor, now)


def _mark(rows: models.QuerySet[Notice], actor: Actor, now: dt.datetime | None) -> int:
    mine = rows.filter(user_id=actor.account, read_at__isnull=True)
    return mine.update(read_at=now or database_now())

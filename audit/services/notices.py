"""People read what they were told. Bookkeeping of their own rows; the record is not concerned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db import models
from django.db.models import Q

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
    recent: Collection[int] = (),
    until: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> int:
    """The actor has read all of their notices that there were when a page was made.

    `before` is the newest key with all below it, `recent` those of a moment ago: beside them others
    may have been written that nobody could see yet. Without `before`, all there are now. `until`
    leaves out what is newer than that moment.
    """
    rows = Notice.objects.all()
    if before is not None:
        rows = rows.filter(Q(pk__lte=before) | Q(pk__in=recent))
    if until is not None:
        rows = rows.filter(created_at__lte=until)
    return _mark(rows, actor, now)


def _mark(rows: models.QuerySet[Notice], actor: Actor, now: dt.datetime | None) -> int:
    mine = rows.filter(user_id=actor.account, read_at__isnull=True)
    return mine.update(read_at=now or database_now())

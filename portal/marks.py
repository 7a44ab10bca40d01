"""How far things have come that an account may be shown: asked many times a minute, one query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import F, Func, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from audit.models import LedgerEntry, LedgerStream, Notice
from portal.models import User
from portal.notifications.centre import still_waits

# Entries are numbered when they are written and seen when they are committed, in whichever order: one
# below the newest may still come. No transaction stays open for as long as this many take.
_STILL_COMING: Final = 500


@dataclass(frozen=True, slots=True)
class Mark:
    """How far things have come that an account may be shown; another one as soon as there is more.

    `ledger` and `recent`: the newest entry of the record, and how many there are of late. `stream`:
    how far one stream is. `told` and `unread`: the newest notice of the account, and how many
    unread ones still ask something of it.
    """

    ledger: int
    recent: int
    stream: int
    told: int
    unread: int


def _number(rows: QuerySet[Any], function: str) -> Coalesce:
    found = rows.order_by().annotate(number=Func(F("pk"), function=function)).values("number")
    return Coalesce(Subquery(found), Value(0))


def account_with_mark(user_id: int, stream: str) -> tuple[User, Mark] | None:
    """An account and its mark, by one query; None when there is no such account."""
    newest = _number(LedgerEntry.objects.all(), "MAX")
    notices = Notice.objects.filter(user_id=user_id)
    unread = notices.filter(read_at__isnull=True)
    place = LedgerStream.objects.filter(key=stream).values("seq")[:1]
    user = (
        User.objects.filter(pk=user_id)
        .annotate(
            mark_ledger=newest,
            mark_recent=_number(LedgerEntry.objects.filter(pk__gt=newest - _STILL_COMING), "COUNT"),
            mark_stream=Coalesce(Subquery(place), Value(0)),
            mark_told=_number(notices, "MAX"),
            mark_unread=_number(unread.filter(still_waits(user_id)), "COUNT"),
        )
        .first()
    )
    if user is None:
        return None
    values = {name: getattr(user, f"mark_{name}") for name in Mark.__slots__}
    return user, Mark(**values)

"""How far things have come that an account may be shown: asked many times a minute, one query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import CharField, Count, F, Func, Max, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat

from audit.compiled import Compiled
from audit.models import PORTAL_STREAM, LedgerEntry, LedgerStream, Notice
from portal.models import User
from portal.notifications.centre import number_waiting
from releases.models import Activity, Snooze

# Entries are numbered when they are written and seen when they are committed, in whichever order: one
# below the newest may still come. No transaction stays open for as long as this many take.
_STILL_COMING: Final = 500


@dataclass(frozen=True, slots=True)
class Mark:
    """How far things have come that an account may be shown; another one as soon as there is more.

    `ledger` and `recent`: the newest entry of the record, and how many there are of late. `stream`:
    how far one release is; `portal`: how far roles, groups and accounts are. `snoozed`: who has put
    one activity aside, of which nothing is recorded. `told` and `unread`: the newest notice of the
    account, and how many unread ones still ask something of it.
    """

    ledger: int
    recent: int
    stream: int
    portal: int
    snoozed: str
    told: int
    unread: int


def _number(rows: QuerySet[Any], function: str) -> Coalesce:
    found = rows.order_by().annotate(number=Func(F("pk"), function=function)).values("number")
    return Coalesce(Subquery(found), Value(0))


def _place(key: Any) -> Subquery:
    return Subquery(LedgerStream.objects.filter(key=key).order_by().values("seq")[:1])


def _stream_of(activity: int) -> Subquery:
    of_release = Concat(Value("release:"), Cast("release_id", CharField()))
    rows = Activity.objects.filter(pk=activity).order_by()
    return Subquery(rows.annotate(stream=of_release).values("stream")[:1])


def _put_aside(activity: int) -> Coalesce:
    rows = Snooze.objects.filter(activity_id=activity).order_by().values("activity_id")
    told = Concat(
        Cast(Count("pk"), CharField()), Value(" "), Cast(Max("snoozed_at"), CharField()),
        output_field=CharField(),
    )  # fmt: skip
    return Coalesce(Subquery(rows.annotate(told=told).values("told")), Value(""))


def _marked(user_id: int, stream: str, activity: int) -> QuerySet[User]:
    newest = _number(LedgerEntry.objects.all(), "MAX")
    notices = Notice.objects.filter(user_id=user_id)
    return (
        User.objects.filter(pk=user_id)
        .order_by()
        .annotate(
            mark_ledger=newest,
            mark_recent=_number(LedgerEntry.objects.filter(pk__gt=newest - _STILL_COMING), "COUNT"),
            mark_stream=Coalesce(_place(stream), _place(_stream_of(activity)), Value(0)),
            mark_portal=Coalesce(_place(PORTAL_STREAM), Value(0)),
            mark_snoozed=_put_aside(activity),
            mark_told=_number(notices, "MAX"),
            mark_unread=number_waiting(user_id),
        )
    )


# Put together once: every open tab asks it several times a minute.
MARKED = Compiled(_marked, user_id=int, stream=str, activity=int).planned_once()


def account_with_mark(user_id: int, stream: str, activity: int = 0) -> tuple[User, Mark] | None:
    """An account and its mark, by one query; None when there is no such account.

    `stream` names the stream of a release; else it is that of the release of `activity`.
    """
    user = MARKED.first(user_id=user_id, stream=stream, activity=activity)
    if user is None:
        return None
    values = {name: getattr(user, f"mark_{name}") for name in Mark.__slots__}
    return user, Mark(**values)

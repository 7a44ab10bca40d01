"""Telling: whoever is asked was told, every notice goes out, and none tells of what never was (I4, I5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from django.db.models import CharField, Exists, F, Max, OuterRef, Value
from django.db.models.functions import Cast, Concat

from approvals.models import Approval, AskedPerson
from approvals.services.telling import ASKED
from audit.models import Delivery, LedgerEntry, Notice
from audit.services.deliveries import DUE
from portal.invariants.findings import TICK, TWO_TICKS, Finding

_MOST_NAMED: Final = 20
_LOOKED_AT: Final = 10_000
_KEY: Final = Concat(
    Value(f"{ASKED}:"),
    F("approval__host"),
    Value(":"),
    Cast("approval__attempt", CharField()),
    output_field=CharField(),
)


def check_told(now: dt.datetime) -> Iterator[Finding]:
    """I4: whoever was asked since a round first told anybody was told; every notice has its delivery.

    Before the product wrote who is told, rounds told nobody: whoever was asked then is left out.
    """
    waiting = AskedPerson.objects.filter(
        approval__state=Approval.State.OPEN,
        is_open=True,
        has_answered=False,
        user__is_active=True,
        asked_at__lt=now - TWO_TICKS,
    ).annotate(key=_KEY)
    told = Notice.objects.filter(key=OuterRef("key"))
    by_then = told.filter(created_at__lte=OuterRef("asked_at"))
    untold = waiting.filter(Exists(by_then)).exclude(Exists(told.filter(user=OuterRef("user"))))
    for host, user_id in untold.values_list("approval__host", "user_id")[:_MOST_NAMED]:
        detail = f"user {user_id} is asked and was not told"
        yield Finding("I4", "not_told", host, detail)
    without = Notice.objects.filter(deliveries=None).order_by("pk")
    for notice in without[:_MOST_NAMED]:
        yield Finding("I4", "no_delivery", f"notice {notice.pk}", "it goes out over no channel")


def check_sent(now: dt.datetime) -> Iterator[Finding]:
    """I4: what is due to be sent is tried within two ticks.

    While a mail server is silent each tick tries a few and leaves the others waiting, which is meant:
    nothing is found as long as anything is tried.
    """
    rows = Delivery.objects.filter(state__in=DUE, next_try_at__lt=now - TWO_TICKS).order_by("pk")
    late = list(rows[:_MOST_NAMED])
    if not late or Delivery.objects.filter(tried_at__gte=now - TWO_TICKS).exists():
        return
    for row in late:
        detail = f"a message has been due since {row.next_try_at:%Y-%m-%d %H:%M:%S} UTC"
        yield Finding("I4", "not_sent", f"delivery {row.pk}", detail, TICK)


def check_notices_true(now: dt.datetime) -> Iterator[Finding]:
    """I5: no notice tells of something that the record has nothing of.

    Of the newest ten thousand: all that were ever written would take ever longer, and a notice is
    written with the entry of the ledger that it tells of, or not at all.
    """
    newest = Notice.objects.aggregate(newest=Max("pk"))["newest"] or 0
    same = LedgerEntry.objects.filter(stream__key=OuterRef("stream"), at=OuterRef("created_at"))
    rows = Notice.objects.filter(pk__gt=newest - _LOOKED_AT).exclude(Exists(same))
    for notice in rows.order_by("pk")[:_MOST_NAMED]:
        detail = f"it tells of {notice.moment} at {notice.host}, of which the record has nothing"
        yield Finding("I5", "untrue", f"notice {notice.pk}", detail)

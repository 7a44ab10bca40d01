"""What one person was told and may see, and what of it still needs them (NTF-5, MON-5)."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Cast, Substr

from approvals.models import Approval, AskedPerson
from audit.actor import Actor
from audit.models import Notice
from audit.selectors import notices_to
from portal.notifications.words import ASKING
from releases.selectors import releases_for

_STREAM = "release:"
_IN_USE = {"scope__release__product__is_archived": False}


def notices_for(actor: Actor) -> models.QuerySet[Notice]:
    """The actor's notices about releases that they may see now, each with `waits`.

    `waits`: something is still asked of them. What is settled needs nobody, read or not.
    """
    key = Cast(Substr("stream", len(_STREAM) + 1), models.BigIntegerField())
    about = Case(When(stream__startswith=_STREAM, then=key), default=None)
    seen = releases_for(actor).filter(pk=OuterRef("release_key")).order_by().values("pk")
    rows = notices_to(actor.user_id).annotate(release_key=about).filter(Exists(seen))
    return rows.annotate(
        waits=Case(
            When(still_waits(actor.user_id), then=Value(True)),
            default=Value(False),
            output_field=models.BooleanField(),
        )
    )


def still_waits(user_id: int | None) -> Q:
    """The condition under which a notice of this account still asks something of it."""
    same: dict[str, Any] = {"host": OuterRef("host"), "attempt": OuterRef("attempt")}
    seats = AskedPerson.objects.filter(
        user_id=user_id or 0,
        is_open=True,
        has_answered=False,
        **{f"approval__{name}": value for name, value in {**same, **_IN_USE}.items()},
    )
    stuck = Approval.objects.filter(state=Approval.State.OPEN, stuck=True, **same, **_IN_USE)
    return Q(needs_action=True) & (
        (Q(moment__in=ASKING) & Q(Exists(seats))) | (Q(moment="stuck") & Q(Exists(stuck)))
    )


def count_unread_waiting(user_id: int | None) -> int:
    """The number at the bell: what is unread and still asks something; one statement."""
    unread = notices_to(user_id).filter(read_at__isnull=True)
    return unread.filter(still_waits(user_id)).count()


def count_unread(actor: Actor) -> int:
    """How many of the actor's notices are unread."""
    return notices_for(actor).filter(read_at__isnull=True).count()


def in_order(rows: models.QuerySet[Notice]) -> models.QuerySet[Notice]:
    """What still asks something first, then the newest."""
    return rows.order_by(F("waits").desc(), "-pk")

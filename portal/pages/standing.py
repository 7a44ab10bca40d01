"""What the frame of every page asks about its reader: one statement, put together once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Exists, Q, QuerySet, Value, When
from django.db.models.functions import Concat

from approvals.models import Scope
from approvals.selectors import live_assignments
from audit.actor import Actor
from audit.compiled import CompiledValues
from portal.demo.company import PEOPLE
from portal.demo.presence import here
from portal.models import User
from portal.notifications.centre import number_waiting
from releases.visibility import everywhere


@dataclass(frozen=True, slots=True)
class Standing:
    """What is unread and still asks something, what the reader may do everywhere, and if this is a demo.

    `configures`: as `can_configure` says, so that an auditor's right counts for nothing. `in_demo`: the demo is in this database.
    """

    unread: int = 0
    views_everything: bool = False
    configures: bool = False
    in_demo: bool = False


_DEMO = [one.username for one in PEOPLE]


def _answered(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False))


def _asked(user_id: int) -> QuerySet[User, Any]:
    reader = Actor(kind="person", door="page", label="", user_id=user_id)
    superuser = Q(is_superuser=True)
    reads_only = live_assignments(user_id).filter(
        role__reads_only=True, scope__kind=Scope.Kind.EVERYTHING
    )
    # Somebody real may be called like one of them; their e-mail addresses are nobody's.
    demo_address = Concat("username", Value("@example.com"))
    demo_people = User.objects.filter(username__in=_DEMO, email=demo_address).order_by()
    return (
        User.objects.filter(pk=user_id)
        .order_by()
        .values_list(
            number_waiting(user_id),
            _answered(superuser | everywhere(reader, "view")),
            _answered((superuser | everywhere(reader, "configure")) & ~Q(Exists(reads_only))),
            # Nested, so that the record is searched where people of the demo are, and nowhere else.
            Case(When(Exists(demo_people), then=_answered(here())), default=Value(False)),
        )
    )


STANDING = CompiledValues(_asked, user_id=int).planned_once()


def standing_of(user_id: int) -> Standing:
    """How an account stands at this moment; nothing for one that is not there."""
    return next((Standing(*row) for row in STANDING.rows(user_id=user_id)), Standing())

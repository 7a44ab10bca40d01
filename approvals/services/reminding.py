"""Remind those who have been asked and have not answered: by hand, and not too often (NTF-1).

Engine function, inside the host's transaction, which holds the lock above the rounds: so of two who
press at once the second finds the reminder of the first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from approvals.audience import REMINDED, REMINDER_PAUSE
from approvals.models import Approval, AskedPerson
from approvals.services.telling import ASKED, round_facts
from audit.events import Listeners
from audit.journal import Journal
from audit.models import Notice

# Why and as what each account was told that it is asked.
_Reasons = Mapping[tuple[str, int], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Reminders:
    """Who was reminded by a press, and who was not since it had happened `lately`.

    By name, once for each account: two people may have the same name.
    """

    people: tuple[str, ...]
    lately: tuple[str, ...]
    again_at: dt.datetime | None = None

    @property
    def nobody_is_awaited(self) -> bool:
        """Whether there was nobody to remind at all."""
        return not self.people and not self.lately


def remind_asked(
    approvals: Sequence[Approval], journal: Journal, *, user_ids: Collection[int] | None = None
) -> Reminders:
    """Remind whoever these open rounds of one host's release await, or of them only `user_ids`.

    Whoever acts is not reminded by themselves. Notes `approval.reminded` for each round in which
    somebody is; nothing is noted where everybody has been reminded within `REMINDER_PAUSE`.
    """
    awaited = _awaited(approvals, journal, user_ids)
    reminded_at = _reminded_at(awaited, journal.at - REMINDER_PAUSE)
    due = [one for one in awaited if _mark(one) not in reminded_at]
    reasons = _reasons(due)
    for approval in approvals:
        asked = [one for one in due if one.approval_id == approval.pk]
        if asked:
            _remind(approval, asked, reasons, journal)
    people = {one.user_id: str(one.user) for one in due}
    lately = {one.user_id: str(one.user) for one in awaited if one.user_id not in people}
    again_at = min(reminded_at.values(), default=None)
    return Reminders(
        people=tuple(sorted(people.values())),
        lately=tuple(sorted(lately.values())),
        again_at=again_at + REMINDER_PAUSE if again_at else None,
    )


def _awaited(
    approvals: Sequence[Approval], journal: Journal, user_ids: Collection[int] | None
) -> list[AskedPerson]:
    rows = AskedPerson.objects.filter(
        approval__in=approvals, is_open=True, has_answered=False, user__is_active=True
    )
    if user_ids is not None:
        rows = rows.filter(user_id__in=user_ids)
    if journal.actor.person is not None:
        rows = rows.exclude(user__person=journal.actor.person)
    return list(rows.select_related("user", "approval").order_by("pk"))


def _mark(one: AskedPerson) -> tuple[str, int, int]:
    return one.approval.host, one.approval.attempt, one.user_id


def _reminded_at(
    awaited: Sequence[AskedPerson], after: dt.datetime
) -> dict[tuple[str, int, int], dt.datetime]:
    """When those were reminded who have been since that moment."""
    rows = Notice.objects.filter(
        needs_action=True,
        moment=REMINDED,
        user_id__in={one.user_id for one in awaited},
        host__in={one.approval.host for one in awaited},
        created_at__gt=after,
    )
    found = rows.values_list("host", "attempt", "user_id", "created_at")
    return {(host, attempt, user_id): at for host, attempt, user_id, at in found}


def _reasons(due: Sequence[AskedPerson]) -> dict[tuple[str, int], tuple[str, str]]:
    """Why each was told that they are asked; they are reminded for the same reason."""
    rows = Notice.objects.filter(
        key__in={f"{ASKED}:{one.approval.host}:{one.approval.attempt}" for one in due},
        user_id__in={one.user_id for one in due},
    )
    found = rows.values_list("host", "user_id", "why", "why_name")
    return {(host, user_id): (why, name) for host, user_id, why, name in found}


def _remind(
    approval: Approval, asked: Sequence[AskedPerson], reasons: _Reasons, journal: Journal
) -> None:
    journal.add(
        "approval.reminded",
        approval=approval.pk,
        host=approval.host,
        attempt=approval.attempt,
        reminded=sorted(one.user_id for one in asked),
    )
    journal.tell(
        REMINDED,
        list(_listeners(approval, asked, reasons)),
        host=approval.host,
        attempt=approval.attempt,
        needs_action=True,
        by=journal.actor.label,
        **round_facts(approval),
    )


def _listeners(
    approval: Approval, asked: Sequence[AskedPerson], reasons: _Reasons
) -> Iterator[Listeners]:
    groups: dict[tuple[str, str], set[int]] = {}
    for one in asked:
        reason = reasons.get((approval.host, one.user_id), ("asked", ""))
        groups.setdefault(reason, set()).add(one.user_id)
    for (why, name), users in groups.items():
        yield Listeners(why, frozenset(users), name)

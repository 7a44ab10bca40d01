"""Somebody reminds those for whom a release waits: "Remind" and "Remind all" (ux.md 4 b, NTF-1)."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from approvals.audience import REMINDER_PAUSE
from approvals.models import Approval
from approvals.selectors import current_rounds
from approvals.services.reminding import Reminders, remind_asked
from audit.actor import Actor
from audit.canonical import instant_text
from audit.errors import Conflict
from audit.journal import Journal
from audit.locking import moment
from audit.permissions import require
from audit.services.record import record
from releases.models import Activity, Phase, Release
from releases.permissions import can_manage_release, owned_phases
from releases.rules.transitions import ACTIVITY_WAITING
from releases.selectors import release_for
from releases.services.lifecycle import lock_release

_HOURS: Final = int(REMINDER_PAUSE.total_seconds() // 3600)


@transaction.atomic
def remind_awaited(
    *,
    release_id: int,
    actor: Actor,
    user_id: int | None = None,
    now: dt.datetime | None = None,
) -> Reminders:
    """Remind everybody for whom a release waits, or one account: of each open activity once in four hours.

    Whoever manages the release may, and the owner of a phase for what is open in it. They hear it as
    they heard that they are asked: in the portal and by e-mail. Refusals: NotFound, NotPermitted,
    Conflict `archived` for a release of an archived product, of which nobody is told anything,
    `not_awaited` when nothing is awaited of them, `reminded_lately` when everybody has been reminded
    within four hours (`again_at` says from when on they may be).
    """
    release = release_for(actor, release_id)
    _phases_to_remind_in(actor, release)
    release = lock_release(release_id)
    if release.product.is_archived:
        raise Conflict("archived", "The product is archived, so nobody is told anything about it.")
    journal = Journal(actor=actor, at=moment(release, now))
    rounds = _open_rounds(release, _phases_to_remind_in(actor, release))
    done = remind_asked(rounds, journal, user_ids=None if user_id is None else {user_id})
    if done.nobody_is_awaited:
        whom = "anybody else" if user_id is None else "them"
        raise Conflict("not_awaited", f"Nothing is awaited of {whom} here any more.")
    if not done.people:
        again_at = instant_text(done.again_at) if done.again_at else None
        raise Conflict("reminded_lately", _lately(done), data={"again_at": again_at})
    record(journal, stream=release.stream)
    return done


def _phases_to_remind_in(actor: Actor, release: Release) -> frozenset[int] | None:
    """The phases in which the actor may remind people, None for all. Raises NotPermitted for none."""
    may_manage = can_manage_release(actor, release)
    if may_manage:
        return None
    owned = owned_phases(actor, release, list(Phase.objects.filter(release=release)))
    if not owned:
        require(may_manage)
    return owned


def _open_rounds(release: Release, phases: frozenset[int] | None) -> list[Approval]:
    rows = Activity.objects.filter(release=release, state__in=ACTIVITY_WAITING)
    if phases is not None:
        rows = rows.filter(phase__in=phases)
    hosts = [one.host for one in rows.order_by("position", "pk")]
    rounds = [one for one in current_rounds(hosts) if one.state == Approval.State.OPEN]
    return sorted(rounds, key=lambda one: hosts.index(one.host))


def _lately(done: Reminders) -> str:
    verb = "was" if len(done.lately) == 1 else "were"
    who = done.lately[0] if len(done.lately) == 1 else "All of them"
    return f"{who} {verb} reminded within the last {_HOURS} hours. That is often enough."

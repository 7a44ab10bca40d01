"""A phase gets another owner (REL-1, EXE-6; ux.md, phase view)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from approvals.permissions import can_give_rights
from approvals.rules.texts import check_reason
from audit.actor import YES, Actor, Answer
from audit.errors import Conflict, Invalid, NotFound
from audit.history import save_tracked
from audit.journal import Journal
from audit.locking import moment
from audit.permissions import require
from audit.services.record import record
from releases.models import Phase, Release
from releases.permissions import can_manage_release
from releases.rules.transitions import RELEASE_ENDED, ReleaseState
from releases.selectors import people_by_username, release_for
from releases.services.lifecycle import lock_release
from releases.services.ownership import check_successor
from releases.services.telling import owners_of, tell_new_owner, tell_what_stands

_COLUMNS = ("owner_user", "owner_group", "owner_role")


@transaction.atomic
def change_phase_owner(
    *,
    release_id: int,
    phase: str,
    owner: str,
    reason: str,
    actor: Actor,
    now: dt.datetime | None = None,
) -> Phase:
    """Give a phase, by its key, to another owner, by username; "" gives it back to the release manager.

    From then on the other one retries, fixes and skips in it, and the former one no more, be that a
    person, a group or a role; both are told, and the other one also of what has failed in it. Whoever
    manages the release may: the owner of a phase may not give it on. Refusals: NotFound, NotPermitted
    (`own_rights`: nobody gives it to themselves, by whichever account), Conflict (`not_started`,
    `already_ended`), Invalid without a reason, for somebody who is no active person, reads only here
    (A-070) or owns it already.
    """
    release = release_for(actor, release_id)
    require(can_manage_release(actor, release))
    release = lock_release(release_id)
    require(can_manage_release(actor, release))
    named = people_by_username([owner.strip()]).get(owner.strip()) if owner.strip() else None
    if named is not None:
        require(can_give_rights(actor, [named.person]))
    check_reason(reason)
    row = _phase_of(release, phase)
    found = _new_owner(release, row, owner.strip(), named)
    journal = Journal(actor=actor, at=moment(release, now))
    relieved = list(owners_of(release, row))
    former, former_name = _owner_of(row), _owner_name(row)
    row.owner_user, row.owner_group, row.owner_role = found, None, None
    save_tracked(journal, [row], list(_COLUMNS), reason)
    journal.add(
        "phase.owner_changed",
        phase=row.key,
        former=former,
        owner=_owner_of(row),
        names={"phase": row.name, "former": former_name, "owner": _owner_name(row)},
    )
    tell_new_owner(release, row, relieved, journal=journal, owner=_owner_name(row), reason=reason)
    if found is not None:
        tell_what_stands(release, found.pk, "owner", journal=journal, phase=row)
    record(journal, stream=release.stream)
    return row


def owner_may_change(release: Release) -> Answer:
    """Whether the owners of its phases can be changed at this moment."""
    if ReleaseState(release.state) in RELEASE_ENDED:
        ended = "The release has ended; who owned its phases stays on record."
        return Answer(False, "already_ended", ended)
    if release.started_at is None:
        planned = "The release has not started: until then its process says who owns what."
        return Answer(False, "not_started", planned)
    return YES


def _phase_of(release: Release, key: str) -> Phase:
    """The phase below the lock of its release. Raises Conflict, NotFound."""
    when = owner_may_change(release)
    if not when:
        raise Conflict(when.code, when.sentence)
    rows = Phase.objects.select_related("release__manager", *_COLUMNS).filter(release=release)
    found = rows.filter(key=key).first()
    if found is None:
        raise NotFound
    return found


def _new_owner(release: Release, phase: Phase, username: str, found: Any) -> Any:
    """The account that is to own it, found by this name; None for the release manager. Raises Invalid."""
    if not username:
        if _owner_of(phase) is None:
            raise Invalid(errors={"owner": [f"{release.manager} owns this phase already."]})
        return None
    check_successor(
        release, "owner", username, found, has="owns this phase", none="own no phase",
        has_it=found is not None and found.pk == phase.owner_user_id,
    )  # fmt: skip
    return found


def _owner_of(phase: Phase) -> Mapping[str, int] | None:
    """Whom a phase names, for the record; None when that is whoever manages the release."""
    named = {name: getattr(phase, f"{name}_id") for name in _COLUMNS}
    return next(
        ({name.removeprefix("owner_"): key} for name, key in named.items() if key is not None), None
    )


def _owner_name(phase: Phase) -> str:
    """The name of whom a phase names as its owner, else that of the release manager."""
    named = phase.owner_user or phase.owner_group or phase.owner_role
    return str(named or phase.release.manager)

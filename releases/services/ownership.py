"""A release gets another release manager (REL-1; ux.md, release page)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Q

from approvals.audience import MANAGER_ROLE
from approvals.models import Approval, Role, RoleAssignment, Scope
from approvals.permissions import can_give_rights
from approvals.rules.texts import check_reason
from approvals.selectors import account_reads_only
from approvals.services.reconcile import reconcile_rounds, rounds_naming
from audit.actor import Actor
from audit.errors import Conflict, Invalid
from audit.history import save_tracked
from audit.journal import Journal
from audit.locking import lock, moment
from audit.permissions import require
from audit.services.record import record
from releases.models import Release
from releases.permissions import can_manage_release
from releases.rules.transitions import RELEASE_ENDED, ReleaseState
from releases.selectors import people_by_username, release_for
from releases.services.lifecycle import lock_release
from releases.services.roles import Grantee, write_assignment, write_end
from releases.services.telling import tell_new_manager, tell_what_stands


def change_manager(
    *,
    release_id: int,
    manager: str,
    reason: str,
    actor: Actor,
    now: dt.datetime | None = None,
) -> Release:
    """Give a release to another release manager, by username.

    The former one loses the role Release Manager on this release (not one for more than it), one that
    was yet to begin as well; the new one gets it for good, and both are told. Open rounds that ask the
    role ask the new one at once. Whoever has the right `manage` may: the owner of a phase may not.
    Refusals: NotFound, NotPermitted (`own_rights`: nobody gives it to themselves, by whichever
    account), Conflict `already_ended`, Invalid without a reason, for somebody who is no active person,
    reads only here (A-070) or manages it already.
    """
    release = _change_manager(release_id, manager, reason, actor, now)
    role = Role.objects.get(slug=MANAGER_ROLE)
    here = Approval.objects.filter(scope_id=release.scope_id, pk__in=rounds_naming(roles=[role.pk]))
    touched = list(here.values_list("pk", flat=True))
    reconcile_rounds(approval_ids=touched, actor=actor, now=now)
    return release


@transaction.atomic
def _change_manager(
    release_id: int, manager: str, reason: str, actor: Actor, now: dt.datetime | None
) -> Release:
    release = release_for(actor, release_id)
    require(can_manage_release(actor, release))
    release = lock_release(release_id)
    require(can_manage_release(actor, release))
    named = people_by_username([manager.strip()]).get(manager.strip())
    if named is not None and named.pk != release.manager_id:
        require(can_give_rights(actor, [named.person]))
    check_reason(reason)
    if ReleaseState(release.state) in RELEASE_ENDED:
        raise Conflict("already_ended", "The release has ended; who managed it stays on record.")
    found: Any = named
    check_successor(
        release, "manager", manager.strip(), found, has="manages this release",
        none="manage nothing", has_it=found is not None and found.pk == release.manager_id,
    )  # fmt: skip
    journal = Journal(actor=actor, at=moment(release, now))
    place = lock(Scope.objects.all(), pk=release.scope_id)
    former = release.manager
    release.manager = found
    save_tracked(journal, [release], ["manager"], reason)
    journal.add(
        "release.manager_changed",
        former=former.pk,
        manager=found.pk,
        names={"former": str(former), "manager": str(found)},
    )
    _hand_over(former, found, place, journal, reason)
    tell_new_manager(release, former.pk, journal=journal, reason=reason)
    tell_what_stands(release, found.pk, "manager", journal=journal)
    record(journal, stream=release.stream)
    return release


def check_successor(
    release: Release, field: str, username: str, found: Any, *, has_it: bool, has: str, none: str
) -> None:
    """Whether an account, found by this name or not, may take over a release or a part of it.

    `has_it`: whether it is theirs; `has` and `none` say so, and that an auditor has none, in words.
    Raises Invalid at `field`.
    """
    wrong = ""
    if found is None or found.kind != "person":
        wrong = f"There is no active person {username!r}."
    elif has_it:
        wrong = f"{found} {has} already."
    elif account_reads_only(found.pk, release.scope.lineage):
        wrong = f"{found} is an auditor here; auditors read and {none}."
    if wrong:
        raise Invalid(errors={field: [wrong]})


def _hand_over(former: Any, found: Any, place: Scope, journal: Journal, reason: str) -> None:
    """The role goes with the release: from the one, unless they have it from elsewhere, to the other."""
    role = Role.objects.get(slug=MANAGER_ROLE)
    # What begins later counts too: it would give the release back, or stand in the way.
    lasting = Q(valid_until__isnull=True) | Q(valid_until__gt=journal.at)
    held = RoleAssignment.objects.select_related("role").filter(lasting, role=role, scope=place)
    ending = list(held.filter(user=former))
    theirs = list(held.filter(user=found))
    has_it = any(_holds_for_good(one, journal.at) for one in theirs)
    for one in ending if has_it else [*ending, *theirs]:
        write_end(one, place, journal=journal, reason=reason)
    if not has_it:
        write_assignment(role, Grantee(user_id=found.pk), place, journal=journal)


def _holds_for_good(one: RoleAssignment, now: dt.datetime) -> bool:
    return one.valid_until is None and (one.valid_from is None or one.valid_from <= now)

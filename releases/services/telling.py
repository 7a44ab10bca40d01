"""Who hears how an activity ended and what became of a release (NTF-1, EXE-5).

Notes on the journal; whoever acts is left out when it is written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from approvals.audience import (
    asked_before_notices,
    deciders_of,
    holders_of_role,
    managers_of_scope,
    members_of,
    stuck_and_untold,
)
from approvals.models import Approval
from approvals.services.decisions import standing_of
from approvals.services.telling import ASKED, round_facts, tell_stuck
from audit.canonical import instant_text
from audit.events import Listeners
from audit.journal import Journal
from audit.selectors import told_once
from releases.facts import author_ids, lineage_of
from releases.models import Activity, Comment, Phase, Release
from releases.rules.transitions import ACTIVITY_FAILED, ActivityState, ReleaseState

LONGEST_QUOTE: Final = 600

# What people hear of a release besides that it waits for them.
_RELEASE_MOMENTS: Final = {
    ReleaseState.FAILED: "release_failed",
    ReleaseState.COMPLETED: "release_completed",
    ReleaseState.DEFERRED: "release_deferred",
    ReleaseState.ABORTED: "release_aborted",
    ReleaseState.CANCELLED: "release_cancelled",
}
# Whoever was asked hears that nothing is awaited from them any more; a hold leaves open what is open.
_RELIEVING: Final = frozenset({"release_deferred", "release_aborted", "release_cancelled"})
# These concern whoever works in an open phase; of a failure and an end they hear by its activities.
_FOR_OWNERS: Final = _RELIEVING | {"release_held", "release_resumed"}


def tell_outcome(
    release: Release,
    activity: Activity,
    approval: Approval,
    moment: str,
    *,
    journal: Journal,
    comment: str = "",
) -> None:
    """A round was `completed` or `rejected`: whoever runs it hears, and whoever had a part in it."""
    listeners = [
        *_responsible(release, activity.phase),
        Listeners("decided", found_by=deciders_of(approval.pk)),
        Listeners("asked", found_by=told_once(ASKED, approval.host, approval.attempt)),
        Listeners("asked", found_by=asked_before_notices(approval, ASKED)),
    ]
    if activity.asked_by_id is not None:
        listeners.insert(0, Listeners("asked_for", frozenset({activity.asked_by_id})))
    journal.tell(
        moment,
        listeners,
        host=approval.host,
        attempt=approval.attempt,
        once="outcome",
        because=approval.closed_because,
        quote=_quote(comment),
        **_by(journal),
        **round_facts(approval),
    )


def listeners_of_question(release: Release, activity: Activity) -> list[Listeners]:
    """Who hears when somebody asks for information: whoever runs it, and who asked for an override."""
    listeners = _responsible(release, activity.phase)
    if activity.asked_by_id is not None:
        listeners.insert(0, Listeners("asked_for", frozenset({activity.asked_by_id})))
    return listeners


def tell_question(
    release: Release,
    activity: Activity,
    approval: Approval,
    comment: Comment,
    *,
    journal: Journal,
) -> None:
    """Somebody who is asked asks back: the listeners of a question hear of this one, once."""
    journal.tell(
        "information_asked",
        listeners_of_question(release, activity),
        host=approval.host,
        attempt=approval.attempt,
        once=f"question:{comment.pk}",
        quote=_quote(comment.text),
        **_by(journal),
        **round_facts(approval),
    )


def tell_failure(
    release: Release, activity: Activity, *, journal: Journal, summary: str, because: str
) -> None:
    """A pipeline or check has `failed`, or `timed_out`: it said nothing in time."""
    journal.tell(
        "failed",
        _responsible(release, activity.phase),
        host=activity.host,
        attempt=activity.attempt,
        once="outcome",
        title=f"{activity.name} – {release}",
        because=because,
        quote=_quote(summary),
        **_by(journal),
    )


def tell_release(
    release: Release,
    *,
    former: str,
    was_held: bool,
    journal: Journal,
    reason: str = "",
    phases: Sequence[Phase] = (),
    relieved: Collection[int] = (),
) -> None:
    """A release was held, let go, goes on after a failure, or has come to an end for now or for good.

    `phases`: those that were under way, whose owners hear of it; `relieved`: the accounts that were
    asked something until now, of whom nothing is awaited any more.
    """
    moment, because = _moment_of(release, former, was_held)
    if not moment:
        return
    listeners = list(_named(release))
    if moment in _RELIEVING:
        listeners.insert(0, Listeners("relieved", frozenset(relieved)))
    if moment in _FOR_OWNERS:
        listeners += [owner for phase in phases for owner in owners_of(release, phase)]
    until = release.deferred_until if release.state == ReleaseState.DEFERRED else None
    journal.tell(
        moment,
        listeners,
        host=f"release:{release.pk}",
        title=str(release),
        because=because,
        quote=_quote(reason),
        until=instant_text(until) if until else None,
        **_by(journal),
    )


def tell_new_manager(release: Release, former: int, *, journal: Journal, reason: str = "") -> None:
    """A release has another manager: the new one hears, the former one, and whoever made it."""
    journal.tell(
        "manager_changed",
        [
            Listeners("manager", frozenset({release.manager_id})),
            Listeners("former_manager", frozenset({former})),
            Listeners("requester", frozenset({release.requester_id})),
        ],
        host=f"release:{release.pk}",
        title=str(release),
        people=[str(release.manager)],
        quote=_quote(reason),
        **_by(journal),
    )


def tell_new_owner(
    release: Release,
    phase: Phase,
    former: Sequence[Listeners],
    *,
    journal: Journal,
    owner: str,
    reason: str = "",
) -> None:
    """A phase has another owner: whoever owns it now hears, whoever manages it, and the `former` ones."""
    journal.tell(
        "owner_changed",
        [
            *owners_of(release, phase),
            Listeners("manager", found_by=managers_of_scope(release.scope_id)),
            *(replace(one, why="former_owner") for one in former),
        ],
        host=f"release:{release.pk}",
        title=f"{phase.name} – {release}",
        people=[owner],
        quote=_quote(reason),
        **_by(journal),
    )


def tell_what_stands(
    release: Release, account: int, why: str, *, journal: Journal, phase: Phase | None = None
) -> None:
    """Whoever takes over hears of what has failed and cannot be completed, as those before them did.

    `account`: who takes over; `why` they hear. In the whole release, or in `phase` alone: of a stuck
    round only whoever manages the release hears, unless it is stuck no more by who they are, or they
    have heard of it since it got stuck.
    """
    whom = Listeners(why, frozenset({account}), phase.name if phase else "")
    failed = Activity.objects.filter(
        release=release, overrides=None, state__in=sorted(ACTIVITY_FAILED)
    )
    if phase is not None:
        failed = failed.filter(phase=phase)
    for one in failed:
        journal.tell(
            "failed" if one.state == ActivityState.FAILED else "rejected",
            [whom],
            host=one.host,
            attempt=one.attempt,
            once="outcome",
            title=f"{one.name} – {release}",
            because=one.state_because,
        )
    if phase is None:
        for approval in _still_stuck(release, account, journal):
            tell_stuck(approval, journal, [whom])


def _still_stuck(release: Release, account: int, journal: Journal) -> Iterator[Approval]:
    for one in stuck_and_untold(release.scope_id, account).select_related("scope"):
        if standing_of(one, one.scope.lineage, journal).evaluate().stuck:
            yield one


def _moment_of(release: Release, former: str, was_held: bool) -> tuple[str, str]:
    """What people hear of, and its code where the moment alone does not say it; "" for nothing.

    Whoever has heard of a failure hears that it is over, as well when the release stands still then.
    """
    changed = release.state != former
    moment = _RELEASE_MOMENTS.get(ReleaseState(release.state)) if changed else None
    if moment is not None:
        return moment, ""
    if changed and former == ReleaseState.FAILED:
        return "release_resumed", "mended_and_held" if release.held else "mended"
    if release.held != was_held:
        return ("release_held" if release.held else "release_resumed"), ""
    return "", ""


def _named(release: Release) -> Iterator[Listeners]:
    yield Listeners("manager", found_by=managers_of_scope(release.scope_id))
    yield Listeners("requester", frozenset({release.requester_id}))
    yield Listeners("author", frozenset(author_ids(release)))


def _responsible(release: Release, phase: Phase) -> list[Listeners]:
    found = [one for one in _named(release) if one.why != "author"]
    return [*found, *owners_of(release, phase)]


def owners_of(release: Release, phase: Phase) -> Iterator[Listeners]:
    """Who owns a phase besides the release manager: a person, a group or a role, or nobody."""
    if phase.owner_user_id is not None:
        yield Listeners("owner", frozenset({phase.owner_user_id}), phase.name)
    elif phase.owner_group_id is not None:
        yield Listeners("owner", name=phase.name, found_by=members_of(phase.owner_group_id))
    elif phase.owner_role_id is not None:
        holders = holders_of_role(phase.owner_role_id, lineage_of(release))
        yield Listeners("owner", name=phase.name, found_by=holders)


def _by(journal: Journal) -> dict[str, Any]:
    """Who did it; the product's own acts have no person."""
    return {"by": None if journal.actor.kind == "system" else journal.actor.label}


def _quote(text: str) -> str:
    return text if len(text) <= LONGEST_QUOTE else f"{text[: LONGEST_QUOTE - 1]}…"

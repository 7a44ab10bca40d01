"""Who hears how an activity ended and what became of a release (NTF-1, EXE-5).

Notes on the journal; whoever acts is left out when it is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from approvals.audience import deciders_of, holders_of_role, members_of
from approvals.models import Approval
from approvals.services.telling import ASKED, round_facts
from audit.canonical import instant_text
from audit.events import Listeners
from audit.journal import Journal
from audit.selectors import told_once
from releases.facts import author_ids, lineage_of
from releases.models import Activity, Phase, Release
from releases.rules.transitions import ReleaseState

LONGEST_QUOTE: Final = 600

# What people hear of a release besides that it waits for them.
_RELEASE_MOMENTS: Final = {
    ReleaseState.FAILED: "release_failed",
    ReleaseState.COMPLETED: "release_completed",
    ReleaseState.DEFERRED: "release_deferred",
    ReleaseState.ABORTED: "release_aborted",
    ReleaseState.CANCELLED: "release_cancelled",
}


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


def tell_failure(release: Release, activity: Activity, *, journal: Journal, summary: str) -> None:
    """A pipeline or check has failed, or said nothing in time."""
    journal.tell(
        "failed",
        _responsible(release, activity.phase),
        host=activity.host,
        attempt=activity.attempt,
        once="outcome",
        title=f"{activity.name} – {release}",
        quote=_quote(summary),
        **_by(journal),
    )


def tell_release(
    release: Release, *, former: str, was_held: bool, journal: Journal, reason: str = ""
) -> None:
    """A release was held, let go, or has come to an end for now or for good."""
    changed = release.state != former
    moment = _RELEASE_MOMENTS.get(ReleaseState(release.state)) if changed else None
    if moment is None and release.held != was_held:
        moment = "release_held" if release.held else "release_resumed"
    if moment is None:
        return
    until = release.deferred_until if release.state == ReleaseState.DEFERRED else None
    journal.tell(
        moment,
        _named(release),
        host=f"release:{release.pk}",
        title=str(release),
        quote=_quote(reason),
        until=instant_text(until) if until else None,
        **_by(journal),
    )


def _named(release: Release) -> Iterator[Listeners]:
    yield Listeners("manager", frozenset({release.manager_id}))
    yield Listeners("requester", frozenset({release.requester_id}))
    yield Listeners("author", frozenset(author_ids(release)))


def _responsible(release: Release, phase: Phase) -> list[Listeners]:
    found = [one for one in _named(release) if one.why != "author"]
    if phase.owner_user_id is not None:
        found.append(Listeners("owner", frozenset({phase.owner_user_id}), phase.name))
    elif phase.owner_group_id is not None:
        found.append(Listeners("owner", name=phase.name, found_by=members_of(phase.owner_group_id)))
    elif phase.owner_role_id is not None:
        holders = holders_of_role(phase.owner_role_id, lineage_of(release))
        found.append(Listeners("owner", name=phase.name, found_by=holders))
    return found


def _by(journal: Journal) -> dict[str, Any]:
    """Who did it; the product's own acts have no person."""
    return {"by": None if journal.actor.kind == "system" else journal.actor.label}


def _quote(text: str) -> str:
    return text if len(text) <= LONGEST_QUOTE else f"{text[: LONGEST_QUOTE - 1]}…"

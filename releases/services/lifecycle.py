"""A release is started, held, resumed, put off, given up (REL-4, EXE-6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import transaction

from approvals.rules.texts import check_reason
from audit.actor import Actor, Answer
from audit.canonical import canonical_text, instant_text
from audit.errors import Invalid
from audit.history import create_tracked, save_tracked
from audit.journal import Journal
from audit.locking import lock, moment
from audit.permissions import require
from audit.services.record import record
from releases.documents import document_of
from releases.facts import Board, condition_facts, load_board, starter_ids
from releases.models import Activity, Phase, Release
from releases.permissions import can_abort_release, can_manage_release, can_start_release
from releases.rules.conditions import applies
from releases.rules.progress import (
    Plan,
    ReleaseFacts,
    plan_abort,
    plan_defer,
    plan_hold,
    plan_resume,
    plan_schedule,
    plan_start,
)
from releases.rules.transitions import ReleaseState
from releases.selectors import release_for
from releases.services.progress import settle_release

Planner = Callable[[ReleaseFacts, dt.datetime], Plan]


def lock_release(release_id: int) -> Release:
    """Lock a release with what its services read of it."""
    return lock(
        Release.objects.select_related("product", "scope", "process_version"), pk=release_id
    )


@transaction.atomic
def start_release(
    *, release_id: int, actor: Actor, at: dt.datetime | None = None, now: dt.datetime | None = None
) -> Release:
    """Start a release now, or at a later instant (`at`, aware; the past means now).

    Makes its phases and activities from the process version it was created with; whoever starts it
    is bound like its requester. Refusals: NotFound, NotPermitted, Conflict (`already_started`,
    `already_ended`), Invalid for an instant without a zone.
    """
    release = release_for(actor, release_id)
    require(can_start_release(actor, release))
    release = lock_release(release_id)
    journal = Journal(actor=actor, at=moment(release, now))
    if at is not None and at.tzinfo is None:
        raise Invalid(errors={"at": ["Give the time with its offset from UTC."]})
    board = load_board(release)
    if at is not None and at > journal.at:
        _schedule(board, at, journal)
    else:
        begin_release(board, journal=journal, starters=_name_starter(release, actor))
    record(journal, stream=release.stream)
    return release


def _name_starter(release: Release, actor: Actor) -> list[str]:
    """Bind whoever starts the release, on the row; returns the fields that differ by it."""
    if actor.user_id is None:
        return []
    former = release.starter_id, release.starters
    release.starter_id = actor.user_id
    release.starters = canonical_text(sorted({*starter_ids(release), actor.user_id}))
    return [] if former == (release.starter_id, release.starters) else ["starter", "starters"]


def _schedule(board: Board, at: dt.datetime, journal: Journal) -> None:
    release = board.release
    plan_schedule(board.facts())
    starters = _name_starter(release, journal.actor)
    release.state, release.scheduled_at = ReleaseState.SCHEDULED.value, at
    save_tracked(journal, [release], ["state", "scheduled_at", *starters])
    journal.add("release.scheduled", at=instant_text(at))


def begin_release(board: Board, *, journal: Journal, starters: Sequence[str] = ()) -> None:
    """Make the rows of a locked release and let it run: the start itself, without asking who.

    `starters`: the fields that say who starts it, where they are to be written. Raises Conflict as
    `plan_start` does.
    """
    plan = plan_start(board.facts())
    if starters:
        save_tracked(journal, [board.release], starters)
    settle_release(_make_rows(board.release, journal), journal=journal, act=plan)


def _make_rows(release: Release, journal: Journal) -> Board:
    document, facts = document_of(release.process_version), condition_facts(release)
    phases = create_tracked(
        journal,
        [
            Phase(
                release=release,
                key=spec["key"],
                name=spec["name"],
                position=number,
                **_owner(spec["owner"]),
            )
            for number, spec in enumerate(document.phases.values(), start=1)
        ],
    )
    by_key = {phase.key: phase for phase in phases}
    rows: list[Activity] = []
    for number, (ref, spec) in enumerate(document.activities.items(), start=1):
        applied = applies(spec["when"], facts)
        rows.append(
            Activity(
                release=release,
                phase=by_key[ref.split(".")[0]],
                key=spec["key"],
                name=spec["name"],
                kind=spec["kind"],
                position=number,
                applies=applied.applies,
            )
        )
    return Board(release, phases, create_tracked(journal, rows))


def _owner(owner: Mapping[str, Any] | None) -> dict[str, int]:
    return {f"owner_{kind}_id": ref for kind, ref in (owner or {}).items()}


def _at_any_time(planner: Callable[[ReleaseFacts], Plan]) -> Planner:
    return lambda facts, _: planner(facts)


def _act(
    release_id: int,
    actor: Actor,
    now: dt.datetime | None,
    planner: Planner,
    reason: str,
    may: Callable[[Actor, Release], Answer] = can_manage_release,
    **changes: Any,
) -> Release:
    """The shape that hold, resume, defer and abort share: find, ask, lock, plan, settle, record."""
    release = release_for(actor, release_id)
    require(may(actor, release))
    release = lock_release(release_id)
    # Asked again below the lock: what gives the right (a failed phase) may have changed meanwhile.
    require(may(actor, release))
    journal = Journal(actor=actor, at=moment(release, now))
    board = load_board(release)
    plan = planner(board.facts(), journal.at)
    for name, value in changes.items():
        setattr(release, name, value)
    if changes:
        save_tracked(journal, [release], list(changes), reason)
    settle_release(board, journal=journal, act=plan, reason=reason)
    record(journal, stream=release.stream)
    return release


@transaction.atomic
def hold_release(
    *, release_id: int, reason: str, actor: Actor, now: dt.datetime | None = None
) -> Release:
    """Let nothing new start; what is open can still be decided.

    Refusals: NotFound, NotPermitted, Conflict (`not_started`, `already_held`, `already_ended`),
    Invalid for a reason that can't be kept.
    """
    check_reason(reason, needed=False)
    return _act(release_id, actor, now, _at_any_time(plan_hold), reason)


@transaction.atomic
def resume_release(
    *, release_id: int, reason: str, actor: Actor, now: dt.datetime | None = None
) -> Release:
    """End a hold by its manager, and only that. Refusals: as above, Conflict `not_held`."""
    check_reason(reason, needed=False)
    return _act(release_id, actor, now, _at_any_time(plan_resume), reason)


@transaction.atomic
def defer_release(
    *,
    release_id: int,
    until: dt.datetime,
    reason: str,
    actor: Actor,
    now: dt.datetime | None = None,
) -> Release:
    """Put a release off until a new date; open rounds close undecided.

    Refusals: NotFound, NotPermitted, Conflict `already_ended`, Invalid without a reason, for a
    time without a zone or in the past.
    """
    check_reason(reason)
    if until.tzinfo is None:
        raise Invalid(errors={"until": ["Give the time with its offset from UTC."]})

    def still_to_come(facts: ReleaseFacts, at: dt.datetime) -> Plan:
        plan = plan_defer(facts)
        if until <= at:
            raise Invalid(errors={"until": ["Give a time that is still to come."]})
        return plan

    return _act(release_id, actor, now, still_to_come, reason, deferred_until=until)


@transaction.atomic
def abort_release(
    *, release_id: int, reason: str, actor: Actor, now: dt.datetime | None = None
) -> Release:
    """Give a release up: `aborted` once started, `cancelled` before. The owner of a failed phase may.

    Refusals: NotFound, NotPermitted, Conflict `already_ended`, Invalid without a reason.
    """
    check_reason(reason)

    def may(actor: Actor, release: Release) -> Answer:
        return can_abort_release(actor, release, list(Phase.objects.filter(release=release)))

    return _act(release_id, actor, now, _at_any_time(plan_abort), reason, may)

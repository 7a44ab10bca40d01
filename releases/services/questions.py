"""What an activity asks the approval engine: seats, rule, who may not decide, and for what content."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from approvals.facts import live_decisions, load_electorate
from approvals.models import Approval, Decision
from approvals.rules.seats import Seat, Source
from approvals.selectors import current_rounds, decisions_of, rounds_of
from approvals.services.decisions import require_open, require_voter
from approvals.services.explaining import look_at_round
from approvals.services.reconcile import refresh_round
from approvals.services.rounds import RoundRequest
from approvals.wording import sentence_for
from audit.errors import Conflict
from audit.journal import Journal
from releases.facts import (
    DEFAULT_SEPARATION,
    Board,
    author_ids,
    condition_facts,
    lineage_of,
    own_change_ids,
)
from releases.models import Activity, Release
from releases.rules.conditions import applies
from releases.rules.transitions import ACTIVITY_WAITING, ActivityState

# An override is one seat for whoever holds the right; it is never given without a word.
_OVERRIDE = "override"
_OVERRIDE_RULE = {"kind": "any", "number": None}
_OVERRIDE_COMMENT = {"required": True, "min_length": 0}


def round_request(board: Board, activity: Activity) -> RoundRequest:
    """The question that opening `activity` puts to people, from the release's own process version."""
    release = board.release
    common: dict[str, Any] = {
        "host": activity.host,
        "attempt": activity.attempt,
        "scope_id": release.scope_id,
        "lineage": lineage_of(release),
        "stream": release.stream,
        "title": f"{activity.name} – {release}",
        "content": content_of(board, activity),
        "exclusions": exclusions_for(board, activity),
    }
    if activity.overrides_id is not None:
        return RoundRequest(
            rule=_OVERRIDE_RULE,
            reject="first",
            rights=(_OVERRIDE,),
            comment=_OVERRIDE_COMMENT,
            **common,
        )
    spec = board.document.activities[board.ref(activity)]
    asked, left_out = _applying(spec["approvers"], release)
    return RoundRequest(
        rule=spec["rule"],
        reject=spec["reject"],
        approvers=asked,
        left_out=left_out,
        comment=spec["comment"],
        deadline=spec["deadline"],
        fields=spec["fields"],
        **common,
    )


def anybody_may_override(board: Board, request: Activity, now: dt.datetime) -> bool:
    """Whether somebody could approve a request to skip, if it were put to people at `now`."""
    seat = Seat(1, True, (Source("right", _OVERRIDE),))
    excluded = exclusions_for(board, request)
    found = load_electorate([seat], excluded, lineage_of(board.release), now)
    return bool(found.eligible())


def question_put_to(board: Board, activity: Activity, journal: Journal) -> Approval:
    """The open round of an activity that asks the actor, by the rules that take a vote.

    Raises NotPermitted for one who may not decide in it (the code says why), Conflict `not_open`,
    `already_decided` or `deadline_passed`.
    """
    approval = rounds_of(activity.host).order_by("-attempt").first()
    if approval is None or activity.state == ActivityState.BLOCKED:
        raise Conflict("not_open", sentence_for("not_open"))
    standing = look_at_round(
        approval,
        (),
        lineage=lineage_of(board.release),
        exclusions=exclusions_for(board, activity),
        now=journal.at,
    )
    require_voter(standing, journal.actor)
    require_open(approval, journal)
    return approval


def _applying(
    approvers: Sequence[Mapping[str, Any]], release: Release
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Approver entries whose condition holds, and the others with the reason (POL-10)."""
    if not any(entry.get("when") for entry in approvers):
        return list(approvers), []
    facts = condition_facts(release)
    asked: list[Mapping[str, Any]] = []
    left_out: list[Mapping[str, Any]] = []
    for entry in approvers:
        applied = applies(entry.get("when"), facts)
        if applied.applies:
            asked.append(entry)
        else:
            left_out.append({**entry, "reason": applied.reason})
    return asked, left_out


def content_of(board: Board, activity: Activity) -> dict[str, Any]:
    """What an answer is given for (EXE-10); rule, seats, form and attempt are the engine's part."""
    release = board.release
    return {
        "activity": board.ref(activity),
        "artifacts": json.loads(release.artifacts),
        "authors": sorted(author_ids(release)),
        "commit": release.commit,
        "overrides": activity.overrides_id,
        "process": board.document.digest,
        "release": release.pk,
        "version": release.version,
    }


def exclusions_for(board: Board, activity: Activity) -> dict[int, str]:
    """The users who may not decide an activity, by code (POL-6).

    `own_change`: who made or started the release, and its authors. `four_eyes`: who has decided an
    activity that must be decided by somebody else. `own_request`: who asked for the override.
    """
    spec = board.document.activities.get(board.ref(activity), {})
    separation = spec.get("separation") or DEFAULT_SEPARATION
    excluded: dict[int, str] = dict.fromkeys(_deciders(board, activity), "four_eyes")
    excluded |= dict.fromkeys(own_change_ids(board.release, separation), "own_change")
    if activity.asked_by_id is not None:
        excluded[activity.asked_by_id] = "own_request"
    return excluded


def linked_activities(board: Board, activity: Activity) -> list[Activity]:
    """The activities that four eyes tie to this one; the tie holds both ways."""
    refs = board.document.four_eyes.get(board.ref(activity), frozenset())
    return [other for other in board.activities if board.ref(other) in refs]


def refresh_linked(board: Board, activity: Activity, journal: Journal) -> None:
    """Whom four eyes shut out of the activities tied to this one changes with its votes: at once."""
    _refresh(board, linked_activities(board, activity), journal)


def refresh_open(board: Board, journal: Journal) -> None:
    """Who may not decide has changed with the release itself: every open round is told at once."""
    waiting = [one for one in board.activities if one.state in ACTIVITY_WAITING]
    _refresh(board, waiting, journal)


def _refresh(board: Board, activities: Sequence[Activity], journal: Journal) -> None:
    for activity in activities:
        refresh_round(
            activity.host,
            exclusions_for(board, activity),
            lineage=lineage_of(board.release),
            journal=journal,
        )


def _deciders(board: Board, activity: Activity) -> set[int]:
    others = linked_activities(board, activity)
    if not others:
        return set()
    rounds = current_rounds([other.host for other in others])
    deciders: set[int] = set()
    for decisions in decisions_of(rounds).values():
        deciders.update(
            decision.user_id
            for decision in live_decisions(decisions).values()
            if decision.verdict != Decision.Verdict.ABSTAIN
        )
    return deciders

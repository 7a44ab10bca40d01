"""A release as the API shows it: a row of a list, and the page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from audit.actor import Actor
from portal.api.shown import instant
from portal.wording import RELEASE_STATES, cause_words
from releases.documents import document_of
from releases.facts import Board, author_ids, load_board
from releases.models import Activity, Release
from releases.rules.progress import standing
from releases.rules.transitions import ACTIVITY_WAITING, ActivityState, PhaseState
from releases.selectors import authors_of, waiting_for_me

Shown = dict[str, Any]


def release_row(release: Release, waiting: int) -> Shown:
    """A release in a list; what it is made with is named as `POST releases/` names it."""
    return {
        "id": release.pk,
        "reference": release.reference,
        "product": release.product.key,
        "process": release.process_version.process.slug,
        "process_version": release.process_version.number,
        "name": release.name,
        "version": release.version,
        "state": release.state,
        "label": RELEASE_STATES[release.state],
        "waiting": waiting,
        "manager": release.manager.username,
        "requester": release.requester.username,
        "risk": release.risk or None,
        "change_type": release.change_type or None,
        "created_at": instant(release.created_at),
        "scheduled_at": instant(release.scheduled_at),
        "started_at": instant(release.started_at),
        "ended_at": instant(release.ended_at),
    }


def release_page(actor: Actor, release: Release) -> Shown:
    """A release with its phases and activities (`release_to_show` has loaded it)."""
    board = load_board(release) if release.started_at else Board(release, [], [])
    waiting = sum(one.state in ACTIVITY_WAITING for one in board.activities)
    causes = standing(board.facts()).causes if board.phases else ()
    return {
        **release_row(release, waiting),
        **_content(release),
        **_people(release),
        "held": release.held,
        "deferred_until": instant(release.deferred_until),
        "waiting_for_me": waiting_for_me(actor, release),
        "causes": [
            {**cause.as_dict(), "sentence": cause_words(cause.as_dict())} for cause in causes
        ],
        "phases": _phases(board) if board.phases else _planned(release),
    }


def _content(release: Release) -> Shown:
    lists = ("environments", "tags", "artifacts", "links", "stakeholders")
    return {
        "description": release.description,
        "commit": release.commit,
        **{name: json.loads(getattr(release, name)) for name in lists},
        "window": {"from": instant(release.window_from), "until": instant(release.window_until)},
    }


def _people(release: Release) -> Shown:
    """Usernames, and beside them the names that these people have today."""
    accounts = authors_of(author_ids(release))
    authors = [accounts[key] for key in author_ids(release) if key in accounts]
    known = [release.manager, release.requester, release.starter, *authors]
    return {
        "starter": release.starter.username if release.starter else None,
        "authors": [one.username for one in authors],
        "people": {one.username: str(one) for one in known if one is not None},
    }


def _phases(board: Board) -> list[Shown]:
    members: dict[int, list[Activity]] = {phase.pk: [] for phase in board.phases}
    for activity in board.activities:
        members[activity.phase_id].append(activity)
    return [
        {
            "key": phase.key,
            "name": phase.name,
            "state": phase.state,
            "waiting": sum(one.state in ACTIVITY_WAITING for one in members[phase.pk]),
            "activities": [_activity(one) for one in members[phase.pk]],
        }
        for phase in board.phases
    ]


def _activity(activity: Activity) -> Shown:
    return {
        "id": activity.pk,
        "reference": activity.reference,
        "key": activity.key,
        "name": activity.name,
        "kind": activity.kind,
        "state": activity.state,
        "attempt": activity.attempt,
        "overrides": activity.overrides_id,
    }


def _planned(release: Release) -> list[Shown]:
    """What a release that has not started will run through, as its process version says."""
    return [
        {
            "key": phase["key"],
            "name": phase["name"],
            "state": PhaseState.PENDING.value,
            "waiting": 0,
            "activities": [_planned_activity(one) for one in phase["activities"]],
        }
        for phase in document_of(release.process_version).phases.values()
    ]


def _planned_activity(spec: Mapping[str, Any]) -> Shown:
    return {
        "id": None,
        "reference": None,
        "key": spec["key"],
        "name": spec["name"],
        "kind": spec["kind"],
        "state": ActivityState.BLOCKED.value,
        "attempt": 0,
        "overrides": None,
    }

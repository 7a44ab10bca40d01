"""What a release ships is mended before it is tried again (EXE-6, fix)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from approvals.rules.texts import check_reason
from audit.actor import Actor
from audit.canonical import canonical_text
from audit.errors import Conflict, Invalid
from audit.history import save_tracked
from audit.journal import Journal
from audit.locking import moment
from audit.permissions import require
from audit.services.record import record
from releases.facts import load_board
from releases.models import Activity, Phase, Release
from releases.permissions import can_change_release
from releases.rules.content_moments import content_may_change
from releases.rules.release_details import find_detail_errors
from releases.rules.transitions import RELEASE_ENDED, ReleaseState
from releases.selectors import people_by_username, release_for
from releases.services.creation import ReleaseDetails, find_author_errors
from releases.services.lifecycle import lock_release
from releases.services.questions import refresh_open


@dataclass(frozen=True, slots=True)
class ContentChange:
    """What is to differ; what is left out stays. Authors are added, never taken away (POL-6)."""

    version: str | None = None
    description: str | None = None
    commit: str | None = None
    artifacts: Sequence[Mapping[str, str]] | None = None
    links: Sequence[Mapping[str, str]] | None = None
    add_authors: Sequence[str] = ()


@transaction.atomic
def change_release(
    *,
    release_id: int,
    change: ContentChange,
    reason: str,
    actor: Actor,
    now: dt.datetime | None = None,
) -> frozenset[str]:
    """Change what a release ships; the next attempts are asked about the new content.

    Returns the names of the fields that differed: none when all of it stood there already.
    While a round is open nobody pulls its content from under those who decide (Conflict
    `rounds_open`), and what has passed or runs was for what the release ships now (`already_passed`;
    the description and links may still change). Authors may be added at any time: open rounds ask
    none of them any more. Further refusals: NotFound, NotPermitted, Conflict `already_ended`,
    Invalid.
    """
    release = lock_to_change(release_id, actor)
    journal = Journal(actor=actor, at=moment(release, now))
    changed = write_change(release, change, journal=journal, reason=reason)
    record(journal, stream=release.stream)
    return changed


def lock_to_change(release_id: int, actor: Actor) -> Release:
    """Find a release, ask whether the actor may change it, and lock it. Refusals: NotFound, NotPermitted."""
    release = release_for(actor, release_id)
    _require_right(actor, release)
    release = lock_release(release_id)
    # Asked again below the lock: the failed phase that gives the right may have been mended meanwhile.
    _require_right(actor, release)
    return release


def write_change(
    release: Release, change: ContentChange, *, journal: Journal, reason: str
) -> frozenset[str]:
    """Write a change to a locked release, inside the caller's transaction; returns what differed.

    Writes and notes nothing when what is given stands there already. Refusals: Conflict
    (`already_ended`, `rounds_open`, `already_passed`), Invalid.
    """
    check_reason(reason)
    if ReleaseState(release.state) in RELEASE_ENDED:
        raise Conflict("already_ended", "The release has ended; what it shipped stays on record.")
    fields = _apply(release, change)
    if not fields:
        return frozenset()
    _refuse_moment(release, fields)
    save_tracked(journal, [release], fields, reason)
    journal.add("release.changed", fields=sorted(fields))
    if "authors" in fields:
        refresh_open(load_board(release), journal)
    return frozenset(fields)


def _require_right(actor: Actor, release: Release) -> None:
    require(can_change_release(actor, release, list(Phase.objects.filter(release=release))))


def _refuse_moment(release: Release, fields: Sequence[str]) -> None:
    """Raise Conflict when something has been, or is being, decided for what is to change."""
    states = set(Activity.objects.filter(release=release).values_list("state", flat=True))
    answer = content_may_change(fields, states)
    if not answer:
        raise Conflict(answer.code, answer.sentence)


def _apply(release: Release, change: ContentChange) -> list[str]:
    """Set what differs on the row; returns the names of the fields. Raises Invalid."""
    wanted: dict[str, Any] = {
        "version": release.version if change.version is None else change.version,
        "description": release.description if change.description is None else change.description,
        "commit": release.commit if change.commit is None else change.commit,
        "artifacts": json.loads(release.artifacts)
        if change.artifacts is None
        else [dict(one) for one in change.artifacts],
        "links": json.loads(release.links)
        if change.links is None
        else [dict(one) for one in change.links],
    }
    errors = find_detail_errors(ReleaseDetails(name=release.name, **wanted))
    known = people_by_username(list(change.add_authors))
    unfit = find_author_errors(change.add_authors, known)
    if unfit:
        errors["add_authors"] = unfit
    if errors:
        raise Invalid(errors=errors)
    authors = {one["user"]: one["name"] for one in json.loads(release.authors)}
    for person in known.values():
        authors.setdefault(person.pk, str(person))
    texts = {
        **{name: wanted[name] for name in ("version", "description", "commit")},
        **{name: canonical_text(wanted[name]) for name in ("artifacts", "links")},
        "authors": canonical_text([{"name": n, "user": key} for key, n in authors.items()]),
    }
    changed = [name for name, text in texts.items() if getattr(release, name) != text]
    for name in changed:
        setattr(release, name, texts[name])
    return changed

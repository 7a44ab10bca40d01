"""The decisions of one person as CSV: what the list "Decided" shows, all of its pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from approvals.models import Decision
from audit.actor import Actor
from portal.csv_text import lines_of
from portal.pages.inbox import bounds_for, list_for
from portal.pages.inbox_filters import Asked
from portal.pages.inbox_words import KINDS
from portal.wording import ACTIVITY_STATES, verdict_words
from releases import inbox
from releases.models import Activity

_AT_ONCE: Final = 500
_HEAD: Final = (
    "Decided at (UTC)", "Decision", "Comment", "Activity", "Reference", "Kind", "Attempt", "Phase",
    "Release", "Version", "Product", "State now", "Fingerprint",
)  # fmt: skip


def decisions_as_csv(actor: Actor, asked: Asked, now: dt.datetime, zone: ZoneInfo) -> Iterator[str]:
    """Lines of CSV, a piece at a time: the actor's decisions of the list, with its filters."""
    chosen = list_for(actor, "decided", now)
    rows = chosen.narrowed(asked.wanted, bounds_for(now, zone)).order_by("-pk")
    found = rows.select_related("approval").iterator(chunk_size=_AT_ONCE)
    yield "\ufeff"  # by this mark spreadsheets know that it is UTF-8
    yield lines_of([_HEAD])
    while some := list(islice(found, _AT_ONCE)):
        yield lines_of(_lines(some))


def _lines(decisions: Sequence[Decision]) -> Iterator[Sequence[str]]:
    activities = inbox.activities_behind([one.approval for one in decisions])
    for one in decisions:
        activity = activities.get(one.approval_id)
        if activity is not None:
            yield _line(one, activity)


def _line(decision: Decision, activity: Activity) -> Sequence[str]:
    release: Any = activity.release
    words = verdict_words(activity.kind)
    return (
        decision.decided_at.astimezone(dt.UTC).isoformat(timespec="seconds"),
        words.get(decision.verdict, decision.verdict),
        decision.comment,
        activity.name,
        activity.reference,
        KINDS.get(activity.kind, activity.kind),
        str(decision.approval.attempt),
        activity.phase.name,
        release.name,
        release.version,
        release.product.name,
        ACTIVITY_STATES[activity.state],
        decision.fingerprint,
    )

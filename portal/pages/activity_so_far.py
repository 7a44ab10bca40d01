"""What has come of the rest of the release so far, beside what one decides on (EXE-3).

Whoever sees an activity sees its release, and so all of this: nothing here needs a right of its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from approvals.models import Decision
from portal.pages.activity_standing import ActivityPage
from portal.wording import verdict_words
from releases.models import Activity
from releases.rules.transitions import (
    ACTIVITY_FAILED,
    ACTIVITY_WAITING,
    AUTOMATED_KINDS,
    ActivityKind,
    ActivityState,
)
from releases.so_far import Report, report_on

_NOT_BEGUN: Final = frozenset({ActivityState.BLOCKED, ActivityState.ABORTED})
_FOLDED_FROM: Final = 6
# So much of what was written; the rest stands at the activity itself.
_LONGEST_SUMMARY: Final = 300
_LONGEST_COMMENT: Final = 200


@dataclass(frozen=True)
class OneVote:
    """A decision that stands at another activity."""

    who: str
    word: str
    at: dt.datetime
    comment: str


@dataclass(frozen=True)
class Line:
    """Another activity of the release: how it stands, what was reported, who has decided what."""

    key: int
    name: str
    state: str
    attempt: int
    report: Report | None = None
    votes: tuple[OneVote, ...] = ()
    summary: str = ""

    @property
    def path(self) -> str:
        """Its page."""
        return f"/activities/{self.key}/"


@dataclass(frozen=True)
class SoFar:
    """Results of pipelines and checks, decisions of people, and what is still open besides."""

    results: tuple[Line, ...]
    decisions: tuple[Line, ...]
    still_open: tuple[Line, ...]
    cut: bool

    def __bool__(self) -> bool:
        """Whether there is anything besides the activity itself."""
        return bool(self.results or self.decisions or self.still_open)

    @property
    def groups(self) -> tuple[tuple[str, tuple[Line, ...], tuple[Line, ...]], ...]:
        """(heading, what is shown, what is folded), without what is empty."""
        named = (("Results", self.results), ("Decisions", self.decisions))
        return tuple(
            (label, lines[:_FOLDED_FROM], lines[_FOLDED_FROM:]) for label, lines in named if lines
        )


def so_far(page: ActivityPage) -> SoFar:
    """Everything but the activity itself; what has failed comes first."""
    others = [one for one in page.board.activities if one.pk != page.activity.pk]
    lines = sorted(_lines(page, others), key=lambda one: one[1].state not in ACTIVITY_FAILED)
    return SoFar(
        results=tuple(line for automated, line in lines if automated),
        decisions=tuple(line for automated, line in lines if not automated and _told(line)),
        still_open=tuple(
            line for automated, line in lines if not automated and line.state in ACTIVITY_WAITING
        ),
        cut=bool(page.elsewhere and page.elsewhere.cut),
    )


def _told(line: Line) -> bool:
    """Whether there is something to tell of it: somebody has decided, or it has ended."""
    return bool(line.votes) or line.state not in ACTIVITY_WAITING


def _lines(page: ActivityPage, others: list[Activity]) -> Iterator[tuple[bool, Line]]:
    given = page.elsewhere.elsewhere if page.elsewhere else {}
    for one in others:
        # What does not apply to this release says nothing about it; what was overridden does.
        if one.state in _NOT_BEGUN or one.state_because == "not_applicable":
            continue
        automated = ActivityKind(one.kind) in AUTOMATED_KINDS
        report = report_on(one) if automated else None
        yield (
            automated,
            Line(
                one.pk,
                one.name,
                one.state,
                one.attempt,
                report,
                tuple(_vote(one, vote) for vote in given.get(one.pk, ())),
                _shortened(report.summary, _LONGEST_SUMMARY) if report else "",
            ),
        )


def _vote(activity: Activity, vote: Decision) -> OneVote:
    word = verdict_words(activity.kind).get(vote.verdict, vote.verdict)
    comment = _shortened(vote.comment, _LONGEST_COMMENT)
    return OneVote(vote.display_name, word, vote.decided_at, comment)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"

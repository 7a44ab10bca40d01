"""What has happened at an activity, newest first, and what differs between its attempts (EXE-6)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from approvals.models import Approval, Decision
from audit.selectors import versions_of
from portal.pages.activity_deadline import deadline_panel
from portal.pages.activity_differences import Difference, differences_between
from portal.pages.activity_seats import answers_of
from portal.pages.activity_standing import ActivityPage
from portal.wording import verdict_words
from releases.models import ActivityResult
from releases.rules.transitions import ACTIVITY_FAILED, ACTIVITY_OPEN, ActivityState

_ENDINGS: Final[Mapping[str, str]] = {
    "rule_met": "Completed: the rule is met",
    "rejected": "Rejected",
    "deadline_missed": "Rejected automatically: the deadline passed",
    "override_approved": "Closed: skipped by override",
    "override_pointless": "Closed: there is nothing left to skip",
    "release_aborted": "Closed: the release was aborted",
    "release_cancelled": "Closed: the release was cancelled",
    "release_deferred": "Closed: the release was deferred",
}
_MOVES: Final[Mapping[str, str]] = {
    "retried": "Retried",
    "override_approved": "Skipped by override",
    "not_applicable": "Skipped: its condition does not hold",
    "release_aborted": "Aborted with its release",
    "release_cancelled": "Cancelled with its release",
    "release_deferred": "Put off with its release",
}
_POLICY: Final = "Policy"
_RESTING: Final = frozenset({ActivityState.BLOCKED, ActivityState.SKIPPED, ActivityState.ABORTED})


@dataclass(frozen=True)
class Entry:
    """Something that happened: who, what, with which words and answers."""

    at: dt.datetime
    who: str
    what: str
    attempt: int
    tone: str = "grey"
    text: str = ""
    answers: tuple[tuple[str, str], ...] = ()
    counts: bool = True


@dataclass(frozen=True)
class Attempt:
    """One attempt: its entries, newest first, and what differs from the one before it."""

    number: int
    entries: tuple[Entry, ...]
    differences: tuple[Difference, ...]


def attempts_of(page: ActivityPage) -> list[Attempt]:
    """Every attempt, the newest first; what it was stays readable."""
    entries = [*_round_entries(page), *_run_entries(page), *_moves(page)]
    numbers = sorted({entry.attempt for entry in entries}, reverse=True)
    contents = {one.attempt: one for one in page.rounds}
    return [
        Attempt(
            number,
            tuple(
                sorted(
                    (one for one in entries[::-1] if one.attempt == number),
                    key=lambda one: one.at,
                    reverse=True,
                )
            ),
            differences_between(contents.get(number - 1), contents.get(number), page),
        )
        for number in numbers
    ]


def _round_entries(page: ActivityPage) -> Iterator[Entry]:
    for approval in page.rounds:
        policy = json.loads(approval.policy)
        asked = f"Opened: {policy['needed']} of {policy['seat_count']} must approve"
        yield Entry(approval.opened_at, _POLICY, asked, approval.attempt)
        yield from _votes(approval, page.decisions[approval.pk], page.activity.kind)
        if approval.closed_at is not None:
            words = _ENDINGS.get(approval.closed_because, approval.closed_because)
            tone = {"approved": "green", "rejected": "red"}.get(approval.state, "grey")
            yield Entry(approval.closed_at, _POLICY, words, approval.attempt, tone)
    panel = deadline_panel(page)
    if panel and page.approval:
        for line in panel.rungs:
            if line.taken:
                yield Entry(line.at, _POLICY, line.words, page.approval.attempt, "amber")


def _votes(approval: Approval, decisions: Iterable[Decision], kind: str) -> Iterator[Entry]:
    given = list(decisions)
    latest = {one.person: one.pk for one in sorted(given, key=lambda one: one.ordinal)}
    tones = {"approve": "green", "reject": "red"}
    for one in given:
        word = verdict_words(kind).get(one.verdict, "Withdraw")
        yield Entry(
            one.decided_at,
            one.display_name,
            word,
            approval.attempt,
            tones.get(one.verdict, "grey"),
            one.comment,
            answers_of(one),
            latest[one.person] == one.pk and one.verdict != "withdraw",
        )


def _run_entries(page: ActivityPage) -> Iterator[Entry]:
    tones = {ActivityResult.Outcome.PASSED: "green"}
    for one in page.results:
        outcome = ActivityResult.Outcome(one.outcome)
        yield Entry(one.opened_at, _POLICY, "Started", one.attempt)
        yield Entry(
            one.reported_at,
            one.reported_by,
            outcome.label,
            one.attempt,
            tones.get(outcome, "red"),
            one.summary,
        )


def _moves(page: ActivityPage) -> Iterator[Entry]:
    """Retries and skips, with who did it and why: what rounds and runs do not tell."""
    former_state = ""
    for version in versions_of(page.activity):
        words, attempt = _MOVES.get(version.state_because, ""), version.attempt
        if version.state_because == "retried":
            attempt += 1
        elif former_state in ACTIVITY_FAILED and version.state in ACTIVITY_OPEN:
            words = _MOVES["retried"]  # retried and opened in one go
        elif version.state not in _RESTING or version.state == former_state:
            words = ""
        former_state = version.state
        if words:
            who = version.history_actor or _POLICY
            reason = version.history_change_reason or ""
            yield Entry(version.history_date, who, words, attempt, text=reason)

"""A row of the inbox: what it says of a question, from what is stored; no round is judged here."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from approvals.models import Approval, Decision
from approvals.wording import listed
from audit.canonical import text_digest
from portal.pages.inbox_words import (
    RISK_ORDER,
    given_words,
    icon_of,
    number_words,
    press_word,
)
from portal.wording import task_word
from releases.documents import document_of
from releases.inbox import held_up
from releases.models import Activity
from releases.selectors import NEVER

# More dots say nothing that the figure beside them does not.
_MOST_DOTS = 12


@dataclass(frozen=True)
class Row:
    """A question as a list shows it, for one reader.

    `due`: None without a deadline. `awaited`: accounts and names of those still asked, where the list
    is about others. `key` makes a press in this page one decision, however often it arrives.
    """

    activity: Activity
    approval: Approval
    reader_id: int
    due: dt.datetime | None
    holds: int = 0
    is_mine: bool = False
    awaited: Sequence[tuple[int, str]] = ()
    decision: Decision | None = None
    snoozed_until: dt.datetime | None = None
    is_snoozed: bool = False

    @property
    def id(self) -> int:
        return self.activity.pk

    @property
    def reference(self) -> str:
        return self.activity.reference

    @property
    def mark(self) -> str:
        """What the live view compares: the row as this page shows it."""
        return f"{self.activity.pk}.{self.approval.pk}.{self.approval.version}"

    @property
    def address(self) -> str:
        return f"/activities/{self.activity.pk}/"

    @property
    def release(self) -> Any:
        return self.activity.release

    @cached_property
    def _spec(self) -> Mapping[str, Any]:
        document = document_of(self.release.process_version)
        return document.activities.get(f"{self.activity.phase.key}.{self.activity.key}", {})

    @property
    def icon(self) -> str:
        return icon_of(self.activity.kind, self._spec.get("category"))

    @property
    def environments(self) -> str:
        return ", ".join(json.loads(self.release.environments))

    @property
    def holds_words(self) -> str:
        """ "holds 4 activities"; nothing when nothing waits for it."""
        return f"holds {number_words(self.holds, 'activity', 'activities')}" if self.holds else ""

    # --- How far it is

    @cached_property
    def _tally(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(self.approval.tally)
        return found

    @property
    def progress(self) -> str:
        """ "2 of 3": those who approved, of those who must."""
        return f"{self._tally.get('approvals', 0)} of {self._tally.get('needed', 0)}"

    @property
    def rejections(self) -> int:
        return int(self._tally.get("rejections", 0))

    @property
    def is_stuck(self) -> bool:
        return self.approval.stuck

    @cached_property
    def dots(self) -> list[str]:
        """A state for each seat: what was answered, then the reader's turn, then who is awaited."""
        tally = self._tally
        answered = [
            *["approved"] * int(tally.get("approvals", 0)),
            *["rejected"] * self.rejections,
            *["abstained"] * int(tally.get("abstentions", 0)),
        ]
        left = max(int(tally.get("seats", 0)) - len(answered), 0)
        mine = ["your_turn"] if self.is_mine and left else []
        return [*answered, *mine, *["waiting"] * (left - len(mine))][:_MOST_DOTS]

    @property
    def waiting_on(self) -> str:
        """Who is awaited, the reader as "you"."""
        names = [name for key, name in self.awaited if key != self.reader_id]
        you = ["you"] if any(key == self.reader_id for key, _ in self.awaited) else []
        return listed([*you, *names], "and")

    # --- What can be done

    @cached_property
    def needs_only_a_press(self) -> bool:
        """Whether an approval takes no more than one press: no fields, and no comment demanded."""
        policy = json.loads(self.approval.policy)
        return not json.loads(self.approval.form) and not policy["comment"]["required"]

    @property
    def button(self) -> str:
        """What the one button of the row is called: it says what it does."""
        kind = self.activity.kind
        return press_word(kind) if self.needs_only_a_press else task_word(kind)

    @cached_property
    def key(self) -> str:
        """The idempotency key of a press: one for this reader, round and state of it."""
        return f"inbox-{text_digest(f'{self.reader_id}.{self.mark}')[:32]}"

    @property
    def given(self) -> str:
        """What the reader decided: "You approved"."""
        return given_words(self.activity.kind, self.decision.verdict) if self.decision else ""

    @property
    def order(self) -> tuple[Any, ...]:
        """Inside a group: due, then what it holds, then risk, then age."""
        return (
            self.due or NEVER,
            -self.holds,
            RISK_ORDER.get(self.release.risk, 3),
            self.approval.opened_at,
            self.approval.pk,
        )


@dataclass(frozen=True, slots=True)
class Question:
    """A row of a list before it is shown: its round, and what the list knows of it."""

    approval: Approval
    due: dt.datetime | None
    is_mine: bool = False
    decision: Decision | None = None
    snoozed_until: dt.datetime | None = None
    is_snoozed: bool = False


def make_rows(
    questions: Sequence[Question],
    activities: Mapping[int, Activity],
    skipped: Mapping[int, Collection[str]],
    awaited: Mapping[int, Sequence[tuple[int, str]]],
    reader_id: int,
) -> list[Row]:
    """The rows of questions; one whose activity is not there any more is left out."""
    rows = []
    for one in questions:
        activity = activities.get(one.approval.pk)
        if activity is None:
            continue
        people = awaited.get(one.approval.pk, ())
        rows.append(
            Row(
                activity=activity,
                approval=one.approval,
                reader_id=reader_id,
                due=one.due if one.due and one.due < NEVER else None,
                holds=held_up(activity, skipped.get(activity.release_id, ())),
                is_mine=one.is_mine or any(key == reader_id for key, _ in people),
                awaited=people,
                decision=one.decision,
                snoozed_until=one.snoozed_until,
                is_snoozed=one.is_snoozed,
            )
        )
    return rows

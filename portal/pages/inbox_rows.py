"""A row of the inbox: what it says of a question, from what is stored; no round is judged here."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final

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
from releases.inbox import AskedActivity, held_up
from releases.selectors import NEVER

# More dots say nothing that the figure beside them does not.
_MOST_DOTS: Final = 12
# Texts that are read again and again: rounds of one process have one policy.
_MOST_READ: Final = 256


@lru_cache(maxsize=_MOST_READ)
def _demands_a_comment(policy: str) -> bool:
    return bool(json.loads(policy)["comment"]["required"])


@lru_cache(maxsize=_MOST_READ)
def _listed_in(text: str) -> str:
    return ", ".join(json.loads(text))


@dataclass(frozen=True, slots=True)
class Note:
    """A few words of a row; `against` when they speak against its completion."""

    words: str
    against: bool = False


@dataclass(frozen=True, slots=True)
class RowShape:
    """All that decides how a row looks, its words aside: rows of one shape have one outline.

    `decided`: the state of what the reader has decided, else nothing. `notes`: for each of them,
    whether it speaks against. `button`: nothing where there is nothing to decide.
    """

    icon: str
    risk: str
    decided: str
    given: str
    dots: tuple[str, ...]
    progress: str
    notes: tuple[bool, ...]
    button: str
    by_press: bool
    can_snooze: bool
    is_snoozed: bool
    comes_back: bool
    is_current: bool
    oob: bool


@dataclass(frozen=True)
class Row:
    """A question as a list shows it, for one reader.

    `due`: None without a deadline. `awaited`: accounts and names of those still asked, where the list
    is about others. `key` makes a press in this page one decision, however often it arrives.
    """

    activity: AskedActivity
    approval: Approval
    reader_id: int
    due: dt.datetime | None
    holds: int = 0
    is_mine: bool = False
    awaited: Sequence[tuple[int, str]] = ()
    decision: Decision | None = None
    snoozed_until: dt.datetime | None = None
    is_snoozed: bool = False

    @cached_property
    def mark(self) -> str:
        """What the live view compares: the row as this page shows it."""
        return f"{self.activity.pk}.{self.approval.pk}.{self.approval.version}"

    @property
    def icon(self) -> str:
        """The icon of its category, else of its kind."""
        spec = document_of(self.activity.process).activities.get(self.activity.place, {})
        return icon_of(self.activity.kind, spec.get("category"))

    @property
    def place(self) -> str:
        """Where it stands: "Payments 4.12.0 › Go-live · production"."""
        one = self.activity
        environments = _listed_in(one.environments)
        return f"{one.product} {one.version} › {one.phase}" + (
            f" · {environments}" if environments else ""
        )

    # --- How far it is

    @cached_property
    def _tally(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(self.approval.tally)
        return found

    @property
    def progress(self) -> str:
        """ "2 of 3": those who approved, of those who must."""
        return f"{self._tally.get('approvals', 0)} of {self._tally.get('needed', 0)}"

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """What else there is to say of it, in a few words each."""
        found = []
        if self.rejections:
            found.append(Note(f"{self.rejections} rejected", against=True))
        if self.approval.stuck:
            found.append(Note("can't be completed", against=True))
        if self.holds and not self.decision:
            words = number_words(self.holds, "activity", "activities")
            found.append(Note(f"holds {words}"))
        if self.awaited:
            found.append(Note(f"waiting on {self._waiting_on}"))
        return tuple(found)

    @property
    def rejections(self) -> int:
        return int(self._tally.get("rejections", 0))

    @cached_property
    def dots(self) -> tuple[str, ...]:
        """A state for each seat: taken ones, the reader's turn, who is awaited, what nobody can fill."""
        tally = self._tally
        taken = [
            *["approved"] * int(tally.get("approvals", 0)),
            *["rejected"] * self.rejections,
        ]
        left = max(int(tally.get("seats", 0)) - len(taken), 0)
        states: Mapping[str, int] = tally.get("open") or {"waiting": left}
        empty = [code for code, number in states.items() for _ in range(number)]
        waiting = [code for code in empty if code == "waiting"]
        if self.is_mine and waiting:
            waiting[0] = "your_turn"
        lost = [code for code in empty if code != "waiting"]
        return tuple([*taken, *waiting, *lost][:_MOST_DOTS])

    @property
    def _waiting_on(self) -> str:
        """Who is awaited, the reader as "you"."""
        names = [name for key, name in self.awaited if key != self.reader_id]
        you = ["you"] if any(key == self.reader_id for key, _ in self.awaited) else []
        return listed([*you, *names], "and")

    # --- What can be done

    @property
    def can_decide(self) -> bool:
        """Whether the reader's answer is awaited."""
        return self.is_mine and not self.decision

    @cached_property
    def needs_only_a_press(self) -> bool:
        """Whether an approval takes no more than one press: no fields, and no comment demanded."""
        form = self.approval.form
        return (form == "[]" or not json.loads(form)) and not _demands_a_comment(
            self.approval.policy
        )

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

    # --- As the template wants it

    def shape(self, now: dt.datetime, *, is_current: bool = False, oob: bool = False) -> RowShape:
        """All that decides how the row looks at a moment, its words aside."""
        decision = self.decision
        return RowShape(
            icon=self.icon,
            risk=self.activity.risk,
            decided=self.activity.state if decision else "",
            given=self.given,
            dots=() if decision else self.dots,
            progress="" if decision else self.progress,
            notes=tuple(note.against for note in self.notes),
            button=self.button if self.can_decide else "",
            by_press=self.can_decide and self.needs_only_a_press,
            can_snooze=self.can_decide and (not self.due or self.due > now),
            is_snoozed=self.is_snoozed,
            comes_back=self.snoozed_until is not None,
            is_current=is_current,
            oob=oob,
        )

    @property
    def words(self) -> dict[str, str]:
        """What it says, by the names of the template."""
        one, by_press = self.activity, self.can_decide and self.needs_only_a_press
        return {
            "number": str(one.pk),
            "reference": one.reference,
            "name": one.name,
            "address": f"/activities/{one.pk}/",
            "press_address": f"/inbox/{one.pk}/press/",
            "snooze_address": f"/inbox/{one.pk}/snooze/",
            "unsnooze_address": f"/inbox/{one.pk}/unsnooze/",
            "mark": self.mark,
            "place": self.place,
            "attempt": str(self.approval.attempt),
            "fingerprint": self.approval.fingerprint,
            "key": self.key if by_press else "",
            **{f"note_{place}": note.words for place, note in enumerate(self.notes)},
        }

    @property
    def order(self) -> tuple[Any, ...]:
        """Inside a group: due, then what it holds, then risk, then age."""
        return (
            self.due or NEVER,
            -self.holds,
            RISK_ORDER.get(self.activity.risk, 3),
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
    activities: Mapping[int, AskedActivity],
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

"""One activity in a table of the release page and the phase view: state, seats, who is awaited."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from approvals.facts import seats_of
from approvals.models import Approval, AskedPerson
from approvals.wording import source_words
from portal.wording import kind_word, task_word
from releases.models import Activity
from releases.rules.transitions import (
    ACTIVITY_FAILED,
    ACTIVITY_FINAL,
    ACTIVITY_WAITING,
    AUTOMATED_KINDS,
    ActivityKind,
)

Names = Mapping[tuple[str, Any], str]

# More people than this are named by the groups and roles through which they are asked.
MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an activity failed: whoever rejected it or reported, and what was said."""

    by: str
    word: str
    text: str


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in an open round: whom it is for, who has taken it how, or why nobody can."""

    words: str
    state: str
    by: str
    required: bool
    note: str = ""


@dataclass
class ActivityRow:
    """An activity as a table shows it to one reader."""

    activity: Activity
    reader_id: int
    now: dt.datetime
    approval: Approval | None = None
    asked: Sequence[AskedPerson] = ()
    names: Names = field(default_factory=dict)
    failures: Sequence[Failure] = ()
    acts: Mapping[str, str] = field(default_factory=dict)
    waits_for: Sequence[str] = ()
    seats: Sequence[Seat] = ()
    planned: Sequence[str] = ()

    @property
    def path(self) -> str:
        """The activity's page; empty for one that is only planned."""
        return activity_path(self.activity)

    @property
    def kind(self) -> str:
        """What kind of activity it is, in a word."""
        return kind_word(self.activity.kind, overrides=self.activity.overrides_id is not None)

    @property
    def is_manual(self) -> bool:
        """Whether people do it."""
        return ActivityKind(self.activity.kind) not in AUTOMATED_KINDS

    @cached_property
    def is_waiting(self) -> bool:
        """Whether it waits for people at this moment."""
        return self.activity.state in ACTIVITY_WAITING

    @property
    def has_failed(self) -> bool:
        """Whether it keeps its phase failed."""
        return self.activity.state in ACTIVITY_FAILED

    @property
    def is_done(self) -> bool:
        """Whether nothing more will come of it."""
        return self.activity.state in ACTIVITY_FINAL

    @cached_property
    def is_mine(self) -> bool:
        """Whether it waits for the reader."""
        return any(one.user_id == self.reader_id for one in self.asked)

    @cached_property
    def verb(self) -> str:
        """What the reader is to do on its page; empty when it does not wait for them."""
        return task_word(self.activity.kind) if self.is_mine else ""

    @cached_property
    def tally(self) -> Mapping[str, Any]:
        """How the newest round stands, as it was counted with the last vote."""
        return json.loads(self.approval.tally) if self.approval else {}

    @property
    def progress(self) -> str:
        """ "2 of 3", as long as it is asked."""
        needed = self.tally.get("needed")
        if not self.is_waiting or needed is None:
            return ""
        return f"{self.tally.get('approvals', 0)} of {needed}"

    @property
    def rejections(self) -> int:
        """How many have rejected so far."""
        return int(self.tally.get("rejections", 0))

    @property
    def is_stuck(self) -> bool:
        """Whether nobody can complete it any more (EXE-9)."""
        return bool(self.is_waiting and self.approval and self.approval.stuck)

    @cached_property
    def due_at(self) -> dt.datetime | None:
        """Until when an answer, or the report of a run, is wanted."""
        if self.is_waiting:
            return self.approval.due_at if self.approval else None
        return self.activity.times_out_at if self.activity.state == "running" else None

    @cached_property
    def waiting_on(self) -> list[str]:
        """Who is awaited besides the reader: people, or their groups and roles when they are many."""
        others = [one for one in self.asked if one.user_id != self.reader_id]
        if len(self.asked) <= MOST_NAMED:
            return [str(one.user) for one in others]
        return [f"{label} ({number})" for label, number in self.holders if label]

    @cached_property
    def holders(self) -> list[tuple[str, int]]:
        """The groups and roles through which many are asked, with how many people are asked."""
        return [(", ".join(self._source_names()), len(self.asked))]

    def _source_names(self) -> list[str]:
        if self.approval is None:
            return []
        sources = [one for seat in seats_of(self.approval) for one in seat.sources]
        named = [source_words(one.to_dict(), self.names) for one in sources if one.kind != "nobody"]
        return list(dict.fromkeys(named))[:MOST_NAMED]


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody, or a group, who holds a release up: how many activities wait for them, for how long."""

    name: str
    seats: int
    since: dt.datetime | None
    is_me: bool
    overdue: int = 0
    mends: bool = False
    user_id: int = 0
    reminded_at: dt.datetime | None = None

    @property
    def words(self) -> str:
        """What waits for them, up to how long it has waited."""
        things = f"{self.seats} {'activity' if self.seats == 1 else 'activities'}"
        if self.mends:
            return f"decides how it goes on after a failure: {things}"
        return things


def who_holds_it_up(rows: Sequence[ActivityRow]) -> list[Holder]:
    """The reader first, then whoever has the most seats and has been asked the longest."""
    found: dict[tuple[str, Any], list[tuple[ActivityRow, AskedPerson]]] = {}
    for row in rows:
        for asked in row.asked:
            many = len(row.asked) > MOST_NAMED and asked.user_id != row.reader_id
            key = ("many", row.holders[0][0]) if many else ("person", asked.user_id)
            found.setdefault(key, []).append((row, asked))
    holders = [_holder(key, pairs) for key, pairs in found.items()]
    # Those who were asked first come first; each has been asked, so there is always a moment.
    return sorted(holders, key=lambda one: (not one.is_me, -one.seats, str(one.since), one.name))


def _holder(key: tuple[str, Any], pairs: list[tuple[ActivityRow, AskedPerson]]) -> Holder:
    rows = {row.activity.pk: row for row, _ in pairs}
    reminded = [at for _, asked in pairs if (at := getattr(asked, "reminded_at", None))]
    is_person = key[0] == "person"
    return Holder(
        name=str(pairs[0][1].user) if is_person else str(key[1]),
        seats=len(rows),
        since=min(asked.asked_at for _, asked in pairs),
        is_me=is_person and key[1] == pairs[0][0].reader_id,
        overdue=sum(bool(row.due_at and row.due_at < row.now) for row in rows.values()),
        user_id=key[1] if is_person else 0,
        reminded_at=max(reminded, default=None) if is_person else None,
    )


def waiting_order(row: ActivityRow) -> tuple[bool, bool, dt.datetime, int]:
    """Mine first, then what is due soonest, then as the process has it."""
    far = row.now + dt.timedelta(days=36_500)
    return (not row.is_mine, row.due_at is None, row.due_at or far, row.activity.position)


def source_keys_of(rounds: Collection[Approval]) -> set[tuple[str, Any]]:
    """Whom the seats of rounds name, for one query of names."""
    return {
        (source.kind, source.ref)
        for approval in rounds
        for seat in seats_of(approval)
        for source in seat.sources
    }


def activity_path(activity: Activity) -> str:
    """An activity's page; a planned one, which is not in the database, has none."""
    return f"/activities/{activity.pk}/" if activity.pk > 0 else ""


def cells_text(rows: Iterable[ActivityRow]) -> str:
    """The activities of rows as `/live/` is told them: "17.18"; planned ones never change."""
    return ".".join(str(row.activity.pk) for row in rows if row.activity.pk > 0)

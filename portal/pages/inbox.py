"""The inbox: what a person must decide next, and whether they can do it right now (MON-4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from approvals.models import Approval, AskedPerson, Decision
from audit.actor import Actor
from portal.pages.inbox_empty import Empty, empty_list
from portal.pages.inbox_filters import Asked, Select, after_place, place_of, selects
from portal.pages.inbox_lists import PAGE_SIZE, List, Reader
from portal.pages.inbox_rows import Question, Row, make_rows
from portal.pages.inbox_words import GROUPS, TAB_NOTES, TABS, counted_words, number_words
from releases import inbox
from releases.inbox import MOST_COUNTED, Bounds, Counted, InboxFilter
from releases.selectors import NEVER

_SOON: Final = dt.timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Tab:
    """A list of the inbox, with how many stand in it."""

    name: str
    label: str
    number: int
    address: str
    current: bool

    @property
    def words(self) -> str:
        """The number, as every counter says it: nothing above 99."""
        return counted_words(self.number)


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that fall due alike; `number` counts those of other pages too."""

    name: str
    label: str
    number: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many stand in each list, and what of one's own is overdue or holds production."""

    lists: Mapping[str, int]
    overdue: int
    production: int

    @property
    def waiting(self) -> int:
        """How many questions wait for the person, put aside or not: the number in the navigation."""
        return self.lists["mine"] + self.lists["snoozed"]

    @property
    def need_words(self) -> str:
        """ "7 need you"."""
        mine = self.lists["mine"]
        return number_words(mine, "needs you", "need you") if mine else "Nothing needs you now"

    @property
    def overdue_words(self) -> str:
        """ "1 overdue"; nothing when nothing is."""
        return f"{self.overdue} overdue" if self.overdue else ""

    @property
    def further_words(self) -> list[str]:
        """ "2 hold a production release", "1 snoozed"."""
        held = f"{number_words(self.production, 'holds', 'hold')} a production release"
        snoozed = self.lists["snoozed"]
        return [
            *([held] if self.production else []),
            *([f"{counted_words(snoozed)} snoozed"] if snoozed else []),
        ]


@dataclass
class InboxPage:
    """The inbox as one person sees it at one moment."""

    asked: Asked
    now: dt.datetime
    tabs: tuple[Tab, ...]
    groups: tuple[Group, ...]
    filters: tuple[Select, ...]
    counts: Counts
    next_cursor: str = ""
    empty: Empty | None = None
    open_id: int | None = None

    @property
    def note(self) -> str:
        """What the list is, in a sentence."""
        return TAB_NOTES.get(self.asked.tab, "")

    @property
    def number(self) -> int:
        """How many rows the list has with its filters, those of other pages too."""
        return sum(group.number for group in self.groups)

    @property
    def more_filters(self) -> int:
        """How many filters are set, the text aside."""
        wanted = self.asked.wanted
        return sum(
            bool(one)
            for one in (
                wanted.product, wanted.release, wanted.kind, wanted.category, wanted.risk,
                wanted.environment, wanted.due, wanted.holding,
            )
        )  # fmt: skip

    @property
    def next_address(self) -> str:
        """The following page; nothing when there is none."""
        return self.asked.address(cursor=self.next_cursor) if self.next_cursor else ""

    @property
    def here(self) -> str:
        """The address of this page, to come back to."""
        return self.asked.address(cursor=self.asked.cursor)

    @property
    def shown(self) -> dt.datetime | None:
        """From when on a row is new here; None where whatever is not on the page is new.

        That is so where the page has its whole list: then nothing else could have been on another.
        """
        return self.now if self.asked.cursor or self.next_cursor else None

    @property
    def export_address(self) -> str:
        """Where what the list shows is to be had as a file; nothing but for decisions."""
        if self.asked.tab != "decided" or not self.number:
            return ""
        _, _, query = self.asked.address().partition("?")
        return f"/inbox/decided.csv?{query}"

    @property
    def clear_address(self) -> str:
        """The list without filters."""
        return self.asked.address(wanted=InboxFilter())


def bounds_for(now: dt.datetime, zone: ZoneInfo) -> Bounds:
    """Where the groups end: four hours from now, at midnight where the reader is, in seven days."""
    local = now.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    ends = [
        (midnight + dt.timedelta(days=days)).astimezone(dt.UTC) - dt.timedelta(microseconds=1)
        for days in (1, 7)
    ]
    return Bounds(now, now + _SOON, max(ends[0], now + _SOON), max(ends[1], now + _SOON))


def list_for(actor: Actor, tab: str, now: dt.datetime) -> List:
    """One list by its name."""
    return Reader.at(actor, Bounds(now, now, now, now)).list_called(tab)


def load_inbox(actor: Actor, asked: Asked, now: dt.datetime, zone: ZoneInfo) -> InboxPage:
    """Load a list of the inbox for a person; a constant number of queries, however much waits."""
    bounds = bounds_for(now, zone)
    reader = Reader.at(actor, bounds)
    counted, found, releases = _read(reader, asked)
    found, cursor = _cut(found, asked.tab)
    counts = _counts(counted)
    rows = rows_of(found, asked.tab, actor)
    shown = "shown" if asked.wanted else asked.tab
    numbers = {group: number for (name, group), number in counted.items() if name == shown}
    page = InboxPage(
        asked=asked,
        now=now,
        tabs=_tabs(asked, counts.lists),
        groups=_groups(rows, numbers, bounds, asked.tab),
        filters=selects(asked, releases),
        counts=counts,
        next_cursor=cursor,
        open_id=asked.open_id,
    )
    if not rows:
        page.empty = empty_list(page, reader.reach, zone)
    return page


def load_counts(actor: Actor, now: dt.datetime, zone: ZoneInfo) -> Counts:
    """The counts alone, as the page says them."""
    return _counts(Reader.at(actor, bounds_for(now, zone)).numbers("mine"))


def _counts(counted: Mapping[tuple[str, str], int]) -> Counts:
    lists = {
        name: sum(number for (one, _), number in counted.items() if one == name) for name in TABS
    }
    # All that is open may not have been counted beside as much that is open for the reader.
    lists["all"] = max(lists["all"], min(lists["mine"] + lists["snoozed"], MOST_COUNTED))
    production = counted.get(("production", ""), 0)
    return Counts(lists, counted.get(("mine", "overdue"), 0), production)


def _read(
    reader: Reader, asked: Asked
) -> tuple[Mapping[tuple[str, str], int], list[Any], Iterable[tuple[Any, ...]]]:
    """How many stand where, the rows of the page and one more, and the releases of the list."""
    releases = reader.releases(asked.tab)
    if not asked.wanted:
        counted = reader.numbers(asked.tab)
        if not asked.cursor:
            return counted, reader.first_page(asked.tab), releases
    chosen = reader.list_called(asked.tab)
    narrowed = chosen.narrowed(asked.wanted, reader.bounds)
    if asked.wanted:
        wanted = {**reader.counted(asked.tab), "shown": Counted(narrowed, chosen.due)}
        counted = inbox.count_lists(wanted, reader.bounds)
    behind = after_place(narrowed, asked.cursor, chosen.order)
    return counted, list(chosen.page_of(behind)), releases


def _cut(found: list[Any], tab: str) -> tuple[list[Any], str]:
    """The rows of the page, and the place where the next one begins."""
    if len(found) <= PAGE_SIZE:
        return found, ""
    last = found[PAGE_SIZE - 1]
    due = None if tab == "decided" else last.due_at or NEVER
    return found[:PAGE_SIZE], place_of(due, last.pk)


def _question(row: AskedPerson | Approval | Decision, tab: str) -> Question:
    if isinstance(row, Approval):
        return Question(row, row.due_at)
    if isinstance(row, Decision):
        return Question(row.approval, None, decision=row)
    return Question(
        row.approval,
        row.due_at,
        is_mine=True,
        is_snoozed=tab == "snoozed",
        snoozed_until=getattr(row, "snoozed_until", None),
    )


def _rows(questions: Sequence[Question], tab: str, actor: Actor) -> list[Row]:
    rounds = [one.approval for one in questions]
    activities = inbox.asked_activities(rounds)
    releases = {one.release_id for one in activities.values()}
    skipped = {} if tab == "decided" else inbox.skipped_in(releases)
    about_others = tab in {"others", "all"}
    awaited = inbox.people_awaited([one.pk for one in rounds]) if about_others else {}
    return make_rows(questions, activities, skipped, awaited, actor.user_id or 0)


def rows_of(found: Sequence[Any], tab: str, actor: Actor) -> list[Row]:
    """What a list has found, as rows that are shown."""
    return _rows([_question(one, tab) for one in found], tab, actor)


def _tabs(asked: Asked, counts: Mapping[str, int]) -> tuple[Tab, ...]:
    return tuple(
        Tab(name, label, counts[name], asked.address(tab=name), name == asked.tab)
        for name, label in TABS.items()
    )


def _groups(
    rows: Sequence[Row], numbers: Mapping[str, int], bounds: Bounds, tab: str
) -> tuple[Group, ...]:
    if tab == "decided":
        number = numbers.get("", len(rows))
        return (Group("decided", "Last 90 days", number, tuple(rows)),) if rows else ()
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(bounds.group_of(row.due or NEVER), []).append(row)
    return tuple(
        Group(
            name,
            label,
            numbers.get(name, len(found[name])),
            tuple(sorted(found[name], key=lambda row: row.order)),
        )
        for name, label in GROUPS.items()
        if name in found
    )

"""The lists of the inbox, and what is asked of them: put together once where nothing is filtered.

What a reader opens most is a list without filters. What it asks depends on very little: which list it
is, whether the reader sees everything, and how many roles they hold; so each such statement is composed
once in the life of a process. With a filter, or on a further page, it is composed each time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeVar

from django.db import models
from django.db.models import F

from audit.actor import Actor
from audit.compiled import Compiled, CompiledValues, Value
from portal.pages.inbox_words import TABS
from releases import inbox
from releases.inbox import Bounds, Counted, InboxFilter, Reach

T = TypeVar("T")

PAGE_SIZE: Final = 50
DECIDED_DAYS: Final = 90
_UNREAD = ("seats", "content", "exclusions", "deadline")
_MOST_SHAPES: Final = 256


@dataclass(frozen=True)
class List:
    """One list: its rows, the column of their deadline, the way to their round, their order.

    Pages follow each other by deadline, exactly, and then by the row's key, for which there is an index:
    so it costs the same however much waits. What falls due at one moment (or never) is put in the order
    of `Row.order` within its page alone.
    """

    rows: models.QuerySet[Any]
    due: str | None
    path: str
    order: str

    def narrowed(self, wanted: InboxFilter, bounds: Bounds) -> models.QuerySet[Any]:
        """Its rows that a filter leaves."""
        return inbox.narrowed(self.rows, wanted, self.path, bounds)

    def of_rounds(self, keys: Collection[int]) -> models.QuerySet[Any]:
        """Its rows for these rounds."""
        return self.with_round(self.rows.filter(**{f"{self.path}pk__in": keys}))

    def with_round(self, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """Rows with their round, but for what no row says of it."""
        if not self.path:
            return rows.defer(*_UNREAD)
        return rows.select_related("approval").defer(*(f"approval__{name}" for name in _UNREAD))

    def page_of(self, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """The first of these rows in the order of the list: a page, and one more if there is any."""
        return self.with_round(self.ordered(rows))[: PAGE_SIZE + 1]

    def ordered(self, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """These rows in the order of the list."""
        if self.order == "newest":
            return rows.order_by("-pk")
        if self.order == "due":
            return rows.order_by("due_at", "pk")
        return rows.order_by(F("due_at").asc(nulls_last=True), "pk")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the inbox, what they reach, and where the groups of their lists end."""

    reach: Reach
    bounds: Bounds
    since: dt.datetime

    @classmethod
    def at(cls, actor: Actor, bounds: Bounds) -> Reader:
        """The reader at the moment of the bounds: one query."""
        since = bounds.now - dt.timedelta(days=DECIDED_DAYS)
        return cls(Reach.of(actor), bounds, since)

    def list_called(self, tab: str) -> List:
        """One of the lists by its name."""
        actor, now = self.reach.actor, self.bounds.now
        if tab == "mine":
            return List(inbox.needs_me(actor, now), "due_at", "approval__", "due")
        if tab == "others":
            return List(inbox.waiting_on_others(self.reach), "due", "", "open")
        if tab == "snoozed":
            return List(inbox.snoozed_by(actor, now), "due_at", "approval__", "due")
        if tab == "decided":
            return List(inbox.decided_by(actor, self.since), None, "approval__", "newest")
        return List(inbox.all_pending(self.reach, a_page=True), "due", "", "open")

    def counted(self, tab: str) -> dict[str, Counted]:
        """All lists to count; `tab` and the reader's own by their groups, of others some alone."""
        whole = {"mine", tab}
        lists = {name: self.list_called(name) for name in TABS}
        found = {
            name: Counted(one.rows, one.due if name in whole else None, whole=name in whole)
            for name, one in lists.items()
        }
        if tab != "all":
            # All that is open has what is open for the reader: enough of that is enough.
            rows, own = inbox.all_pending(self.reach), inbox.open_for(self.reach.actor)
            found["all"] = Counted(rows, whole=False, unless=own)
        production = inbox.holding_production(self.reach.actor, self.bounds.now)
        return {**found, "production": Counted(production)}

    # --- What is asked without a filter: statements that are put together once

    def first_page(self, tab: str) -> list[Any]:
        """The first rows of a list, in its order: `PAGE_SIZE` of them, and one more if there is any."""
        return list(_first_page(self._shape(tab)).rows(**self._values(tab)))

    def releases(self, tab: str) -> list[tuple[Any, ...]]:
        """The releases of a list, for its filters."""
        return list(_releases(self._shape(tab)).rows(**self._values(tab)))

    def numbers(self, tab: str) -> dict[tuple[str, str], int]:
        """How many rows each list has, by (list, group): as `counted` counts them."""
        found = _numbers(self._shape(tab)).rows(**self._values())
        return {(name, group): number for name, group, number in found}

    def _shape(self, tab: str) -> _Shape:
        reach = self.reach
        return _Shape(
            tab,
            reach.sees_all,
            reach.asks_to_skip,
            len(_enough(reach.roles)),
            len(_enough(reach.groups)),
        )

    def _values(self, tab: str = "") -> dict[str, Value]:
        bounds = self.bounds
        given: dict[str, Value] = {
            "user_id": self.reach.actor.user_id or 0,
            "now": bounds.now,
            "soon": bounds.soon,
            "today": bounds.today,
            "week": bounds.week,
            "since": self.since,
        }
        for place, (role, scope) in enumerate(_enough(self.reach.roles)):
            given |= {f"role_{place}": role, f"scope_{place}": scope}
        for place, group in enumerate(_enough(self.reach.groups)):
            given[f"group_{place}"] = group
        return given


def _enough(held: tuple[T, ...]) -> tuple[T, ...]:
    """What is held, the last one repeated until there are 1, 2, 4, 8 …: so there are few statements."""
    number = 1 << (len(held) - 1).bit_length() if held else 0
    return held + held[-1:] * (number - len(held))


@dataclass(frozen=True, slots=True)
class _Shape:
    """All on which the text of a statement depends."""

    tab: str
    sees_all: bool
    asks_to_skip: bool
    roles: int
    groups: int

    def parameters(self, *names: str, held: bool) -> dict[str, type[Value]]:
        """The kinds of its parameters: those named, and those of the roles and groups held."""
        kinds: dict[str, type[Value]] = {
            name: int if name == "user_id" else dt.datetime for name in names
        }
        for place in range(self.roles if held else 0):
            kinds |= {f"role_{place}": int, f"scope_{place}": int}
        for place in range(self.groups if held else 0):
            kinds[f"group_{place}"] = int
        return kinds

    def of_list(self) -> dict[str, type[Value]]:
        """The parameters of what is asked about its list alone."""
        if self.tab in {"mine", "snoozed"}:
            return self.parameters("user_id", "now", held=False)
        if self.tab == "decided":
            return self.parameters("user_id", "since", held=False)
        if self.tab == "all" and self.sees_all:
            return {}
        return self.parameters("user_id", held=True)

    def of_all(self) -> dict[str, type[Value]]:
        """The parameters of what is asked about every list."""
        return self.parameters("user_id", "now", "soon", "today", "week", "since", held=True)

    def reader(self, values: Mapping[str, Any]) -> Reader:
        """A reader of this shape; what the statement does not ask for may be missing."""
        actor = Actor(kind="person", door="page", label="", user_id=values.get("user_id"))
        roles = tuple(
            (values[f"role_{place}"], values[f"scope_{place}"])
            for place in range(self.roles)
            if f"role_{place}" in values
        )
        groups = tuple(
            values[f"group_{place}"] for place in range(self.groups) if f"group_{place}" in values
        )
        reach = Reach(actor, roles, groups, self.sees_all, self.asks_to_skip)
        at = {name: values.get(name, _UNASKED) for name in ("now", "soon", "today", "week")}
        return Reader(reach, Bounds(**at), values.get("since", _UNASKED))


_UNASKED: Final = dt.datetime(1, 1, 2, tzinfo=dt.UTC)


@lru_cache(maxsize=_MOST_SHAPES)
def _first_page(shape: _Shape) -> Compiled[Any]:
    def build(**values: Any) -> models.QuerySet[Any]:
        chosen = shape.reader(values).list_called(shape.tab)
        return chosen.page_of(chosen.rows)

    return Compiled(build, **shape.of_list())


@lru_cache(maxsize=_MOST_SHAPES)
def _releases(shape: _Shape) -> CompiledValues:
    def build(**values: Any) -> models.QuerySet[Any, Any]:
        chosen = shape.reader(values).list_called(shape.tab)
        return inbox.releases_in(chosen.ordered(chosen.rows), chosen.path)

    return CompiledValues(build, **shape.of_list())


@lru_cache(maxsize=_MOST_SHAPES)
def _numbers(shape: _Shape) -> CompiledValues:
    def build(**values: Any) -> models.QuerySet[Any, Any]:
        reader = shape.reader(values)
        return inbox.counting(reader.counted(shape.tab), reader.bounds)

    return CompiledValues(build, **shape.of_all())

"""How many stand in each list, and in which group of urgency."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import models
from django.db.models import Case, Count, Q, Subquery, Value, When

from releases.selectors import NEVER

# Of a list that is not the one shown, "more than 99" is all that is said.
MOST_COUNTED: Final = 100


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where the groups of a list end, for one reader at one moment.

    Each group has what falls due until its moment, and is not in one before it.
    """

    now: dt.datetime
    soon: dt.datetime
    today: dt.datetime
    week: dt.datetime

    def group_of(self, due: dt.datetime) -> str:
        """The group of a moment; `NEVER` is that of what has no deadline."""
        ends = (
            ("overdue", self.now),
            ("soon", self.soon),
            ("today", self.today),
            ("week", self.week),
        )
        for name, end in ends:
            if due <= end:
                return name
        return "later" if due < NEVER else "none"

    def end_of(self, group: str) -> dt.datetime:
        """Until when what is in a group falls due. Raises KeyError for "later" and "none"."""
        ends = {"overdue": self.now, "soon": self.soon, "today": self.today, "week": self.week}
        return ends[group]

    def as_case(self, due: Any) -> Case:
        """The same for a column, in SQL."""
        return Case(
            When(_until(due, self.now), then=Value("overdue")),
            When(_until(due, self.soon), then=Value("soon")),
            When(_until(due, self.today), then=Value("today")),
            When(_until(due, self.week), then=Value("week")),
            When(Q(**{f"{due}__lt": NEVER}), then=Value("later")),
            default=Value("none"),
            output_field=models.CharField(),
        )


def _until(due: str, end: dt.datetime) -> Q:
    return Q(**{f"{due}__lte": end})


class CountOf(Subquery):
    """How many rows a query gives, no further than its own limit: a number within another query."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = models.IntegerField()


@dataclass(frozen=True, slots=True)
class Counted:
    """A list to count: by group when the column of its deadline is given.

    Unless `whole`, no further than `MOST_COUNTED`; and not at all (it says none) where `unless`, which
    is a part of it, has as many.
    """

    rows: models.QuerySet[Any]
    due: str | None = None
    whole: bool = True
    unless: models.QuerySet[Any] | None = None

    def as_query(self, name: str, bounds: Bounds) -> models.QuerySet[Any, Any]:
        """(name, group, number) for each of its groups."""
        rows = self.rows.order_by()
        if self.unless is not None:
            part = CountOf(self.unless.order_by().values("pk")[:MOST_COUNTED])
            rows = rows.alias(part=part).filter(part__lt=MOST_COUNTED)
        if not self.whole:
            some = rows.values("pk")[:MOST_COUNTED]
            rows = rows.model._default_manager.filter(pk__in=some).order_by()
        by_group = bounds.as_case(self.due) if self.due else Value("", models.CharField())
        named = rows.values(in_list=Value(name, models.CharField()), in_group=by_group)
        return named.annotate(number=Count("pk")).values_list("in_list", "in_group", "number")


def counting(lists: Mapping[str, Counted], bounds: Bounds) -> models.QuerySet[Any, Any]:
    """(list, group, number) of every list; one query for all of them."""
    parts = [one.as_query(name, bounds) for name, one in lists.items()]
    return parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]


def count_lists(lists: Mapping[str, Counted], bounds: Bounds) -> dict[tuple[str, str], int]:
    """How many rows each list has, by (list, group); one query for all of them."""
    return {(name, group): number for name, group, number in counting(lists, bounds)}

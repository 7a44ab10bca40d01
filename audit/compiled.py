"""Queries that are put together once: for the few that are asked at every decision.

The ORM takes longer to compose such a query than PostgreSQL takes to answer it, and both together
longer than the rules take to judge a vote. Here a query is composed once, with marks in the places of
its values, kept as text, and asked again with other values.

PostgreSQL plans a prepared statement anew at each use while a plan for these values promises to be better
than one for any. Of a statement with many conditions that takes longer than to answer it: `planned_once`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.base import ModelState
from django.db.models.query import get_related_populators
from psycopg.sql import Literal

M = TypeVar("M", bound=models.Model)

# What a parameter is: also the name of a mark's kind.
Value = int | str | dt.datetime

# What no query has as a value of its own: numbers far below any key, text between record separators,
# moments long before any.
_LOWEST_MARK = -7_000_000_000_000
_EARLIEST_MARK = dt.datetime(1901, 1, 1, tzinfo=dt.UTC)
_NUMBER_IN_TEXT = re.compile(r"-7000000\d{6}")
_PLACEHOLDER = re.compile(r"(%s|%%)")
_LARGEST_KEY = 2**63 - 1


def _mark(name: str, kind: type[Value], place: int) -> Value:
    if kind is int:
        return _LOWEST_MARK - place
    if kind is dt.datetime:
        return _EARLIEST_MARK + dt.timedelta(microseconds=place + 1)
    return f"\x1e{name}\x1e"


def instance_of(model: type[M], attributes: Sequence[str], values: Sequence[Any]) -> M:
    """An instance of a row of the database, as `Model.from_db` makes it, in a third of the time.

    `attributes` name the columns of `values`; what they leave out is fetched when it is asked for.
    It calls no `__init__` and sends no signal: for models that have nothing of their own there, which
    the tests hold all of ours to.
    """
    instance = model.__new__(model)
    instance._state = state = ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    instance.__dict__.update(zip(attributes, values, strict=True))
    return instance


class _Asked:
    """A query that is put together at its first use, and again for another kind of database."""

    def __init__(
        self, build: Callable[..., models.QuerySet[Any]], parameters: dict[str, type[Value]]
    ) -> None:
        self._build = build
        self._planned_once = False
        self._marks = {
            name: _mark(name, kind, place) for place, (name, kind) in enumerate(parameters.items())
        }
        self._text: _Text | None = None

    @property
    def text(self) -> _Text:
        vendor = connections[DEFAULT_DB_ALIAS].vendor
        if self._text is None or self._text.vendor != vendor:
            self._text = _Text(self._build(**self._marks), self._marks)
            if self._planned_once and vendor == "postgresql":
                self._text.write_constants()
        return self._text

    def planned_once(self) -> Self:
        """Let PostgreSQL keep one plan, by writing words and numbers that never change into the text.

        So the plan for any value may use an index of open rows alone, and is as good as one for these.
        For statements whose best plan is the same for everybody, and no others: a list that is short for
        one and very long for another is planned for each, unless it stops at so many, in no order. It
        orders and groups by no constant: in the text, a number there is a column's position.
        """
        self._planned_once = True
        return self


class Compiled(_Asked, Generic[M]):
    """A query with parameters, each an `int`, a `str` or a `datetime`: `Compiled(build, key=int)`.

    `build` takes the parameters by name and returns a queryset of whole instances, with
    `select_related` and annotations if need be. What it does must not depend on the values (a value
    that is None, or an empty list, makes another query), nor on anything that changes while the
    process lives. A number may be a part of a text (`f"/{key}/"`); nothing else may be reckoned with:
    what is computed from a parameter is a parameter of its own. Raises ValueError at first use for a
    parameter that the query does not ask for.
    """

    def __init__(self, build: Callable[..., models.QuerySet[M]], **parameters: type[Value]) -> None:
        super().__init__(build, parameters)

    def first(self, **values: Value) -> M | None:
        """The first instance, or None."""
        return next(self.rows(**values), None)

    def rows(self, **values: Value) -> Iterator[M]:
        """The instances, as the queryset itself would give them."""
        return map(self.text.instance, self.text.ask(values))


class CompiledValues(_Asked):
    """The same for a queryset of `values_list`, a union of such too: its rows are tuples."""

    def __init__(
        self, build: Callable[..., models.QuerySet[Any, Any]], **parameters: type[Value]
    ) -> None:
        super().__init__(build, parameters)

    def rows(self, **values: Value) -> Iterator[tuple[Any, ...]]:
        """The tuples, as the queryset itself would give them."""
        return map(tuple, self.text.ask(values))

    def later(self, **values: Value) -> Later:
        """The query with these values, asked when it is gone through or as a part of another one."""
        return Later(self, values)


@dataclass(frozen=True, slots=True)
class Later:
    """Values of one column that are not asked for yet."""

    query: CompiledValues
    values: dict[str, Value]

    def __iter__(self) -> Iterator[Any]:
        return (value for (value,) in self.query.rows(**self.values))

    def sql_with_params(self) -> tuple[str, list[Any]]:
        """The query's text and its values, for a statement of which it is a part."""
        return self.query.text.sql, self.query.text.parameters(self.values)


@dataclass(frozen=True, slots=True)
class _Place:
    """A value of a query: always the same one, that of a parameter, or a text with numbers in it."""

    value: Any
    names: tuple[str, ...] = ()
    pieces: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: Any, names: dict[Any, str]) -> _Place:
        if name := names.get(value):
            return cls(value, (name,))
        if not isinstance(value, str) or not (marks := _NUMBER_IN_TEXT.findall(value)):
            return cls(value)
        inside = tuple(names[int(mark)] for mark in marks)
        return cls(value, inside, tuple(_NUMBER_IN_TEXT.split(value)))

    def filled(self, given: dict[str, Any]) -> Any:
        if not self.names:
            return self.value
        if not self.pieces:
            return given[self.names[0]]
        numbers = [str(int(given[name])) for name in self.names]
        return self.pieces[0] + "".join(map("".join, zip(numbers, self.pieces[1:], strict=True)))


class _Text:
    """A query as text, and how its rows become instances (as Django's `ModelIterable` makes them)."""

    def __init__(self, queryset: models.QuerySet[Any], marks: dict[str, Value]) -> None:
        compiler = queryset.query.get_compiler(using=DEFAULT_DB_ALIAS)
        self.vendor = compiler.connection.vendor
        self.sql, values = compiler.as_sql()
        self._as_stored = compiler.connection.ops.adapt_datetimefield_value
        names = {self._stored(mark): name for name, mark in marks.items()}
        self.values = [_Place.of(value, names) for value in values]
        unasked = set(marks).difference(*(place.names for place in self.values))
        if unasked:
            raise ValueError(f"the query does not ask for {', '.join(sorted(unasked))}")
        self.converters = compiler.get_converters([column for column, _, _ in compiler.select])
        if compiler.klass_info:
            self._read_columns(compiler)

    def write_constants(self) -> None:
        """Put words and numbers that never change into the text, in the places of their marks."""
        places, text, kept = iter(self.values), list[str](), list[_Place]()
        for piece in _PLACEHOLDER.split(self.sql):
            place = next(places) if piece == "%s" else None
            if place is not None and not place.names and isinstance(place.value, int | str):
                text.append(Literal(place.value).as_string().replace("%", "%%"))
                continue
            text.append(piece)
            kept += [place] if place is not None else []
        self.sql, self.values = "".join(text), kept

    def _read_columns(self, compiler: Any) -> None:
        shape, columns = compiler.klass_info, compiler.select
        chosen = shape["select_fields"]
        self.own = slice(chosen[0], chosen[-1] + 1)
        self.model = shape["model"]
        self.attributes = [column.target.attname for column, _, _ in columns[self.own]]
        # The types are those of Django 6.1, where it takes one argument more.
        self.related = get_related_populators(shape, columns, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]
        self.annotations = compiler.annotation_col_map

    def _stored(self, value: Value) -> Any:
        return self._as_stored(value) if isinstance(value, dt.datetime) else value

    def parameters(self, values: dict[str, Value]) -> list[Any]:
        given = {name: self._stored(value) for name, value in values.items()}
        return [place.filled(given) for place in self.values]

    def ask(self, values: dict[str, Value]) -> Iterator[Sequence[Any]]:
        if any(isinstance(value, int) and abs(value) > _LARGEST_KEY for value in values.values()):
            return iter(())  # no row has such a key, and the database would refuse the number
        parameters = self.parameters(values)
        connection = connections[DEFAULT_DB_ALIAS]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, parameters)
            found = cursor.fetchall()
        return self._converted(found, connection)

    def _converted(self, rows: Sequence[Any], connection: Any) -> Iterator[Sequence[Any]]:
        for row in rows:
            plain = list(row)
            for place, (converters, column) in self.converters.items():
                for convert in converters:
                    plain[place] = convert(plain[place], column, connection)
            yield plain

    def instance(self, row: Sequence[Any]) -> Any:
        instance = instance_of(self.model, self.attributes, row[self.own])
        for related in self.related:
            related.populate(row, instance)
        for name, place in self.annotations.items():
            setattr(instance, name, row[place])
        return instance

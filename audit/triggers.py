"""Triggers by which the database itself refuses to change the record (AUD-3).

Protected are the tables of insert-only models (ledger, decisions …) and of every history model:
neither UPDATE nor DELETE nor TRUNCATE. Users can't be deleted. On SQLite `INSERT OR REPLACE` deletes
without asking the DELETE triggers, so there an INSERT trigger refuses a place that is taken.

Installed after each migrate, because SQLite drops a table's triggers silently when a migration
rebuilds the table. A trigger counts as installed only when it is the very one: a name says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection as default_connection
from django.db import models, transaction

_PREFIX = "countersign_keep"
_FUNCTION = f"{_PREFIX}_refuse"


def is_history(model: type[models.Model]) -> bool:
    """Whether `model` holds the versions of another one."""
    return hasattr(model, "instance_type") and hasattr(model, "history_object")


def protected_models() -> list[type[models.Model]]:
    """Every model whose rows are written once."""
    return [
        model
        for model in apps.get_models()
        if model._meta.managed and (getattr(model, "insert_only", False) or is_history(model))
    ]


def _operations(vendor: str) -> dict[type[models.Model], tuple[str, ...]]:
    more = "TRUNCATE" if vendor == "postgresql" else "INSERT"
    wanted: dict[type[models.Model], tuple[str, ...]] = dict.fromkeys(
        protected_models(), ("UPDATE", "DELETE", more)
    )
    wanted[get_user_model()] = ("DELETE", more)
    return wanted


def _name(table: str, operation: str) -> str:
    # PostgreSQL cuts longer names itself, and then they would not compare equal.
    return f"{_PREFIX}_{operation.lower()}_{table}"[:63]


@dataclass(frozen=True, slots=True)
class _Trigger:
    """One trigger that must be there: its statement, and what the catalogue then says of it."""

    table: str
    statement: str
    catalogued: tuple[object, ...]


def _sqlite_trigger(model: type[models.Model], operation: str) -> _Trigger:
    table = model._meta.db_table
    taken = f" WHEN {' OR '.join(_taken(model))}" if operation == "INSERT" else ""
    statement = (
        f'CREATE TRIGGER "{_name(table, operation)}" BEFORE {operation} ON "{table}"{taken} '
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )
    # SQLite keeps the statement as it was written.
    return _Trigger(table, statement, (table, statement))


def _taken(model: type[models.Model]) -> Iterator[str]:
    """A condition for each place that only one row may have: it has one; each is an index's look-up.

    A new row's key is -1 here, because SQLite has not chosen it yet; no row of ours has that one.
    """
    table = model._meta.db_table
    places = [[f'"{field.column}" = NEW."{field.column}"'] for field in _unique_fields(model)]
    places += [
        [*_same_columns(model, constraint), *_same_values(model, constraint)]
        for constraint in model._meta.constraints
        if isinstance(constraint, models.UniqueConstraint) and constraint.condition is None
    ]
    for place in places:
        yield f'EXISTS (SELECT 1 FROM "{table}" WHERE {" AND ".join(place)})'  # noqa: S608


def _unique_fields(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    return [field for field in model._meta.concrete_fields if field.unique]


def _same_columns(model: type[models.Model], constraint: models.UniqueConstraint) -> Iterator[str]:
    for name in constraint.fields:
        column = model._meta.get_field(name).column  # type: ignore[union-attr]
        yield f'"{column}" = NEW."{column}"'


def _same_values(model: type[models.Model], constraint: models.UniqueConstraint) -> Iterator[str]:
    # Each a function of one column, as in UniqueConstraint(Lower("username")).
    expressions: tuple[Any, ...] = tuple(constraint.expressions)
    for expression in expressions:
        [source] = expression.get_source_expressions()
        column = model._meta.get_field(source.name).column  # type: ignore[union-attr]
        yield f'{expression.function}("{column}") = {expression.function}(NEW."{column}")'


# pg_trigger.tgtype, from PostgreSQL's catalog/pg_trigger.h.
_ROW, _BEFORE = 1, 2
_EVENTS = {"DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}


def _postgres_trigger(model: type[models.Model], operation: str) -> _Trigger:
    table = model._meta.db_table
    each, kind = ("STATEMENT", 0) if operation == "TRUNCATE" else ("ROW", _ROW)
    statement = (
        f'CREATE OR REPLACE TRIGGER "{_name(table, operation)}" BEFORE {operation} '
        f'ON "{table}" FOR EACH {each} EXECUTE FUNCTION {_FUNCTION}()'
    )
    enabled, whole = True, True
    return _Trigger(
        table, statement, (table, kind | _BEFORE | _EVENTS[operation], enabled, whole, _BODY)
    )


_BODY = """
BEGIN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = TG_TABLE_NAME || ' is append-only';
END
"""
_POSTGRES_FUNCTION = f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $body${_BODY}$body$"

# Enabled also for a session that replicates counts; WHEN and a list of columns make one hollow.
_POSTGRES_CATALOGUE = """
SELECT tgname, relname, tgtype, tgenabled IN ('O', 'A'), tgqual IS NULL AND tgattr = '', prosrc
FROM pg_trigger
JOIN pg_class ON pg_class.oid = tgrelid
JOIN pg_proc ON pg_proc.oid = tgfoid
WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace
"""
_SQLITE_CATALOGUE = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"


def _expected(connection: Any) -> dict[str, _Trigger]:
    """The triggers by name, for the tables that exist."""
    existing = set(connection.introspection.table_names())
    make = _postgres_trigger if connection.vendor == "postgresql" else _sqlite_trigger
    return {
        _name(model._meta.db_table, operation): make(model, operation)
        for model, operations in _operations(connection.vendor).items()
        if model._meta.db_table in existing
        for operation in operations
    }


def _catalogued(connection: Any) -> dict[str, tuple[object, ...]]:
    """What the database says of each trigger whose name is one of ours."""
    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(_POSTGRES_CATALOGUE if postgres else _SQLITE_CATALOGUE)
        rows = cursor.fetchall()
    return {name: tuple(rest) for name, *rest in rows if name.startswith(_PREFIX)}


def installed_triggers(connection: Any = default_connection) -> set[str]:
    """The names of the triggers that are there, switched on, and do what they should."""
    there = _catalogued(connection)
    wanted = _expected(connection).items()
    return {name for name, trigger in wanted if there.get(name) == trigger.catalogued}


def missing_triggers(connection: Any = default_connection) -> list[str]:
    """The triggers that are missing, switched off or altered, by name; empty when all is well."""
    return sorted(set(_expected(connection)) - installed_triggers(connection))


def install_triggers(connection: Any = default_connection) -> None:
    """Put right what is missing for every protected table that exists. Idempotent, on both engines."""
    missing = missing_triggers(connection)
    if not missing:
        return
    expected = _expected(connection)
    # No schema editor: on SQLite it refuses to work inside a transaction.
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRES_FUNCTION)
        for name in missing:
            if connection.vendor == "sqlite":
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"')
            cursor.execute(expected[name].statement)


def drop_triggers(connection: Any = default_connection) -> None:
    """Take the triggers off: for the tests that tamper, and for the tear-down of transactional ones."""
    there = _catalogued(connection)
    with connection.cursor() as cursor:
        for name, (table, *_) in sorted(there.items()):
            on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
            cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"{on}')

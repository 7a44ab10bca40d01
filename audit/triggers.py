"""Triggers by which the database itself refuses to change the record (AUD-3).

Protected are the tables of insert-only models (ledger, decisions …) and of every history model:
neither UPDATE nor DELETE nor TRUNCATE. Users can't be deleted. Installed after each migrate, because
SQLite drops a table's triggers silently when a migration rebuilds the table.
"""

from __future__ import annotations

from collections.abc import Iterable
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


def _operations() -> dict[str, tuple[str, ...]]:
    wanted: dict[str, tuple[str, ...]] = {
        model._meta.db_table: ("UPDATE", "DELETE") for model in protected_models()
    }
    wanted[get_user_model()._meta.db_table] = ("DELETE",)
    return wanted


def _name(table: str, operation: str) -> str:
    # PostgreSQL cuts longer names itself, and then they would not compare equal.
    return f"{_PREFIX}_{operation.lower()}_{table}"[:63]


def _sqlite_statements(table: str, operations: Iterable[str]) -> Iterable[str]:
    for operation in operations:
        yield (
            f'CREATE TRIGGER IF NOT EXISTS "{_name(table, operation)}" BEFORE {operation} '
            f"ON \"{table}\" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _postgres_statements(table: str, operations: Iterable[str]) -> Iterable[str]:
    for operation in operations:
        yield (
            f'CREATE OR REPLACE TRIGGER "{_name(table, operation)}" BEFORE {operation} '
            f'ON "{table}" FOR EACH ROW EXECUTE FUNCTION {_FUNCTION}()'
        )
    yield (
        f'CREATE OR REPLACE TRIGGER "{_name(table, "TRUNCATE")}" BEFORE TRUNCATE '
        f'ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION {_FUNCTION}()'
    )


_POSTGRES_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = TG_TABLE_NAME || ' is append-only';
END
$body$
"""


def _expected(connection: Any) -> dict[str, str]:
    """Trigger name → table, for the tables that exist."""
    present = set(connection.introspection.table_names())
    truncate = ("TRUNCATE",) if connection.vendor == "postgresql" else ()
    return {
        _name(table, operation): table
        for table, operations in _operations().items()
        if table in present
        for operation in (*operations, *truncate)
    }


def installed_triggers(connection: Any = default_connection) -> set[str]:
    """The names of our triggers that the database has, switched on."""
    if connection.vendor == "postgresql":
        query = (
            "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') "
            "AND relnamespace = current_schema()::regnamespace"
        )
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {name for (name,) in cursor.fetchall() if name.startswith(_PREFIX)}


def missing_triggers(connection: Any = default_connection) -> list[str]:
    """The triggers that should be there and are not, by name; empty when all is well."""
    return sorted(set(_expected(connection)) - installed_triggers(connection))


def install_triggers(connection: Any = default_connection) -> None:
    """Create what is missing for every protected table that exists. Idempotent, on both engines."""
    missing = set(missing_triggers(connection))
    if not missing:
        return
    tables = {table for name, table in _expected(connection).items() if name in missing}
    operations = _operations()
    # No schema editor: on SQLite it refuses to work inside a transaction.
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRES_FUNCTION)
        for table in sorted(tables):
            make = _postgres_statements if connection.vendor == "postgresql" else _sqlite_statements
            for statement in make(table, operations[table]):
                cursor.execute(statement)


def drop_triggers(connection: Any = default_connection) -> None:
    """Take the triggers off: for the tests that tamper, and for the tear-down of transactional ones."""
    expected = _expected(connection)
    present = installed_triggers(connection)
    with connection.cursor() as cursor:
        for name in sorted(present):
            table = expected.get(name)
            if connection.vendor == "postgresql" and table:
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"')
            elif connection.vendor == "sqlite":
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"')

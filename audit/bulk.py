"""Many rows of one model in one statement, on PostgreSQL with one parameter for all of them.

`bulk_create` sends an array a column and prepares every value field by field, `bulk_update` writes a
CASE of all rows for every column, and of a statement with hundreds of parameters neither driver nor
database keeps anything. Here the rows go as one JSON text, which PostgreSQL reads by the types of the
table itself: the statement is the same for one row and for two hundred, and is planned once.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection, connections, models

from audit.models import require_guard_open

# What becomes JSON as it is, or by `_as_text`; anything else is prepared by its field.
_PLAIN = frozenset({bool, dt.datetime, int, str, type(None), uuid.UUID})


def insert_at_once(rows: Sequence[models.Model]) -> None:
    """Insert rows of one model and give them their keys.

    Raises GuardedWrite for a guarded model when `audit.history` is not the caller.
    """
    manager = type(rows[0])._base_manager
    require_guard_open(manager.model, "insert_at_once()")
    connection = connections[manager.db]
    if connection.vendor != "postgresql" or any(row.pk is not None for row in rows):
        manager.bulk_create(rows)
        return
    meta: Any = manager.model._meta
    fields = [field for field in meta.concrete_fields if field is not meta.pk]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    table = quote(meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {given_rows(table)} "  # noqa: S608
            f"RETURNING {quote(meta.pk.column)}",
            [rows_text([_new_values(row, fields, connection) for row in rows])],
        )
        for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = key
            row._state.adding, row._state.db = False, connection.alias


def update_at_once(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Write the fields `names` of rows of one model that have keys.

    Raises GuardedWrite for a guarded model when `audit.history` is not the caller.
    """
    manager = type(rows[0])._base_manager
    require_guard_open(manager.model, "update_at_once()")
    connection = connections[manager.db]
    meta: Any = manager.model._meta
    fields = [meta.get_field(name) for name in names]
    if len(rows) == 1:
        _update_one(rows[0], meta, fields, connection)
    elif connection.vendor == "postgresql":
        _update_many(rows, meta, fields, connection)
    else:
        manager.bulk_update(rows, list(names))


def _update_one(row: models.Model, meta: Any, fields: Sequence[Any], connection: Any) -> None:
    columns = [*fields, meta.pk]
    quote = connection.ops.quote_name
    *changes, key = (f"{quote(field.column)} = %s" for field in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {quote(meta.db_table)} SET {', '.join(changes)} WHERE {key}",  # noqa: S608
            [field.get_db_prep_save(getattr(row, field.attname), connection) for field in columns],
        )


def _update_many(
    rows: Sequence[models.Model], meta: Any, fields: Sequence[Any], connection: Any
) -> None:
    quote = connection.ops.quote_name
    table, key = quote(meta.db_table), quote(meta.pk.column)
    changes = ", ".join(f"{quote(one.column)} = given.{quote(one.column)}" for one in fields)
    columns = [meta.pk, *fields]
    given = [
        {one.column: _ready(one, getattr(row, one.attname), connection) for one in columns}
        for row in rows
    ]
    with connection.cursor() as cursor:
        # The keys a second time: from them PostgreSQL knows that it need not read the whole table.
        cursor.execute(
            f"UPDATE {table} SET {changes} FROM {given_rows(table)} "  # noqa: S608
            f"WHERE {table}.{key} = given.{key} AND {table}.{key} = ANY(CAST(%s AS bigint[]))",
            [rows_text(given), [row.pk for row in rows]],
        )


def among(column: str, keys: Collection[int]) -> tuple[str, list[Any]]:
    """The condition that `column` is one of `keys`, and its parameters.

    On PostgreSQL one array: the statement is the same however many keys there are.
    """
    if connection.vendor == "postgresql":
        return f"{column} = ANY(CAST(%s AS bigint[]))", [list(keys)]
    return f"{column} IN ({', '.join(['%s'] * len(keys))})", list(keys)


def given_rows(table: str) -> str:
    """What a statement reads its rows from, with one parameter: what `rows_text` makes of them.

    The columns have the types of the table (quoted if need be); those that are not given are NULL.
    """
    return f"json_populate_recordset(CAST(NULL AS {table}), CAST(%s AS json)) AS given"


def _new_values(row: models.Model, fields: Sequence[Any], connection: Any) -> dict[str, Any]:
    row._prepare_related_fields_for_save(operation_name="insert_at_once")  # type: ignore[attr-defined]
    return {one.column: _ready(one, one.pre_save(row, True), connection) for one in fields}


def _ready(field: Any, value: Any, connection: Any) -> Any:
    return value if type(value) in _PLAIN else field.get_db_prep_save(value, connection)


def rows_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows, each a mapping of columns to values, as that parameter.

    Raises TypeError for a value that JSON cannot say.
    """
    return json.dumps(rows, default=_as_text, separators=(",", ":"))


def _as_text(value: object) -> str:
    if isinstance(value, dt.datetime | dt.date | dt.timedelta | uuid.UUID | Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON that a column reads")

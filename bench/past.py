"""What gathers over years, made by a few statements: decided rounds, and notices that nobody read.

Decided rounds belong to completed releases like one that the services have made. What lists read of
them stands there as it would: scopes, releases, phases, activities, rounds, who was asked, decisions.
Versions, the record, and the long texts of a closed round are left out, since no list reads them.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg

from bench import sizes

# Keys far above those that the services gave.
_FIRST, _UNREAD = 1_000_000_000, 2_000_000_000
_KEY = {"id": f"{_FIRST} + n"}
# What differs from the row that is copied, by table: `n` counts rows, `r` the release that they are of.
_COPIES: tuple[tuple[str, str, dict[str, str]], ...] = (
    (
        "approvals_scope",
        "releases",
        {"path": f"p.parent_path || ({_FIRST} + n) || '/'"},
    ),
    (
        "releases_release",
        "releases",
        {"scope_id": f"{_FIRST} + n", "version": "'0.' || n", "ended_at": "{ended}"},
    ),
    ("releases_phase", "releases", {"release_id": f"{_FIRST} + n"}),
    (
        "releases_activity",
        "rounds",
        {
            "key": "'done-' || n",
            "phase_id": f"{_FIRST} + r",
            "release_id": f"{_FIRST} + r",
            "closed_at": "{ended}",
        },
    ),
    (
        "approvals_approval",
        "rounds",
        {
            "host": f"'activity:' || ({_FIRST} + n)",
            "stream": f"'release:' || ({_FIRST} + r)",
            "scope_id": f"{_FIRST} + r",
            "closed_at": "{ended}",
            **dict.fromkeys(("policy", "seats", "form", "content"), "'null'"),
        },
    ),
    (
        "approvals_askedperson",
        "rounds",
        {"approval_id": f"{_FIRST} + n", "user_id": "{user}.id", "asked_at": "{ended}"},
    ),
    (
        "approvals_decision",
        "rounds",
        {
            "approval_id": f"{_FIRST} + n",
            "user_id": "{user}.id",
            "person": "{user}.person",
            "username": "{user}.username",
            "display_name": "{user}.username",
            "decided_at": "{ended}",
        },
    ),
)
# Two years, the newest last.
_ENDED = "now() - (({count} - n) * interval '2 years' / {count})"


def add_decided(connection: psycopg.Connection[Any], activity: int, number: int) -> float:
    """So many decided rounds like that of a completed activity; each person of the run decided alike.

    Returns the seconds that it took.
    """
    started = time.monotonic()
    # No checks of foreign keys row by row: every key is one that is made here.
    connection.execute("SET session_replication_role = replica")
    connection.execute(_PATTERN, {"activity": activity})
    connection.execute(_PEOPLE)
    connection.execute("SET maintenance_work_mem = '256MB'")
    for table, rows, changes in _COPIES:
        indexes = _indexes(connection, table)
        for name in indexes:
            connection.execute(f"DROP INDEX {name}")
        connection.execute(_copying(connection, table, rows, changes, number))
        for made_by in indexes.values():
            connection.execute(made_by)
    connection.execute("RESET session_replication_role")
    return time.monotonic() - started


def add_unread(connection: psycopg.Connection[Any], username: str, number: int) -> None:
    """So many notices to an account, of rounds settled long ago, that it never read."""
    columns = _columns(connection, "audit_notice")
    changed = {
        "id": "(SELECT max(id) FROM audit_notice) + n",
        "key": f"'asked:activity:' || ({_UNREAD} + n) || ':1'",
        "host": f"'activity:' || ({_UNREAD} + n)",
        "created_at": f"{_ENDED.format(count=number)}",
    }
    chosen = ", ".join(changed.get(name, f"model.{name}") for name in columns)
    statement = (
        f"INSERT INTO audit_notice ({', '.join(columns)}) SELECT {chosen} "  # noqa: S608
        "FROM (SELECT * FROM audit_notice WHERE moment = 'asked' AND user_id = "
        "(SELECT id FROM portal_user WHERE username = %(username)s) LIMIT 1) AS model, "
        f"generate_series(1, {number}) AS n"
    )
    connection.execute(statement, {"username": username})


def _indexes(connection: psycopg.Connection[Any], table: str) -> dict[str, str]:
    """The indexes of a table that no constraint rests on: faster made anew than kept up row by row."""
    found = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT IN "
        "(SELECT c.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conindid)",
        [table],
    )
    return dict(found.fetchall())


def _columns(connection: psycopg.Connection[Any], table: str) -> list[str]:
    found = connection.execute(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND table_name = %s AND is_generated = 'NEVER'",
        [table],
    )
    return [name for (name,) in found]


_PATTERN = """
CREATE TEMPORARY TABLE pattern AS
SELECT a.id AS releases_activity, a.release_id AS releases_release, a.phase_id AS releases_phase,
       r.scope_id AS approvals_scope, round.id AS approvals_approval, asked.id AS approvals_askedperson,
       decision.id AS approvals_decision, parent.path AS parent_path
FROM releases_activity a JOIN releases_release r ON r.id = a.release_id
JOIN approvals_scope scope ON scope.id = r.scope_id
JOIN approvals_scope parent ON parent.id = scope.parent_id
JOIN approvals_approval round ON round.host = 'activity:' || a.id
JOIN approvals_askedperson asked ON asked.approval_id = round.id
JOIN approvals_decision decision ON decision.approval_id = round.id
WHERE a.id = %(activity)s LIMIT 1
"""
_PEOPLE = """
CREATE TEMPORARY TABLE people AS
SELECT row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS number, id, person, username
FROM portal_user WHERE username IN ('pat', 'quinn', 'maya') OR username LIKE 'voter-%'
"""


def _copying(
    connection: psycopg.Connection[Any],
    table: str,
    rows: str,
    changes: dict[str, str],
    number: int,
) -> str:
    each = sizes.ACTIVITIES_PER_RELEASE
    count = number if rows == "rounds" else -(-number // each)
    words = {"ended": _ENDED.format(count=count), "user": "one"}
    changed = {name: text.format(**words) for name, text in {**_KEY, **changes}.items()}
    columns = _columns(connection, table)
    chosen = ", ".join(changed.get(name, f"model.{name}") for name in columns)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {chosen} "  # noqa: S608
        f"FROM pattern p JOIN {table} model ON model.id = p.{table} "
        f"CROSS JOIN (SELECT n, (n - 1) / {each} + 1 AS r FROM generate_series(1, {count}) AS n) AS s "
        "JOIN people one ON one.place = s.n % one.number"
    )

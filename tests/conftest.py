"""The frame of every test: its database, its marks, and a tear-down that append-only tables allow."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest

from tests.database import engine, prepare_environment

# At import, because the conftest files below this one import models.
prepare_environment()

import django  # noqa: E402

django.setup()

from django.db import connection, connections  # noqa: E402
from django.test import TransactionTestCase  # noqa: E402

from approvals.services.roles import ensure_builtin_roles  # noqa: E402
from audit.actor import system_actor  # noqa: E402
from audit.triggers import drop_triggers, install_triggers  # noqa: E402


def pytest_report_header() -> str:
    """Say which database the run has."""
    return f"database: {engine()}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, and count as deselected, what is about the other database."""
    foreign = "sqlite_only" if engine() == "postgresql" else "postgres"
    left_out = [item for item in items if item.get_closest_marker(foreign)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@contextmanager
def append_only_lifted(alias: str) -> Iterator[None]:
    """Let the flush between transactional tests empty the tables that refuse it."""
    lifted = connections[alias]
    if lifted.vendor == "postgresql" and _is_superuser(lifted):
        with lifted.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
        try:
            yield
        finally:
            with lifted.cursor() as cursor:
                cursor.execute("SET session_replication_role = origin")
    else:
        drop_triggers(lifted)
        try:
            yield
        finally:
            install_triggers(lifted)


def _is_superuser(lifted: Any) -> bool:
    with lifted.cursor() as cursor:
        cursor.execute("SHOW is_superuser")
        return bool(cursor.fetchone()[0] == "on")


def _lift_around(flush: Callable[[TransactionTestCase], None]) -> Callable[..., None]:
    def flush_with_triggers_lifted(self: TransactionTestCase) -> None:
        with append_only_lifted("default"):
            flush(self)
        ensure_builtin_roles(actor=system_actor("Test"))  # as `migrate` leaves a database

    return flush_with_triggers_lifted


# Triggers forbid DELETE and TRUNCATE, and Django empties the tables between transactional tests by
# exactly these. `TestCase` has a tear-down of its own (a rollback) and is left alone.
TransactionTestCase._fixture_teardown = _lift_around(  # type: ignore[method-assign]
    TransactionTestCase._fixture_teardown
)


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """DATABASE_URL of the test database, for processes that a test starts."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    host = settings["HOST"] or settings["OPTIONS"].get("host", "")
    user, password = quote(settings["USER"]), quote(settings["PASSWORD"])
    account = f"{user}:{password}" if password else user
    port = f"&port={settings['PORT']}" if settings["PORT"] else ""
    return f"postgres://{account}@/{settings['NAME']}?host={quote(str(host), safe='/')}{port}"


@pytest.fixture
def process_environment(database_url: str) -> dict[str, str]:
    """The environment of a process of the product that works on the test database."""
    return {**os.environ, "DATABASE_URL": database_url}

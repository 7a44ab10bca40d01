"""Which database a test run has: decided before Django reads its settings.

PostgreSQL, private to the run (TEST_DATABASE_URL names another one); with TEST_ENGINE=sqlite a SQLite
file. A DATABASE_URL of the shell is never used: it may be somebody's data. Parallel workers inherit
what their controller decided.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.postgres import PostgresUnavailable, PrivatePostgres

ENGINES = ("postgresql", "sqlite")


def engine() -> str:
    """`postgresql` or `sqlite`: what this run was asked to use."""
    return os.environ.get("TEST_ENGINE", "postgresql")


def prepare_environment() -> None:
    """Set the environment that the settings read; starts PostgreSQL where it is needed."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    if engine() not in ENGINES:
        raise pytest.UsageError(f"TEST_ENGINE is {engine()!r}; it may be {' or '.join(ENGINES)}.")
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    os.environ["DATABASE_URL"] = _sqlite_url() if engine() == "sqlite" else _postgres_url()
    os.environ["COUNTERSIGN_SECRET_KEY"] = "for-tests-only-and-never-anywhere-else-0123456789"
    os.environ["COUNTERSIGN_SIGNING_KEY"] = "dGVzdHMtb25seS1zaWduaW5nLWtleS0wMTIzNDU2Nzg="
    os.environ["COUNTERSIGN_FIELD_KEY"] = "dGVzdHMtb25seS1maWVsZC1rZXktMDEyMzQ1Njc4OTA="
    os.environ["COUNTERSIGN_ALLOWED_HOSTS"] = "testserver,localhost,127.0.0.1"
    os.environ["COUNTERSIGN_BASE_URL"] = "http://testserver"
    for name in (
        "COUNTERSIGN_DEBUG",
        "COUNTERSIGN_TIME_ZONE",
        "COUNTERSIGN_TRUSTED_PROXIES",
        "COUNTERSIGN_METRICS_TOKEN",
        "EMAIL_URL",
        "REDIS_URL",
    ):
        os.environ.pop(name, None)


def _sqlite_url() -> str:
    folder = Path(tempfile.mkdtemp(prefix="countersign-sqlite-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return f"sqlite:///{folder / 'tests.sqlite3'}"


def _postgres_url() -> str:
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return given
    server = PrivatePostgres()
    try:
        server.start()
    except PostgresUnavailable as error:
        raise pytest.UsageError(str(error)) from error
    atexit.register(server.stop)
    return server.url

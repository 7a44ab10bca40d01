"""The servers of a run: one PostgreSQL with fsync on, and gunicorn for the floor and the product."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psycopg

from bench import sizes
from tests.postgres import OWNER, PrivatePostgres

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
FLOOR_DATABASE = "floor"
# The product's database as it is made, with few and with very many decided rounds added.
COPIES = {"few": sizes.DECIDED_FEW, "lots": sizes.DECIDED_MANY}


class BenchError(RuntimeError):
    """The run can't go on; the message says why."""


def connect(server: PrivatePostgres, database: str) -> psycopg.Connection[Any]:
    """A connection of the run itself."""
    return psycopg.connect(host=str(server.folder), user=OWNER, dbname=database, autocommit=True)


def start_postgres() -> PrivatePostgres:
    """A durable PostgreSQL with two databases.

    Autovacuum is off, and checkpoints are far apart: either would be counted with whatever is being
    measured at that moment. `settle` does both before the measurements.
    """
    server = PrivatePostgres(durable=True).start()
    with connect(server, OWNER) as connection:
        connection.execute(f"CREATE DATABASE {FLOOR_DATABASE}")
        connection.execute("ALTER SYSTEM SET autovacuum = off")
        connection.execute("ALTER SYSTEM SET checkpoint_timeout = '1h'")
        connection.execute("ALTER SYSTEM SET max_wal_size = '8GB'")
        connection.execute("SELECT pg_reload_conf()")
        for name in ("fsync", "synchronous_commit"):
            row = connection.execute(f"SHOW {name}").fetchone()
            if row is None or row[0] != "on":
                raise BenchError(f"PostgreSQL runs with {name} = {row and row[0]}; it must be on.")
    return server


def copy_database(server: PrivatePostgres, name: str) -> None:
    """A further database with what the product's holds; nobody may be connected to that."""
    with connect(server, FLOOR_DATABASE) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {OWNER}")


def settle(server: PrivatePostgres) -> None:
    """Statistics and a checkpoint, after the data was made."""
    for database in (OWNER, FLOOR_DATABASE, *COPIES):
        with connect(server, database) as connection:
            connection.execute("VACUUM ANALYZE")
    with connect(server, OWNER) as connection:
        connection.execute("CHECKPOINT")


def postmaster_of(server: PrivatePostgres) -> int:
    """The process whose children are the backends."""
    return int((server.folder / "data" / "postmaster.pid").read_text().split()[0])


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _base_environment(server: PrivatePostgres, database: str, settings: str) -> dict[str, str]:
    ours = ("COUNTERSIGN_", "EVIDENCE_", "SLACK_", "CHECK_")
    others = {"REDIS_URL", "EMAIL_URL", "HOST", "PORT", "GUNICORN_CMD_ARGS"}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in others and not name.startswith(ours)
    }
    return {
        **kept,
        "DATABASE_URL": f"postgres://{OWNER}@/{database}?host={server.folder}",
        "DJANGO_SETTINGS_MODULE": settings,
        "PYTHONPATH": str(ROOT),
    }


def floor_environment(server: PrivatePostgres) -> dict[str, str]:
    """The floor's environment."""
    return _base_environment(server, FLOOR_DATABASE, "bench.floor.settings")


def on_copy(environment: dict[str, str], server: PrivatePostgres, name: str) -> dict[str, str]:
    """The product's environment on a copy of its database."""
    return {**environment, "DATABASE_URL": f"postgres://{OWNER}@/{name}?host={server.folder}"}


def product_environment(server: PrivatePostgres) -> dict[str, str]:
    """A production installation's environment, reached over plain HTTP on the loopback."""
    keys = ("COUNTERSIGN_SECRET_KEY", "COUNTERSIGN_SIGNING_KEY", "COUNTERSIGN_FIELD_KEY")
    return {
        **_base_environment(server, OWNER, "portal.settings"),
        **{name: secrets.token_urlsafe(48) for name in keys},
        "COUNTERSIGN_ALLOWED_HOSTS": "127.0.0.1",
        "COUNTERSIGN_BASE_URL": "http://127.0.0.1",
    }


def run_module(module: str, environment: dict[str, str]) -> Any:
    """Run `python -m module` and return the JSON of its last line."""
    done = subprocess.run(
        [sys.executable, "-m", module],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=False,
        text=True,
    )
    if done.returncode:
        raise BenchError(f"{module} ended with {done.returncode}.")
    return json.loads(done.stdout.strip().splitlines()[-1])


@dataclass
class WebServer:
    """gunicorn with sync workers on the loopback."""

    name: str
    application: str
    environment: dict[str, str]
    log: Path
    workers: int = 2
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = field(init=False, default=None)

    @property
    def pid(self) -> int:
        """The master."""
        if self.process is None:
            raise BenchError(f"{self.name} does not run.")
        return self.process.pid

    def start(self) -> None:
        """Start it; `wait` says when it answers."""
        command = [sys.executable, "-m", "gunicorn", self.application, "--worker-class", "sync"]
        command += ["--workers", str(self.workers), "--bind", f"127.0.0.1:{self.port}"]
        command += ["--log-level", "warning", "--no-control-socket"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                env=self.environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait(self) -> None:
        """Return once it answers anything at all; BenchError when it does not."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self.process is not None and self.process.poll() is not None:
                break
            connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                connection.request("GET", "/")
                connection.getresponse().read()
            except (OSError, HTTPException):
                time.sleep(0.1)
            else:
                return
            finally:
                connection.close()
        tail = self.log.read_text(errors="replace")[-2000:]
        raise BenchError(f"{self.name} does not answer.\n{tail}")

    def stop(self) -> None:
        """End it."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

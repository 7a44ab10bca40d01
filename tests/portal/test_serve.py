"""`manage.py serve`: starts both halves, revives a worker that went silent, ends without a trace."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


def _until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"not within {PATIENCE:.0f} s: {what}"
        time.sleep(0.1)


def _children(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            after_name = status.read_text().rpartition(")")[2].split()
            if int(after_name[1]) == parent:
                found.append(int(status.parent.name))
    return sorted(found)


def _descendants(parent: int) -> list[int]:
    children = _children(parent)
    return children + [each for child in children for each in _descendants(child)]


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def _lives(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@dataclass
class Installation:
    """An embedded installation in a folder of its own."""

    database: Path
    port: int

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if "COUNTERSIGN" not in name}
        return {
            **kept,
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "DATABASE_URL": f"sqlite:///{self.database}",
            "COUNTERSIGN_SECRET_KEY": "for-tests-only-0123456789-0123456789-0123456789-0123",
            "COUNTERSIGN_SIGNING_KEY": "dGVzdHMtb25seS1zaWduaW5nLWtleS0wMTIzNDU2Nzg=",
            "COUNTERSIGN_FIELD_KEY": "dGVzdHMtb25seS1maWVsZC1rZXktMDEyMzQ1Njc4OTA=",
            "PORT": str(self.port),
        }

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def answers(self, path: str = "healthz") -> bool:
        address = f"http://127.0.0.1:{self.port}/{path}"
        with suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
        return False

    def beat(self) -> str | None:
        with closing(sqlite3.connect(self.database, timeout=20)) as connection:
            row = connection.execute("SELECT max(beaten_at) FROM portal_heartbeat").fetchone()
        return row[0] if row else None

    @contextmanager
    def served(self, *options: str) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--web-processes", "1", *options],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=30)
            process.kill()


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    made = Installation(tmp_path / "serve.sqlite3", port)
    migrated = made.manage("migrate", "--verbosity", "0")
    assert migrated.returncode == 0, migrated.stderr
    return made


def _worker(supervisor: int) -> int | None:
    found = [pid for pid in _children(supervisor) if "qcluster" in _command(pid)]
    return found[0] if found else None


@pytest.mark.slow
@pytest.mark.req("OPS-1", "A-023")
def test_a_silent_worker_is_started_anew_and_all_ends_without_a_trace(
    installation: Installation,
) -> None:
    with installation.served("--stale-after", "6", "--beat-every", "1") as supervisor:
        _until(installation.answers, "/healthz answers")
        _until(installation.beat, "the worker's first heartbeat")
        _until(lambda: installation.answers("readyz"), "/readyz is content")
        first = _worker(supervisor.pid)
        assert first is not None

        # What the out-of-memory killer does: the guard lives on, and nothing works any more.
        for guard in _children(first):
            for pid in _children(guard):
                os.kill(pid, signal.SIGKILL)
        _until(lambda: _worker(supervisor.pid) not in {None, first}, "another worker")
        assert not _lives(first)
        stale = installation.beat()
        _until(lambda: installation.beat() != stale, "its heartbeat")
        assert installation.answers()

        everyone = [supervisor.pid, *_descendants(supervisor.pid)]
        asked_at = time.monotonic()
        supervisor.send_signal(signal.SIGINT)
        output, _ = supervisor.communicate(timeout=PATIENCE)
        assert supervisor.returncode == 0, output
        assert time.monotonic() - asked_at < 20
    _until(lambda: not any(map(_lives, everyone)), "nothing of it is left")
    assert f"http://127.0.0.1:{installation.port}/" in output
    with closing(socket.create_server(("127.0.0.1", installation.port))):
        pass


@pytest.mark.slow
@pytest.mark.req("OPS-1")
def test_a_web_server_that_dies_comes_back(installation: Installation) -> None:
    with installation.served() as supervisor:
        _until(installation.answers, "/healthz answers")
        web = next(pid for pid in _children(supervisor.pid) if "gunicorn" in _command(pid))
        os.killpg(web, signal.SIGKILL)
        _until(lambda: not _lives(web), "it is gone")
        _until(installation.answers, "/healthz answers again")
        assert supervisor.poll() is None


@pytest.mark.req("OPS-1")
def test_a_taken_port_is_said_in_a_sentence(installation: Installation) -> None:
    with closing(socket.create_server(("127.0.0.1", installation.port))):
        done = installation.manage("serve")
    assert done.returncode == 1
    assert f"Port {installation.port} on 127.0.0.1 can't be used" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.req("AUD-3")
def test_serve_refuses_to_start_without_the_triggers(installation: Installation) -> None:
    with closing(sqlite3.connect(installation.database)) as connection:
        name = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
        ).fetchone()[0]
        connection.execute(f'DROP TRIGGER "{name}"')
        connection.commit()
    done = installation.manage("serve")
    assert done.returncode == 1
    assert name in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.req("OPS-1")
def test_serve_refuses_a_database_that_was_never_migrated(
    installation: Installation, tmp_path: Path
) -> None:
    fresh = Installation(tmp_path / "fresh.sqlite3", installation.port)
    done = fresh.manage("serve")
    assert done.returncode == 1
    assert "run manage.py migrate" in done.stderr
    assert "Traceback" not in done.stderr

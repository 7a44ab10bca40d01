"""A running installation: embedded, with the demo, its mail taken in by a real SMTP server."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from portal.demo import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0  # seconds until it must answer
# Of an installation without the demo; the password is the one that windows sign in with.
SUPERUSER = {"USERNAME": "root", "EMAIL": "root@example.com", "PASSWORD": PASSWORD}


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Installation:
    """`manage.py serve` on a database of its own: prepared with the demo, or new with one superuser."""

    def __init__(self, folder: Path, *, mail_port: int | None = None, demo: bool = True) -> None:
        self.folder = folder
        self.demo = demo
        self.port = free_port()
        self.mail_port = mail_port
        self.process: subprocess.Popen[bytes] | None = None
        self._tokens: dict[str, str] = {}

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """What it is told; nothing of the tests' own settings."""
        keys = ("COUNTERSIGN_SECRET_KEY", "COUNTERSIGN_SIGNING_KEY", "COUNTERSIGN_FIELD_KEY")
        mail = {"EMAIL_URL": f"smtp://127.0.0.1:{self.mail_port}"} if self.mail_port else {}
        return {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "DATABASE_URL": f"sqlite:///{self.folder / 'portal.sqlite3'}",
            "COUNTERSIGN_BASE_URL": self.address,
            "PORT": str(self.port),
            **{f"DJANGO_SUPERUSER_{name}": value for name, value in SUPERUSER.items()},
            **{name: secrets.token_urlsafe(48) for name in keys},
            **mail,
        }

    def manage(self, *arguments: str) -> str:
        """Run a command; its output. Raises CalledProcessError."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self._environment, check=True, capture_output=True, text=True
        )
        return done.stdout

    def furnish(self, processes: Mapping[str, str], people: Sequence[str]) -> None:
        """Publish processes, each a YAML text by the name of its file; give people tokens for `call`."""
        files = [str(self.folder / f"{name}.yaml") for name in processes]
        for path, text in zip(files, processes.values(), strict=True):
            Path(path).write_text(text, encoding="utf-8")
        # In one process: each of its own would be seconds of every worker.
        lines = [
            "from django.core.management import call_command as do",
            f"do('import_process', *{files!r})",
            f"[do('issue_token', one, name='tests') for one in {[*people]!r}]",
        ]
        told = self.manage("shell", "-v0", "-c", "\n".join(lines)).split()
        self._tokens = dict(zip(people, told[-len(people) :], strict=True))

    def call(self, name: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """A call of the API as one of the people of `furnish`: POST with a body, else GET."""
        request = urllib.request.Request(  # noqa: S310
            f"{self.address}/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self._tokens[name]}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            return json.load(answer)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of its database, which nobody changes by looking."""
        address = f"file:{self.folder / 'portal.sqlite3'}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=30)) as connection:
            return connection.execute(statement, values).fetchall()

    def start(self) -> Installation:
        """Start it and wait until it answers."""
        self._environment = self.environment()
        options = ["--web-processes", "1", "--beat-every", "2"]
        if self.demo:
            options.append("--prepare")
        else:
            self.manage("migrate", "-v0")
            self.manage("createsuperuser", "--noinput")
        with (self.folder / "serve.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", *options],
                cwd=ROOT, env=self._environment, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        end = time.monotonic() + PATIENCE
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > end:
                told = (self.folder / "serve.log").read_text(errors="replace")[-3000:]
                self.stop()
                raise RuntimeError(f"the installation did not start:\n{told}")
            time.sleep(0.2)
        return self

    def _answers(self) -> bool:
        address = f"{self.address}/readyz"
        with suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
        return False

    def stop(self) -> None:
        """End it with all that it started."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)

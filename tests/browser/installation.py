"""A running installation: embedded, with the demo, its mail taken in by a real SMTP server."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0  # seconds until it must answer


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Installation:
    """`manage.py serve --prepare` on a database of its own."""

    def __init__(self, folder: Path, *, mail_port: int | None = None) -> None:
        self.folder = folder
        self.port = free_port()
        self.mail_port = mail_port
        self.process: subprocess.Popen[bytes] | None = None

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

    def start(self) -> Installation:
        """Start it and wait until it answers."""
        self._environment = self.environment()
        with (self.folder / "serve.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--prepare", "--web-processes", "1",
                 "--beat-every", "2"],
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

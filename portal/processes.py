"""A child process of the supervisor in a process group of its own: started, watched, ended."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

_LONGEST_PAUSE = 30.0
_SETTLED = 60.0
_POLL = 0.05


def _end_with_parent() -> None:
    # On Linux a supervisor that is killed takes its children with it; elsewhere nothing happens.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


@dataclass
class Child:
    """One program the supervisor keeps running. Times are seconds of the monotonic clock."""

    name: str
    command: Sequence[str]
    folder: Path
    keep_open: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = field(init=False, default=None)
    started_at: float = field(init=False, default=0.0)
    starts: int = field(init=False, default=0)
    _quick_deaths: int = field(init=False, default=0)
    _not_before: float = field(init=False, default=0.0)

    def start(self) -> None:
        """Start it in a session, and so in a process group, of its own."""
        self.process = subprocess.Popen(  # noqa: S603  (a command of ours)
            list(self.command),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=self.keep_open,
            preexec_fn=_end_with_parent,  # noqa: PLW1509  (the supervisor has one thread)
        )
        self.started_at = time.monotonic()
        self.starts += 1

    @property
    def alive(self) -> bool:
        """Whether its first process runs."""
        return self.process is not None and self.process.poll() is None

    def note_death(self) -> float:
        """Clear away what its group left behind; returns the seconds to wait before the next start."""
        lived = time.monotonic() - self.started_at
        self._signal(signal.SIGKILL)
        self.process = None
        self._quick_deaths = 0 if lived > _SETTLED else self._quick_deaths + 1
        pause = (
            0.0 if not self._quick_deaths else min(2.0 ** (self._quick_deaths - 1), _LONGEST_PAUSE)
        )
        self._not_before = time.monotonic() + pause
        return pause

    @property
    def may_start(self) -> bool:
        """Whether the pause after its last death is over."""
        return time.monotonic() >= self._not_before

    def ask_to_end(self) -> None:
        """TERM to its first process, which ends the others in order.

        Not to the group: the cluster's guard would die of it and leave its workers waiting.
        """
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def end_by(self, until: float) -> None:
        """Wait for its end until that moment, then KILL what is left of the group."""
        if self.process is None:
            return
        while self._group_lives() and time.monotonic() < until:
            self.process.poll()
            time.sleep(_POLL)
        self._signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def _signal(self, number: int) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    def _group_lives(self) -> bool:
        assert self.process is not None  # noqa: S101  (asked by end_by alone)
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

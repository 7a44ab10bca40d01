"""CPU time of process trees, from /proc (Linux)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int(_stat(int(folder.name))[1])
                found.setdefault(parent, []).append(int(folder.name))
    return found


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on; a command's name may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def tree(root: int) -> Iterator[int]:
    """A process and everything below it."""
    children = _children()
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        yield pid
        waiting += children.get(pid, [])


def _run_seconds(pid: int) -> float:
    """What the living threads of a process have run.

    `schedstat` counts in nanoseconds; where the kernel does not fill it in, `stat` counts in ticks.
    """
    total = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        total += int((thread / "schedstat").read_text().split()[0])
    if total:
        return total / 1e9
    user, system = _stat(pid)[11:13]
    return (int(user) + int(system)) * _TICK


def _ended_seconds(pid: int) -> float:
    """What the children that have ended, and were waited for, had run."""
    user, system = _stat(pid)[13:15]
    return (int(user) + int(system)) * _TICK


class CpuMeter:
    """CPU seconds, user and system, of several process trees together since their start."""

    def __init__(self, *roots: int) -> None:
        self.roots = roots

    def read(self) -> float:
        """The seconds so far."""
        total = 0.0
        for root in self.roots:
            for pid in tree(root):
                with contextlib.suppress(OSError):
                    total += _run_seconds(pid) + _ended_seconds(pid)
        return total

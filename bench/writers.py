"""Four writers at once, each on a chain of its own: entries a second, floor and product in turn."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from bench import sizes
from bench.servers import ROOT, BenchError


def _start(module: str, environment: dict[str, str], target: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", module, str(target), str(sizes.WRITING_SECONDS)],
        env=environment,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _line(process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise BenchError(f"A writer ended with {process.wait()}.")
    return line


def _rate(writers: Sequence[subprocess.Popen[str]]) -> float:
    """Let all write for the time they were told, together; entries a second."""
    for writer in writers:
        if writer.stdin is not None:
            writer.stdin.write("go\n")
            writer.stdin.flush()
    return sum(float(_line(writer)) for writer in writers)


def measure_writers(
    floor: dict[str, str], product: dict[str, str], rows: Sequence[int], streams: Sequence[int]
) -> tuple[list[float], list[float]]:
    """Entries a second of floor and product, by round.

    The writers of both are started first; one side waits while the other writes.
    """
    kinds = (("bench.floor.chain", floor, rows), ("bench.product.chain", product, streams))
    groups = [
        [_start(module, environment, target) for target in targets]
        for module, environment, targets in kinds
    ]
    rates: tuple[list[float], list[float]] = ([], [])
    try:
        for writer in (*groups[0], *groups[1]):
            _line(writer)  # it says that it is ready
        for _ in range(sizes.WRITING_ROUNDS):
            for found, writers in zip(rates, groups, strict=True):
                found.append(_rate(writers))
    finally:
        for writer in (*groups[0], *groups[1]):
            writer.communicate()  # closes its input, which ends it
    return rates

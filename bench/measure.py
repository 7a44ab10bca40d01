"""Interleaved measurement: a small batch of each case in turn, round after round."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bench.client import Call, send_checked
from bench.cpu import CpuMeter

# A server may finish its work a moment after the client has read the answer.
_TAIL_SECONDS = 0.01


@dataclass
class Case:
    """One kind of request: where it goes, what is sent, how often a round, what it cost."""

    name: str
    port: int
    meter: CpuMeter
    calls: Iterator[Call]
    batch: int
    cpu: list[float] = field(default_factory=list)  # seconds a request, by batch
    walls: list[float] = field(default_factory=list)  # seconds, by request

    def warm_up(self, count: int) -> None:
        """Requests that are not measured, so that both workers have loaded everything."""
        for _ in range(count):
            send_checked(self.port, next(self.calls))

    def run_batch(self) -> None:
        """Send a batch one after the other, and note its CPU and each request's time."""
        calls = [next(self.calls) for _ in range(self.batch)]
        before = self.meter.read()
        for call in calls:
            started = time.perf_counter()
            send_checked(self.port, call)
            self.walls.append(time.perf_counter() - started)
        time.sleep(_TAIL_SECONDS)
        self.cpu.append((self.meter.read() - before) / self.batch)

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds of a request, web and database together."""
        return statistics.mean(self.cpu) * 1000

    @property
    def wall_ms(self) -> float:
        """The median time of a request in milliseconds."""
        return statistics.median(self.walls) * 1000

    @property
    def p95_ms(self) -> float:
        """The 95th percentile of the time of a request, in milliseconds."""
        return statistics.quantiles(self.walls, n=20)[-1] * 1000


def interleave(cases: Sequence[Case], rounds: int) -> None:
    """A batch of every case in each round; every other round in the opposite order."""
    for number in range(rounds):
        for case in cases if number % 2 == 0 else reversed(cases):
            case.run_batch()


def cpu_ratio(case: Case, floor: Case) -> float:
    """CPU of a case in CPU of the floor: the median of the rounds' ratios.

    Each round compares batches that ran within a second or two of each other, so what else the
    machine did weighs on both; the median leaves out rounds in which it weighed on one.
    """
    return statistics.median(a / b for a, b in zip(case.cpu, floor.cpu, strict=True))


def wall_ratio(case: Case, floor: Case) -> float:
    """Median time of a case in median times of the floor."""
    return case.wall_ms / floor.wall_ms


def p95_ratio(case: Case, other: Case) -> float:
    """95th percentile of a case in those of another one."""
    return case.p95_ms / other.p95_ms

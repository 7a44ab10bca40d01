"""Processes that act on one database at the same instant. Nothing here imports Django at the top.

A crew is a few processes with a Django of their own. Each is given a job: the name of a function
in `tests.concurrency.acts` and the arguments of one call for each round. Before every round the
members meet at a barrier, so that their calls start together; what each call did comes back as
plain data.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, NoReturn, Self

ACTS = "tests.concurrency.acts"
LONGEST_ROUND = 60.0
LONGEST_JOB = 300.0


def rounds(share: float = 1.0, *, least: int = 2) -> int:
    """How often a race is run: ROUNDS (200 when unset, 1,000 in the long run), or a share of it.

    The races for which a number is asked (A-001, A-004: 1,000) take all of it.
    """
    return max(least, round(int(os.environ.get("ROUNDS", "200")) * share))


@dataclass(frozen=True)
class Job:
    """What one member does in each round.

    `faults` is COUNTERSIGN_FAULTS for the time of the job. `unlocked` names the models whose rows
    are not locked: for controls, which show the race that the lock prevents. `isolation` is another
    isolation level of PostgreSQL. `meets`: the members wait for each other in the database
    (`meetings`), and forget before each round that they have.
    """

    act: str
    calls: Sequence[Sequence[Any]]
    faults: str = ""
    unlocked: tuple[str, ...] = ()
    isolation: str = ""
    meets: bool = False


@dataclass
class Crew:
    """So many processes on the database of `url`; `together` lets them act."""

    url: str
    size: int
    _members: list[tuple[Any, Connection]] = field(default_factory=list)
    _barriers: dict[int, Any] = field(default_factory=dict)

    def __enter__(self) -> Self:
        context = multiprocessing.get_context("spawn")
        self._barriers = {number: context.Barrier(number) for number in range(2, self.size + 1)}
        for _ in range(self.size):
            here, there = context.Pipe()
            process = context.Process(
                target=_serve, args=(self.url, self._barriers, there), daemon=True
            )
            process.start()
            there.close()
            self._members.append((process, here))
        for _, pipe in self._members:
            assert _received(pipe) == "ready"
        return self

    def __exit__(self, *_: object) -> None:
        for process, pipe in self._members:
            pipe.close()
            process.join(timeout=5)
            if process.is_alive():
                process.kill()
                process.join()
        self._members.clear()

    def together(self, *jobs: Job) -> list[list[Any]]:
        """Run the jobs, one a member; returns for each round what each member's call gave."""
        assert len({len(job.calls) for job in jobs}) == 1, "every job has the same number of rounds"
        used = self._members[: len(jobs)]
        for (_, pipe), job in zip(used, jobs, strict=True):
            pipe.send((job, len(jobs)))
        columns = [_received(pipe) for _, pipe in used]
        for column in columns:
            if isinstance(column, str):
                self._give_up(column)
        return [list(row) for row in zip(*columns, strict=True)]

    def _give_up(self, story: str) -> NoReturn:
        """A member fell over: let the others go, and say what happened to it."""
        for barrier in self._barriers.values():
            barrier.reset()
        raise AssertionError(story)

    def alone(self, act: str, *arguments: Any, **options: Any) -> Any:
        """Let the first member make one call."""
        [[answer]] = self.together(Job(act, [arguments], **options))
        return answer


def _received(pipe: Connection) -> Any:
    if not pipe.poll(LONGEST_JOB):
        raise AssertionError("a member of the crew does not answer")
    return pipe.recv()


def _serve(url: str, barriers: Mapping[int, Any], pipe: Connection) -> None:
    """The life of a member: set Django up, then do one job after the other until the pipe closes."""
    os.environ["DATABASE_URL"] = url
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    os.environ.pop("COUNTERSIGN_FAULTS", None)
    import django

    django.setup()
    acts = importlib.import_module(ACTS)
    pipe.send("ready")
    while True:
        try:
            job, parties = pipe.recv()
        except EOFError:
            return
        barrier = barriers.get(parties)
        try:
            answer: Any = _do(job, acts, barrier)
        except BaseException:
            answer = traceback.format_exc()
            if barrier is not None:
                barrier.abort()
        pipe.send(answer)


def _do(job: Job, acts: Any, barrier: Any) -> list[Any]:
    acts.begin(job.unlocked, job.isolation)
    os.environ["COUNTERSIGN_FAULTS"] = job.faults
    act = getattr(acts, job.act)
    answers = []
    try:
        for arguments in job.calls:
            if job.meets:
                barrier.wait(LONGEST_ROUND)  # nobody forgets whom another still waits for
                acts.begin_round()
            if barrier is not None:
                barrier.wait(LONGEST_ROUND)
            answers.append(act(*arguments))
        if job.meets:
            barrier.wait(LONGEST_ROUND)
            acts.end_meetings()
    finally:
        os.environ["COUNTERSIGN_FAULTS"] = ""
        acts.end()
    return answers


def wait_until(instant: float) -> None:
    """Let real time pass until a moment of the real clock (seconds since the epoch)."""
    while (left := instant - time.time()) > 0:
        time.sleep(min(left, 0.001))

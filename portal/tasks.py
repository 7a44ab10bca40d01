"""What the worker runs: one task, which takes nothing, returns nothing and may run twice."""

from __future__ import annotations

from portal.health import WORKER
from portal.schedule import ensure_schedule, forget_nudges
from portal.tick import tick


def tick_task() -> None:
    """The scheduler's tick; also puts the table of schedules right."""
    ensure_schedule()
    forget_nudges()
    tick(beat=WORKER)

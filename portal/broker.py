"""The queue of the worker: django-q2's ORM broker, which here carries one task and no other.

A task names any dotted path, and so does its `hook`; whoever can write a schedule or a queue row
could run any code (abuse.md, finding 2). So what is not the tick is dropped, on its way in and on
its way out, and never raises: a queue that stops at one bad row would stop the tick as well.
"""

from __future__ import annotations

from typing import Any

import structlog
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.signing import BadSignature, SignedPackage

from portal.schedule import TICK, own_queue

# What django-q2 itself puts on a task; `hook` and `chain` name functions, `cached` and `iter_*` take
# the result elsewhere, `sync` runs it at once.
_HARMLESS = frozenset(
    {
        "id", "name", "func", "args", "kwargs", "started", "group", "save", "ack_failure",
        "cluster", "timeout",
    }
)  # fmt: skip

log = structlog.get_logger(__name__)


def why_refused(payload: str) -> str | None:
    """Why a queued payload is not run; None for a tick, exactly as our own code asks for it."""
    try:
        task: Any = SignedPackage.loads(payload)
    except (BadSignature, TypeError, ValueError):
        return "not signed by this installation"
    if not isinstance(task, dict) or task.get("func") != TICK:
        return "not the tick"
    if task.get("args") or task.get("kwargs"):
        return "the tick takes no arguments"
    more = sorted(key for key in task if key not in _HARMLESS)
    return f"has {', '.join(more)}" if more else None


class TickBroker(ORM):
    """Enqueues and hands out ticks alone; anything else is dropped and logged."""

    def enqueue(self, task: str) -> int | None:
        """Queue a payload; None when it was dropped."""
        reason = why_refused(task)
        if reason is not None:
            log.error("task_refused", reason=reason)
            return None
        key: int = super().enqueue(task)
        return key

    def dequeue(self) -> list[tuple[int, str]]:
        """The next payloads to run; those that are not ticks are removed from the queue."""
        allowed = []
        for key, payload in self._next():
            reason = why_refused(payload)
            if reason is None:
                allowed.append((key, payload))
            else:
                log.error("task_refused", reason=reason, row=key)
                self.fail(key)
        return allowed

    def _next(self) -> list[tuple[int, str]]:
        # What is for this cluster first. Looked for beforehand: on an empty queue ORM waits.
        own = own_queue()
        if self.get_connection().filter(key=own, lock__lt=timezone.now()).exists():
            return ORM(list_key=own).dequeue() or []
        return super().dequeue() or []

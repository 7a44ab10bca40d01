"""`?wait=`: an answer that comes when an activity has changed (API-3).

Nothing is held meanwhile: no transaction, and no connection between two looks.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Hashable
from typing import Final

from django.db import connections

LOOK_EVERY: Final = 1.0  # seconds
LONGEST_WAIT: Final = 30  # seconds
# `serve` says how many threads its web processes have.
_THREADS: Final = int(os.environ.get("COUNTERSIGN_WEB_THREADS", "8"))

# At most a quarter of a web process's threads wait, so that the others always have work done.
_places = threading.BoundedSemaphore(max(1, _THREADS // 4))


def wait_for_change(look: Callable[[], Hashable], before: Hashable, seconds: float) -> bool:
    """Wait until `look` says something else than `before`, or the time is over; whether it did.

    `before` is what it said before the caller made the answer that may be old: so nothing that
    happens meanwhile is slept through. Answers at once, with False, when too many wait already.
    """
    if not _places.acquire(blocking=False):
        return False
    try:
        return _watch(look, before, time.monotonic() + seconds)
    finally:
        _places.release()


def _watch(look: Callable[[], Hashable], before: Hashable, until: float) -> bool:
    while (left := until - time.monotonic()) > 0:
        connections.close_all()
        time.sleep(min(LOOK_EVERY, left))
        if look() != before:
            return True
    return False

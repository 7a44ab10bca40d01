"""Named fault points: where tests let a process pause or die. They do nothing in production.

Set COUNTERSIGN_FAULTS, for example `after_insert=kill` or `after_lock=sleep:0.2,…`; `kill:3` kills at
the third time that the process comes by. It is honoured only when settings.FAULT_POINTS is on, which
the test settings alone do.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter

from django.conf import settings

FAULT_POINTS = (
    "before_lock",
    "after_lock",
    "after_insert",
    "before_commit",
    "after_commit",
)
# Passed by whoever sends, not by a decision.
SENDING_POINTS = ("before_send", "after_send", "after_mark")

_passed: Counter[str] = Counter()


def faultpoint(name: str) -> None:
    """Do what the environment asks for at this point; nothing unless fault points are switched on."""
    if not getattr(settings, "FAULT_POINTS", False):
        return
    if name not in FAULT_POINTS + SENDING_POINTS:
        raise ValueError(f"unknown fault point {name}")
    for part in os.environ.get("COUNTERSIGN_FAULTS", "").split(","):
        point, _, action = part.partition("=")
        if point != name:
            continue
        _passed[name] += 1
        verb, _, number = action.partition(":")
        if verb == "kill" and _passed[name] >= int(number or 1):
            os.kill(os.getpid(), signal.SIGKILL)
        elif verb == "sleep":
            time.sleep(float(number))

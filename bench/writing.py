"""What a writer process does: says that it is ready, then writes for a while at each line it reads."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable


def write_on_demand(append: Callable[[], None]) -> None:
    """Call `append` (one durable transaction) for as long as the second argument says; print the rate."""
    seconds = float(sys.argv[2])
    append()
    print("ready", flush=True)
    for _ in sys.stdin:
        count, started = 0, time.perf_counter()
        while (passed := time.perf_counter() - started) < seconds:
            append()
            count += 1
        print(count / passed, flush=True)

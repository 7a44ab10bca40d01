"""Verify the record that the run has made; prints how long it took, as JSON.

`python -m bench.product.verify`, with the environment of a production installation.
"""

from __future__ import annotations

import json
import resource
import time

import django

django.setup()

from audit.verification import verify_ledger  # noqa: E402


def peak_mb() -> float:
    """The most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main() -> None:
    """Verify."""
    before, started = peak_mb(), time.perf_counter()
    report = verify_ledger()
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - started,
                "growth_mb": peak_mb() - before,
                "entries": report.entries,
                "rows": report.rows,
                "problems": [str(problem) for problem in report.problems[:5]],
            }
        )
    )


if __name__ == "__main__":
    main()

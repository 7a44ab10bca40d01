"""A writer of the floor: locks its row, appends to its chain, moves the head, commits.

`python -m bench.floor.chain ACTIVITY SECONDS`.
"""

from __future__ import annotations

import sys

import django

django.setup()

from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench.floor.models import Activity  # noqa: E402
from bench.floor.views import append_row  # noqa: E402
from bench.writing import write_on_demand  # noqa: E402


def append() -> None:
    """One row."""
    with transaction.atomic():
        activity = Activity.objects.select_for_update().get(pk=int(sys.argv[1]))
        append_row(activity, {"at": timezone.now().isoformat(), "kind": "noted", "user": 1})
        activity.save(update_fields=["seq", "hash"])


if __name__ == "__main__":
    write_on_demand(append)

"""A writer of the product: one ledger entry of a person, in a transaction of its own.

`python -m bench.product.chain RELEASE SECONDS`.
"""

from __future__ import annotations

import sys

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from audit.journal import Journal  # noqa: E402
from audit.services.record import record  # noqa: E402
from bench.product.prepare import actor_of  # noqa: E402
from bench.writing import write_on_demand  # noqa: E402

ACTOR = actor_of(get_user_model().objects.get(username="tom"))
STREAM = f"release:{sys.argv[1]}"


def append() -> None:
    """One entry."""
    with transaction.atomic():
        journal = Journal(actor=ACTOR, at=timezone.now())
        journal.add("activity.comment_written", activity=int(sys.argv[1]))
        record(journal, stream=STREAM)


if __name__ == "__main__":
    write_on_demand(append)

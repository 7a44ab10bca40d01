"""What must hold whatever happened (abuse.md, I1–I13): for tests, races, kill tests and `doctor`.

I6 (evidence) comes with what it is about.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator

from audit.locking import database_now
from audit.verification.snapshot import one_snapshot
from portal.invariants.duties import check_four_eyes, check_own_changes, check_own_requests
from portal.invariants.findings import TWO_TICKS, Finding
from portal.invariants.outbox import check_notices_true, check_sent, check_told
from portal.invariants.people import check_asked, check_grants
from portal.invariants.record import (
    check_actors,
    check_ledger,
    check_secrets,
    check_triggers,
    check_versions_newest,
)
from portal.invariants.releases import check_activities, check_ended, check_settled
from portal.invariants.rounds import (
    check_decisions_named,
    check_hats,
    check_live_decisions,
    check_results,
    check_votes_seated,
)
from portal.invariants.timing import check_deadlines_kept, check_nothing_overdue

__all__ = ["TWO_TICKS", "Finding", "check_invariants"]

Check = Callable[[dt.datetime], Iterator[Finding]]

_CHECKS: tuple[tuple[str, Check], ...] = (
    ("I1", check_live_decisions),
    ("I1", check_votes_seated),
    ("I2", check_results),
    ("I2", check_activities),
    ("I2", check_settled),
    ("I3", check_ledger),
    ("I3", check_triggers),
    ("I4", check_told),
    ("I4", check_sent),
    ("I5", check_notices_true),
    ("I7", check_ended),
    ("I8", check_own_changes),
    ("I8", check_own_requests),
    ("I8", check_four_eyes),
    ("I9", check_hats),
    ("I10", check_decisions_named),
    ("I10", check_actors),
    ("I11", check_deadlines_kept),
    ("I11", check_nothing_overdue),
    ("I12", check_versions_newest),
    ("I13", check_secrets),
    ("rights", check_grants),
    ("asked", check_asked),
)
RULES = tuple(dict.fromkeys(rule for rule, _ in _CHECKS))


def check_invariants(
    *, now: dt.datetime | None = None, only: Collection[str] = RULES
) -> list[Finding]:
    """Everything that does not hold at `now` (the database's clock, if left out), as of one moment.

    `only` names the rules to look at (`I1` …, `rights`, `asked`); ValueError for one that is none.
    """
    unknown = sorted(set(only) - set(RULES))
    if unknown:
        raise ValueError(f"there is no rule {unknown[0]}")
    with one_snapshot():
        moment = now or database_now()
        return [
            finding
            for rule, check in _CHECKS
            if rule in only
            for finding in _run(rule, check, moment)
        ]


def _run(rule: str, check: Check, now: dt.datetime) -> Iterator[Finding]:
    """What a check finds; where it can't read what somebody wrote, that is a finding, and its end."""
    try:
        yield from check(now)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        detail = f"a row that it reads is not as the product writes it: {error!r}"
        yield Finding(rule, "unreadable", check.__name__, detail)

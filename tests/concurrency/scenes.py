"""What races are about: many open gates, made before the race, and what must hold after it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from approvals.models import Approval, Decision
from audit.models import LedgerEntry
from portal.invariants import check_invariants
from releases.models import Activity, Product
from tests import builders as b
from tests.scenes import people as known_people
from tests.scenes import tom

UNLOCKED = ("releases.Release", "approvals.Approval")
# Long enough that the other member has read what it must not rely on; controls alone use it.
SLOW = "after_lock=sleep:0.03"
A_RELEASE = 20


@dataclass(frozen=True)
class Gates:
    """So many open gates and the people of their seats."""

    ids: list[int]
    people: list[Any]

    def calls(self, place: int, *more: Any) -> list[list[Any]]:
        """One call a gate, by the person of that place."""
        return [[gate, self.people[place].pk, *more] for gate in self.ids]


def gates(number: int, seats: int, rule: Any, **options: Any) -> Gates:
    """Open gates of so many user seats, spread over few releases: setting up must not cost more
    than the race."""
    made = known_people(*(f"voter{place}" for place in range(seats)))
    people = [getattr(made, f"voter{place}") for place in range(seats)]
    names = [{"user": person.username} for person in people]
    return Gates(open_gates(number, lambda _: names, rule, **options), people)


def open_gates(number: int, seats_of: Any, rule: Any, **options: Any) -> list[int]:
    """The keys of open gates; `seats_of` gives the approvers of the n-th."""
    if not Product.objects.exists():
        b.product("pay")
    manager, found = tom(), []
    for first in range(0, number, A_RELEASE):
        places = range(first, min(first + A_RELEASE, number))
        rows = [
            b.manual(f"g{place}", *seats_of(place), rule=rule, needs=[], **options)
            for place in places
        ]
        slug = f"gates-{first}-{b.database_now():%H%M%S%f}"
        b.process(b.phase("p", *rows, failure="continue"), slug=slug)
        release = b.release(manager, process=slug)
        found += Activity.objects.filter(release=release).order_by("position")
    return [gate.pk for gate in found]


def stands(gate: int) -> tuple[str, str, int]:
    """The state of a gate, of its newest round, and how many decisions that round has."""
    activity = Activity.objects.get(pk=gate)
    round_ = Approval.objects.filter(host=activity.host).latest("attempt")
    return activity.state, round_.state, Decision.objects.filter(approval=round_).count()


def said(gate: int, *kinds: str) -> Counter[str]:
    """How often the ledger tells these kinds of a gate."""
    activity = Activity.objects.get(pk=gate)
    rounds = set(Approval.objects.filter(host=activity.host).values_list("pk", flat=True))
    found: Counter[str] = Counter()
    rows = LedgerEntry.objects.filter(stream__key=f"release:{activity.release_id}", kind__in=kinds)
    for kind, text in rows.values_list("kind", "text"):
        data = json.loads(text)["data"]
        if data.get("activity") == gate or data.get("approval") in rounds:
            found[kind] += 1
    return found


def nothing_broken() -> None:
    """Every invariant of the product holds, as `manage.py doctor` would look at it."""
    found = [str(finding) for finding in check_invariants()]
    assert not found, "\n".join(found)

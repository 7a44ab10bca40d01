"""How many statements a decision costs: exact, and the same whatever the number of people (targets)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import builders as b
from tests.scenes import ask, people, pipe, run, state

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

# What a decision costs, savepoints and transaction marks not counted. Targets: 16 for a vote that
# leaves the round open, 20 for one that completes it and unblocks dependants (HTTP included).
VOTE = 10
COMPLETING = {"pipelines": 18, "users": 17, "groups": 18}
# One of them asks whether the reporter reads only.
REPORT = 11


def statements(act: Any) -> list[str]:
    """The SQL that an act costs, without transaction marks."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return [
        query["sql"][:120]
        for query in captured.captured_queries
        if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT"))
    ]


def _gate(kind: str, number: int) -> tuple[Any, Any]:
    who = [b.person(f"p{place}") for place in range(number)]
    if kind == "users":
        return ask(*({"user": one.username} for one in who), rule="majority"), who[0]
    if kind == "group":
        b.group("many", *who)
        return ask({"group": "many"}, {"user": "p0"}, rule="unanimous"), who[1]
    b.role("lead")
    b.give("lead", b.group("many", *who))
    return ask({"role": "lead", "each": True}, rule="majority"), who[0]


@pytest.mark.req("EXE-4")
@pytest.mark.parametrize("kind", ["users", "group", "each"])
@pytest.mark.parametrize("number", [3, 200])
def test_a_vote_costs_the_same_whatever_the_number_of_approvers(kind: str, number: int) -> None:
    gate, voter = _gate(kind, number)
    found = statements(lambda: b.vote(gate, voter))
    assert state(gate) == "awaiting_approval"
    assert len(found) == VOTE, "\n".join(found)


@pytest.mark.req("EXE-4")
@pytest.mark.parametrize("number", [3, 20])
@pytest.mark.parametrize("kind", list(COMPLETING))
def test_a_completing_vote_costs_the_same_whatever_it_unblocks(kind: str, number: int) -> None:
    ann = people("ann").ann
    b.group("qa", ann)
    seat = {"users": {"user": "ann"}, "groups": {"group": "qa"}}.get(kind)
    after = [
        b.manual(f"d{place}", seat, needs=["gate"])
        if seat
        else b.pipeline(f"d{place}", needs=["gate"])
        for place in range(number)
    ]
    release = run(b.phase("p", b.manual("gate", {"user": "ann"}), *after))
    gate = b.activity(release, "gate")
    found = statements(lambda: b.vote(gate, ann))
    opened = Counter(one.state for one in release.activities.all())
    assert opened["awaiting_approval" if seat else "running"] == number
    assert len(found) == COMPLETING[kind], "\n".join(found)


@pytest.mark.req("EXE-8")
@pytest.mark.parametrize("number", [3, 20])
def test_a_report_costs_the_same_whatever_it_unblocks(number: int) -> None:
    machine = pipe()
    after = [b.pipeline(f"d{place}", needs=["build"]) for place in range(number)]
    release = run(b.phase("p", b.pipeline("build"), *after))
    build = b.activity(release, "build")
    found = statements(lambda: b.report(build, machine))
    assert len(found) == REPORT, "\n".join(found)

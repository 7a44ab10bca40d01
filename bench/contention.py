"""Eight clients at once: on one activity, and each on one of its own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench import sizes
from bench.calls import decision
from bench.client import Call, send
from bench.servers import connect
from tests.postgres import OWNER, PrivatePostgres


@dataclass
class Rush:
    """What one rush of clients came to."""

    seconds: float = 0.0
    statuses: list[int] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Decisions a second."""
        return self.statuses.count(201) / self.seconds


def rush(port: int, queues: Sequence[Sequence[Call]]) -> Rush:
    """One thread for each queue; all start together, each sends its calls one after the other."""
    outcome = Rush()
    barrier = threading.Barrier(len(queues) + 1)

    def work(calls: Sequence[Call]) -> None:
        barrier.wait()
        for call in calls:
            try:
                outcome.statuses.append(send(port, call).status)
            except OSError:
                outcome.statuses.append(0)

    threads = [threading.Thread(target=work, args=(calls,)) for calls in queues]
    for thread in threads:
        thread.start()
    barrier.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    outcome.seconds = time.perf_counter() - started
    return outcome


@dataclass(frozen=True, slots=True)
class Contention:
    """Rates on one activity and on different ones, by round, and what was wrong."""

    same: list[float]
    different: list[float]
    findings: list[str]

    @property
    def ratio(self) -> float:
        """The rate on one activity in rates on different ones."""
        return sum(self.same) / sum(self.different)


def measure_contention(
    port: int,
    server: PrivatePostgres,
    tokens: dict[str, str],
    same: Sequence[int],
    different: Sequence[int],
) -> Contention:
    """Let the same voters vote, in turn, on one activity and on eight; then count the votes."""
    rates: dict[str, list[float]] = {"same": [], "different": []}
    findings: list[str] = []
    for number, shared in enumerate(same):
        own = different[number * sizes.CLIENTS : (number + 1) * sizes.CLIENTS]
        kinds = [("same", [shared] * sizes.CLIENTS), ("different", list(own))]
        standing = {"same": 0, "different": sizes.STANDING_VOTES}
        for kind, targets in kinds if number % 2 == 0 else reversed(kinds):
            outcome = rush(port, [_votes(tokens, client, at) for client, at in enumerate(targets)])
            rates[kind].append(outcome.rate)
            refused = [status for status in outcome.statuses if status != 201]
            if refused:
                findings.append(f"{kind}: {len(refused)} answers were not 201: {set(refused)}")
            findings += _miscounts(server, targets, standing[kind])
    findings += _deadlocks(server)
    return Contention(rates["same"], rates["different"], findings)


def _votes(tokens: dict[str, str], client: int, activity: int) -> list[Call]:
    first = client * sizes.VOTES_PER_CLIENT
    voters = range(first, first + sizes.VOTES_PER_CLIENT)
    return [decision(tokens[f"voter-{voter}"], activity) for voter in voters]


def _miscounts(server: PrivatePostgres, targets: Sequence[int], standing: int) -> list[str]:
    """Where stored votes, running count and record do not all say what was sent, and stood before."""
    findings = []
    with connect(server, OWNER) as connection:
        for activity in set(targets):
            expected = standing + targets.count(activity) * sizes.VOTES_PER_CLIENT
            row = connection.execute(_COUNTS, {"host": f"activity:{activity}"}).fetchone()
            if row is None:
                findings.append(f"activity {activity}: no round")
                continue
            tallied = json.loads(row[1])["approvals"]
            if (row[0], tallied, row[2]) != (expected, expected, expected):
                findings.append(
                    f"activity {activity}: {expected} votes given, {row[0]} stored, {tallied} "
                    f"counted, {row[2]} on record"
                )
    return findings


_COUNTS = """
SELECT (SELECT count(*) FROM approvals_decision d WHERE d.approval_id = a.id), a.tally,
       (SELECT count(*) FROM audit_ledgerentry e JOIN audit_ledgerstream s ON s.id = e.stream_id
        WHERE s.key = a.stream AND e.kind = 'approval.decision_cast'
          AND (e.text::json -> 'data' ->> 'approval')::bigint = a.id)
FROM approvals_approval a WHERE a.host = %(host)s
"""


def _deadlocks(server: PrivatePostgres) -> list[str]:
    with connect(server, OWNER) as connection:
        row = connection.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    return [f"{row[0]} deadlocks"] if row and row[0] else []

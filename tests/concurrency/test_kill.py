"""A process that dies anywhere in a decision leaves all of it or nothing (A-021, A-025)."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from audit.faults import FAULT_POINTS
from portal.models import IdempotencyKey
from tests import builders as b
from tests.concurrency.crew import Crew, Job, rounds
from tests.concurrency.scenes import gates, nothing_broken, said, stands
from tests.postgres import PrivatePostgres

# Passed by the door alone, between the commit and the answer.
AFTER = "after_commit"


def _places() -> list[tuple[str, int]]:
    """Every named point inside the transaction, and the later passings of those that a decision
    passes three times: the locks of release, round and ledger head."""
    passed_often = ("before_lock", "after_lock")
    return [(point, 1) for point in FAULT_POINTS if point != AFTER] + [
        (point, number) for point in passed_often for number in (2, 3)
    ]


@pytest.mark.req("A-021", "EXE-8")
@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
@pytest.mark.parametrize(("point", "number"), _places())
def test_a_worker_killed_at_any_point_leaves_one_decision_after_a_retry(
    crew: Crew, point: str, number: int
) -> None:
    made = gates(rounds(0.02), 2, "unanimous")
    crew.together(Job("vote", made.calls(0)))
    calls = [["vote", *call] for call in made.calls(1)]
    ends = crew.together(Job("killed", calls, faults=f"{point}=kill:{number}"))
    assert {status for [status] in ends} == {-signal.SIGKILL}
    assert {stands(gate) for gate in made.ids} == {("awaiting_approval", "open", 1)}
    nothing_broken()
    again = crew.together(Job("vote", made.calls(1)))
    assert {(one["is"], one["created"]) for [one] in again} == {("done", True)}
    for gate in made.ids:
        assert stands(gate) == ("completed", "approved", 2)
        assert set(said(gate, "approval.approved", "activity.completed").values()) == {1}
    nothing_broken()


@pytest.mark.req("A-021", "A-006", "EXE-8")
@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
@pytest.mark.parametrize("point", FAULT_POINTS)
def test_a_call_whose_answer_never_came_is_sent_again_and_is_one_decision(
    crew: Crew, point: str
) -> None:
    """Over the API, with an idempotency key: killed anywhere, also after the commit (A-021)."""
    made = gates(rounds(0.01), 2, "unanimous")
    crew.together(Job("vote", made.calls(0)))
    token = b.token_for(made.people[1])
    calls = [[gate, token, f"key-{gate}"] for gate in made.ids]
    killed = [["decide", *call] for call in calls]
    ends = crew.together(Job("killed", killed, faults=f"{point}=kill:1"))
    assert {status for [status] in ends} == {-signal.SIGKILL}
    kept = dict(IdempotencyKey.objects.values_list("key", "body"))
    assert len(kept) == (len(calls) if point == AFTER else 0)
    assert {stands(gate)[2] for gate in made.ids} == {2 if point == AFTER else 1}
    again = [one for [one] in crew.together(Job("decide", calls))]
    once_more = [one for [one] in crew.together(Job("decide", calls))]
    assert {(one["is"], one["replayed"]) for one in again} == {("done", point == AFTER)}
    assert {(one["is"], one["replayed"]) for one in once_more} == {("done", True)}
    for (gate, _, key), first, second in zip(calls, again, once_more, strict=True):
        assert first["body"] == second["body"] == kept.get(key, first["body"])
        assert stands(gate) == ("completed", "approved", 2)
        assert set(said(gate, "approval.approved", "activity.completed").values()) == {1}
    nothing_broken()


@pytest.mark.req("A-021")
@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_control_a_worker_that_is_not_killed_ends_by_itself(crew: Crew) -> None:
    made = gates(2, 1, "any")
    ends = crew.together(Job("killed", [["vote", *call] for call in made.calls(0)]))
    assert [status for [status] in ends] == [0, 0]
    assert {stands(gate) for gate in made.ids} == {("completed", "approved", 1)}


@dataclass
class Durable:
    """A private server with everything on that keeps what it has acknowledged."""

    server: PrivatePostgres

    def crash(self) -> None:
        """What `pg_ctl stop -m immediate` does: everything dies without a last checkpoint."""
        assert self.server.process is not None
        self.server.process.send_signal(signal.SIGQUIT)
        self.server.process.wait(timeout=30)

    def crash_after(self, votes: int) -> None:
        """Wait for so many more votes to be committed, then crash."""
        count = "SELECT count(*) FROM approvals_decision"
        with psycopg.connect(self.server.url, autocommit=True) as watching:
            before = watching.execute(count).fetchone()[0]
            while watching.execute(count).fetchone()[0] < before + votes:
                time.sleep(0.005)
        self.crash()

    def start_again(self) -> None:
        """Start it on the data that it left; it recovers from its log."""
        assert self.server.process is not None
        owner = (self.server.folder / "data").stat()
        with (self.server.folder / "log").open("ab") as log:
            self.server.process = subprocess.Popen(
                self.server.process.args,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=owner.st_uid if os.geteuid() == 0 else None,
                group=owner.st_gid if os.geteuid() == 0 else None,
                extra_groups=[] if os.geteuid() == 0 else None,
            )


@pytest.fixture(scope="module")
def durable() -> Iterator[Durable]:
    """A server of its own, gone afterwards."""
    server = PrivatePostgres(durable=True)
    server.start()
    yield Durable(server)
    server.stop()


@pytest.mark.req("A-025")
@pytest.mark.postgres
def test_no_acknowledged_vote_is_lost_when_the_database_dies(durable: Durable) -> None:
    with Crew(durable.server.url, 4) as crew:
        crew.alone("new_database")
        gates_made, seats = 20, 4
        for turn in range(rounds(0.005, least=1)):
            made: dict[str, Any] = crew.alone("open_gates", gates_made, seats, turn)
            killer = threading.Thread(target=durable.crash_after, args=(gates_made,))
            killer.start()
            votes = [
                Job("vote", [[gate, voter] for gate in made["gates"]]) for voter in made["voters"]
            ]
            answers = crew.together(*votes)
            killer.join()
            durable.start_again()
            _wait_for(crew)
            kept = {(gate, user): pk for pk, gate, user in crew.alone("votes_kept")}
            acknowledged = 0
            for gate, row in zip(made["gates"], answers, strict=True):
                for voter, one in zip(made["voters"], row, strict=True):
                    if one["is"] == "done":
                        acknowledged += 1
                        assert kept[gate, voter] == one["decision"]
                    else:
                        assert one["is"] == "error"
            assert 0 < acknowledged < gates_made * seats, "the server died too early or too late"
            again = crew.together(*votes)
            assert {one["is"] for row in again for one in row} == {"done"}
            assert {crew.alone("how_it_stands", gate)["activity"] for gate in made["gates"]} == {
                "completed"
            }
        assert crew.alone("findings") == []


def _wait_for(crew: Crew) -> None:
    until = time.monotonic() + 30
    while crew.alone("answers") is False:
        assert time.monotonic() < until, "the server does not come back"
        time.sleep(0.1)

"""`make bench`: start everything, measure floor and product in turn, print and keep the result."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, repeat
from pathlib import Path
from typing import Any

from bench import calls, judgement, sizes
from bench.client import Call, send_checked
from bench.contention import measure_contention
from bench.cpu import CpuMeter
from bench.judgement import Cases, Counts
from bench.measure import Case, interleave
from bench.report import Row, table, write_json
from bench.servers import (
    ROOT,
    BenchError,
    WebServer,
    floor_environment,
    postmaster_of,
    product_environment,
    run_module,
    settle,
    start_postgres,
)
from bench.writers import measure_writers
from tests.postgres import PostgresUnavailable, PrivatePostgres

FLOOR_SQL = {"floor-w": 8, "floor-few": 4, "floor-lots": 4}
Queues = dict[str, Iterator[Call]]


def queues_of(floor: dict[str, Any], product: dict[str, Any]) -> Queues:
    """The calls of each case, one after the other; each decision is one that nobody has made yet."""
    tokens = product["tokens"]
    voters = [tokens[f"voter-{number}"] for number in range(sizes.VOTERS)]
    votes = ((voter, activity) for activity in product["many"] for voter in voters)
    gates = {name: (calls.decision(tokens["maya"], a) for a in product[name]) for name in GATES}
    return {
        "floor-w": (calls.floor_decision(floor["decider"], a) for a in cycle(floor["activities"])),
        "two": (calls.decision(tokens["maya"], activity) for activity in product["two"]),
        "many": (calls.decision(*vote) for vote in votes),
        **gates,
        "floor-few": repeat(calls.floor_pending(floor["few"])),
        "list-few": repeat(calls.pending(tokens["pat"])),
        "floor-lots": repeat(calls.floor_pending(floor["many"])),
        "list-lots": repeat(calls.pending(tokens["quinn"])),
    }


GATES = ("gate-3", "gate-20")


def batch_of(name: str) -> int:
    """Requests of a case in each round."""
    if name in GATES:
        return sizes.COMPLETIONS
    return sizes.LISTS if name.startswith(("list", "floor-few", "floor-lots")) else sizes.DECISIONS


class Run:
    """One run: its servers, and what it measures with them."""

    def __init__(self, postgres: PrivatePostgres, folder: Path) -> None:
        self.postgres = postgres
        self.floor_environment = floor_environment(postgres)
        self.product_environment = product_environment(postgres)
        self.servers: list[WebServer] = []
        self.folder = folder

    def serve(self, name: str, *, counting: bool = False) -> WebServer:
        """gunicorn for `floor` or `product`, as it is measured or with its statements counted."""
        application = {"floor": "bench.floor.wsgi", "product": "portal.wsgi"}[name]
        environment = {
            "floor": self.floor_environment,
            "product": self.product_environment,
        }[name]
        if counting:
            environment = {**environment, "BENCH_APPLICATION": application}
            application = "bench.counting"
        server = WebServer(
            f"{name}{' (counting)' if counting else ''}",
            f"{application}:application",
            environment,
            self.folder / f"{name}{'-counting' if counting else ''}.log",
            workers=1 if counting else 2,
        )
        self.servers.append(server)
        server.start()
        server.wait()
        return server

    def stop(self) -> None:
        """End all servers."""
        for server in self.servers:
            server.stop()

    def count_statements(self, queues: Queues) -> dict[str, int]:
        """SQL statements of each case: of the last request, when what is cached is cached.

        The use of a token is noted once a minute, by one statement more: another request goes first.

        BenchError when the floor is not what it says it is.
        """
        ports = {name: self.serve(name, counting=True).port for name in ("floor", "product")}
        counts = {}
        for name, queue in queues.items():
            port = ports["floor" if name.startswith("floor") else "product"]
            for _ in range(sizes.COUNTED):
                call = next(queue)
                if port == ports["product"]:
                    send_checked(port, calls.processes(call))
                counts[name] = int(send_checked(port, call).headers["x-sql-count"])
        for server in self.servers[-2:]:
            server.stop()
        for name, expected in FLOOR_SQL.items():
            if counts[name] != expected:
                raise BenchError(f"{name} takes {counts[name]} statements, not {expected}.")
        return counts

    def cases(self, queues: Queues) -> dict[str, Case]:
        """The cases on servers that run, warmed up."""
        servers = {name: self.serve(name) for name in ("floor", "product")}
        database = postmaster_of(self.postgres)
        cases = {}
        for name, queue in queues.items():
            server = servers["floor" if name.startswith("floor") else "product"]
            meter = CpuMeter(server.pid, database)
            cases[name] = Case(name, server.port, meter, queue, batch_of(name))
            cases[name].warm_up(sizes.WARM_UP)
        return cases


def measure(run: Run) -> list[Row]:
    """Everything, in the order that keeps the data of one part out of another's way."""
    said("Making the data (floor, then product through its services):")
    floor = run_module("bench.floor.prepare", run.floor_environment)
    product = run_module("bench.product.prepare", run.product_environment)
    settle(run.postgres)
    said("Counting statements …")
    queues = queues_of(floor, product)
    counts: Counts = run.count_statements(queues)
    said(f"Measuring: {sizes.ROUNDS} rounds of {len(queues)} cases …")
    cases: Cases = run.cases(queues)
    interleave(list(cases.values()), sizes.ROUNDS)
    said("Eight clients at once …")
    contention = measure_contention(
        cases["two"].port, run.postgres, product["tokens"], product["same"], product["different"]
    )
    said("Four writers at once …")
    rates = measure_writers(
        run.floor_environment,
        run.product_environment,
        floor["activities"][: sizes.WRITERS],
        product["streams"],
    )
    said("Verifying the record …")
    verified = run_module("bench.product.verify", run.product_environment)
    return [
        *judgement.decision_rows(cases, counts),
        *judgement.completion_rows(cases, counts),
        *judgement.list_rows(cases, counts),
        judgement.contention_row(contention),
        judgement.ledger_row(*rates),
        judgement.verification_row(verified),
    ]


def said(text: str) -> None:
    """Progress on standard error."""
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Run it; 0 when it could be measured, whatever came out."""
    started = time.monotonic()
    try:
        postgres = start_postgres()
    except (PostgresUnavailable, BenchError) as error:
        said(str(error))
        return 1
    try:
        with tempfile.TemporaryDirectory(prefix="countersign-bench-") as folder:
            run = Run(postgres, Path(folder))
            try:
                rows = measure(run)
            finally:
                run.stop()
    except BenchError as error:
        said(str(error))
        return 1
    finally:
        postgres.stop()
    target = ROOT / "var" / "bench.json"
    write_json(rows, target)
    print(table(rows))
    met = sum(row.met for row in rows)
    print(f"\n{met} of {len(rows)} targets met, PostgreSQL {postgres.version}, in {target}.")
    said(f"{time.monotonic() - started:.0f} s in all.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

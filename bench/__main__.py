"""`make bench`: start everything, measure floor and product in turn, print and keep the result."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, repeat
from pathlib import Path
from typing import Any

from bench import calls, judgement, judgement_of_pages, sizes
from bench.client import Answer, Call, send_checked
from bench.contention import measure_contention
from bench.cpu import CpuMeter
from bench.judgement import Cases, Counts
from bench.measure import Case, interleave
from bench.past import add_decided, add_unread
from bench.report import Row, table, write_json
from bench.servers import (
    COPIES,
    ROOT,
    BenchError,
    WebServer,
    connect,
    copy_database,
    floor_environment,
    on_copy,
    postmaster_of,
    product_environment,
    run_module,
    settle,
    start_postgres,
)
from bench.writers import measure_writers
from tests.postgres import PostgresUnavailable, PrivatePostgres

FLOOR_SQL = {"floor-w": 8, "floor-few": 4, "floor-lots": 4, "floor-page": 6}


@dataclass(frozen=True, slots=True)
class Load:
    """A kind of request: the server that it goes to, the calls, how many of them a round has."""

    server: str
    calls: Iterator[Call]
    batch: int


Loads = dict[str, Load]


def loads_of(floor: dict[str, Any], product: dict[str, Any]) -> Loads:
    """The calls of each case, one after the other; each decision is one that nobody has made yet."""
    tokens = product["tokens"]
    voters = [tokens[f"voter-{number}"] for number in range(sizes.VOTERS)]
    votes = ((voter, activity) for activity in product["many"] for voter in voters)
    few, many, lists = sizes.COMPLETIONS, sizes.DECISIONS, sizes.LISTS
    floors = {
        "floor-w": (
            (calls.floor_decision(floor["decider"], one) for one in cycle(floor["activities"])),
            many,
        ),
        "floor-few": (repeat(calls.floor_pending(floor["few"])), lists),
        "floor-lots": (repeat(calls.floor_pending(floor["many"])), lists),
        "floor-page": (repeat(calls.page(floor["few"], f"/activities/{floor['page']}/")), lists),
    }
    products = {
        "two": ((calls.decision(tokens["maya"], one) for one in product["two"]), many),
        "many": ((calls.decision(*vote) for vote in votes), many),
        **{
            name: ((calls.decision(tokens["maya"], one) for one in product[name]), few)
            for name in ("gate-3", "gate-20")
        },
        "list-few": (repeat(calls.pending(tokens["pat"])), lists),
        "list-lots": (repeat(calls.pending(tokens["quinn"])), lists),
        **pages_of(product),
    }
    return {
        **{name: Load("floor", *one) for name, one in floors.items()},
        **{name: Load("product", *one) for name, one in products.items()},
    }


def pages_of(product: dict[str, Any]) -> dict[str, tuple[Iterator[Call], int]]:
    """The calls of pages, by name, with how many of them a round has."""
    sessions = product["sessions"]
    talked, board = f"/activities/{product['talked']}/", f"/releases/{product['board']}/"
    found = {
        "inbox-few": calls.page(sessions["pat"], "/inbox/"),
        "inbox-lots": calls.page(sessions["quinn"], "/inbox/"),
        "release": calls.page(sessions["maya"], board),
        "activity": calls.page(sessions["maya"], talked),
    }
    return {name: (repeat(call), sizes.PAGES) for name, call in found.items()}


def loads_beside_the_past(product: dict[str, Any], send: Callable[[Call], Answer]) -> Loads:
    """The same lists and pages on two copies, with few and with very many decided rounds; the bell.

    On a copy nothing is written while it is measured, so that a poll finds nothing new.
    """
    pages, sessions = pages_of(product), product["sessions"]
    chosen = {name: pages[name][0] for name in ("inbox-few", "release", "activity")}
    chosen["list-few"] = repeat(calls.pending(product["tokens"]["pat"]))
    bells = {"few": sessions["kim"], "lots": sessions["lee"]}
    return {
        **{
            f"{name} {copy}": Load(copy, calls_, sizes.PAGES)
            for name, calls_ in chosen.items()
            for copy in COPIES
        },
        **{
            f"bell-{n}": Load("few", calls.polls(one, send), sizes.PAGES)
            for n, one in bells.items()
        },
        **{
            f"centre-{n}": Load("few", repeat(calls.page(one, "/notifications/")), sizes.PAGES)
            for n, one in bells.items()
        },
    }


class Run:
    """One run: its servers, and what it measures with them."""

    def __init__(self, postgres: PrivatePostgres, folder: Path) -> None:
        self.postgres = postgres
        self.floor_environment = floor_environment(postgres)
        self.product_environment = product_environment(postgres)
        self.servers: list[WebServer] = []
        self.ports: dict[str, int] = {}  # of the newest server of each name
        self.folder = folder

    def serve(self, name: str, *, counting: bool = False) -> WebServer:
        """gunicorn for the floor, the product or a copy, as it is measured or with statements counted."""
        application = "bench.floor.wsgi" if name == "floor" else "portal.wsgi"
        environment = self.environment_of(name)
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
        self.ports[name] = server.port
        server.start()
        server.wait()
        return server

    def environment_of(self, name: str) -> dict[str, str]:
        """The environment of a server."""
        if name == "floor":
            return self.floor_environment
        if name == "product":
            return self.product_environment
        return on_copy(self.product_environment, self.postgres, name)

    def make_past(self, product: dict[str, Any]) -> None:
        """Copies of the product's database with decided rounds, and an account that reads nothing."""
        for name in COPIES:
            copy_database(self.postgres, name)
        for name, number in COPIES.items():
            with connect(self.postgres, name) as connection:
                seconds = add_decided(connection, product["done"], number)
            said(f"  {number:,} decided rounds: {seconds:.1f} s")
        with connect(self.postgres, "few") as connection:
            add_unread(connection, "kim", sizes.UNREAD_FEW)
            add_unread(connection, "lee", sizes.UNREAD_MANY)

    def stop(self) -> None:
        """End all servers."""
        for server in self.servers:
            server.stop()

    def count_statements(self, loads: Loads) -> dict[str, int]:
        """SQL statements of each case: of the last request, when what is cached is cached.

        The use of a token is noted once a minute, by one statement more: another request goes first.

        BenchError when the floor is not what it says it is.
        """
        names = {load.server for load in loads.values()}
        servers = {name: self.serve(name, counting=True) for name in sorted(names)}
        counts = {}
        for name, load in loads.items():
            port = servers[load.server].port
            for _ in range(sizes.COUNTED):
                call = next(load.calls)
                if load.server != "floor" and (first := calls.first_of(call)):
                    send_checked(port, first)
                counts[name] = int(send_checked(port, call).headers["x-sql-count"])
        for server in servers.values():
            server.stop()
        for name, expected in FLOOR_SQL.items():
            if counts.get(name, expected) != expected:
                raise BenchError(f"{name} takes {counts[name]} statements, not {expected}.")
        return counts

    def measured(self, loads: Loads, rounds: int) -> tuple[Cases, Counts]:
        """Count the statements of these cases, then measure them in turn."""
        said("Counting statements …")
        counts = self.count_statements(loads)
        said(f"Measuring: {rounds} rounds of {len(loads)} cases …")
        cases = self.cases(loads)
        interleave(list(cases.values()), rounds)
        return cases, counts

    def cases(self, loads: Loads) -> dict[str, Case]:
        """The cases on servers that run, warmed up."""
        servers = {
            name: self.serve(name) for name in sorted({one.server for one in loads.values()})
        }
        database = postmaster_of(self.postgres)
        cases = {}
        for name, load in loads.items():
            server = servers[load.server]
            meter = CpuMeter(server.pid, database)
            cases[name] = Case(name, server.port, meter, load.calls, load.batch)
            cases[name].warm_up(sizes.WARM_UP)
        return cases


def measure(run: Run) -> list[Row]:
    """Everything, in the order that keeps the data of one part out of another's way."""
    said("Making the data (floor, then product through its services):")
    floor = run_module("bench.floor.prepare", run.floor_environment)
    product = run_module("bench.product.prepare", run.product_environment)
    run.make_past(product)
    settle(run.postgres)
    loads = loads_of(floor, product)
    cases, counts = run.measured(loads, sizes.ROUNDS)
    past = loads_beside_the_past(product, lambda call: send_checked(run.ports["few"], call))
    cases_of_past, counts_of_past = run.measured(past, sizes.DECIDED_ROUNDS)
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
        *judgement_of_pages.page_rows(cases, counts),
        *judgement_of_pages.past_rows(cases_of_past, counts_of_past),
        *judgement_of_pages.bell_rows(cases_of_past, counts_of_past),
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

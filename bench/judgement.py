"""Measured figures → rows with their targets (docs/performance.md)."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import mean
from typing import Any

from bench.contention import Contention
from bench.measure import Case, cpu_ratio, wall_ratio
from bench.report import Row

DECISION_CPU, DECISION_SQL = 2.0, 16
COMPLETION_CPU, COMPLETION_SQL, FURTHER_CPU = 3.5, 20, 0.1
LIST_CPU, LIST_SQL, LIST_GROWTH = 2.0, 8, 1.25
CONTENTION, LEDGER, VERIFIED_A_SECOND = 0.8, 0.6, 20_000

Cases = Mapping[str, Case]
Counts = Mapping[str, int]


def measured(case: Case, floor: Case) -> str:
    """What a case and its floor took, for the table."""
    return (
        f"{case.cpu_ms:.1f} ms CPU (floor {floor.cpu_ms:.1f}), "
        f"{case.wall_ms:.1f} ms (floor {floor.wall_ms:.1f}), p95 {case.p95_ms:.1f} ms"
    )


def decision_rows(cases: Cases, counts: Counts) -> list[Row]:
    """A decision that reaches no quorum, with few and with many approvers."""
    floor, rows = cases["floor-w"], []
    for name, approvers in (("two", 2), ("many", 200)):
        cpu = cpu_ratio(cases[name], floor)
        same = counts[name] == counts["two"]
        rows.append(
            Row(
                f"decision, quorum not reached, {approvers} approvers",
                cpu,
                wall_ratio(cases[name], floor),
                counts[name],
                f"≤ {DECISION_CPU}× CPU, ≤ {DECISION_SQL} SQL, the same for 2 and 200",
                cpu <= DECISION_CPU and counts[name] <= DECISION_SQL and same,
                measured(cases[name], floor),
            )
        )
    return rows


def completion_rows(cases: Cases, counts: Counts) -> list[Row]:
    """A decision that completes, with 3 and with 20 that wait for it, and each further one."""
    floor, few, many = cases["floor-w"], cases["gate-3"], cases["gate-20"]
    cpu, cpu_many = cpu_ratio(few, floor), cpu_ratio(many, floor)
    further = (cpu_many - cpu) / 17
    constant = counts["gate-3"] == counts["gate-20"]
    most = COMPLETION_CPU + 17 * FURTHER_CPU
    return [
        Row(
            "completing decision, 3 dependants",
            cpu,
            wall_ratio(few, floor),
            counts["gate-3"],
            f"≤ {COMPLETION_CPU}× CPU, ≤ {COMPLETION_SQL} SQL",
            cpu <= COMPLETION_CPU and counts["gate-3"] <= COMPLETION_SQL,
            measured(few, floor),
        ),
        Row(
            "completing decision, 20 dependants",
            cpu_many,
            wall_ratio(many, floor),
            counts["gate-20"],
            f"≤ {most:.1f}× CPU, SQL as with 3",
            cpu_many <= most and constant,
            measured(many, floor),
        ),
        Row(
            "completing decision, each further dependant",
            further,
            None,
            (counts["gate-20"] - counts["gate-3"]) // 17,
            f"≤ {FURTHER_CPU}× CPU, 0 SQL",
            further <= FURTHER_CPU and constant,
        ),
    ]


def list_rows(cases: Cases, counts: Counts) -> list[Row]:
    """The first page and the total of what waits for somebody, with few and many of them."""
    rows = []
    for name, pending in (("few", 100), ("lots", 10_000)):
        case, floor = cases[f"list-{name}"], cases[f"floor-{name}"]
        cpu, sql = cpu_ratio(case, floor), counts[f"list-{name}"]
        rows.append(
            Row(
                f"my pending approvals, {pending:,} pending",
                cpu,
                wall_ratio(case, floor),
                sql,
                f"≤ {LIST_CPU}× CPU, ≤ {LIST_SQL} SQL",
                cpu <= LIST_CPU and sql <= LIST_SQL,
                measured(case, floor),
            )
        )
    few, many = cases["list-few"], cases["list-lots"]
    growth = cpu_ratio(many, few)
    rows.append(
        Row(
            "my pending approvals, 10,000 beside 100 pending",
            growth,
            wall_ratio(many, few),
            counts["list-lots"] - counts["list-few"],
            f"≤ {LIST_GROWTH}× CPU of 100, 0 more SQL",
            growth <= LIST_GROWTH and counts["list-lots"] == counts["list-few"],
        )
    )
    return rows


def contention_row(found: Contention) -> Row:
    """Eight clients on one activity, beside eight on different ones."""
    return Row(
        "eight clients on one activity",
        None,
        found.ratio,
        None,
        f"≥ {CONTENTION}× the rate on different ones, counts exact, no deadlock, no 5xx",
        found.ratio >= CONTENTION and not found.findings,
        f"{mean(found.same):.0f}/s on one, {mean(found.different):.0f}/s on eight; "
        + ("; ".join(found.findings) or "counts exact"),
    )


def ledger_row(floor: list[float], product: list[float]) -> Row:
    """Entries a second of four writers, beside chained rows a second of the floor."""
    ratio = sum(product) / sum(floor)
    return Row(
        "ledger, 4 writers on different releases",
        None,
        ratio,
        None,
        f"≥ {LEDGER}× the floor's rate on different rows",
        ratio >= LEDGER,
        f"{mean(product):.0f} entries/s (floor {mean(floor):.0f} rows/s)",
    )


def verification_row(verified: Mapping[str, Any]) -> Row:
    """How long verification took, in the time that its target allows it."""
    rate = verified["entries"] / verified["seconds"]
    wrong = "; ".join(verified["problems"])
    return Row(
        "verification of the ledger",
        None,
        VERIFIED_A_SECOND / rate,
        None,
        f"≤ 1.00 of the time that {VERIFIED_A_SECOND:,} entries/s take",
        rate >= VERIFIED_A_SECOND and not wrong,
        f"{verified['entries']:,} entries and {verified['rows']:,} rows in "
        f"{verified['seconds']:.1f} s: {rate:,.0f} entries/s, memory + {verified['growth_mb']:.0f} MB"
        + (f"; {wrong}" if wrong else ""),
    )

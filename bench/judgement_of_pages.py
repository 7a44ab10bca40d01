"""Measured figures of pages → rows with their targets (docs/performance.md)."""

from __future__ import annotations

from bench import sizes
from bench.judgement import LIST_CPU, LIST_GROWTH, Cases, Counts, measured
from bench.measure import cpu_ratio, p95_ratio, wall_ratio
from bench.report import Row

# The list may take eight, and its page one more for each of the six groups of urgency (ux 5.5).
INBOX_SQL, RELEASE_SQL, ACTIVITY_SQL, POLL_SQL = 8 + 6, 14, 12, 2
ACTIVITY_CPU, PAST_P95 = 3.0, 1.2


def page_rows(cases: Cases, counts: Counts) -> list[Row]:
    """The inbox with few and many questions, the page of a release, the page of an activity."""
    rows = [_inbox_row(cases, counts, "few", 100), _inbox_row(cases, counts, "lots", 10_000)]
    few, many = cases["inbox-few"], cases["inbox-lots"]
    growth, more = cpu_ratio(many, few), counts["inbox-lots"] - counts["inbox-few"]
    bare, release, activity = cases["floor-page"], cases["release"], cases["activity"]
    cpu = cpu_ratio(activity, bare)
    return [
        *rows,
        Row(
            "inbox page, 10,000 beside 100 pending",
            growth,
            wall_ratio(many, few),
            more,
            f"≤ {LIST_GROWTH}× CPU of 100, 0 more SQL",
            growth <= LIST_GROWTH and not more,
        ),
        Row(
            f"release page, {sizes.PHASES} phases, {sizes.ACTIVITIES_PER_RELEASE} activities",
            cpu_ratio(release, bare),
            wall_ratio(release, bare),
            counts["release"],
            f"≤ {RELEASE_SQL} SQL",
            counts["release"] <= RELEASE_SQL,
            measured(release, bare),
        ),
        Row(
            f"activity page, {sizes.COMMENTS} comments",
            cpu,
            wall_ratio(activity, bare),
            counts["activity"],
            f"≤ {ACTIVITY_CPU}× CPU of a bare page, ≤ {ACTIVITY_SQL} SQL",
            cpu <= ACTIVITY_CPU and counts["activity"] <= ACTIVITY_SQL,
            measured(activity, bare),
        ),
    ]


def _inbox_row(cases: Cases, counts: Counts, name: str, pending: int) -> Row:
    case, floor, sql = cases[f"inbox-{name}"], cases[f"floor-{name}"], counts[f"inbox-{name}"]
    cpu = cpu_ratio(case, floor)
    return Row(
        f"inbox page, {pending:,} pending",
        cpu,
        wall_ratio(case, floor),
        sql,
        f"≤ {LIST_CPU}× CPU, ≤ {INBOX_SQL} SQL",
        cpu <= LIST_CPU and sql <= INBOX_SQL,
        measured(case, floor),
    )


_BESIDE_THE_PAST = {
    "list-few": "my pending approvals",
    "inbox-few": "inbox page",
    "release": "release page",
    "activity": "activity page",
}


def past_rows(cases: Cases, counts: Counts) -> list[Row]:
    """Each list and page beside very many decided rounds, in its own beside few; wall is the p95."""
    rows = []
    for name, words in _BESIDE_THE_PAST.items():
        few, lots = cases[f"{name} few"], cases[f"{name} lots"]
        p95, more = p95_ratio(lots, few), counts[f"{name} lots"] - counts[f"{name} few"]
        rows.append(
            Row(
                f"{words}, {sizes.DECIDED_MANY:,} beside {sizes.DECIDED_FEW:,} decided",
                cpu_ratio(lots, few),
                p95,
                more,
                f"p95 ≤ {PAST_P95}×, 0 more SQL",
                p95 <= PAST_P95 and not more,
                measured(lots, few),
            )
        )
    return rows


def bell_rows(cases: Cases, counts: Counts) -> list[Row]:
    """A poll that finds nothing new, and the centre, of somebody who never read what they were told."""
    rows = []
    for name, words in (("bell", "poll without news"), ("centre", "notification centre")):
        few, lots = cases[f"{name}-few"], cases[f"{name}-lots"]
        growth, sql = cpu_ratio(lots, few), counts[f"{name}-lots"]
        more = sql - counts[f"{name}-few"]
        kept = growth <= LIST_GROWTH and not more
        rows.append(
            Row(
                f"{words}, {sizes.UNREAD_MANY:,} beside {sizes.UNREAD_FEW} unread",
                growth,
                wall_ratio(lots, few),
                sql,
                f"≤ {LIST_GROWTH}× CPU, 0 more SQL"
                + (f", {POLL_SQL} in all" if name == "bell" else ""),
                kept and (name != "bell" or sql <= POLL_SQL),
                measured(lots, few),
            )
        )
    return rows

"""How many rows PostgreSQL reads for what a call asks of it: what a list costs, without a clock."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from psycopg.sql import Literal

from audit.compiled import Compiled, CompiledValues


def rows_read(call: Callable[[], Any], ending: str = "") -> int:
    """The rows that the SELECTs of a call read, those too that a filter throws away.

    Of a second call, since the first fills what is kept in memory; of the statements alone that have
    this `ending`.
    """
    call()
    with CaptureQueriesContext(connection) as captured:
        call()
    statements = [one["sql"] for one in captured if one["sql"].startswith("SELECT")]
    chosen = [one for one in statements if one.endswith(ending)]
    assert chosen, "no statement"
    return sum(_read(node) for one in chosen for node in _nodes(plan_of(one)))


def plan_of(statement: str) -> dict[str, Any]:
    """The plan by which a statement was answered, with what each step of it read."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
        [(found,)] = cursor.fetchall()
    plan = found if isinstance(found, list) else json.loads(found)
    first: dict[str, Any] = plan[0]["Plan"]
    return first


def rows_read_by_the_plan_for_anybody(query: Compiled[Any] | CompiledValues, **values: Any) -> int:
    """The rows that a statement reads by the plan that PostgreSQL made for any values, and keeps."""
    text, numbers = query.text, count(1)
    marked = re.sub("%[s%]", lambda mark: "%" if mark[0] == "%%" else f"${next(numbers)}", text.sql)
    given = ", ".join(Literal(value).as_string() for value in text.parameters(values))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute(f"PREPARE any_values AS {marked}")
        try:
            plan = plan_of(f"EXECUTE any_values({given})")
        finally:
            cursor.execute("DEALLOCATE any_values")
    return sum(map(_read, _nodes(plan)))


def main_steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The steps of a plan through which its rows come, without what is looked up beside them."""
    yield plan
    for part in plan.get("Plans", ()):
        if part["Parent Relationship"] not in ("InitPlan", "SubPlan"):
            yield from main_steps(part)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _read(node: dict[str, Any]) -> int:
    if "Scan" not in node["Node Type"] or node["Node Type"] == "Subquery Scan":
        return 0
    dropped = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return int((node["Actual Rows"] + dropped) * node["Actual Loops"])

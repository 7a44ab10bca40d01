"""Ten thousand open questions: a page reads as much as of a hundred, by an index (targets.md)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import builders as b
from tests import scenes
from tests.plans import main_steps, plan_of, rows_read
from tests.portal.pages.browser import Browser
from tests.portal.pages.inbox import settle_memberships

pytestmark = [pytest.mark.django_db, pytest.mark.req("MON-4"), pytest.mark.postgres]


def multiply(activity: Any, user: Any, number: int, *, first: int = 1) -> None:
    """So many further open rounds of the same release, all asking one account; no activity behind."""
    approval = b.round_of(activity)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_name = 'approvals_approval' AND column_name NOT IN ('id', 'host', 'due_at')"
        )
        columns = ", ".join(f'"{name}"' for (name,) in cursor.fetchall())
        cursor.execute(
            f"INSERT INTO approvals_approval (host, due_at, {columns}) "
            f"SELECT 'activity:' || (90000000 + n), now() + n * interval '1 minute', {columns} "
            "FROM approvals_approval, generate_series(%s::int, %s::int) AS n WHERE id = %s RETURNING 1",
            [first, first + number - 1, approval.pk],
        )
        cursor.execute(
            "INSERT INTO approvals_askedperson "
            "(approval_id, user_id, is_open, has_answered, due_at, asked_at) "
            "SELECT id, %s, true, false, due_at, now() FROM approvals_approval WHERE due_at IS NOT NULL "
            "ON CONFLICT DO NOTHING",
            [user.pk],
        )
        cursor.execute("ANALYZE")


def plans(user: Any, path: str) -> list[list[dict[str, Any]]]:
    """How PostgreSQL finds the rows of a list: the steps of what is asked a page at a time."""
    browser = Browser(user)
    browser.get(path)
    with CaptureQueriesContext(connection) as captured:
        browser.get(path)
    paged = [one["sql"] for one in captured if one["sql"].endswith("LIMIT 51")]
    assert paged
    return [list(main_steps(plan_of(statement))) for statement in paged]


def test_a_page_of_ten_thousand_begins_with_the_index_of_open_ones() -> None:
    crew = scenes.people("maya")
    asked = scenes.ask({"user": "maya"})
    settle_memberships(timezone.now())
    multiply(asked, crew.maya, 10_000)
    for path, index in (
        ("/inbox/", "asked_and_waiting"),
        ("/inbox/?tab=all", "approval_open_by_due"),
    ):
        for steps in plans(crew.maya, path):
            assert index in {one.get("Index Name") for one in steps}, steps
            assert not [one for one in steps if "Sort" in one["Node Type"]], steps


def test_a_page_of_ten_thousand_reads_as_many_rows_as_one_of_a_hundred() -> None:
    crew = scenes.people("maya")
    asked = scenes.ask({"user": "maya"})
    settle_memberships(timezone.now())
    browser = Browser(crew.maya)
    found = []
    for first, number in ((1, 100), (101, 9_900)):
        multiply(asked, crew.maya, number, first=first)
        found.append(rows_read(lambda: browser.get("/inbox/"), ending="LIMIT 51"))
    few, many = found
    # Some more for what is looked up beside a page; nothing that grows with the list.
    assert many <= few + 60, found

"""What tests of the inbox start from, and how they read it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import AskedPerson
from portal.models import Membership
from releases.models import Activity
from tests import builders as b
from tests import scenes
from tests.portal.pages.browser import Browser, Node, Page

LONG_AGO = dt.timedelta(days=3)


def inbox(user: Any, **query: Any) -> Page:
    """The inbox as somebody reads it without script."""
    address = "&".join(f"{key}={value}" for key, value in query.items())
    page = Browser(user).get(f"/inbox/?{address}" if address else "/inbox/")
    assert page.status == 200, page.status
    return page


def references(page: Page) -> list[str]:
    """The references of the rows, in their order."""
    return [row.attrs["data-row"] for row in page.root.all("li", class_="inbox-row")]


def row_of(page: Page, activity: Activity) -> Node:
    """The row of an activity."""
    return page.part(f"row-{activity.pk}")


def groups(page: Page) -> dict[str, int]:
    """The heads of the list with their numbers, in their order."""
    found = {}
    for head in page.root.all("h2", class_="inbox-group"):
        label, _, number = head.text.rpartition(" ")
        found[label] = int(number)
    return found


def tab_numbers(page: Page) -> dict[str, int]:
    """What stands beside each tab."""
    nav = page.root.one("nav", class_="tabs")
    return {
        badge.attrs["data-count"].removeprefix("tab-"): int(badge.text)
        for badge in nav.all("span", class_="tab-count")
    }


def due_at(activity: Activity, moment: dt.datetime) -> None:
    """Let what an activity asks fall due at a moment, as if its process had said so."""
    approval = b.round_of(activity)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE approvals_approval SET due_at = %s WHERE id = %s",
            [connection.ops.adapt_datetimefield_value(moment), approval.pk],
        )
    AskedPerson.objects.filter(approval=approval).update(due_at=moment)


def settle_memberships(moment: dt.datetime) -> None:
    """Nobody has just come or gone: what is looked for then costs a query more."""
    Membership.objects.update(since=moment - LONG_AGO)


def statements(call: Any) -> list[str]:
    """The statements of a call."""
    with CaptureQueriesContext(connection) as captured:
        call()
    return [query["sql"] for query in captured]


def many(number: int, *, of: Any, by: Any = None) -> list[Activity]:
    """So many open questions to somebody, in one release."""
    gates = [b.manual(f"g{one}", {"user": of}, needs=[]) for one in range(number)]
    release = scenes.run(b.phase("main", *gates), by=by)
    return [b.activity(release, f"g{one}") for one in range(number)]

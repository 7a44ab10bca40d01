"""How many SQL statements the activity page costs: the same for a short and a long history (targets)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releases.models import Activity
from releases.services.activities import retry_activity, write_comment
from tests import builders as b
from tests.portal.pages.browser import Browser
from tests.scenes import ask, tom

pytestmark = [pytest.mark.django_db, pytest.mark.req("MON-3")]


def statements(user: Any, activity: Activity, query: str = "") -> list[str]:
    """The statements of a second look at the page (the first fills what is kept in memory)."""
    browser = Browser(user)
    path = f"/activities/{activity.pk}/{query}"
    browser.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(path).status == 200
    return [one["sql"] for one in captured]


def scene(attempts: int) -> tuple[Any, Activity]:
    """An activity that was rejected and tried again, with as many comments as attempts."""
    maya, omar = b.person("maya"), b.person("omar")
    gate = ask(
        {"group": b.group("QA", maya, omar).name},
        {"user": "omar"},
        rule="unanimous",
        deadline={"after": "24h", "on_miss": "escalate", "escalate_to": [{"group": "QA"}]},
    )
    for number in range(attempts):
        write_comment(activity_id=gate.pk, text=f"Number {number}", actor=b.actor_for(maya))
        if number:
            b.vote(gate, maya, "reject")
            retry_activity(activity_id=gate.pk, reason="Again.", actor=b.actor_for(tom()))
    return maya, gate


@pytest.mark.parametrize(("query", "cost"), [("", 12), ("?tab=history", 12), ("?tab=policy", 11)])
@pytest.mark.parametrize("attempts", [1, 30])
@pytest.mark.parametrize("who", ["maya", "tom"])
def test_the_page_costs_the_same_whatever_has_happened(
    attempts: int, query: str, cost: int, who: str
) -> None:
    maya, gate = scene(attempts)
    found = statements(maya if who == "maya" else tom(), gate, query)
    assert len(found) == cost, "\n".join(one[:160] for one in found)

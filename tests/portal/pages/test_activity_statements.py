"""How many SQL statements the activity page costs: the same for a short and a long history (targets)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.services.visits import note_visit
from releases.models import Activity
from releases.services.activities import retry_activity, write_comment
from tests import builders as b
from tests.portal.pages.browser import Browser
from tests.scenes import ask, pipe, run, tom

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


# Whoever may decide is told besides who hears of a question.
@pytest.mark.parametrize(("query", "cost"), [("", 11), ("?tab=history", 11), ("?tab=policy", 10)])
@pytest.mark.parametrize("attempts", [1, 30])
@pytest.mark.parametrize(("who", "more"), [("maya", 1), ("tom", 0)])
def test_the_page_costs_the_same_whatever_has_happened(
    attempts: int, query: str, cost: int, who: str, more: int
) -> None:
    maya, gate = scene(attempts)
    found = statements(maya if who == "maya" else tom(), gate, query)
    assert len(found) == cost + more, "\n".join(one[:160] for one in found)


def full_scene(others: int) -> tuple[Any, Activity]:
    """An activity beside as many that were reported on and decided, which its reader has opened.

    Its deadline escalates to a group and a role that hold no seat yet; it has changed since.
    """
    maya, omar, tom_ = b.person("maya"), b.person("omar"), tom()
    for slug in ("cab", "sre"):
        b.role(slug)
    late = [{"group": b.group("Leads", omar).name}, {"role": "cab", "after": "4h"}]
    release = run(
        b.phase(
            "main",
            *(b.pipeline(f"check-{number}", needs=[]) for number in range(others)),
            *(b.manual(f"gate-{number}", {"user": "omar"}, needs=[]) for number in range(others)),
            b.manual(
                "gate",
                {"user": "maya"},
                {"user": "omar"},
                {"role": "sre", "when": {"risk": ["high"]}},
                rule="unanimous",
                needs=[],
                deadline={"after": "24h", "on_miss": "escalate", "escalate_to": late},
            ),
        )
    )
    gate = b.activity(release, "gate")
    for user in (maya, tom_):
        note_visit(activity_id=gate.pk, seen_at=None, actor=b.actor_for(user))
    for number in range(others):
        b.report(b.activity(release, f"check-{number}"), pipe())
        b.vote(b.activity(release, f"gate-{number}"), omar)
    b.vote(gate, omar)
    return maya, gate


@pytest.mark.req("EXE-3")
@pytest.mark.parametrize("others", [1, 15])
@pytest.mark.parametrize(("who", "cost"), [("maya", 12), ("tom", 11)])
def test_the_rest_of_the_release_and_what_is_new_cost_nothing_more(
    others: int, who: str, cost: int
) -> None:
    maya, gate = full_scene(others)
    reader = maya if who == "maya" else tom()
    shown = Browser(reader).get(f"/activities/{gate.pk}/").text
    for part in ("So far in this release", "Changed since you last opened", "Leads", "cab"):
        assert part.lower() in shown.lower(), part
    found = statements(reader, gate)
    assert len(found) == cost, "\n".join(one[:160] for one in found)

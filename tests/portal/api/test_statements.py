"""How many SQL statements a call costs, exactly: the same for little and for much (targets.md)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.models import Membership
from releases.models import Release
from tests import builders as b
from tests.portal.api.client import Api, ok
from tests.portal.api.conftest import Company

pytestmark = [pytest.mark.req("API-1")]


def statements(call: Any) -> list[str]:
    """The statements of a call."""
    with CaptureQueriesContext(connection) as captured:
        call()
    return [query["sql"] for query in captured]


def wide_release(company: Company, phases: int, each: int, slug: str) -> Release:
    """A started release with `phases` × `each` activities that are all open for QA and Omar."""
    b.process(
        *(
            b.phase(
                f"p{number}",
                *(
                    b.manual(
                        f"a{other}",
                        {"group": "QA"},
                        {"user": "omar"},
                        rule="unanimous",
                        needs=[],
                        deadline={
                            "after": "24h",
                            "on_miss": "escalate",
                            "escalate_to": [{"group": "QA"}],
                        },
                    )
                    for other in range(each)
                ),
                needs=[],
            )
            for number in range(phases)
        ),
        slug=slug,
    )
    return b.release(company.tom, process=slug)


@pytest.fixture
def settled(company: Company) -> Company:
    """The company some days later: nobody has just come or gone."""
    long_ago = timezone.now() - dt.timedelta(days=3)
    Membership.objects.update(since=long_ago)
    return company


def counted(api: Api, path: str) -> int:
    """The number of statements of a GET."""
    return len(statements(lambda: ok(api.get(path))))


# Target 14, constant in activities and history.
def test_a_release_costs_the_same_with_3_and_60_activities(settled: Company) -> None:
    few, many = wide_release(settled, 1, 3, "few"), wide_release(settled, 8, 8, "many")
    api = Api(settled.maya)
    ok(api.get("products/"))  # the first use of a token in a minute is noted
    assert [counted(api, f"releases/{one.pk}/") for one in (few, many)] == [5, 5]
    with_authors = b.release(settled.tom, process="few", authors=["ines", "omar"])
    assert counted(Api(settled.tom), f"releases/{with_authors.pk}/") == 7


# Target 12, constant in approvers, attempts, decisions and comments.
def test_an_activity_costs_the_same_with_little_and_much_history(settled: Company) -> None:
    few, many = wide_release(settled, 1, 3, "few"), wide_release(settled, 8, 8, "many")
    api = Api(settled.omar)
    ok(api.get("products/"))
    activity = b.activity(few, "a0")
    assert counted(api, f"activities/{activity.pk}/") == 7
    for _ in range(3):
        b.vote(activity, settled.maya, "reject")
        ok(Api(settled.tom).post(f"activities/{activity.pk}/retry/", {"reason": "Again."}))
    for number in range(20):
        ok(api.post(f"activities/{activity.pk}/comments/", {"text": f"{number}"}), 201)
    assert counted(api, f"activities/{activity.pk}/") == 7
    assert counted(api, f"activities/{b.activity(many, 'p7.a7').pk}/") == 7
    pipeline = b.activity(settled.release(), "tests")
    tom = Api(settled.tom)
    ok(tom.get("products/"))
    assert counted(tom, f"activities/{pipeline.pk}/") == 5


def test_four_eyes_cost_the_same_with_1_and_5_linked_activities(settled: Company) -> None:
    first = [b.manual(f"f{n}", {"group": "QA"}, needs=[]) for n in range(5)]
    for slug, linked in (("one", 1), ("five", 5)):
        tied = {"not_with": [f"p.f{n}" for n in range(linked)]}
        last = b.manual("last", {"user": "omar"}, needs=[], separation=tied)
        b.process(b.phase("p", *first, last), slug=slug)
    api = Api(settled.omar)
    ok(api.get("products/"))
    counts = []
    for slug in ("one", "five"):
        release = b.release(settled.tom, process=slug)
        counts.append(counted(api, f"activities/{b.activity(release, 'last').pk}/"))
    assert counts == [9, 9]


# Target 8, constant in what waits.
def test_my_pending_activities_cost_the_same_with_3_and_64(settled: Company) -> None:
    wide_release(settled, 1, 3, "few")
    api = Api(settled.maya)
    ok(api.get("products/"))
    few = counted(api, "activities/?awaiting=me")
    wide_release(settled, 8, 8, "many")
    assert [few, counted(api, "activities/?awaiting=me")] == [6, 6]
    assert ok(api.get("activities/?awaiting=me"))["total"] == 67


def test_lists_cost_the_same_with_1_and_with_30_rows(settled: Company) -> None:
    settled.release()
    api = Api(settled.maya)
    b.give("auditor", settled.maya)
    paths = ["releases/", "activities/", "products/", "processes/"]
    ok(api.get("products/"))
    before = [counted(api, path) for path in paths]
    for number in range(30):
        b.product(f"product-{number}")
        b.process(b.phase("p", b.pipeline("a")), slug=f"process-{number}")
        b.release(settled.tom, product=f"product-{number}", process=f"process-{number}")
    assert [counted(api, path) for path in paths] == before == [4, 4, 3, 3]


# Target 16: the service's own statements, one for the token, one for names in the sentence.
@pytest.mark.req("EXE-4")
def test_a_decision_costs_13_statements(settled: Company) -> None:
    release = wide_release(settled, 1, 2, "few")
    api = Api(settled.maya)
    ok(api.get("products/"))
    decision = {"verdict": "approve"}
    path = f"activities/{b.activity(release, 'a0').pk}/decisions/"
    assert len(statements(lambda: ok(api.post(path, decision), 201))) == 13


def test_the_use_of_a_token_is_noted_once_a_minute(settled: Company) -> None:
    api = Api(settled.maya)
    assert counted(api, "processes/") == counted(api, "processes/") + 1


def test_a_session_costs_one_statement_more_than_a_token(settled: Company) -> None:
    client = Client()
    client.force_login(settled.maya)
    found = statements(lambda: client.get("/api/v1/processes/"))
    assert len(found) == counted_after_noting(settled) + 1


def counted_after_noting(company: Company) -> int:
    """The statements of the same call with a token."""
    api = Api(company.maya)
    ok(api.get("processes/"))
    return counted(api, "processes/")

"""Lists: pages by cursor, filters, what may be seen (API-1, MON-5)."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

import pytest
from django.utils import timezone

from approvals.models import AskedPerson
from releases.services.products import change_product
from tests import builders as b
from tests.portal.api.client import Api, ok, refused
from tests.portal.api.conftest import Company

pytestmark = [pytest.mark.sqlite]


def walk(api: Api, path: str) -> list[list[Any]]:
    """All pages of a list: the ids of each."""
    pages = []
    address: str | None = path
    while address is not None:
        page = ok(api.get(address.replace("http://testserver", "")))
        pages.append([one["id"] for one in page["results"]])
        address = page["next"]
    return pages


def flat(api: Api, path: str) -> list[Any]:
    """The ids of a whole list."""
    return [one for page in walk(api, path) for one in page]


@pytest.mark.req("API-1")
def test_pages_neither_repeat_nor_skip_what_comes_meanwhile(company: Company) -> None:
    made = [company.release(start=False).pk for _ in range(5)]
    tom = Api(company.tom)
    first = ok(tom.get("releases/?page_size=2&state=draft&state=running"))
    assert first["next"].startswith("http://testserver/api/v1/releases/?")
    company.release(start=False)
    second = ok(tom.get(first["next"].removeprefix("http://testserver")))
    seen = [one["id"] for one in first["results"] + second["results"]]
    assert seen == sorted(made, reverse=True)[:4]
    assert [len(page) for page in walk(tom, "releases/?page_size=4")] == [4, 2]
    assert len(walk(tom, "releases/?page_size=9999")) == 1


@pytest.mark.req("A-101")
def test_a_cursor_that_leads_nowhere_is_400(company: Company) -> None:
    tom = Api(company.tom)
    for cursor in (
        "", "x", "!!!", "W10", "WzEsMl0", "bnVsbA", "WyJhIl0", "W3RydWVd", "e30", "é",
        "WzkyMjMzNzIwMzY4NTQ3NzU4MDgwXQ", "WzEuNV0", "Wy0xXQ", "W" * 500,
    ):  # fmt: skip
        refused(tom.get(f"releases/?cursor={cursor}"), 400, "invalid_cursor")
        refused(tom.get(f"activities/?cursor={cursor}"), 400, "invalid_cursor")
    for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        plain = json.dumps([moment, 5]).encode()
        cursor = base64.urlsafe_b64encode(plain).decode().rstrip("=")
        for path in ("activities/?", "activities/?awaiting=me&"):
            refused(tom.get(f"{path}cursor={cursor}"), 400, "invalid_cursor")


@pytest.mark.req("API-1", "REL-1")
def test_releases_are_filtered_by_state_product_and_text(company: Company) -> None:
    b.product("web", "Web")
    draft = company.release(start=False, name="Summer", version="7.1")
    running = company.release(description="about 100% of it")
    web = b.release(company.tom, product="web", start=False)
    tom = Api(company.tom)

    def found(query: str) -> list[int]:
        return [one["id"] for one in ok(tom.get(f"releases/?{query}"))["results"]]

    assert found("") == [web.pk, running.pk, draft.pk]
    assert found("state=running") == [running.pk]
    assert found("state=running&state=draft&product=pay") == [running.pk, draft.pk]
    assert found("product=web") == [web.pk]
    assert found("product=nothing") == []
    assert found("q=summer") == [draft.pk]
    assert found("q=7.1") == [draft.pk]
    assert found("q=100%25") == [running.pk]
    assert found(f"q=rel-{draft.pk}") == [draft.pk]
    assert found("q=_") == []
    assert found("q=" + "9" * 30) == []


@pytest.mark.req("MON-5", "REL-1")
def test_what_one_may_not_see_or_was_archived_is_in_no_list(company: Company) -> None:
    waiting = company.waiting()
    ines, maya = Api(company.ines), Api(company.maya)
    for path in ("releases/", "activities/", "products/", "activities/?awaiting=me"):
        assert ok(ines.get(path))["results"] == []
        assert len(ok(maya.get(path))["results"]) > 0
    change_product(product_id=company.product.pk, name="Payments", is_archived=True, actor=b.SYSTEM)
    for path in ("releases/", "activities/", "products/", "activities/?awaiting=me"):
        assert ok(maya.get(path))["results"] == []
    assert ok(maya.get("activities/?awaiting=me"))["total"] == 0
    assert ok(maya.get(f"activities/?release={waiting.release_id}"))["results"] == []


def urgent(company: Company) -> dict[str, int]:
    """Four questions that fall due in this order: late, soon, far, never."""
    deadlines = {
        "never": None,
        "far": {"after": "48h", "on_miss": "stay"},
        "late": {"after": "1h", "on_miss": "stay"},
        "soon": {"after": "24h", "on_miss": "stay"},
    }
    acts = [
        b.manual(key, {"group": "QA"}, needs=[], **({"deadline": one} if one else {}))
        for key, one in deadlines.items()
    ]
    b.process(b.phase("p", *acts, b.pipeline("build", needs=[], timeout="12h")), slug="urgent")
    start = timezone.now() - dt.timedelta(hours=2)
    release = b.release(company.tom, process="urgent", now=start)
    return {key: b.activity(release, key).pk for key in [*deadlines, "build"]}


@pytest.mark.req("MON-5", "EXE-1")
@pytest.mark.parametrize("mine", ["awaiting=me&", ""])
def test_what_waits_is_sorted_by_urgency_through_all_pages(company: Company, mine: str) -> None:
    ids = urgent(company)
    order = ["late", "soon", "far", "never"] if mine else ["late", "build", "soon", "far", "never"]
    expected = [ids[key] for key in order]
    maya = Api(company.maya)
    assert flat(maya, f"activities/?{mine}page_size=1") == expected
    assert flat(maya, f"activities/?{mine}overdue=true") == [ids["late"]]
    assert ids["late"] not in flat(maya, f"activities/?{mine}overdue=false")
    state = f"activities/?{mine}state=awaiting_approval"
    assert sorted(flat(maya, state)) == sorted(set(expected) - {ids["build"]})
    assert walk(maya, f"activities/?{mine}state=completed") == [[]]
    rows = ok(maya.get(f"activities/?{mine}"))["results"]
    assert [one["overdue"] for one in rows][:2] == [True, False]
    assert rows[-1]["due_at"] is None


@pytest.mark.req("EXE-1")
def test_what_waits_for_me_ends_with_my_answer(company: Company) -> None:
    activity = company.waiting()
    maya, omar = Api(company.maya), Api(company.omar)
    release = f"releases/{activity.release_id}/"
    assert ok(maya.get(release))["waiting_for_me"] == 1
    b.vote(activity, company.maya, inputs={"summary": "s"})
    assert ok(maya.get("activities/?awaiting=me"))["total"] == 0
    assert ok(omar.get("activities/?awaiting=me"))["total"] == 1
    assert (ok(maya.get(release))["waiting"], ok(maya.get(release))["waiting_for_me"]) == (1, 0)
    assert ok(omar.get(release))["waiting_for_me"] == 1
    assert ok(Api(company.tom).get("activities/?awaiting=me"))["total"] == 0


@pytest.mark.req("POL-5", "EXE-1")
def test_a_membership_made_or_ended_in_a_shell_shows_at_once(company: Company) -> None:
    activity = company.waiting()
    ines = Api(company.ines)
    assert ok(ines.get("activities/?awaiting=me"))["results"] == []
    company.ines.groups.add(company.qa)
    assert [one["id"] for one in ok(ines.get("activities/?awaiting=me"))["results"]] == [
        activity.pk
    ]
    company.ines.groups.remove(company.qa)
    assert ok(ines.get("activities/?awaiting=me"))["results"] == []
    refused(ines.post(f"activities/{activity.pk}/decisions/", {"verdict": "approve"}), 403)


@pytest.mark.req("EXE-1")
def test_looking_again_writes_nothing(company: Company) -> None:
    company.waiting()
    maya = Api(company.maya)
    ok(maya.get("activities/?awaiting=me"))
    before = list(AskedPerson.objects.values())
    ok(maya.get("activities/?awaiting=me"))
    assert list(AskedPerson.objects.values()) == before

"""What waits for the caller is named as in the list of all activities, whichever way it is read."""

from __future__ import annotations

import pytest

from releases.services.products import change_product
from tests import builders as b
from tests.portal.api.client import Api, ok
from tests.portal.api.conftest import Company

pytestmark = [pytest.mark.sqlite, pytest.mark.req("MON-4", "API-1")]


def test_a_row_that_waits_says_what_the_list_of_all_says_of_it(company: Company) -> None:
    b.product("cards", "Cards")
    process = b.process(
        b.phase(
            "check", b.manual("one", {"user": "maya"}), b.manual("two", {"user": "maya"}, needs=[])
        ),
        b.phase("decide", b.manual("three", {"user": "maya"}, needs=[]), needs=[]),
        slug="wide",
    )
    for number, product in enumerate(("pay", "cards", "pay")):
        b.release(company.tom, process=process.process.slug, product=product, version=f"3.{number}")
    maya = Api(company.maya)
    waiting = ok(maya.get("activities/?awaiting=me"))["results"]
    listed = {one["id"]: one for one in ok(maya.get("activities/"))["results"]}
    assert len(waiting) == 9
    assert waiting == [listed[one["id"]] for one in waiting]
    assert len({one["release"]["id"] for one in waiting}) == 3
    assert {one["release"]["product"] for one in waiting} == {"pay", "cards"}


def test_what_is_of_an_archived_product_waits_for_nobody(company: Company) -> None:
    company.waiting()
    maya = Api(company.maya)
    assert len(ok(maya.get("activities/?awaiting=me"))["results"]) == 1
    archived = company.product.pk
    change_product(product_id=archived, name="Payments", is_archived=True, actor=b.SYSTEM)
    assert ok(maya.get("activities/?awaiting=me"))["results"] == []

"""Long texts line against line, and where history shows them (AUD-2, ADM-2)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.test import Client

from audit.admin.differences import MOST_LINES, Line, readable, side_by_side
from releases.services.products import change_product
from tests import builders as b
from tests.admin.pages import address

pytestmark = [pytest.mark.sqlite, pytest.mark.req("AUD-2", "ADM-2")]


def _text(*lines: str) -> str:
    return "\n".join(lines)


def test_what_is_the_same_is_left_out_but_for_what_stands_around_a_change() -> None:
    lines = [f"line {number}" for number in range(20)]
    changed = [*lines]
    changed[10] = "another"
    found = side_by_side(_text(*lines), _text(*changed))
    assert found == [
        Line("skipped", number=8),
        Line("same", "line 8", "line 8"),
        Line("same", "line 9", "line 9"),
        Line("changed", "line 10", "another"),
        Line("same", "line 11", "line 11"),
        Line("same", "line 12", "line 12"),
        Line("skipped", number=7),
    ]


def test_lines_that_came_and_went() -> None:
    assert side_by_side("a\nb", "a\nb\nc") == [
        Line("same", "a", "a"), Line("same", "b", "b"), Line("added", None, "c"),
    ]  # fmt: skip
    assert side_by_side("a\nb\nc", "b\nc")[0] == Line("removed", "a")
    assert side_by_side("", "x") == [Line("added", None, "x")]


def test_a_text_too_long_to_compare_says_how_long_it_is() -> None:
    found = side_by_side("x\n" * MOST_LINES, "y\n")
    assert found == [Line("changed", f"{MOST_LINES} lines", "1 lines")]


def test_one_change_in_a_text_of_any_length_is_shown_by_its_line() -> None:
    lines = [f"line {number % 7}" for number in range(3 * MOST_LINES)]
    changed = [*lines]
    changed[MOST_LINES] = "another"
    found = side_by_side(_text(*lines), _text(*changed))
    assert [line for line in found if line.kind == "changed"] == [
        Line("changed", lines[MOST_LINES], "another")
    ]
    assert len(found) == 7


def test_json_is_read_over_several_lines_and_what_is_none_stays() -> None:
    assert readable('["' + "x" * 90 + '"]').count("\n") == 2
    for text in ("[" + "x" * 90, "short", "[1]"):
        assert readable(text) == text


@pytest.mark.django_db
def test_history_shows_a_long_text_by_lines_and_markup_as_text(
    ada: Client, world: SimpleNamespace
) -> None:
    product = world.product
    first = _text(*[f"line {number}" for number in range(12)])
    for text in (first, first.replace("line 6", "<script>alert(1)</script>")):
        change_product(product_id=product.pk, name=product.name, description=text, actor=b.SYSTEM)
    for url in (
        address("releases.Product", "history", product.pk),
        address("releases.Product", "simple_history", product.pk, product.history.latest("pk").pk),
    ):
        page = ada.get(url).content.decode()
        assert '<del class="cs-before">line 6</del>' in page
        assert '<ins class="cs-after">&lt;script&gt;alert(1)' in page
        assert "<script>alert(1)" not in page
        assert "4 lines the same" in page


@pytest.mark.django_db
def test_changed_fields_come_first_and_the_others_are_folded(
    ada: Client, world: SimpleNamespace
) -> None:
    change_product(product_id=world.product.pk, name="Cards", actor=b.SYSTEM)
    version = world.product.history.latest("pk").pk
    page = ada.get(
        address("releases.Product", "simple_history", world.product.pk, version)
    ).content.decode()
    assert page.index("Cards") < page.index("not changed")


@pytest.mark.django_db
def test_releases_and_activities_are_named_by_their_references(
    ada: Client, world: SimpleNamespace
) -> None:
    page = ada.get(address("releases.Activity", "history", world.gate.pk)).content.decode()
    assert world.release.reference in page

"""Lines between the phases of a release, where their order is not simply from left to right (MON-1)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from portal.pages.pipeline_lines import CARD, ROW, direct_needs, lines_of
from tests import builders as b
from tests.portal.pages.browser import Browser, Page
from tests.scenes import people, run, tom

pytestmark = [pytest.mark.req("MON-1")]
_CURVE = re.compile(r"M0 (\d+)C20 \1 20 (\d+) 40 \2")


def ends(paths: list[str]) -> set[tuple[int, int]]:
    """(from, to) of the lines in a gutter, as rows; halves are lanes below a row."""
    found = [_CURVE.fullmatch(path) for path in paths]
    assert all(found), paths
    return {(int(one[1]), int(one[2])) for one in found if one}


def middle(row: int) -> int:
    return row * ROW + CARD // 2


SIMPLE: list[tuple[list[list[str]], dict[str, list[str]]]] = [
    ([], {}),
    ([["a"]], {"a": []}),
    ([["a"], ["b"], ["c"]], {"a": [], "b": ["a"], "c": ["b"]}),
    ([["a"], ["b", "c"], ["d"]], {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}),
]


@pytest.mark.parametrize(("columns", "needs"), SIMPLE)
def test_nothing_is_drawn_where_each_column_needs_the_one_before(
    columns: list[list[str]], needs: dict[str, list[str]]
) -> None:
    assert lines_of(columns, needs) is None


def test_what_follows_from_other_needs_is_not_drawn() -> None:
    needs = {"a": [], "b": ["a"], "c": ["a", "b"]}
    assert direct_needs(needs) == {"a": [], "b": ["a"], "c": ["b"]}


def test_two_branches_beside_each_other_have_a_line_each_and_none_between_them() -> None:
    needs = {"a": [], "b": [], "c": ["a"], "d": ["b"]}
    drawn = lines_of([["a", "b"], ["c", "d"]], needs)
    assert drawn is not None
    assert ends(drawn[1].gutter) == {(middle(0), middle(0)), (middle(1), middle(1))}
    assert drawn[0].gutter == drawn[0].passing == drawn[1].passing == []


def test_what_passes_a_column_by_runs_below_its_cards_in_a_lane_of_its_own() -> None:
    needs = {"a": [], "x": [], "b": ["a"], "y": ["x"], "c": ["b"], "d": ["a", "x"]}
    # d needs both directly, and passes b and y by.
    drawn = lines_of([["a", "x"], ["b", "y"], ["c", "d"]], {**needs, "c": ["b", "y"]})
    assert drawn is not None
    lanes = [int(path.removeprefix("M0 ").removesuffix("H100")) for path in drawn[1].passing]
    assert len(set(lanes)) == 2
    for lane, row in zip(lanes, (0, 1), strict=True):
        assert row * ROW + CARD < lane < (row + 1) * ROW
    assert {end for end in ends(drawn[2].gutter) if end[1] == middle(1)} == {
        (lane, middle(1)) for lane in lanes
    }


def test_two_phases_of_one_row_never_share_a_lane() -> None:
    needs = {"a": [], "b": ["a"], "c": ["b"], "d": ["c", "a"], "e": ["d", "b"]}
    drawn = lines_of([["a"], ["b"], ["c"], ["d"], ["e"]], needs)
    assert drawn is not None
    assert len(set(drawn[2].passing)) == 2


@pytest.mark.django_db
class TestOnThePage:
    """The release page."""

    def page(self, *needs: list[str]) -> Page:
        people("maya")
        keys = ["build", "test", "docs", "ship"]
        phases: list[Any] = [
            b.phase(key, b.manual(f"of-{key}", {"user": "maya"}), name=key.title(), needs=given)
            for key, given in zip(keys, needs, strict=True)
        ]
        return Browser(tom()).get(f"/releases/{run(*phases).pk}/")

    def test_lines_are_for_the_eye_and_each_card_says_it_in_words(self) -> None:
        page = self.page([], ["build"], [], ["docs", "test"])
        pipeline = page.part("release-pipeline")
        assert "pipeline--drawn" in pipeline.attrs["class"]
        drawings = pipeline.all("svg", class_="pipeline-lines")
        assert drawings
        assert all(one.attrs["aria-hidden"] == "true" for one in drawings)
        words = {key: page.part(f"phase-{key}").text for key in ("build", "test", "docs", "ship")}
        assert "from the start" in words["build"]
        assert "from the start" in words["docs"]
        assert "after Build" in words["test"]
        assert "after Docs and Test" in words["ship"]

    def test_a_plain_order_has_neither_lines_nor_words(self) -> None:
        page = self.page([], ["build"], ["build"], ["docs", "test"])
        pipeline = page.part("release-pipeline")
        assert not pipeline.all("svg", class_="pipeline-lines")
        assert "after" not in pipeline.text
        assert pipeline.attrs["class"] == "pipeline"

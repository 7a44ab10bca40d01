"""`make trace` finds the marks, and every mark names a row that exists."""

from __future__ import annotations

from textwrap import dedent

from tools.trace import ROOT, named_tests, requirement_rows, rows_named

SOURCE = dedent(
    """
    import pytest

    pytestmark = [pytest.mark.req("A-001"), pytest.mark.sqlite]

    @pytest.mark.req("EXE-3", "EXE-4")
    def test_one(): ...

    class TestMore:
        @pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.req("B-02"))])
        def test_two(self): ...

    @pytest.mark.req("I1")
    def not_a_test(): ...
    """
)


def test_marks_of_functions_classes_modules_and_parameters_are_found() -> None:
    assert set(rows_named(SOURCE, "f.py")) == {
        ("A-001", "f.py::test_one"),
        ("EXE-3", "f.py::test_one"),
        ("EXE-4", "f.py::test_one"),
        ("A-001", "f.py::TestMore::test_two"),
        ("B-02", "f.py::TestMore::test_two"),
    }


def test_the_list_of_requirements_is_whole() -> None:
    rows = requirement_rows((ROOT / "docs" / "requirements.md").read_text(encoding="utf-8"))
    assert {f"A-{number:03}" for number in range(1, 131)} <= rows.keys()
    assert {f"B-{number:02}" for number in range(1, 31)} <= rows.keys()
    assert {f"I{number}" for number in range(1, 14)} <= rows.keys()
    counts = {"REL": 9, "EXE": 10, "POL": 17, "CAP": 8, "NTF": 8, "MON": 7, "CAB": 7, "GNG": 5}
    counts |= {"CHK": 8, "AUD": 10, "SEC": 4, "API": 4, "ADM": 3, "OPS": 3}
    for area, count in counts.items():
        assert {f"{area}-{number}" for number in range(1, count + 1)} <= rows.keys()
    assert {"CAT", "IND"} <= rows.keys()


def test_no_test_names_a_row_that_does_not_exist() -> None:
    rows = requirement_rows((ROOT / "docs" / "requirements.md").read_text(encoding="utf-8"))
    assert sorted(set(named_tests(ROOT)) - rows.keys()) == []

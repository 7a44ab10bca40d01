"""`make trace`: each requirement row with the tests that name it, and the rows that none names.

Rows come from docs/requirements.md, tests from `@pytest.mark.req("EXE-3", …)` on functions, classes
and modules (`pytestmark`), read from the source: nothing is imported. Exit 1 when a test names a row
that does not exist.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeGuard

ROOT = Path(__file__).resolve().parent.parent
_WIDTH = 100


def requirement_rows(text: str) -> dict[str, str]:
    """ID → sentence, in the document's order."""
    return dict(re.findall(r"^- ([A-Z]+(?:-?\d+)?) — (.+)$", text, re.MULTILINE))


def rows_named(source: str, path: str) -> Iterator[tuple[str, str]]:
    """(row, test) for every row that a file's marks name; the test as pytest would call it."""
    tree = ast.parse(source)
    whole_file = list(_rows_of(_module_marks(tree)))
    yield from _named_in(tree.body, path, whole_file)


def _named_in(body: Iterable[ast.stmt], where: str, outer: list[str]) -> Iterator[tuple[str, str]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            rows = [*outer, *_rows_of(node.decorator_list)]
            yield from _named_in(node.body, f"{where}::{node.name}", rows)
        elif _is_test(node):
            for row in [*outer, *_rows_of(node.decorator_list)]:
                yield row, f"{where}::{node.name}"


def _is_test(node: ast.stmt) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")


def _module_marks(tree: ast.Module) -> list[ast.expr]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
        ):
            value = node.value
            return list(value.elts) if isinstance(value, ast.List | ast.Tuple) else [value]
    return []


def _rows_of(marks: Iterable[ast.expr]) -> Iterator[str]:
    for top in marks:
        # A mark may also stand inside pytest.param(…, marks=…) of a parametrize decorator.
        for mark in ast.walk(top):
            if (
                isinstance(mark, ast.Call)
                and isinstance(mark.func, ast.Attribute)
                and mark.func.attr == "req"
            ):
                yield from (
                    argument.value
                    for argument in mark.args
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                )


def named_tests(root: Path) -> dict[str, list[str]]:
    """Row → the tests under `root`/tests that name it."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted((root / "tests").rglob("test_*.py")):
        path = file.relative_to(root).as_posix()
        for row, test in rows_named(file.read_text(encoding="utf-8"), path):
            if test not in found[row]:
                found[row].append(test)
    return found


def main() -> int:
    """Print the table; 1 when a test names an unknown row."""
    rows = requirement_rows((ROOT / "docs" / "requirements.md").read_text(encoding="utf-8"))
    tests = named_tests(ROOT)
    for row, sentence in rows.items():
        if row in tests:
            print(f"{row:<7}{sentence[:_WIDTH]}")
            for test in tests[row]:
                print(f"         {test}")
    unnamed = [row for row in rows if row not in tests]
    print(f"\nNamed by no test ({len(unnamed)}):")
    for row in unnamed:
        print(f"{row:<7}{rows[row][:_WIDTH]}")
    unknown = sorted(set(tests) - set(rows))
    for row in unknown:
        print(f"\nUnknown row {row}: {', '.join(tests[row])}", file=sys.stderr)
    named = len(rows) - len(unnamed)
    print(f"\n{named} of {len(rows)} rows are named by {sum(map(len, tests.values()))} marks.")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())

"""CSV that a spreadsheet opens as text: no cell of it is ever worked out as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

# By these a spreadsheet knows a formula; the last two are dropped by some, which then find one behind.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(cell: str) -> str:
    """The cell, behind an apostrophe when a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def lines_of(rows: Iterable[Sequence[str]]) -> str:
    """Rows as lines of CSV (RFC 4180), every cell harmless."""
    text = io.StringIO()
    csv.writer(text).writerows([[harmless(cell) for cell in row] for row in rows])
    return text.getvalue()

"""CSV that a spreadsheet opens as text: no cell of it is ever worked out as a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

# By these a spreadsheet knows a formula; the last two are dropped by some, which then find one behind.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Where a comma is a decimal point, spreadsheets split at the semicolon, and then know no quotes of ours:
# what follows one, a tab or a line end begins a cell there.
_SPLIT: Final = re.compile(r"([;\t\r\n\v\f\x85\u2028\u2029][\s\"]*)(?=[=+\-@＝＋－＠])")


def harmless(cell: str) -> str:
    """The cell, with an apostrophe before each place that a spreadsheet would take for a formula."""
    split = _SPLIT.sub(r"\1'", cell)
    return f"'{split}" if split.startswith(_FORMULA) else split


def lines_of(rows: Iterable[Sequence[str]]) -> str:
    """Rows as lines of CSV (RFC 4180), every cell harmless and in quotes."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(
        [[harmless(cell) for cell in row] for row in rows]
    )
    return text.getvalue()

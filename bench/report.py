"""The rows of a run: a table for people, `var/bench.json` for programs (contract.md)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the result; what does not apply is None. `note` stands in the table alone."""

    name: str
    cpu_ratio: float | None
    wall_ratio: float | None
    sql: int | None
    target: str
    met: bool
    note: str = ""


def _number(value: float | None, places: int = 2) -> str:
    return "–" if value is None else f"{value:.{places}f}"


def table(rows: Sequence[Row]) -> str:
    """The rows as text in columns."""
    lines = [("what", "CPU ×", "wall ×", "SQL", "target", "met", "measured")]
    lines += [
        (
            row.name,
            _number(row.cpu_ratio),
            _number(row.wall_ratio),
            _number(row.sql, 0),
            row.target,
            "yes" if row.met else "NO",
            row.note,
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    text = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    text.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(text)


def write_json(rows: Sequence[Row], path: Path) -> None:
    """Write the rows as `{"rows": [{"name", "cpu_ratio", "wall_ratio", "sql", "target", "met"}]}`."""
    kept = []
    for row in rows:
        values = asdict(row)
        del values["note"]
        for name in ("cpu_ratio", "wall_ratio"):
            values[name] = None if values[name] is None else round(values[name], 3)
        kept.append(values)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"rows": kept}, indent=2, ensure_ascii=False) + "\n")

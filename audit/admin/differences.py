"""Two versions of a long text side by side: line against line, what is the same left out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

SHORT: Final = 80
AROUND: Final = 2  # lines shown on either side of a change
MOST_LINES: Final = 2000  # that differ: beyond it, comparing takes too long for a page

Kind = Literal["same", "changed", "removed", "added", "skipped"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line before and after; None where there is none. `skipped` stands for lines left out."""

    kind: Kind
    before: str | None = None
    after: str | None = None
    number: int = 0


def is_long(text: str) -> bool:
    """Whether a text is compared line by line."""
    return len(text) > SHORT or "\n" in text


def readable(text: str) -> str:
    """JSON, as columns hold it in one line, over several; anything else as it stands."""
    if len(text) <= SHORT or not text.startswith(("[", "{")):
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def side_by_side(before: str, after: str) -> list[Line]:
    """The lines of both, paired; of those that are the same only the ones around a change."""
    old, new = readable(before).splitlines(), readable(after).splitlines()
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    differ = len(old) + len(new) - 2 * (head + tail)
    if differ > MOST_LINES:
        return [Line("changed", f"{len(old)} lines", f"{len(new)} lines")]
    found: list[Line] = []
    steps = list(_steps(old, new, head, tail))
    for number, (tag, start, end, other, last) in enumerate(steps):
        if tag == "equal":
            found += _same(old[start:end], first=number == 0, last=number == len(steps) - 1)
        else:
            found += _changed(old[start:end], new[other:last])
    return found


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """How many lines both begin with."""
    pairs = zip(old, new, strict=False)
    return next((number for number, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))


def _steps(
    old: Sequence[str], new: Sequence[str], head: int, tail: int
) -> Iterator[tuple[str, int, int, int, int]]:
    """What became of which lines; only those between the common head and tail are compared.

    Lines that stand there often (brackets of JSON) pair nothing: with them the comparison would take
    the square of the lines, and more.
    """
    middle, changed = old[head : len(old) - tail], new[head : len(new) - tail]
    steps = SequenceMatcher(None, middle, changed, autojunk=True).get_opcodes()
    if head:
        yield "equal", 0, head, 0, head
    for tag, start, end, other, last in steps:
        yield tag, start + head, end + head, other + head, last + head
    if tail:
        yield "equal", len(old) - tail, len(old), len(new) - tail, len(new)


def _same(lines: Sequence[str], *, first: bool, last: bool) -> Iterator[Line]:
    head = 0 if first else AROUND
    tail = 0 if last else AROUND
    left_out = len(lines) - head - tail
    if left_out <= 1:
        yield from (Line("same", line, line) for line in lines)
        return
    yield from (Line("same", line, line) for line in lines[:head])
    yield Line("skipped", number=left_out)
    yield from (Line("same", line, line) for line in lines[len(lines) - tail :])


def _changed(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    both = min(len(old), len(new))
    yield from (Line("changed", old[row], new[row]) for row in range(both))
    yield from (Line("removed", line) for line in old[both:])
    yield from (Line("added", None, line) for line in new[both:])

"""Patterns that an admin writes, matched by RE2: no pattern can hang a worker (CAP-2, A-097).

RE2 knows no backtracking, so time grows with the text alone; the memory that a pattern may take is
bounded, and with it the size of its program, which is the other factor.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol, cast

import re2

LONGEST_PATTERN = 500
PATTERN_MEMORY_BYTES = 1 << 20


class Pattern(Protocol):
    """What is asked of a compiled pattern."""

    def fullmatch(self, text: str) -> object | None:
        """A match of the whole text, or None."""
        ...


@lru_cache(maxsize=64)
def compile_pattern(pattern: str) -> Pattern:
    """Compile for RE2; raises ValueError with its words when it is no pattern or too large a one."""
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = PATTERN_MEMORY_BYTES
    try:
        return cast("Pattern", re2.compile(pattern, options))
    except re2.error as error:
        words = error.args[0] if error.args else ""
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        raise ValueError(text) from error


def matches_whole(pattern: str, text: str) -> bool:
    """Whether the whole of `text` (free of lone surrogates) matches; ValueError as above."""
    return compile_pattern(pattern).fullmatch(text) is not None

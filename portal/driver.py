"""What DATABASE_URL may say about the PostgreSQL driver, beside the address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# The same few statements come again and again: PostgreSQL plans each of them once. A pooler that gives
# each transaction another connection needs both switched off.
_DEFAULTS: Final[Mapping[str, Any]] = {"server_side_binding": True, "prepare_threshold": 5}
_WORDS: Final[Mapping[str, Any]] = {"true": True, "false": False, "none": None}


def driver_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the address (all text) as the driver takes them, over our own defaults.

    Raises ValueError for a `server_side_binding` or `prepare_threshold` that is neither a word
    (true, false, none) nor a number.
    """
    own = {name: _value(str(given[name])) for name in _DEFAULTS if name in given}
    return {**given, **_DEFAULTS, **own}


def _value(text: str) -> Any:
    word = text.lower()
    return _WORDS[word] if word in _WORDS else int(text)

"""What DATABASE_URL may say about the PostgreSQL driver, beside the address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from portal.required import stand_in

# The same few statements come again and again: PostgreSQL plans each of them once. A pooler that gives
# each transaction another connection needs both switched off.
_DEFAULTS: Final[Mapping[str, Any]] = {"server_side_binding": True, "prepare_threshold": 5}
# Lists with many conditions are estimated far above what they cost, and PostgreSQL would compile each of
# them for a second or two to save nothing. An address that says `options` itself, if only that there are
# none (as a pooler may demand), is left as it is.
_WITHOUT_COMPILER: Final = "-c jit=off"
_WORDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "server_side_binding": {"true": True, "false": False},
    "prepare_threshold": {"none": None},
}
_MEANS: Final[Mapping[str, str]] = {
    "server_side_binding": "true or false",
    "prepare_threshold": "a number, or none",
}


def driver_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the address (all text) as the driver takes them, over our own defaults.

    A `server_side_binding` or `prepare_threshold` that means nothing stops the start with a
    sentence, as every wrong setting does (`portal.required`).
    """
    own = {name: _value(name, str(given[name])) for name in _DEFAULTS if name in given}
    return {"options": _WITHOUT_COMPILER, **given, **_DEFAULTS, **own}


def _value(name: str, text: str) -> Any:
    words, word = _WORDS[name], text.lower()
    if word in words:
        return words[word]
    if name == "prepare_threshold" and word.isascii() and word.isdigit() and len(word) < 6:
        return int(word)
    detail = f"says {name}={text!r}; it must be {_MEANS[name]}."
    return stand_in("DATABASE_URL", detail, _DEFAULTS[name])

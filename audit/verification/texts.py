"""Reads an entry's text, and says whether it is canonical, without writing it anew the slow way."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from audit.canonical import canonical_text

# Python's sorted JSON is RFC 8785 but for floats, for whole numbers beyond 2^53, and for the order
# of keys beyond the basic plane (which RFC 8785 sorts by UTF-16 code units).
_BEYOND_BASIC_PLANE = re.compile("[\U00010000-\U0010ffff]")
_SAFE_DIGITS = 15
_LARGEST_WHOLE = 2**53 - 1


class _MayDiffer(Exception):
    pass


def _stop_at_float(_: str) -> NoReturn:
    raise _MayDiffer


def _read_whole(digits: str) -> int:
    if len(digits) > _SAFE_DIGITS:
        raise _MayDiffer
    return int(digits)


def _read_number(digits: str) -> int | float:
    # RFC 8785 knows doubles alone: what is beyond is the double nearest to it.
    number = int(digits)
    return number if abs(number) <= _LARGEST_WHOLE else float(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decode = json.JSONDecoder(
    parse_float=_stop_at_float, parse_int=_read_whole, parse_constant=_refuse_constant
).decode
_decode_any = json.JSONDecoder(parse_int=_read_number, parse_constant=_refuse_constant).decode
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def read_text(text: str) -> tuple[Any, bool]:
    """What `text` says, and whether it is the RFC 8785 form of that. Raises ValueError for no JSON."""
    try:
        return _read(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _read(text: str) -> tuple[Any, bool]:
    try:
        document = _decode(text)
    except _MayDiffer:
        document = _decode_any(text)
    else:
        if text.isascii() or _BEYOND_BASIC_PLANE.search(text) is None:
            return document, _encode(document) == text
    try:
        return document, canonical_text(document) == text
    except ValueError:
        return document, False

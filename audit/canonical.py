"""The canonical form of what is recorded: text, digests, hashes (architecture.md, ledger streams).

Format 1. An entry's text is RFC 8785 (JSON Canonicalization Scheme); it is stored byte for byte and
hashed as stored. A row's digest is taken over a JSON array that RFC 8785 and Python's `json` write
alike (no objects, no floats), so that a verifier needs the standard library alone.
"""

from __future__ import annotations

import datetime as dt
import decimal
import hashlib
import json
import re
import uuid
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NoReturn

import rfc8785

FORMAT = 1
NO_HASH = "0" * 64
_ENTRY_PREFIX = b"countersign-ledger-1\n"
_LARGEST_INTEGER = 2**53 - 1
# Row digests are taken many thousand times in a verification: their JSON is put together here, from
# the parts that Python's own encoder writes.
_quoted = json.encoder.encode_basestring


def canonical_text(value: Any) -> str:
    """`value` as RFC 8785 text. Raises ValueError for what JSON cannot say (NaN, lone surrogates)."""
    text = _plain_text(value)
    return rfc8785.dumps(value).decode("utf-8") if text is None else text


# Python's own sorted JSON is RFC 8785 where there are no floats, no whole numbers of many digits, no
# keys but strings, and nothing beyond the basic plane (RFC 8785 sorts by UTF-16 code units). That is
# nearly everything, and ten times faster than writing it part by part.
_MOST_DIGITS = 15
_UNUSUAL = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")
_write_plain = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def _stop(_: str) -> NoReturn:
    raise ValueError


def _short_number(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError
    return int(digits)


_read_plain = json.JSONDecoder(
    parse_float=_stop, parse_int=_short_number, parse_constant=_stop
).decode


def _plain_text(value: Any) -> str | None:
    """The text where Python's JSON is the canonical form and says exactly `value`; else None."""
    try:
        text = _write_plain(value)
        if not text.isascii() and _UNUSUAL.search(text):
            return None
        return text if _read_plain(text) == value else None
    except (TypeError, ValueError, RecursionError):
        return None


def text_digest(text: str) -> str:
    """SHA-256 of the UTF-8 of `text`, in hex."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def document_digest(value: Any) -> str:
    """SHA-256 of the canonical text of `value`, in hex."""
    return text_digest(canonical_text(value))


def instant_text(instant: dt.datetime) -> str:
    """An aware instant as UTC text with microseconds. Raises ValueError for a naive one."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    # Not strftime: whether it pads early years is the platform's choice.
    utc = instant.astimezone(dt.UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="microseconds") + "Z"


def entry_hash(former: str, text: str) -> str:
    """The hash of a ledger entry: SHA-256 over a prefix, the former hash and the stored text."""
    return hashlib.sha256(_ENTRY_PREFIX + bytes.fromhex(former) + text.encode("utf-8")).hexdigest()


def plain_value(value: Any) -> str | int | bool | None:
    """A column's value as JSON can hold it without loss on either database engine."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _LARGEST_INTEGER else str(value)
    if isinstance(value, dt.datetime):
        return instant_text(value)
    if isinstance(value, (uuid.UUID, decimal.Decimal)):
        return str(value)
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    raise TypeError(f"no canonical form for {type(value).__name__}")


def row_digest(table: str, key: int, columns: Sequence[str], values: Sequence[Any]) -> str:
    """The digest of one row: SHA-256 of the JSON array [table, key, [[column, value], …]]."""
    pairs = ",".join(
        [
            f"{opening}{_quoted(value) if type(value) is str else _written(value)}]"
            for opening, value in zip(_openings(tuple(columns)), values, strict=True)
        ]
    )
    text = f"[{_quoted(table)},{int(key)},[{pairs}]]"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=512)
def _openings(columns: tuple[str, ...]) -> tuple[str, ...]:
    """How the pair of each column begins; a table's columns are the same for all its rows."""
    return tuple(f"[{_quoted(column)}," for column in columns)


def _written(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    plain = plain_value(value)
    return _quoted(plain) if isinstance(plain, str) else int.__repr__(plain)


def personal_digest(salt: str, text: str) -> str:
    """The salted digest that stands in the ledger for personal values kept elsewhere."""
    return hashlib.sha256(bytes.fromhex(salt) + text.encode("utf-8")).hexdigest()

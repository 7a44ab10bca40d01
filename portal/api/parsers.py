"""Request bodies: JSON, read strictly, so that two programs never read one body differently (A-101)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import IO, Any, Final, NoReturn

from rest_framework.parsers import BaseParser

from audit.errors import Malformed, TooLarge

LARGEST_BODY: Final = 1_000_000  # bytes
# A process of 1 MB of YAML travels as a JSON string, in which every line break takes two bytes.
LARGEST_PROCESS_BODY: Final = 2_400_000
DEEPEST: Final = 50
MOST_DIGITS: Final = 19
_PIECE: Final = 64 * 1024


class StrictJSONParser(BaseParser):
    """JSON (RFC 8259) in UTF-8 with one object at the top.

    Refuses with Malformed (400): what is not JSON or not UTF-8, a key that stands twice, NaN and
    infinities, numbers of more than 19 digits, more than 50 levels; with TooLarge (413) a body of
    more bytes than the view takes (`largest_body`).
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The object that the body holds."""
        view = (parser_context or {}).get("view")
        raw = _read(stream, getattr(view, "largest_body", LARGEST_BODY))
        return read_object(raw)


def read_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in `raw`; raises Malformed for anything else."""
    try:
        found = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_number,
        )
    except UnicodeDecodeError as error:
        raise Malformed("not_utf8", "The body is not UTF-8.") from error
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise Malformed("not_json", "The body is not JSON.") from error
    if not isinstance(found, dict):
        raise Malformed("not_an_object", "The body must be a JSON object.")
    _check_depth(found)
    return found


def _read(stream: IO[Any], largest: int) -> bytes:
    pieces: list[bytes] = []
    read = 0
    while piece := stream.read(_PIECE):
        read += len(piece)
        if read > largest:
            raise TooLarge("too_large", f"A body has at most {largest} bytes here.")
        pieces.append(piece)
    return b"".join(pieces)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Malformed("duplicate_key", "A key stands twice in one object.")
    return found


def _constant(name: str) -> NoReturn:
    raise Malformed("not_json", f"{name} is not a JSON number.")


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > MOST_DIGITS:
        raise Malformed("number_too_large", f"A number has at most {MOST_DIGITS} digits.")
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise Malformed("number_too_large", "A number is outside what can be kept.")
    return value


def _check_depth(found: object) -> None:
    level: list[Any] = [found]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise _too_deep()


def _too_deep() -> Malformed:
    return Malformed("too_deep", f"The body has more than {DEEPEST} levels.")

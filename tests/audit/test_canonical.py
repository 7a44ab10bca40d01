"""Format 1, frozen: what was recorded yesterday must verify for ever (AUD-3)."""

from __future__ import annotations

import datetime as dt
import decimal
import hashlib
import json
import uuid

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import (
    FORMAT,
    NO_HASH,
    canonical_text,
    document_digest,
    entry_hash,
    instant_text,
    personal_digest,
    plain_value,
    row_digest,
    text_digest,
)
from audit.verification.texts import read_text

pytestmark = pytest.mark.req("AUD-3")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def test_the_format_is_one() -> None:
    assert FORMAT == 1
    assert NO_HASH == "0" * 64


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, "x"]}, '{"a":[true,null,"x"],"b":1}'),
        # RFC 8785, section 3.2.3: keys are sorted by their UTF-16 code units.
        (
            {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7},
            '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\U0001f600":5,"\ufb33":3}',
        ),
        # Section 3.2.2.2: escapes are the shortest.
        ('€$\x0f\nA\'B"\\\\"/', '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'),
        # Section 3.2.2.3: numbers as ECMAScript writes them.
        (
            [333333333.33333329, 1e30, 4.50, 2e-3, 1e-27, -0.0],
            "[333333333.3333333,1e+30,4.5,0.002,1e-27,0]",
        ),
    ],
)
def test_text_is_rfc_8785(value: object, text: str) -> None:
    assert canonical_text(value) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, "\ud800"])
def test_what_json_cannot_say_is_refused(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (the library's own kinds of it)
        canonical_text({"value": value})


def test_the_hash_of_an_entry_is_frozen() -> None:
    first = entry_hash(NO_HASH, '{"seq":1}')
    assert first == "c4daa869c22f9bcabf50428db233a31d768906a847fbcf3dfe96e01886e48051"
    second = entry_hash(first, '{"seq":2,"text":"ä"}')
    assert second == "f697d7d9ed84c2d3c3b36a52e0dc86185cd86caf384dc88eccd87f0daf8512ea"


def test_the_digest_of_a_row_is_frozen() -> None:
    columns = ["name", "count", "open", "at", "person", "gone", "price", "day", "bytes"]
    values = [
        "Zoë \"Z\" \\ \n", 3, True, dt.datetime(2026, 2, 3, 4, 5, 6, 7, tzinfo=dt.UTC),
        uuid.UUID("12345678-1234-5678-1234-567812345678"), None, decimal.Decimal("1.50"),
        dt.date(2026, 2, 3), b"\x00\xff",
    ]  # fmt: skip
    digest = row_digest("a_table", 7, columns, values)
    assert digest == "b68e090b0c9d16fa262ce69c516dbf774f37a1d262673174faa9fe7a904b197a"


def test_other_digests_are_frozen() -> None:
    assert text_digest("ä") == hashlib.sha256("ä".encode()).hexdigest()
    assert document_digest({"b": 1, "a": 2}) == text_digest('{"a":2,"b":1}')
    digest = personal_digest("00" * 16, '{"ip":"192.0.2.1"}')
    assert digest == "ceedd3069b500f0c468188949d91f103b8e1da2dbe4e219713bd0f4bde96ab12"


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (dt.datetime(2026, 2, 3, 4, 5, 6, tzinfo=dt.UTC), "2026-02-03T04:05:06.000000Z"),
        (
            dt.datetime(2026, 2, 3, 4, 5, 6, 7, tzinfo=dt.timezone(dt.timedelta(hours=2))),
            "2026-02-03T02:05:06.000007Z",
        ),
        (dt.datetime(33, 4, 3, 12, tzinfo=dt.UTC), "0033-04-03T12:00:00.000000Z"),
        (dt.datetime(9999, 12, 31, tzinfo=dt.UTC), "9999-12-31T00:00:00.000000Z"),
    ],
)
def test_an_instant_is_utc_with_microseconds(instant: dt.datetime, text: str) -> None:
    assert instant_text(instant) == text
    assert dt.datetime.fromisoformat(text) == instant


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        instant_text(dt.datetime(2026, 2, 3))  # noqa: DTZ001


def test_a_row_value_is_the_same_on_both_databases() -> None:
    assert plain_value(2**53) == str(2**53)
    assert plain_value(2**53 - 1) == 2**53 - 1
    assert plain_value(memoryview(b"\x01")) == "01"
    assert plain_value(dt.time(4, 5)) == "04:05:00"
    with pytest.raises(TypeError):
        plain_value(1.5)
    with pytest.raises(TypeError):
        plain_value({})


def test_a_row_digest_tells_table_key_columns_and_values_apart() -> None:
    digests = {
        row_digest("t", 1, ["a", "b"], ["x", "y"]),
        row_digest("u", 1, ["a", "b"], ["x", "y"]),
        row_digest("t", 2, ["a", "b"], ["x", "y"]),
        row_digest("t", 1, ["b", "a"], ["x", "y"]),
        row_digest("t", 1, ["a", "b"], ["y", "x"]),
        row_digest("t", 1, ["a", "b"], ["x", None]),
        row_digest("t", 1, ["a", "b"], ["x", ""]),
        row_digest("t", 1, ["a"], ["x"]),
        row_digest("t", 1, ["a", "b"], [1, True]),
        row_digest("t", 1, ["a", "b"], ["1", True]),
        row_digest("t", 1, ["a", "b"], [1, 1]),
    }
    assert len(digests) == 11


@given(JSON)
def test_the_fast_reader_knows_canonical_text(value: object) -> None:
    text = canonical_text(value)
    document, canonical = read_text(text)
    assert canonical
    assert canonical_text(document) == text


@given(JSON)
def test_the_fast_reader_agrees_with_rfc_8785(value: object) -> None:
    for text in (
        json.dumps(value),
        json.dumps(value, ensure_ascii=False, separators=(",", ":")),
        json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True),
    ):
        assert read_text(text)[1] == (canonical_text(json.loads(text)) == text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":1}', '{"b":1,"a":1}', '{"a": 1}', '{"a":1} ', '{"a":1.0}',
        '{"a":-0}', '{"a":1e2}', '{"a":9007199254740993}', '"\\u0041"', '"\\/"', '"\\u000A"',
        '{"\ufb33":1,"\U0001f600":2}', "1E400",
    ],
)  # fmt: skip
def test_a_text_that_only_says_the_same_is_not_canonical(text: str) -> None:
    assert read_text(text)[1] is False


@pytest.mark.parametrize("text", ["", "{", "nope", "NaN", '{"a":Infinity}', "[" * 100_000])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (json's own kind of it)
        read_text(text)


_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
)
_KEYS = st.text(st.characters(exclude_categories=()), max_size=5)
_ANYTHING = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(_KEYS | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(_ANYTHING)
def test_the_quick_way_never_writes_another_text_than_rfc_8785(value: object) -> None:
    try:
        expected = rfc8785.dumps(value).decode("utf-8")  # type: ignore[arg-type]
    except ValueError as error:
        with pytest.raises(type(error)):
            canonical_text(value)
    else:
        assert canonical_text(value) == expected

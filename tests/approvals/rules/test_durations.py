"""Durations as processes write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.rules.durations import (
    LONGEST_SECONDS,
    BusinessHours,
    ClockTime,
    format_duration,
    parse_duration,
)
from audit.errors import Invalid

pytestmark = [pytest.mark.req("POL-9")]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1m", ClockTime(60)),
        ("30m", ClockTime(1_800)),
        ("24h", ClockTime(86_400)),
        ("2d", ClockTime(172_800)),
        ("366d", ClockTime(LONGEST_SECONDS)),
        ("8bh", BusinessHours(8)),
    ],
)
def test_what_the_contract_writes_is_read(written: str, read: object) -> None:
    assert parse_duration(written) == read


@pytest.mark.parametrize(
    "written",
    [
        *("", "5", "h", "0m", "0bh", "-1h", "+1h", "1.5h", "1 h", " 1h", "1h ", "1h\n", "1H"),
        *("1w", "1s", "1h30m", "367d", "8785h", "527041m", "9999bh", "1234567890m", "٣h", "1e3m"),
        *(30, 1.5, None, True, ["1h"]),
    ],
)
def test_anything_else_is_refused(written: object) -> None:
    with pytest.raises(Invalid) as caught:
        parse_duration(written)
    assert caught.value.code == "invalid_duration"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(60, "1m"), (5_400, "90m"), (3_600, "1h"), (86_400, "1d"), (90_000, "25h"), (172_800, "2d")],
)
def test_the_largest_exact_unit_is_written(seconds: int, written: str) -> None:
    assert format_duration(seconds) == written


@pytest.mark.parametrize("seconds", [0, -60, 59, 61, 90])
def test_what_no_unit_says_exactly_is_not_written(seconds: int) -> None:
    with pytest.raises(ValueError, match="seconds"):
        format_duration(seconds)


@given(st.integers(1, LONGEST_SECONDS // 60))
def test_written_durations_are_read_back(minutes: int) -> None:
    assert parse_duration(format_duration(minutes * 60)) == ClockTime(minutes * 60)

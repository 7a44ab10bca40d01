"""The set of keys that verification keeps: a bit a row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.verification.keys import KeySet

pytestmark = pytest.mark.req("AUD-3")

KEYS = st.sets(st.integers(1, 5000) | st.integers(1, 2**63 - 1))


@given(KEYS, KEYS)
def test_it_is_a_set(first: set[int], second: set[int]) -> None:
    one, other = KeySet(first), KeySet(second)
    assert len(one) == len(first)
    assert list(one.without(other)) == sorted(first - second)
    assert all((key in one) == (key in first) for key in first | second)


def test_adding_says_whether_a_key_was_new() -> None:
    keys = KeySet()
    assert keys.add(1024) is True
    assert keys.add(1024) is False
    assert keys.add(1023) is True

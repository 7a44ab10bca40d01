"""A pooler's installation can switch prepared statements off in its address (OPS-2)."""

from __future__ import annotations

import pytest

from portal.driver import driver_options


@pytest.mark.parametrize(
    ("given", "binding", "threshold"),
    [
        ({}, True, 5),
        ({"server_side_binding": "false", "prepare_threshold": "none"}, False, None),
        ({"prepare_threshold": "20"}, True, 20),
    ],
)
def test_the_address_says_whether_statements_are_prepared(given, binding, threshold):
    options = driver_options({"sslmode": "require", **given})
    assert options == {
        "sslmode": "require",
        "server_side_binding": binding,
        "prepare_threshold": threshold,
    }


def test_a_word_that_means_nothing_is_refused():
    with pytest.raises(ValueError, match="maybe"):
        driver_options({"prepare_threshold": "maybe"})

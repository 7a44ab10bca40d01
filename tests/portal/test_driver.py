"""A pooler's installation can switch prepared statements off in its address (OPS-2)."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

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
        "options": "-c jit=off",
        "server_side_binding": binding,
        "prepare_threshold": threshold,
    }


def test_an_address_with_options_of_its_own_keeps_them():
    assert driver_options({"options": "-c jit=on"})["options"] == "-c jit=on"
    assert driver_options({"options": ""})["options"] == ""


@pytest.mark.postgres
@pytest.mark.django_db
def test_statements_are_not_compiled():
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)


@pytest.mark.req("OPS-3", "SEC-4")
@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("prepare_threshold", "maybe"),
        ("prepare_threshold", "true"),
        ("prepare_threshold", "-1"),
        ("prepare_threshold", ""),
        ("server_side_binding", "5"),
        ("server_side_binding", "none"),
    ],
)
def test_a_word_that_means_nothing_stops_the_start_with_a_sentence(name, word):
    with pytest.raises(ImproperlyConfigured, match=rf"DATABASE_URL says {name}='{word}'; it must"):
        driver_options({name: word})


@pytest.mark.req("SEC-4")
@pytest.mark.parametrize("command", ["doctor", "verify_ledger"])
def test_a_word_that_means_nothing_keeps_neither_doctor_nor_verification_from_running(
    command, monkeypatch
):
    monkeypatch.setattr("sys.argv", ["manage.py", command])
    kept = []
    monkeypatch.setattr("portal.required.SETTINGS_PROBLEMS", kept)
    assert driver_options({"prepare_threshold": "abc"})["prepare_threshold"] == 5
    assert [one.name for one in kept] == ["DATABASE_URL"]

"""Transactional tests leave nothing behind although the record can't be deleted, and stay protected."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from audit.triggers import missing_triggers

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True), pytest.mark.req("AUD-3")]


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_each_transactional_test_finds_empty_protected_tables(
    turn: int, django_user_model: type
) -> None:
    people = django_user_model._default_manager
    assert people.count() == 0
    assert missing_triggers(connection) == []
    person = people.create_user(f"person-{turn}")
    table = people.model._meta.db_table
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"DELETE FROM {table} WHERE id = %s", [person.pk])
    assert people.count() == 1

"""The database itself refuses to change the record, whoever asks (AUD-3, finding 15)."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction

from audit.models import PersonalRecord
from audit.triggers import (
    drop_triggers,
    install_triggers,
    installed_triggers,
    missing_triggers,
    protected_models,
)
from tests.audit.records import complete_record, lift_triggers, run, undone

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("AUD-3")]


def _refused(statement: str, *values: Any) -> bool:
    try:
        with transaction.atomic():
            run(statement, *values)
    except DatabaseError as error:
        return "append-only" in str(error)
    return False


def test_no_row_of_any_protected_table_is_changed_or_deleted() -> None:
    complete_record()
    for model in protected_models():
        table, key = model._meta.db_table, model._meta.pk.column
        row = model._base_manager.order_by("pk")[0]
        for field in model._meta.concrete_fields:
            statement = (
                f'UPDATE "{table}" SET "{field.column}" = "{field.column}" WHERE "{key}" = %s'
            )
            assert _refused(statement, row.pk), f"{table}.{field.column}"
        assert _refused(f'DELETE FROM "{table}" WHERE "{key}" = %s', row.pk), table
        assert _refused(f'DELETE FROM "{table}"'), table
        assert model._base_manager.filter(pk=row.pk).exists()


@pytest.mark.postgres
def test_no_protected_table_is_emptied() -> None:
    for model in protected_models():
        assert _refused(f'TRUNCATE "{model._meta.db_table}" CASCADE'), model._meta.db_table


def test_ledger_decisions_and_every_history_are_protected() -> None:
    tables = {model._meta.db_table for model in protected_models()}
    assert {"audit_ledgerentry", "approvals_decision", "releases_processversion"} <= tables
    histories = [table for table in tables if "historical" in table]
    assert len(histories) >= 13


def test_a_user_is_never_deleted() -> None:
    user = get_user_model().objects.create_user("leaver")
    assert _refused("DELETE FROM portal_user WHERE id = %s", user.pk)
    assert get_user_model().objects.filter(pk=user.pk).exists()


def test_rows_are_still_inserted_and_personal_values_erased() -> None:
    complete_record()
    assert PersonalRecord.objects.all().delete()[0] > 0


def test_dropped_triggers_are_missed_and_put_back() -> None:
    whole = installed_triggers()
    with undone():
        lift_triggers()
        assert installed_triggers() == set()
        assert set(missing_triggers()) == whole
        install_triggers()
        assert missing_triggers() == []
    assert missing_triggers() == []


def test_one_missing_trigger_is_missed_and_put_back_alone() -> None:
    name = "countersign_keep_delete_approvals_decision"
    assert name in installed_triggers()
    on = ' ON "approvals_decision"' if connection.vendor == "postgresql" else ""
    run(f'DROP TRIGGER "{name}"{on}')
    assert missing_triggers() == [name]
    install_triggers()
    assert missing_triggers() == []
    install_triggers()
    assert missing_triggers() == []


@pytest.mark.postgres
def test_a_trigger_that_is_switched_off_is_missed() -> None:
    run("ALTER TABLE approvals_decision DISABLE TRIGGER USER")
    assert {name.rpartition("_approvals")[0] for name in missing_triggers()} == {
        "countersign_keep_update", "countersign_keep_delete", "countersign_keep_truncate",
    }  # fmt: skip


@pytest.mark.postgres
def test_what_is_switched_off_is_switched_on_again() -> None:
    run("ALTER TABLE approvals_decision DISABLE TRIGGER USER")
    install_triggers()
    assert missing_triggers() == []


@pytest.mark.postgres
@pytest.mark.parametrize(
    "hollow",
    [
        "BEFORE DELETE ON approvals_decision FOR EACH ROW WHEN (false)",
        "AFTER DELETE ON approvals_decision FOR EACH ROW",
        "BEFORE DELETE ON approvals_decision FOR EACH STATEMENT",
        "BEFORE INSERT ON approvals_decision FOR EACH ROW",
    ],
)
def test_another_trigger_of_the_same_name_is_missed_and_put_right(hollow: str) -> None:
    name = "countersign_keep_delete_approvals_decision"
    run(f"DROP TRIGGER {name} ON approvals_decision")
    run(f"CREATE TRIGGER {name} {hollow} EXECUTE FUNCTION countersign_keep_refuse()")
    assert missing_triggers() == [name]
    install_triggers()
    assert missing_triggers() == []


@pytest.mark.postgres
def test_an_update_trigger_for_a_few_columns_is_missed() -> None:
    name = "countersign_keep_update_approvals_decision"
    run(f"DROP TRIGGER {name} ON approvals_decision")
    run(
        f"CREATE TRIGGER {name} BEFORE UPDATE OF ordinal ON approvals_decision FOR EACH ROW "
        "EXECUTE FUNCTION countersign_keep_refuse()"
    )
    assert missing_triggers() == [name]


@pytest.mark.postgres
def test_a_function_that_refuses_nothing_is_missed_and_put_right() -> None:
    whole = installed_triggers()
    run(
        "CREATE OR REPLACE FUNCTION countersign_keep_refuse() RETURNS trigger LANGUAGE plpgsql "
        "AS 'BEGIN RETURN NEW; END'"
    )
    assert set(missing_triggers()) == whole
    install_triggers()
    assert missing_triggers() == []
    user = get_user_model().objects.create_user("leaver")
    assert _refused("DELETE FROM portal_user WHERE id = %s", user.pk)


@pytest.mark.sqlite_only
def test_a_hollow_trigger_of_the_same_name_is_missed_and_put_right() -> None:
    name = "countersign_keep_delete_approvals_decision"
    run(f'DROP TRIGGER "{name}"')
    run(
        f'CREATE TRIGGER "{name}" BEFORE DELETE ON "approvals_decision" WHEN 0 '
        "BEGIN SELECT RAISE(ABORT, 'approvals_decision is append-only'); END"
    )
    assert missing_triggers() == [name]
    install_triggers()
    assert missing_triggers() == []


@pytest.mark.sqlite_only
@pytest.mark.req("A-053")
def test_no_row_of_any_protected_table_is_replaced() -> None:
    """INSERT OR REPLACE deletes the row in its way, and no DELETE trigger hears of it."""
    complete_record()
    for model in [*protected_models(), get_user_model()]:
        table, key = model._meta.db_table, model._meta.pk.column
        row = model._base_manager.order_by("pk").values_list("pk", flat=True)[0]
        columns = [field.column for field in model._meta.concrete_fields]
        others = [f'"{column}"' for column in columns if column != key]
        everything, rest = ", ".join(f'"{column}"' for column in columns), ", ".join(others)
        for verb in ("INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE"):
            same = f'{verb} INTO "{table}" ({everything}) SELECT {everything} FROM "{table}"'
            assert _refused(f'{same} WHERE "{key}" = %s', row), table
        if _unique_places(model):
            moved = f'INSERT OR REPLACE INTO "{table}" ({rest}) SELECT {rest} FROM "{table}"'
            assert _refused(f'{moved} WHERE "{key}" = %s', row), f"{table}, under another key"
        assert model._base_manager.filter(pk=row).exists()


def _unique_places(model: type[models.Model]) -> bool:
    return any(isinstance(one, models.UniqueConstraint) for one in model._meta.constraints)


@pytest.mark.sqlite_only
@pytest.mark.req("A-053")
def test_a_user_is_not_replaced_by_one_of_the_same_name_in_other_letters() -> None:
    user = get_user_model().objects.create_user("leaver")
    rest = ", ".join(
        f'"{field.column}"'
        for field in get_user_model()._meta.concrete_fields
        if field.column not in ("id", "username")
    )
    assert _refused(
        f"INSERT OR REPLACE INTO portal_user (username, {rest}) SELECT 'LEAVER', {rest} "
        "FROM portal_user WHERE id = %s",
        user.pk,
    )
    assert get_user_model().objects.filter(pk=user.pk).exists()


@pytest.mark.sqlite_only
def test_a_table_that_is_rebuilt_loses_its_triggers_and_is_missed() -> None:
    run('CREATE TABLE "again" AS SELECT * FROM "approvals_decision"')
    run('DROP TABLE "approvals_decision"')
    run('ALTER TABLE "again" RENAME TO "approvals_decision"')
    assert len(missing_triggers()) == 3


@pytest.mark.django_db(transaction=True)
def test_migrate_puts_them_back() -> None:
    drop_triggers(connection)
    assert missing_triggers()
    call_command("migrate", verbosity=0)
    assert missing_triggers() == []


def test_names_of_triggers_are_whole_on_postgresql() -> None:
    """PostgreSQL cuts names at 63 characters: two that were cut alike would be one."""
    names = installed_triggers()
    users = 2
    assert len(names) == 3 * len(protected_models()) + users


def test_every_protected_model_has_a_table_of_its_own() -> None:
    tables = [model._meta.db_table for model in protected_models()]
    assert len(tables) == len(set(tables))
    assert all(issubclass(model, models.Model) for model in protected_models())

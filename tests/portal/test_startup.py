"""A start checks and makes nothing that `migrate` makes: the account that serves may not (AUD-3, OPS-2)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django_q.models import Schedule

from portal.startup import NotReady, prepare_worker, run_startup_checks

pytestmark = pytest.mark.django_db

TABLE = str(settings.CACHES["default"]["LOCATION"])


def there() -> bool:
    return TABLE in connection.introspection.table_names()


@pytest.mark.sqlite
@pytest.mark.req("OPS-2", "OPS-3")
def test_a_start_without_the_caches_table_says_what_to_run_and_makes_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TABLE IF EXISTS "{TABLE}"')
    with pytest.raises(CommandError, match=r"run manage\.py migrate") as caught:
        call_command("qcluster")
    assert caught.value.returncode == 1
    with pytest.raises(NotReady, match=TABLE):
        run_startup_checks()
    assert not there()
    assert not Schedule.objects.exists()
    call_command("migrate", verbosity=0)
    assert there()
    prepare_worker()
    run_startup_checks()


@pytest.fixture
def as_who_serves() -> Iterator[None]:
    """The rest of the test as an account that may read and write rows, and make no table."""
    call_command("createcachetable", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
        )
        if not cursor.fetchone()[0]:
            pytest.fail("the account of the tests must be allowed to make another account")
        cursor.execute("SELECT current_schema()")
        schema = cursor.fetchone()[0]
        cursor.execute("CREATE ROLE countersign_serves")
        cursor.execute(f'REVOKE CREATE ON SCHEMA "{schema}" FROM PUBLIC')
        cursor.execute(f'GRANT USAGE ON SCHEMA "{schema}" TO countersign_serves')
        for what in ("SELECT, INSERT, UPDATE, DELETE ON ALL TABLES", "USAGE ON ALL SEQUENCES"):
            cursor.execute(f'GRANT {what} IN SCHEMA "{schema}" TO countersign_serves')
        cursor.execute("SET ROLE countersign_serves")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


@pytest.mark.postgres
@pytest.mark.req("AUD-3", "OPS-2")
def test_the_account_that_may_make_no_table_starts(as_who_serves: None) -> None:
    run_startup_checks()
    prepare_worker()
    assert Schedule.objects.count() == 1

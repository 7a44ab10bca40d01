"""Where the demo has no place it is refused, and nothing is left half made (OPS-1)."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from audit.models import LedgerEntry
from releases.models import Process
from tests import builders as make

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db, pytest.mark.req("OPS-1")]


def _refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as caught:
        call_command("seed_demo", *arguments, stdout=StringIO())
    assert caught.value.returncode == 2
    return str(caught.value)


def test_it_is_refused_on_a_database_with_releases_of_its_own() -> None:
    make.product()
    make.process(make.phase("verify"))
    make.release(make.manager("boss"), start=False)
    before = LedgerEntry.objects.count()
    assert "has releases of its own" in _refused()
    assert LedgerEntry.objects.count() == before
    assert not Group.objects.exists()


def test_a_name_that_is_taken_leaves_nothing_half_made() -> None:
    make.person("tom")
    before = LedgerEntry.objects.count()
    assert _refused() == "There is a user tom already."
    assert LedgerEntry.objects.count() == before
    assert list(get_user_model().objects.values_list("username", flat=True)) == ["tom"]
    assert not Process.objects.exists()


def test_there_is_nothing_to_remove_where_the_demo_never_was() -> None:
    make.person("maya")
    assert _refused("--remove") == "The demo is not in this database."
    assert get_user_model().objects.get().is_active

"""Every change of a tracked row has its version, and the newest version is the row (AUD-2, I12)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.actor import system_actor
from audit.history import create_tracked, delete_tracked, history_of, save_tracked
from audit.journal import Journal
from audit.locking import database_now
from audit.models import LedgerEntry
from audit.services.record import record
from audit.verification.versions import tracked_models
from portal.models import Membership
from releases.models import Activity, Product
from tests import builders as b
from tests.audit.records import codes, complete_record

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("AUD-2")]


def _versions(row: Any) -> list[Any]:
    return list(history_of(type(row))._base_manager.filter(id=row.pk).order_by("history_id"))


def _newest_entry() -> dict[str, Any]:
    return json.loads(LedgerEntry.objects.latest("pk").text)  # type: ignore[no-any-return]


@pytest.mark.req("I12")
def test_the_newest_version_is_the_row_after_everything_that_services_do() -> None:
    complete_record()
    assert codes() == set()


def test_a_version_says_who_when_why_from_where_and_in_which_request() -> None:
    ada = b.superuser()
    actor = b.actor_for(ada, door="admin", request_id="r-77")
    product = b.product()
    journal = Journal(actor=actor, at=database_now())
    product.name = "Payment service"
    save_tracked(journal, [product], ["name"], "Renamed by the board.")
    journal.add("product.changed", product=product.pk)
    record(journal, stream="portal")
    version = _versions(product)[-1]
    assert version.history_type == "~"
    assert version.name == "Payment service"
    assert version.history_user_id == ada.pk
    assert version.history_actor == str(ada)
    assert version.history_date == journal.at
    assert version.history_change_reason == "Renamed by the board."
    assert version.history_door == "admin"
    assert version.history_request == "r-77"
    assert version.history_origin == journal.origin != ""
    assert version.history_user == ada


def test_many_rows_cost_two_statements() -> None:
    release = complete_record()
    journal = Journal(actor=b.SYSTEM, at=database_now())
    activities = list(Activity.objects.filter(release=release))
    assert len(activities) > 2
    for activity in activities:
        activity.name = f"{activity.name} again"
    with CaptureQueriesContext(connection) as queries:
        save_tracked(journal, activities, ["name"])
        journal.add("activity.renamed")
        record(journal, stream=release.stream)
    tables = [query["sql"].split('"')[1] for query in queries if query["sql"][0] in "IU"]
    assert [table for table in tables if table.startswith("releases_")] == [
        "releases_activity", "releases_historicalactivity",
    ]  # fmt: skip
    assert codes() == set()


def test_bookkeeping_makes_no_version() -> None:
    release = complete_record()
    approval = b.round_of(b.activity(release, "cab"))
    before = len(_versions(approval))
    journal = Journal(actor=b.SYSTEM, at=database_now())
    approval.version += 1
    save_tracked(journal, [approval], ["version"])
    assert len(_versions(approval)) == before
    assert not journal.has_rows
    assert codes() == set()


def test_a_deleted_row_keeps_its_last_version() -> None:
    maya, qa = b.person("maya"), b.group("qa")
    with_journal = Journal(actor=b.SYSTEM, at=database_now())
    (membership,) = create_tracked(with_journal, [Membership(user=maya, group=qa)])
    with_journal.add("membership.created")
    key = membership.pk
    delete_tracked(with_journal, [membership], "Left.")
    with_journal.add("membership.deleted")
    record(with_journal, stream="portal")
    versions = history_of(Membership)._base_manager.filter(id=key).order_by("history_id")
    assert [version.history_type for version in versions] == ["+", "-"]
    assert not Membership.objects.filter(pk=key).exists()
    assert codes() == set()


@pytest.mark.req("POL-5")
def test_groups_given_and_taken_in_a_shell_are_adopted() -> None:
    maya = b.person("maya")
    one, other = b.group("one"), b.group("other")
    history = history_of(Membership)._base_manager

    def kinds() -> list[str]:
        rows = history.filter(user_id=maya.pk).order_by("history_id")
        return [version.history_type for version in rows]

    maya.groups.add(one)
    assert kinds() == ["+"]
    assert _newest_entry()["kind"] == "membership.created"
    assert _newest_entry()["actor"]["name"] == "Outside the portal"
    maya.groups.set([other])
    assert sorted(kinds()) == ["+", "+", "-"]
    other.user_set.remove(maya)
    assert kinds().count("-") == 2
    maya.groups.set([one, other])
    maya.groups.clear()
    assert not Membership.objects.filter(user=maya).exists()
    assert codes() == set()


def test_accounts_and_groups_of_a_shell_are_adopted() -> None:
    user = get_user_model().objects.create_user("shell", password="a long pass phrase")
    assert [version.history_type for version in _versions(user)] == ["+"]
    user.display_name = "From a shell"
    user.save()
    assert _versions(user)[-1].display_name == "From a shell"
    group = Group.objects.create(name="from-a-shell")
    group.name = "renamed"
    group.save(update_fields=["name"])
    assert [version.name for version in _versions(group)] == ["from-a-shell", "renamed"]
    key = group.pk
    group.delete()
    last = history_of(Group)._base_manager.filter(id=key).latest("history_id")
    assert last.history_type == "-"
    assert codes() == set()


def test_signing_in_makes_no_version() -> None:
    ada = b.superuser()
    before = len(_versions(ada))
    Client().force_login(ada)
    ada.refresh_from_db()
    assert ada.last_login is not None
    assert len(_versions(ada)) == before
    assert codes() == set()


def test_a_stale_instance_writes_no_version_that_was_never_the_row() -> None:
    """simple-history keeps what is in memory (finding 12); then the comparison says so."""
    product = b.product()
    stale = Product.objects.get(pk=product.pk)
    journal = Journal(actor=b.SYSTEM, at=database_now())
    product.name = "New"
    save_tracked(journal, [product], ["name"])
    stale.description = "Changed too"
    save_tracked(journal, [stale], ["description"])
    journal.add("product.changed")
    record(journal, stream="portal")
    assert codes() == {"row_not_as_versioned"}


def test_every_tracked_model_is_tracked_alike() -> None:
    for model in tracked_models():
        records = model._meta.simple_history_manager_attribute  # type: ignore[attr-defined]
        history = history_of(model)
        fields = {field.name: field for field in history._meta.concrete_fields}
        assert records == "history"
        assert fields["history_id"].get_internal_type() == "BigAutoField"
        assert fields["history_change_reason"].get_internal_type() == "TextField"
        assert fields["history_user_id"].get_internal_type() == "BigIntegerField"
        assert not fields["history_user_id"].is_relation
        assert {"history_actor", "history_door", "history_request", "history_origin"} <= set(fields)
        assert not any(field.many_to_many for field in history._meta.get_fields())


def test_history_is_not_switched_off_for_one_save() -> None:
    """simple-history's own switch for an instance does nothing here."""
    product = b.product()
    product.skip_history_when_saving = True
    journal = Journal(actor=system_actor("Test"), at=database_now())
    product.name = "New"
    save_tracked(journal, [product], ["name"])
    journal.add("product.changed")
    record(journal, stream="portal")
    assert _versions(product)[-1].name == "New"

"""Guarded rows are written by `audit.history` alone; every other road raises (A-053, finding 14)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import ProtectedError

from approvals.models import Approval, Decision, Role, Scope
from audit.models import Guarded, GuardedWrite, InsertOnly, LedgerEntry, guarded_writes_open
from audit.verification.versions import tracked_models
from releases.models import Product, Release
from tests import builders as b
from tests.audit.records import codes, complete_record

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("A-053")]


@pytest.fixture
def release(db: None) -> Release:
    return complete_record()


def _save(row: Any) -> None:
    row.save()


def _save_fields(row: Any) -> None:
    row.save(update_fields=[row._meta.concrete_fields[1].attname])


def _delete(row: Any) -> None:
    row.delete()


def _insert(row: Any) -> None:
    row.pk = None
    row.save(force_insert=True)


def _update(row: Any) -> None:
    type(row).objects.filter(pk=row.pk).update(pk=row.pk)


def _delete_many(row: Any) -> None:
    type(row).objects.filter(pk=row.pk).delete()


def _raw_delete(row: Any) -> None:
    rows = type(row).objects.filter(pk=row.pk)
    rows._raw_delete(rows.db)


def _bulk_create(row: Any) -> None:
    row.pk = None
    type(row).objects.bulk_create([row])


def _bulk_update(row: Any) -> None:
    type(row).objects.bulk_update([row], [row._meta.concrete_fields[1].attname])


def _create(row: Any) -> None:
    fields = row._meta.concrete_fields[1:]
    type(row).objects.create(**{field.attname: getattr(row, field.attname) for field in fields})


def _update_or_create(row: Any) -> None:
    name = row._meta.concrete_fields[1].attname
    type(row).objects.update_or_create(pk=row.pk, defaults={name: getattr(row, name)})


def _by_the_default_manager(row: Any) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(pk=row.pk)


def _by_the_base_manager(row: Any) -> None:
    type(row)._base_manager.filter(pk=row.pk).update(pk=row.pk)


ROADS: list[Callable[[Any], None]] = [
    _save, _save_fields, _delete, _insert, _update, _delete_many, _raw_delete, _bulk_create,
    _bulk_update, _create, _update_or_create, _by_the_default_manager, _by_the_base_manager,
]  # fmt: skip


@pytest.mark.parametrize("model", [Release, Approval, Role, Decision])
def test_no_road_leads_past_the_history(release: Release, model: type[Guarded]) -> None:
    for road in ROADS:
        with pytest.raises(GuardedWrite), transaction.atomic():
            road(model.objects.order_by("pk")[0])
    assert codes() == set()


def test_a_related_manager_is_no_way_around(release: Release) -> None:
    activity = b.activity(release, "qa")
    with pytest.raises(GuardedWrite):
        release.activities.update(state="completed")
    with pytest.raises(GuardedWrite):
        release.phases.all().delete()
    with pytest.raises(GuardedWrite):
        activity.phase.activities.create(
            release=release, key="x", name="X", kind="check", position=9
        )


def test_a_fixture_is_refused(release: Release, tmp_path: Path) -> None:
    product = Product.objects.get()
    scope = Scope.objects.get(kind="everything")
    fixture = tmp_path / "product.json"
    fields = {"key": "other", "name": "Other", "scope": scope.pk}
    fixture.write_text(json.dumps([{"model": "releases.product", "pk": 99, "fields": fields}]))
    with pytest.raises(GuardedWrite):
        call_command("loaddata", str(fixture), verbosity=0)
    assert not Product.objects.filter(pk=99).exists()
    changed = {**fields, "key": product.key, "name": "Changed"}
    fixture.write_text(
        json.dumps([{"model": "releases.product", "pk": product.pk, "fields": changed}])
    )
    with pytest.raises(GuardedWrite):
        call_command("loaddata", str(fixture), verbosity=0)
    assert Product.objects.get().name == product.name


def test_a_cascade_does_not_reach_guarded_rows(release: Release) -> None:
    person = b.person("zoe")
    b.give("release-manager", person)
    with pytest.raises(ProtectedError):
        person.delete()
    with pytest.raises(ProtectedError):
        b.group("empty", person).delete()


def test_the_guard_closes_behind_the_services(release: Release) -> None:
    b.product("other", "Other")
    assert not guarded_writes_open()
    with pytest.raises(GuardedWrite):
        release.save()


def test_every_domain_model_is_guarded_or_adopts() -> None:
    """What is tracked is either guarded, or Django's own and adopted when somebody saves it."""
    open_models = {model.__name__ for model in tracked_models() if not issubclass(model, Guarded)}
    assert open_models == {"User", "Group", "Membership"}
    assert issubclass(LedgerEntry, InsertOnly)
    assert issubclass(Decision, InsertOnly)

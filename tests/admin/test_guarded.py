"""Fixtures, shells and bulk updates are no way past the services either (A-053)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.core.management import call_command

from audit.models import Guarded, GuardedWrite

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

GUARDED = [model for model in apps.get_models() if issubclass(model, Guarded)]

WRITES: dict[str, Callable[[Any], Any]] = {
    "save": lambda row: row.save(),
    "save_base": lambda row: row.save_base(raw=True),
    "delete": lambda row: row.delete(),
    "update": lambda row: type(row).objects.filter(pk=row.pk).update(pk=row.pk),
    "queryset delete": lambda row: type(row).objects.filter(pk=row.pk).delete(),
    "raw delete": lambda row: type(row).objects.filter(pk=row.pk)._raw_delete("default"),
    "bulk_create": lambda row: type(row).objects.bulk_create([row]),
    "bulk_update": lambda row: type(row).objects.bulk_update(
        [row], [row._meta.concrete_fields[-1].name]
    ),
    "base manager": lambda row: type(row)._base_manager.filter(pk=row.pk).update(pk=row.pk),
}


@pytest.mark.req("A-053")
def test_every_model_of_the_record_and_of_configuration_is_guarded() -> None:
    assert {model.__name__ for model in GUARDED} == {
        "ActivityResult", "Activity", "ApiToken", "Approval", "Comment", "Decision", "LedgerEntry",
        "Phase", "Process", "ProcessReference", "ProcessVersion", "Product", "Release", "Role",
        "RoleAssignment", "Scope",
    }  # fmt: skip


@pytest.mark.req("A-053")
def test_no_guarded_row_is_written_from_a_shell(world: SimpleNamespace) -> None:
    for model in GUARDED:
        row = model._base_manager.first() or model(pk=1)
        for write in WRITES.values():
            with pytest.raises(GuardedWrite):
                write(row)


@pytest.mark.req("A-053")
def test_a_fixture_overwrites_nothing(world: SimpleNamespace, tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    for label in ("releases.Release", "approvals.Decision", "audit.LedgerEntry"):
        model = apps.get_model(label)
        rows = json.loads(serializers.serialize("json", [model._base_manager.latest("pk")]))
        for key in (rows[0]["pk"], 987_654):
            file.write_text(json.dumps([{**rows[0], "pk": key}]))
            with pytest.raises(GuardedWrite):
                call_command("loaddata", str(file), verbosity=0)
        assert not model._base_manager.filter(pk=987_654).exists()

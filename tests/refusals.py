"""A refusal leaves nothing behind: expect one, and compare the whole database before and after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from approvals.models import Approval, AskedPerson
from audit.errors import Refusal
from audit.models import LedgerStream
from releases.models import Activity, Phase, Release


def _row_counts() -> dict[str, int]:
    """The number of rows of every table, in one statement."""
    tables = sorted({model._meta.db_table for model in apps.get_models() if model._meta.managed})
    present = set(connection.introspection.table_names())
    parts = [
        f"SELECT '{table}', COUNT(*) FROM {connection.ops.quote_name(table)}"
        for table in tables
        if table in present
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


def everything() -> dict[str, Any]:
    """What must be the same after a refusal: rows, heads of the ledger, every state."""
    return {
        "rows": _row_counts(),
        "heads": list(LedgerStream.objects.order_by("pk").values_list("key", "seq", "hash")),
        "releases": list(Release.objects.order_by("pk").values_list("pk", "state", "held")),
        "phases": list(Phase.objects.order_by("pk").values_list("pk", "state")),
        "activities": list(
            Activity.objects.order_by("pk").values_list("pk", "state", "attempt", "version")
        ),
        "rounds": list(
            Approval.objects.order_by("pk").values_list("pk", "state", "stuck", "seats", "version")
        ),
        "asked": list(
            AskedPerson.objects.order_by("pk").values_list("pk", "is_open", "has_answered")
        ),
    }


@contextmanager
def refused(code: str, kind: type[Refusal] = Refusal) -> Iterator[SimpleNamespace]:
    """The block is refused with this code, and nothing is left of it anywhere."""
    before = everything()
    caught = SimpleNamespace(refusal=None)
    with pytest.raises(kind) as raised:
        yield caught
    caught.refusal = raised.value
    assert raised.value.code == code, f"{raised.value.code}: {raised.value}"
    assert raised.value.sentence
    after = everything()
    assert after == before

"""Reading the record (entries, the personal values behind digests, versions) and who was told what."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from django.db import models

from audit.history import history_of
from audit.models import Delivery, LedgerEntry, Notice, PersonalRecord


def entries_of(stream: str) -> models.QuerySet[LedgerEntry]:
    """The entries of a stream, in the order in which they were written."""
    return LedgerEntry.objects.filter(stream__key=stream).order_by("seq")


def personal_values(digests: Collection[str]) -> dict[str, dict[str, str]]:
    """Address, session and user agent behind salted digests, as far as they were not erased."""
    records = PersonalRecord.objects.filter(digest__in=digests)
    return {one.digest: json.loads(one.text) for one in records}


def versions_of(row: models.Model) -> list[Any]:
    """Every version of a tracked row, oldest first, with who made it, when and why."""
    versions = history_of(type(row))._base_manager.filter(id=row.pk)
    return list(versions.order_by("history_id"))


def notices_about(host: str) -> models.QuerySet[Notice]:
    """Who was told what about `activity:17`, with what became of it (NTF-7)."""
    rows = Notice.objects.filter(host=host).select_related("user")
    return rows.prefetch_related("deliveries").order_by("-pk")


def notices_to(user_id: int | None) -> models.QuerySet[Notice]:
    """What one account was told."""
    return Notice.objects.filter(user_id=user_id or 0)


def told_once(once: str, host: str, attempt: int) -> models.QuerySet[Any, Any]:
    """The keys of the accounts that were told of this, as a subquery."""
    rows = Notice.objects.filter(key=f"{once}:{host}:{attempt}").order_by()
    return rows.values_list("user_id", flat=True)


def deliveries() -> models.QuerySet[Delivery]:
    """Every delivery, with whom it is for and what it is about."""
    return Delivery.objects.select_related("notice__user")


def dead_deliveries() -> models.QuerySet[Delivery]:
    """What failed for good and nobody has sent again."""
    return deliveries().filter(state=Delivery.State.DEAD).order_by("pk")


def failing_deliveries() -> tuple[int, Delivery | None]:
    """How many were tried in vain and will be tried again, and the one tried last."""
    rows = Delivery.objects.filter(state=Delivery.State.FAILED)
    return rows.count(), rows.order_by("-tried_at", "-pk").first()


def dead_by_error() -> list[tuple[str, int]]:
    """The codes with which deliveries failed for good, and how many of each; the most first."""
    rows = Delivery.objects.filter(state=Delivery.State.DEAD).order_by().values("error")
    counted = rows.annotate(number=models.Count("pk")).values_list("error", "number")
    return sorted(counted, key=lambda one: (-one[1], one[0]))

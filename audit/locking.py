"""Row locks, taken top-down: release, approval, ledger stream (architecture.md)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, models, transaction
from django.db.models.functions import Now

from audit.compiled import Compiled
from audit.errors import NotFound
from audit.faults import faultpoint

M = TypeVar("M", bound=models.Model)


class LockOutsideTransaction(RuntimeError):
    """A lock was asked for where it would be released at once."""


def _require_transaction(using: str) -> None:
    # On SQLite select_for_update outside a transaction raises nothing, so it is tested here.
    if not transaction.get_connection(using).in_atomic_block:
        raise LockOutsideTransaction("lock() needs the service's transaction around it")


def _locked(queryset: models.QuerySet[M]) -> models.QuerySet[M]:
    # The negative controls of the race tests name models that are left unlocked.
    if queryset.model._meta.label in getattr(settings, "LOCKS_DISABLED", ()):
        return queryset
    return queryset.select_for_update(of=("self",))


def lock(queryset: models.QuerySet[M], **filters: Any) -> M:
    """Lock the one row that `filters` name, read it anew, and bring the database's clock with it.

    The instance has `locked_at`: the database's time when the statement began, so that on PostgreSQL
    waiting for the lock makes no vote late (on SQLite a transaction waits before it may begin, and
    that wait counts). Raises NotFound when there is no such row.
    """
    # One row needs no order, and Django hashes every column of a query that has one.
    row = lock_first(queryset.filter(**filters).order_by())
    if row is None:
        raise NotFound
    return row


def lock_first(queryset: models.QuerySet[M]) -> M | None:
    """As `lock`, for the first row of an ordered queryset; None when there is none."""
    _require_transaction(queryset.db)
    faultpoint("before_lock")
    row = next(iter(_locked(queryset).annotate(locked_at=Now())[:1]), None)
    if row is not None:
        faultpoint("after_lock")
    return row


class Lock(Generic[M]):
    """A lock that every decision takes: `lock_first` with a query that is put together once.

    `build` gives the queryset for the values of `parameters` (see `Compiled`).
    """

    def __init__(
        self, build: Callable[..., models.QuerySet[M]], **parameters: type[int | str]
    ) -> None:
        self._build = build
        self._compiled: Compiled[M] = Compiled(self._query, **parameters)

    def _query(self, **values: int | str) -> models.QuerySet[M]:
        return _locked(self._build(**values)).annotate(locked_at=Now())[:1]  # type: ignore[return-value]

    def take(self, **values: int | str) -> M | None:
        """The locked row with `locked_at`, or None when there is none."""
        _require_transaction(DEFAULT_DB_ALIAS)
        faultpoint("before_lock")
        if getattr(settings, "LOCKS_DISABLED", ()):
            row = next(iter(self._query(**values)), None)
        else:
            row = self._compiled.first(**values)
        if row is not None:
            faultpoint("after_lock")
        return row


def lock_if_free(queryset: models.QuerySet[M], **filters: Any) -> M | None:
    """As `lock`, without waiting: None when there is no such row or another transaction holds it.

    For a caller that already holds what the holder may be waiting for.
    """
    _require_transaction(queryset.db)
    faultpoint("before_lock")
    rows = queryset.filter(**filters).select_for_update(skip_locked=True, of=("self",))
    row = rows.annotate(locked_at=Now()).first()
    if row is not None:
        faultpoint("after_lock")
    return row


def lock_all(queryset: models.QuerySet[M]) -> list[M]:
    """Lock every row of `queryset` in key order, so that two callers can't deadlock."""
    _require_transaction(queryset.db)
    return list(_locked(queryset).order_by("pk"))


def moment(row: models.Model, now: dt.datetime | None = None) -> dt.datetime:
    """The moment a service works with: what a test or the demo passed, else the locked row's clock."""
    return now or row.locked_at  # type: ignore[attr-defined]


def database_now() -> dt.datetime:
    """The database's clock, for a service that locks nothing of its own."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # The very clock of `Now()`, which keeps milliseconds.
            cursor.execute("SELECT STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW')")
            return dt.datetime.fromisoformat(cursor.fetchone()[0]).replace(tzinfo=dt.UTC)
        cursor.execute("SELECT statement_timestamp()")
        return cursor.fetchone()[0]

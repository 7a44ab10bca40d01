"""Models whose rows change only through `audit.history`, where history and ledger are written too.

A forgotten door (shell, fixture, bulk update, admin inline) then fails loudly instead of leaving a
change that nobody recorded (abuse.md, findings 12 and 14; A-053).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, NoReturn

from django.db import models

_open: ContextVar[bool] = ContextVar("guarded_writes_open", default=False)


class GuardedWrite(RuntimeError):
    """A guarded row was written past the services."""


@contextmanager
def guarded_writes() -> Iterator[None]:
    """Open the guard; only `audit.history` does."""
    token = _open.set(True)
    try:
        yield
    finally:
        _open.reset(token)


def guarded_writes_open() -> bool:
    """Whether `audit.history` is writing at this moment."""
    return _open.get()


def require_guard_open(model: type[models.Model], what: str) -> None:
    """Raise GuardedWrite when `model` is guarded and somebody else than `audit.history` writes."""
    if issubclass(model, Guarded) and not _open.get():
        _refuse(model, what)


def _refuse(model: type[models.Model], what: str) -> NoReturn:
    raise GuardedWrite(
        f"{what} on {model._meta.label} would leave no history; write it with audit.history"
    )


class GuardedQuerySet(models.QuerySet[Any]):
    """Reads as ever; refuses every write that history would miss."""

    def _guard(self, what: str) -> None:
        if not _open.get():
            _refuse(self.model, what)

    def update(self, **values: Any) -> int:
        self._guard("update()")
        return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._guard("delete()")
        return super().delete()

    def _raw_delete(self, using: str | None) -> int:
        self._guard("_raw_delete()")
        return super()._raw_delete(using)

    # `loaddata` calls Model.save_base() itself, past what a model overrides; both end here.
    def _insert(self, *args: Any, **options: Any) -> Any:
        self._guard("an INSERT")
        return super()._insert(*args, **options)  # type: ignore[misc]

    def _update(self, values: Any) -> int:
        self._guard("an UPDATE")
        return super()._update(values)  # type: ignore[misc]

    def bulk_create(self, objs: Any, *args: Any, **options: Any) -> list[Any]:
        self._guard("bulk_create()")
        return super().bulk_create(objs, *args, **options)

    def bulk_update(self, objs: Any, fields: Any, batch_size: int | None = None) -> int:
        self._guard("bulk_update()")
        return super().bulk_update(objs, fields, batch_size)


class Guarded(models.Model):
    """Base of every domain and configuration model."""

    objects = GuardedQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save_base(self, *args: Any, **options: Any) -> None:
        if not _open.get():
            _refuse(type(self), "save()")
        super().save_base(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        if not _open.get():
            _refuse(type(self), "delete()")
        return super().delete(*args, **options)


class InsertOnly(Guarded):
    """Rows that are written once: the database itself refuses UPDATE and DELETE on their tables.

    Where an event tells of each row, `announced_by` are its kinds and `announced_as` the member of
    its data that holds the row's key; verification compares the two (I3).
    """

    insert_only = True
    announced_by: ClassVar[tuple[str, ...]] = ()
    announced_as: ClassVar[str] = ""

    class Meta(Guarded.Meta):
        abstract = True

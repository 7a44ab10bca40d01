"""The newest version of every tracked row is the row itself (I12, A-110).

A row that was changed, inserted or deleted past the services leaves history and ledger as they
were, so the two tell of it. What no version keeps (passwords, bookkeeping) is not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import Exists, Max, OuterRef

from audit.history import history_of
from audit.verification.report import Place, Report

CHUNK = 1000


def tracked_models() -> list[type[models.Model]]:
    """Every model that has a history."""
    return [
        model
        for model in apps.get_models()
        if hasattr(model._meta, "simple_history_manager_attribute")
    ]


def check_versions(report: Report) -> None:
    """Compare every tracked row with its newest version, and find versions without their row."""
    for model in tracked_models():
        _Comparison(model, report).run()


class _Comparison:
    """The rows of one tracked model beside their versions."""

    def __init__(self, model: type[models.Model], report: Report) -> None:
        self.model = model
        self.report = report
        self.history = history_of(model)
        self.table = model._meta.db_table
        self.key = model._meta.pk.attname
        self.names = [field.attname for field in self.history.tracked_fields]

    def run(self) -> None:
        suspects = self._suspects()
        while keys := list(islice(suspects, CHUNK)):
            rows = self.model._base_manager.filter(pk__in=keys).order_by("pk")
            newest = self._newest(keys)
            for key, *values in rows.values_list("pk", *self.names):
                self._compare(key, values, newest.get(key))
        self._find_rows_gone()

    def _suspects(self) -> Iterator[int]:
        """The keys of rows that are not, value by value, what their newest version says.

        Compared where they lie: hardly ever is there one, and reading every row twice would cost
        most of a verification.
        """
        quote = connection.ops.quote_name
        table, versions = quote(self.table), quote(self.history._meta.db_table)
        key = quote(str(self.model._meta.pk.column))
        link = quote(self.history._meta.get_field(self.key).column)
        alike = "IS" if connection.vendor == "sqlite" else "IS NOT DISTINCT FROM"
        same = " AND ".join(
            f"own.{quote(field.column)} {alike} version.{quote(field.column)}"
            for field in self.history.tracked_fields
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT own.{key} FROM {table} own WHERE NOT EXISTS ("  # noqa: S608
                f"SELECT 1 FROM {versions} version WHERE version.history_id = ("
                f"SELECT MAX(newest.history_id) FROM {versions} newest WHERE newest.{link} = own.{key}"
                f") AND version.history_type <> '-' AND {same}) ORDER BY own.{key}"
            )
            while found := cursor.fetchmany(CHUNK):
                yield from (one for (one,) in found)

    def _problem(self, code: str, detail: str, key: int) -> None:
        self.report.problem(code, detail, Place(table=self.table, key=key))

    def _newest(self, keys: Sequence[int]) -> dict[int, tuple[Any, ...]]:
        """Key → (history key, kind, values …) of the newest versions."""
        # By key, never by time: two versions may have the same moment, and the demo's lie in the past.
        versions = self.history._base_manager.filter(**{f"{self.key}__in": keys})
        last = versions.order_by().values(self.key).annotate(last=Max("history_id")).values("last")
        rows = self.history._base_manager.filter(history_id__in=last).values_list(
            self.key, "history_id", "history_type", *self.names
        )
        return {key: rest for key, *rest in rows.order_by()}

    def _compare(self, key: int, values: Sequence[Any], version: Sequence[Any] | None) -> None:
        if version is None:
            self._problem("row_without_version", "it has no version in the history", key)
            return
        number, kind, *kept = version
        if kind == "-":
            self._problem("row_deleted_and_there", "its newest version says it was deleted", key)
        elif list(values) != kept:
            pairs = zip(self.names, values, kept, strict=True)
            columns = ", ".join(name for name, left, right in pairs if left != right)
            detail = f"its newest version ({number}) has other values in: {columns}"
            self._problem("row_not_as_versioned", detail, key)

    def _find_rows_gone(self) -> None:
        rows = self.model._base_manager.filter(pk=OuterRef(self.key))
        orphans = (
            self.history._base_manager.filter(~Exists(rows))
            .order_by(self.key, "history_id")
            .values_list(self.key, "history_id", "history_type")
        )
        for key, versions in groupby(orphans.iterator(chunk_size=CHUNK), key=itemgetter(0)):
            *_, (_, number, kind) = versions
            if kind != "-":
                detail = f"it is gone; its newest version ({number}) does not say it was deleted"
                self._problem("row_gone", detail, key)

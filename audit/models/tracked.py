"""`history = tracked()`: the one way a model gets its readable history (AUD-2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from simple_history.models import HistoricalRecords


class HistoryContext(models.Model):
    """Where a version came from, beside the person, time and reason that simple-history keeps.

    `history_origin` is the salted digest of address, user agent and session: the values themselves
    lie in `audit_personal`, where they can be erased.
    """

    history_actor = models.CharField(max_length=200, default="")
    history_door = models.CharField(max_length=20, default="")
    history_request = models.CharField(max_length=64, default="")
    history_origin = models.CharField(max_length=64, default="")

    class Meta:
        abstract = True


def _history_user(version: Any) -> Any:
    if version.history_user_id is None:
        return None
    return get_user_model().objects.filter(pk=version.history_user_id).first()


class TrackedRecords(HistoricalRecords):
    """simple-history without its own writing: `audit.history` writes every version.

    Its receivers stay for models that Django's own code saves (users, groups, memberships): a
    change from a shell or from sign-in is adopted, with history and ledger entry, as one made
    outside the product.
    """

    def post_save(self, instance: Any, created: bool, using: Any = None, **kwargs: Any) -> None:
        if kwargs.get("raw"):
            return
        fields = kwargs.get("update_fields")
        if fields and set(fields) <= set(self.excluded_fields):
            return
        self._adopt(instance, "+" if created else "~")

    def post_delete(self, instance: Any, using: Any = None, **kwargs: Any) -> None:
        self._adopt(instance, "-")

    @staticmethod
    def _adopt(instance: Any, history_type: str) -> None:
        # Imported late: the writing layer stands above the models that it writes.
        from audit.services.adopt import adopt_change  # noqa: PLC0415

        adopt_change(instance, history_type)


def tracked(*, excluded_fields: Sequence[str] = (), app: str | None = None) -> TrackedRecords:
    """The history of a model: BIGINT key, reason as text, the person as a plain number.

    The person is no foreign key, so that nothing can blank it (abuse.md, finding 13).
    `excluded_fields` are bookkeeping columns that no version keeps.
    """
    return TrackedRecords(
        history_id_field=models.BigAutoField(),
        history_change_reason_field=models.TextField(default="", blank=True),
        history_user_id_field=models.BigIntegerField(null=True, blank=True),
        history_user_getter=_history_user,
        bases=[HistoryContext],
        excluded_fields=list(excluded_fields),
        app=app,
    )

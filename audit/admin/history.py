"""The history of a row, side by side, for reading only (AUD-2, finding 1 of the abuse catalogue)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from simple_history.admin import SimpleHistoryAdmin

from audit.admin.differences import SHORT, Line, is_long, readable, side_by_side
from audit.admin.display import NOTHING, instant

log = structlog.get_logger(__name__)

KINDS = {"+": "Created", "~": "Changed", "-": "Deleted"}
READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class FieldChange:
    """One field before and after a version."""

    label: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        return self.before != self.after

    @property
    def lines(self) -> list[Line]:
        """Line against line, where there is a long text on both sides; else nothing."""
        if not self.differs or NOTHING in (self.before, self.after):
            return []
        if not (is_long(self.before) or is_long(self.after)):
            return []
        return side_by_side(self.before, self.after)

    @property
    def readable_before(self) -> str:
        return readable(self.before)

    @property
    def readable_after(self) -> str:
        return readable(self.after)


@dataclass(frozen=True)
class ShownVersion:
    """A version as a page shows it: what became of which field, by whom, when, why, by which door."""

    version: Any
    kind: str
    at: str
    fields: list[FieldChange]

    @property
    def changes(self) -> list[FieldChange]:
        return [field for field in self.fields if field.differs]

    @property
    def unchanged(self) -> list[FieldChange]:
        """What stayed as it was, or is empty."""
        return [field for field in self.fields if not field.differs]

    @property
    def is_first(self) -> bool:
        """Whether there is nothing before it to be compared with."""
        return all(field.before == NOTHING for field in self.fields)


class HistoryPages(SimpleHistoryAdmin):
    """simple-history's addresses with pages of our own.

    The library's `history_form_view` saves what is posted to it without asking for the right to
    change, and can bring back a deleted row. It is never called: ours answers reading alone.
    """

    history_per_page = 25
    # Words for what columns hold, by field: {"state": {"on_hold": "On Hold"}}.
    history_words: Mapping[str, Mapping[str, str]] = {}

    def history_form_view(
        self,
        request: HttpRequest,
        object_id: str,
        version_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponseBase:
        """One version beside the one before it. Anything but GET and HEAD is refused and logged."""
        if request.method not in READING:
            log.warning(
                "admin.history_write_refused",
                model=self.opts.label, object_id=object_id, version_id=version_id,
                method=request.method, user_id=request.user.pk,
            )  # fmt: skip
            raise PermissionDenied("History is read-only.")
        obj, versions = self._recorded(request, object_id)
        version = versions.filter(pk=_number(version_id)).first() if versions is not None else None
        if version is None:
            raise Http404
        before = versions.filter(pk__lt=version.pk).first()
        shown = self._show([version, before] if before else [version])[0]
        return self._page(request, "admin/version.html", obj, {"shown": shown})

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Every version, newest first, with what it changed."""
        obj, versions = self._recorded(request, object_id)
        if versions is None:
            return self._page(request, "admin/history.html", obj, {"versions": []})
        page = Paginator(versions, self.history_per_page).get_page(request.GET.get("p"))
        start, end = max(page.start_index() - 1, 0), page.end_index()
        # One more than the page has, so that its last version has one to be compared with.
        shown = self._show(list(versions[start : end + 1]))[: end - start]
        return self._page(request, "admin/history.html", obj, {"versions": shown, "page": page})

    def _recorded(self, request: HttpRequest, object_id: str) -> tuple[Any, Any]:
        """The row, as it is or was when it was deleted, and its versions, newest first.

        The versions are None for rows that are written once and have none.
        """
        history = self._history_model()
        key = _number(unquote(object_id))
        obj = self.get_queryset(request).filter(pk=key).first()
        if history is None:
            if obj is None or not self.has_view_permission(request, obj):
                raise Http404
            return obj, None
        versions = history._base_manager.filter(**{self.opts.pk.attname: key}).order_by("-pk")
        if obj is not None and self.has_view_permission(request, obj):
            return obj, versions
        # Hidden and never there are one answer; deleted is only for who sees all of this model.
        newest = versions.first()
        gone = newest is not None and not self.model._base_manager.filter(pk=key).exists()
        if not (gone and self.may_view_deleted(request)):
            raise Http404
        return newest.instance, versions

    def _history_model(self) -> Any:
        name = getattr(self.opts, "simple_history_manager_attribute", None)
        return getattr(self.model, name).model if name else None

    def may_view_deleted(self, request: HttpRequest) -> bool:
        """Whether the person may read what became of rows that are gone."""
        return False

    def _show(self, versions: Sequence[Any]) -> list[ShownVersion]:
        """Each version beside the next one in `versions`, which is the one before it in time."""
        fields = [
            field for field in type(versions[0]).tracked_fields if not field.primary_key
        ] if versions else []  # fmt: skip
        names = _names_of_related(fields, versions)
        words = self.history_words
        shown = []
        for number, version in enumerate(versions):
            before = versions[number + 1] if number + 1 < len(versions) else None
            shown.append(
                ShownVersion(
                    version=version,
                    kind=KINDS[version.history_type],
                    at=instant(version.history_date),
                    fields=[
                        FieldChange(
                            capfirst(field.verbose_name),
                            _word(field, before, names, words) if before is not None else NOTHING,
                            _word(field, version, names, words),
                        )
                        for field in fields
                    ],
                )
            )
        return shown

    def _page(
        self, request: HttpRequest, template: str, obj: Any, context: dict[str, Any]
    ) -> TemplateResponse:
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            template,
            {
                **self.admin_site.each_context(request),
                "title": f"History: {obj}",
                "opts": self.opts,
                "object": obj,
                "is_tracked": self._history_model() is not None,
                **context,
            },
        )


def _number(text: str) -> int:
    # Keys are numbers here; what is none belongs to nothing.
    if not text.isdecimal() or len(text) > 18:
        raise Http404
    return int(text)


def _names_of_related(
    fields: Sequence[models.Field[Any, Any]], versions: Sequence[Any]
) -> dict[str, dict[Any, Any]]:
    """Names of what foreign keys point to, one query for each field; what is gone has none."""
    found = {}
    for field in fields:
        if isinstance(field, models.ForeignKey):
            keys = {getattr(version, field.attname) for version in versions} - {None}
            found[field.name] = field.related_model._base_manager.in_bulk(keys) if keys else {}
    return found


def _word(
    field: Any,
    version: Any,
    names: dict[str, dict[Any, Any]],
    words: Mapping[str, Mapping[str, str]],
) -> str:
    value = getattr(version, field.attname)
    if value is None or value == "":
        return NOTHING
    if field.name in words:
        return words[field.name].get(value, str(value))
    if field.name in names:
        known = names[field.name].get(value)
        # People quote references (REL-214); what has none is told apart by its key.
        reference = getattr(known, "reference", value)
        return f"{known} ({reference})" if known is not None else f"({value})"
    if isinstance(field, models.DateTimeField):
        return instant(value)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return _listed(str(dict(field.flatchoices).get(value, value)))


def _listed(text: str) -> str:
    """A JSON list of codes as people write one; anything else as it stands, which says more."""
    if not text.startswith('["'):
        return text
    try:
        words = json.loads(text)
    except ValueError:
        return text
    plain = all(isinstance(one, str) and one.replace("_", "").isalnum() for one in words)
    return ", ".join(words) if plain and len(text) <= SHORT else text

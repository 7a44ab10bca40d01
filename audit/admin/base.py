"""The bases of every admin page: read-only, or changing through one service at a time."""

from __future__ import annotations

from typing import Any

import structlog
from django.db import models
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from audit.admin.actors import may_enter
from audit.admin.acts import ActPages
from audit.admin.closed import ClosedAdmin
from audit.admin.forms import ServiceForm
from audit.errors import NotFound, Refusal

log = structlog.get_logger(__name__)


class ReadOnlyAdmin(ClosedAdmin):
    """A list and a page for each row, to be read; nobody adds, changes or deletes.

    Subclasses say who reads (`may_view`) and which rows (`get_queryset`, by a selector).
    """


class ServiceAdmin(ActPages):
    """Adds and changes through a form that calls one service.

    Subclasses give `add_through` and `change_through` (or leave `addable`, `changeable` False). A
    refusal leaves Django's transaction, so that nothing of the request stays (no row, no log entry,
    no message of success), and the form is shown again with the refusal's sentences.
    """

    addable = False
    changeable = False
    form = ServiceForm
    add_form: type[ServiceForm] | None = None

    def add_through(self, request: HttpRequest, data: dict[str, Any]) -> models.Model:
        """Call the service that makes a row, and return the row."""
        raise NotImplementedError

    def change_through(self, request: HttpRequest, obj: Any, data: dict[str, Any]) -> models.Model:
        """Call the service that changes a row, and return the row."""
        raise NotImplementedError

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.addable and may_enter(request) and self.may_change(request)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.changeable and self.has_act_permission(request, obj)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponseBase:
        """The form; a second time, with its sentences, when the service refuses."""
        try:
            return self._form_page(request, object_id, form_url, extra_context)
        except NotFound as refusal:
            raise Http404 from refusal
        except Refusal as refusal:
            # Raised through Django's transaction: by here everything is rolled back.
            request.service_refusal = refusal  # type: ignore[attr-defined]
            return self._form_page(request, object_id, form_url, extra_context)

    def _form_page(self, *args: Any) -> HttpResponseBase:
        page: HttpResponseBase = super().changeform_view(*args)
        return page

    def get_form(
        self,
        request: HttpRequest,
        obj: models.Model | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> type[ServiceForm]:
        """The form for adding or changing, knowing the refusal that this request met."""
        if obj is None and self.add_form is not None:
            kwargs["form"] = self.add_form
        form: type[ServiceForm] = super().get_form(request, obj, change=change, **kwargs)
        refusal = getattr(request, "service_refusal", None)
        return type(form.__name__, (form,), {"refusal": refusal}) if refusal else form

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> models.Model:
        """Call the service; what it returns is the row that Django goes on with."""
        self._note_forged(request, form)
        if change:
            return self.change_through(request, form.instance, form.cleaned_data)
        return self.add_through(request, form.cleaned_data)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing: the service has written."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing: the service has written."""

    def _note_forged(self, request: HttpRequest, form: Any) -> None:
        """Say in the log when fields were posted that the form does not have (A-043, A-044)."""
        known = {field.name for field in self.opts.get_fields()}
        forged = sorted((known & set(request.POST)) - set(form.fields))
        if forged:
            log.warning(
                "admin.forged_fields",
                model=self.opts.label, object_id=form.instance.pk, fields=forged,
                user_id=request.user.pk,
            )  # fmt: skip

"""No page of the admin writes by itself, and a check keeps it so (A-042, finding 2)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import models
from django.test import RequestFactory
from django_q.models import OrmQ, Schedule
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import TabularInline

from audit.admin.base import ReadOnlyAdmin, ServiceAdmin
from audit.admin.closed import ClosedAdmin
from portal import checks
from portal.models import Heartbeat, Membership
from releases.models import Product
from tests.admin.pages import LABELS, READ_ONLY, page_of, row_of


@contextmanager
def registered(page: type[Any], model: type[models.Model] = Heartbeat) -> Iterator[None]:
    """A page that stands in the admin for a moment."""
    admin.site.register(model, page)
    try:
        yield
    finally:
        admin.site.unregister(model)


def _found() -> set[str]:
    return {str(message.id) for message in checks.admin_closed(None)}


@pytest.mark.req("A-042")
@pytest.mark.parametrize("label", LABELS)
def test_no_page_has_a_door_of_its_own(label: str) -> None:
    page = page_of(label)
    assert isinstance(page, ReadOnlyAdmin if label in READ_ONLY else ServiceAdmin)
    assert not page.actions
    assert not page.list_editable
    assert not page.save_as
    assert not page.inlines
    assert type(page).history_form_view is not SimpleHistoryAdmin.history_form_view


@pytest.mark.django_db
@pytest.mark.req("A-042", "A-046")
def test_a_superuser_may_delete_nothing_and_write_nothing_that_is_read_only(
    world: SimpleNamespace,
) -> None:
    request = RequestFactory().get("/admin/")
    request.user = get_user_model().objects.create_superuser("root")
    for label in LABELS:
        page, row = page_of(label), row_of(label)
        assert page.has_delete_permission(request, row) is False
        assert page.has_delete_permission(request) is False
        if label in READ_ONLY:
            assert page.has_add_permission(request) is False
            assert page.has_change_permission(request, row) is False


@pytest.mark.req("A-042")
def test_pages_of_other_apps_are_not_there() -> None:
    apps = {model._meta.app_label for model in admin.site._registry}
    assert apps == {"audit", "approvals", "releases", "portal", "auth"}


@pytest.mark.req("A-042")
@pytest.mark.parametrize("model", [Schedule, OrmQ])
def test_a_page_of_the_queue_that_comes_back_stops_the_start(model: type[models.Model]) -> None:
    assert _found() == set()
    with registered(admin.ModelAdmin, model):
        assert "countersign.E010" in _found()
        assert {message.id for message in checks.queue_admin_absent(None)} == {"countersign.E008"}


class _MembershipInline(TabularInline):  # type: ignore[misc]
    model = Membership


class _Deletes(ReadOnlyAdmin):
    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return True


class _Changes(ReadOnlyAdmin):
    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return True


class _Adds(ReadOnlyAdmin):
    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return True


class _StockHistory(ServiceAdmin):
    history_form_view = SimpleHistoryAdmin.history_form_view


class _Saves(ServiceAdmin):
    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        obj.save()


class _Looks(ReadOnlyAdmin):
    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        return True


@pytest.mark.req("A-042", "B-27", "B-30")
@pytest.mark.parametrize(
    "page",
    [
        _Deletes, _Changes, _Adds, _StockHistory, _Saves, _Looks,
        type("_ListEditable", (ServiceAdmin,), {"list_editable": ("name",)}),
        type("_SaveAs", (ServiceAdmin,), {"save_as": True}),
        type("_Actions", (ReadOnlyAdmin,), {"actions": ["delete_selected"]}),
        type("_Inlines", (ServiceAdmin,), {"inlines": [_MembershipInline]}),
        type("_Ordering", (ReadOnlyAdmin,), {"ordering_field": "weight"}),
        type("_RowActions", (ReadOnlyAdmin,), {"actions_row": ["approve"]}),
        type("_Baseless", (ClosedAdmin,), {}),
    ],
    ids=lambda page: page.__name__.strip("_"),
)  # fmt: skip
def test_a_page_that_opens_a_door_stops_the_start(page: type[Any]) -> None:
    with registered(page):
        assert _found() == {"countersign.E011"}


@pytest.mark.req("A-042", "B-30")
@pytest.mark.parametrize("page", [admin.ModelAdmin, SimpleHistoryAdmin])
def test_a_page_that_does_not_stand_on_our_bases_stops_the_start(page: type[Any]) -> None:
    with registered(page):
        assert _found() == {"countersign.E010"}


@pytest.mark.req("A-042")
def test_pages_that_keep_to_the_bases_are_left_alone() -> None:
    for base in (ReadOnlyAdmin, ServiceAdmin):
        with registered(type("_Fine", (base,), {})):
            assert _found() == set()


@pytest.mark.req("SEC-1")
def test_a_base_lets_nobody_in_by_itself() -> None:
    request = RequestFactory().get("/admin/")
    request.user = get_user_model()(username="root", is_superuser=True, is_staff=True)
    for base in (ReadOnlyAdmin, ServiceAdmin):
        page = base(Product, admin.site)
        assert page.has_module_permission(request) is False
        assert page.has_view_permission(request) is False
        assert page.has_add_permission(request) is False
        assert page.has_change_permission(request) is False

"""The way from a page of the portal to the administration's record of the same thing (ADM-1)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.urls import reverse


def admin_record(request: HttpRequest, row: models.Model) -> str:
    """The address of a row's record; empty for whoever could not open it.

    The page on which it stands has asked whether the person may see the row itself.
    """
    page: Any = admin.site._registry.get(type(row))
    if page is None or not page.has_module_permission(request):
        return ""
    opts = row._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])


def admin_list(request: HttpRequest, model: type[models.Model]) -> str:
    """The address of a model's list; empty for whoever could not open it."""
    page: Any = admin.site._registry.get(model)
    if page is None or not page.has_module_permission(request):
        return ""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")

"""Products in the admin: made and changed through their services (REL-1)."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from approvals.admin.base import Configuration
from audit.admin.actors import actor_of
from audit.admin.base import ServiceAdmin
from audit.admin.forms import ServiceForm
from releases.admin.archived import Archivable
from releases.models import Product
from releases.services.products import change_product, create_product


def split_tags(text: str) -> list[str]:
    """Tags as written, by comma."""
    return [tag for each in text.split(",") if (tag := each.strip())]


class ProductForm(ServiceForm):
    """A product's own fields; tags by comma."""

    tags = forms.CharField(
        required=False,
        max_length=1000,
        widget=UnfoldAdminTextInputWidget,
        help_text="By comma. Conditions of processes read them.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["tags"] = ", ".join(json.loads(self.instance.tags))


class ProductChangeForm(ProductForm):
    """The same, with the reason that goes into the history."""

    reason = forms.CharField(
        required=False,
        max_length=1000,
        widget=UnfoldAdminTextInputWidget,
        help_text="Why; it stands in the history.",
    )


@admin.register(Product)
class ProductAdmin(Archivable, Configuration, ServiceAdmin):
    """Products, archived ones too: they are restored here."""

    addable = changeable = True
    add_form = ProductForm
    form = ProductChangeForm
    add_fieldsets = ((None, {"fields": ("key", "name", "description", "tags")}),)
    fieldsets = (
        (None, {"fields": ("key", "name", "description", "tags", "is_archived", "reason")}),
    )
    list_display = ("name", "key", "shown_use")
    list_filter = ("is_archived",)
    search_fields = ("key", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> list[str]:
        """The key names the product for good."""
        return ["key"] if obj else []

    def add_through(self, request: HttpRequest, data: dict[str, Any]) -> Product:
        return create_product(
            key=data["key"], name=data["name"], description=data["description"],
            tags=split_tags(data["tags"]), actor=actor_of(request),
        )  # fmt: skip

    def change_through(self, request: HttpRequest, obj: Product, data: dict[str, Any]) -> Product:
        return change_product(
            product_id=obj.pk, name=data["name"], description=data["description"],
            tags=split_tags(data["tags"]), is_archived=data["is_archived"], reason=data["reason"],
            actor=actor_of(request),
        )  # fmt: skip

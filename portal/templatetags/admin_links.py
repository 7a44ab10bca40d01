"""The way from a page of the portal to the administration (ADM-1)."""

from __future__ import annotations

from typing import Any

from django import template
from django.db import models

from portal.pages.admin_records import admin_record

register = template.Library()


@register.simple_tag(takes_context=True)
def admin_record_of(context: template.Context, row: models.Model) -> str:
    """The address of a row's record; empty for whoever could not open it."""
    request: Any = context.get("request")
    user = getattr(request, "user", None)
    return admin_record(request, row) if user is not None and user.is_authenticated else ""

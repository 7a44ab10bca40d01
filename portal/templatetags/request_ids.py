"""The request's id, for pages that say what went wrong and nothing else."""

from __future__ import annotations

import structlog
from django import template

register = template.Library()


@register.simple_tag
def request_id() -> str:
    """The id under which the log has this request; empty outside of one."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))

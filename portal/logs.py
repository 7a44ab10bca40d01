"""Structured logs: one line an event, with the request id, without secrets (OPS-3)."""

from __future__ import annotations

import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

HIDDEN = "[hidden]"
# What follows these in an address is the key to an account.
_KEY_IN_PATH = re.compile(r"(/(?:password/reset/key|confirm-email)/)[^\s\"'?]+")
_SECRET_WORDS = ("password", "secret", "token", "authorization", "cookie", "api_key", "signature")


def hide_keys(text: str) -> str:
    """A text in which addresses of links that were mailed to somebody have lost their key (A-096)."""
    return _KEY_IN_PATH.sub(rf"\1{HIDDEN}", text)


def hide_secrets(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Blank values whose name says that they are secret, and keys in addresses (A-096).

    Before any renderer sees them; Django's own lines ("Not Found: /…") pass here too.
    """
    for name, value in event.items():
        if any(word in name.lower() for word in _SECRET_WORDS):
            event[name] = HIDDEN
        elif isinstance(value, str):
            event[name] = hide_keys(value)
    return event


def _shared_processors() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]


def configure_structlog() -> None:
    """Send structlog's own loggers through the standard library's, so that there is one way out."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared_processors(),
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def logging_config(*, readable: bool, level: str) -> dict[str, Any]:
    """The LOGGING setting: lines for people when `readable`, else one JSON object a line."""
    last: list[Any]
    if readable:
        last = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    else:
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _shared_processors(),
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own console handler would print each of its lines a second time.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            # Each sign-in, with the name that was tried: at times a password typed one field too early.
            "axes": {"handlers": [], "level": "WARNING", "propagate": True},
            # It says every poll and every task at INFO.
            "django-q": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        },
    }

"""The app that keeps the record; its one receiver puts the triggers back after each migrate."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


def _install_triggers(using: str = "default", **_: Any) -> None:
    from audit.triggers import install_triggers  # noqa: PLC0415  (models are not loaded before)

    install_triggers(connections[using])


class AuditConfig(AppConfig):
    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Audit"

    def ready(self) -> None:
        # Sent once for each app: a table that a migration made or rebuilt is covered at once.
        post_migrate.connect(_install_triggers, dispatch_uid="countersign.triggers")

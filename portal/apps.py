"""The portal: doors and assembly."""

from __future__ import annotations

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The app at the top: it may import all others, and none of them imports it."""

    name = "portal"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "People and access"

    def ready(self) -> None:
        """Register the system checks, and keep the queue's pages out of the admin."""
        from portal import checks  # noqa: F401, PLC0415  (models are not loaded before)

        _unregister_queue_admin()


def _unregister_queue_admin() -> None:
    # Whoever may add one of its schedules runs any dotted path (abuse.md, finding 2). Its module is
    # imported here, so that the admin's own discovery, which comes later, finds it done.
    from django.contrib import admin  # noqa: PLC0415
    from django_q import admin as queue_admin  # noqa: F401, PLC0415

    for model in list(admin.site._registry):
        if model._meta.app_label == "django_q":
            admin.site.unregister(model)

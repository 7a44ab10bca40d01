"""The portal: doors and assembly."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig, apps
from django.utils.module_loading import module_has_submodule

OWN_APPS = frozenset({"audit", "approvals", "releases", "portal"})


class PortalConfig(AppConfig):
    """The app at the top: it may import all others, and none of them imports it."""

    name = "portal"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "People and access"

    def ready(self) -> None:
        """Register the system checks, and open the admin with our own pages alone."""
        from portal import checks  # noqa: F401, PLC0415  (models are not loaded before)

        _open_admin()


def _open_admin() -> None:
    """Put our site in the place of unfold's, empty of what other apps register by themselves.

    Their pages write past the services, and django-q2's runs any dotted path (abuse.md, finding 2).
    Their modules are imported here, so that the admin's own discovery, which comes later, finds
    them done; `portal.checks` keeps it so.
    """
    from django.contrib import admin  # noqa: PLC0415
    from django.contrib.admin import sites  # noqa: PLC0415

    from portal.admin_site import PortalAdminSite  # noqa: PLC0415

    admin.site = sites.site = PortalAdminSite()
    for config in apps.get_app_configs():
        if config.name not in OWN_APPS and module_has_submodule(config.module, "admin"):
            import_module(f"{config.name}.admin")
    for model in list(admin.site._registry):
        admin.site.unregister(model)

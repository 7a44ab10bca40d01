"""System checks: configurations under which the product would lose votes or its record.

Settings can't come to be this way by the environment alone; these are for whoever edits them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.contrib import admin
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.db import connections

from portal.mail import NO_MAIL_BACKEND

Messages = list[CheckMessage]


@register(Tags.database)
def isolation(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: Any
) -> Messages:
    """READ COMMITTED on PostgreSQL, immediate transactions and WAL on SQLite (A-016, A-017)."""
    found: Messages = []
    for alias in databases or ():
        connection = connections[alias]
        if connection.vendor == "postgresql":
            found += _postgres_isolation(connection)
        elif connection.vendor == "sqlite":
            found += _sqlite_isolation(connection)
        else:
            found.append(Error("Only PostgreSQL and SQLite are supported.", id="countersign.E001"))
    return found


def _postgres_isolation(connection: Any) -> Messages:
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        level = cursor.fetchone()[0]
    if level == "read committed":
        return []
    return [
        Error(
            f"The database's isolation level is {level}: votes would be stored and not counted.",
            hint="Set it to READ COMMITTED, as portal/settings.py does.",
            id="countersign.E002",
        )
    ]


def _sqlite_isolation(connection: Any) -> Messages:
    found: Messages = []
    connection.ensure_connection()
    if connection.transaction_mode != "IMMEDIATE":
        found.append(
            Error(
                "SQLite's transactions are not IMMEDIATE: simultaneous votes would be lost.",
                hint='Set "transaction_mode": "IMMEDIATE" in the database\'s OPTIONS.',
                id="countersign.E003",
            )
        )
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        mode = cursor.fetchone()[0]
    if mode not in {"wal", "memory"}:
        found.append(
            Error(
                f"SQLite's journal mode is {mode}, not WAL: readers and writers would block.",
                hint="Keep the database file on a local disk; WAL does not work on a network share.",
                id="countersign.E004",
            )
        )
    return found


@register(Tags.security)
def record_kept(app_configs: Sequence[AppConfig] | None, **_: Any) -> Messages:
    """Nothing may switch the history off, open transactions by request, or bring a side door."""
    found: Messages = []
    if not getattr(settings, "SIMPLE_HISTORY_ENABLED", True):
        found.append(
            Error("SIMPLE_HISTORY_ENABLED is off: changes leave no history.", id="countersign.E005")
        )
    if any(database.get("ATOMIC_REQUESTS") for database in settings.DATABASES.values()):
        found.append(
            Error(
                "ATOMIC_REQUESTS is on: services open their own transactions.",
                id="countersign.E006",
            )
        )
    if getattr(settings, "GUARDIAN_LEGACY_GLOBAL_PERMS_GROUP_UNION", False):
        found.append(Error("guardian's legacy union of permissions is on.", id="countersign.E007"))
    return found


@register(Tags.admin)
def queue_admin_absent(app_configs: Sequence[AppConfig] | None, **_: Any) -> Messages:
    """django-q2's admin runs any dotted path that is typed into it; it must not be registered."""
    return [
        Error(
            f"{model.__name__} of django_q is in the admin: whoever may add one runs any code.",
            hint="Unregister it in PortalConfig.ready().",
            id="countersign.E008",
        )
        for model in admin.site._registry
        if model._meta.app_label == "django_q"
    ]


@register(Tags.admin)
def admin_closed(app_configs: Sequence[AppConfig] | None, **_: Any) -> Messages:
    """Every page of the admin stands on our bases, and opens nothing that they shut (A-042)."""
    from audit.admin.closed import ClosedAdmin  # noqa: PLC0415  (models are not loaded before)

    found: Messages = []
    for model, page in admin.site._registry.items():
        if not isinstance(page, ClosedAdmin):
            found.append(
                Error(
                    f"The admin page of {model._meta.label} does not stand on audit.admin.base.",
                    hint="Derive it from ReadOnlyAdmin or ServiceAdmin, or unregister it.",
                    id="countersign.E010",
                )
            )
            continue
        found += [
            Error(f"The admin page of {model._meta.label} opens {door}.", id="countersign.E011")
            for door in _opened(page)
        ]
    return found


# What Django's admin, unfold and simple-history would write by themselves.
_SHUT_ATTRIBUTES = (
    "actions", "list_editable", "save_as", "inlines", "ordering_field", "actions_list",
    "actions_row", "actions_detail", "actions_submit_line",
)  # fmt: skip
_SHUT_METHODS = {
    "ClosedAdmin": ("has_delete_permission", "lookup_allowed"),
    "HistoryPages": ("history_form_view",),
    "ServiceAdmin": ("save_form", "save_model", "save_related", "changeform_view"),
}
_NEVER_GRANTED = ("has_add_permission", "has_change_permission")


def _opened(page: Any) -> list[str]:
    """What a page opens: attributes that are set, and methods that are not the bases' own."""
    bases = {base.__name__: base for base in type(page).__mro__}
    names = [name for name in _SHUT_ATTRIBUTES if getattr(page, name, None)]
    for base, methods in _SHUT_METHODS.items():
        names += [
            name
            for name in methods
            if base in bases and getattr(type(page), name) is not getattr(bases[base], name)
        ]
    if "ReadOnlyAdmin" in bases:
        names += [
            name
            for name in _NEVER_GRANTED
            if getattr(type(page), name) is not getattr(bases["ClosedAdmin"], name)
        ]
    elif "ServiceAdmin" not in bases:
        names.append("a base that is neither read-only nor a service's")
    return names


@register(Tags.compatibility)
def worker_limits(app_configs: Sequence[AppConfig] | None, **_: Any) -> Messages:
    """Nothing but the tick may be queued, be given out twice while it waits, or fail forever."""
    cluster: dict[str, Any] = settings.Q_CLUSTER
    patience = cluster["queue_limit"] * cluster["timeout"] / cluster["workers"]
    safe = (
        cluster.get("orm") == "default"
        and cluster.get("broker_class") == "portal.broker.TickBroker"
        and cluster["retry"] > max(patience, cluster["timeout"])
        and cluster["max_attempts"] > 0
        and cluster["ack_failures"]
        and not cluster["catch_up"]
        and cluster["bulk"] == 1
    )
    if safe:
        return []
    return [
        Error(
            "Q_CLUSTER would run other tasks, or tasks twice or for ever.",
            hint="The values that hold, and why, are in portal/settings.py.",
            id="countersign.E009",
        )
    ]


@register(Tags.security, deploy=True)
def mail_given(app_configs: Sequence[AppConfig] | None, **_: Any) -> Messages:
    """Without a mail server nobody can set a forgotten password anew."""
    if settings.EMAIL_BACKEND != NO_MAIL_BACKEND:
        return []
    return [
        CheckWarning(
            "Mail is not set up: no link for a forgotten password is sent.",
            hint="Set EMAIL_URL: smtp+tls://user:password@host:port.",
            id="countersign.W002",
        )
    ]


@register(Tags.security, deploy=True)
def keys_given(app_configs: Sequence[AppConfig] | None, **_: Any) -> Messages:
    """Keys that production may start without, and had better not."""
    return [
        CheckWarning(
            f"{name} is not set.",
            hint="Make one: python -c 'from portal.keys import new_key; print(new_key())'",
            id="countersign.W001",
        )
        for name in ("COUNTERSIGN_SIGNING_KEY", "COUNTERSIGN_FIELD_KEY")
        if not getattr(settings, name)
    ]

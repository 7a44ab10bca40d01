"""The system checks find each configuration that would lose votes or the record."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.core.checks import run_checks
from django.db import connection, connections
from django.test import override_settings
from django_q.models import Schedule

from portal import checks
from portal.mail import NO_MAIL_BACKEND


def _ids(messages: list[Any]) -> set[str]:
    return {message.id for message in messages}


@pytest.mark.sqlite
@pytest.mark.django_db
@pytest.mark.req("SEC-4", "A-016", "A-017")
def test_the_configuration_that_ships_is_clean() -> None:
    found = run_checks(databases=["default"])
    assert [message for message in found if not message.is_silenced()] == []


@pytest.mark.postgres
@pytest.mark.django_db
@pytest.mark.req("A-016")
@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_another_isolation_level_is_refused(level: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
    assert _ids(checks.isolation(None, databases=["default"])) == {"countersign.E002"}


@pytest.mark.sqlite_only
@pytest.mark.django_db
@pytest.mark.req("A-017")
def test_deferred_transactions_on_sqlite_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections["default"], "transaction_mode", None)
    assert _ids(checks.isolation(None, databases=["default"])) == {"countersign.E003"}


@pytest.mark.req("AUD-2", "SEC-4")
@pytest.mark.parametrize(
    ("setting", "value", "found"),
    [
        ("SIMPLE_HISTORY_ENABLED", False, "countersign.E005"),
        ("GUARDIAN_LEGACY_GLOBAL_PERMS_GROUP_UNION", True, "countersign.E007"),
    ],
)
def test_a_setting_that_undoes_the_record_is_refused(
    setting: str, value: object, found: str
) -> None:
    assert checks.record_kept(None) == []
    with override_settings(**{setting: value}):
        assert _ids(checks.record_kept(None)) == {found}


@pytest.mark.req("SEC-4")
def test_transactions_by_request_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "ATOMIC_REQUESTS", True)
    assert _ids(checks.record_kept(None)) == {"countersign.E006"}


@pytest.mark.req("A-042")
def test_the_queue_is_not_in_the_admin_and_a_check_keeps_it_so() -> None:
    assert checks.queue_admin_absent(None) == []
    assert not [model for model in admin.site._registry if model._meta.app_label == "django_q"]
    admin.site.register(Schedule)
    try:
        assert _ids(checks.queue_admin_absent(None)) == {"countersign.E008"}
    finally:
        admin.site.unregister(Schedule)


@pytest.mark.req("OPS-1")
@pytest.mark.parametrize(
    "change",
    [
        {"retry": 50},
        {"retry": 90, "queue_limit": 4},
        {"max_attempts": 0},
        {"ack_failures": False},
        {"catch_up": True},
        {"bulk": 5},
        {"orm": None},
    ],
)
def test_a_worker_that_would_repeat_tasks_is_refused(change: dict[str, object]) -> None:
    assert checks.worker_limits(None) == []
    with override_settings(Q_CLUSTER={**settings.Q_CLUSTER, **change}):
        assert _ids(checks.worker_limits(None)) == {"countersign.E009"}


@pytest.mark.req("SEC-4")
@pytest.mark.parametrize("name", ["COUNTERSIGN_SIGNING_KEY", "COUNTERSIGN_FIELD_KEY"])
def test_a_missing_key_is_said_before_deployment(name: str) -> None:
    assert checks.keys_given(None) == []
    with override_settings(**{name: ""}):
        assert _ids(checks.keys_given(None)) == {"countersign.W001"}


@pytest.mark.req("SEC-1", "SEC-4")
def test_an_installation_without_mail_is_told_so_before_deployment() -> None:
    with override_settings(EMAIL_BACKEND=NO_MAIL_BACKEND):
        assert _ids(checks.mail_given(None)) == {"countersign.W002"}
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend"):
        assert checks.mail_given(None) == []

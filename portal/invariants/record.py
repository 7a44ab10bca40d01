"""The record: ledger, triggers, versions, actors, and no secret in it (I3, I10, I12, I13)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from django.db import connection, models
from django.db.models import Q

from audit.triggers import is_history, missing_triggers, protected_models
from audit.verification import Report
from audit.verification.ledger import verify_chains
from audit.verification.personal import check_personal
from audit.verification.versions import check_versions
from portal.invariants.findings import LOOK, Finding
from portal.services.tokens import PREFIX, looks_like_token

CHUNK = 500
_SECRET = re.compile(re.escape(PREFIX) + r"[A-Za-z0-9_-]+")
_TRIGGERS = "Find out who did it, then run manage.py migrate, which puts it right."
_REVOKE = "Revoke the token at once: whoever may read this row could use it."
_VERSIONS = (
    "It was written past the services. Look at its history; put the row back to its newest version, "
    "or make the change again through a service."
)


def check_ledger(now: dt.datetime) -> Iterator[Finding]:
    """I3: every chain holds, every row is as recorded, every decision stands in one event."""
    report = Report()
    verify_chains(report)
    check_personal(report)
    yield from _from_report("I3", report, LOOK)


def check_versions_newest(now: dt.datetime) -> Iterator[Finding]:
    """I12: the newest version of every tracked row is the row."""
    report = Report()
    check_versions(report)
    yield from _from_report("I12", report, _VERSIONS)


def _from_report(rule: str, report: Report, mend: str) -> Iterator[Finding]:
    for problem in report.problems:
        yield Finding(rule, problem.code, str(problem.place), problem.detail, mend)
    left = report.problem_count - len(report.problems)
    if left:
        yield Finding(rule, "and_more", "the record", f"{left} further problems", mend)


def check_triggers(now: dt.datetime) -> Iterator[Finding]:
    """The database itself refuses to change the record (AUD-3)."""
    for name in missing_triggers(connection):
        detail = (
            "this trigger, which keeps a table append-only, is missing, switched off or altered"
        )
        yield Finding("I3", "trigger_missing", name, detail, _TRIGGERS)


def check_actors(now: dt.datetime) -> Iterator[Finding]:
    """I10: every version says who made it and through which door."""
    for model in protected_models():
        if not is_history(model):
            continue
        nameless = model._base_manager.filter(Q(history_actor="") | Q(history_door=""))
        for key in nameless.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=CHUNK):
            subject = f"{model._meta.db_table} row {key}"
            detail = "it does not say who acted through which door"
            yield Finding("I10", "version_without_actor", subject, detail)


def check_secrets(now: dt.datetime) -> Iterator[Finding]:
    """I13: no token stands in ledger, history, decisions, results or comments."""
    for model in protected_models():
        fields = [
            field.attname
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField)
        ]
        found = Q(pk__in=[])
        for name in fields:
            found |= Q(**{f"{name}__contains": PREFIX})
        rows = model._base_manager.filter(found).order_by("pk").values_list("pk", *fields)
        for key, *texts in rows.iterator(chunk_size=CHUNK):
            for name, text in zip(fields, texts, strict=True):
                if any(looks_like_token(one) for one in _SECRET.findall(text or "")):
                    subject = f"{model._meta.db_table} row {key}"
                    yield Finding("I13", "secret", subject, f"{name} holds a token", _REVOKE)

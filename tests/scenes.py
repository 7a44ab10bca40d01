"""Small scenes that many tests start from: a question put to people, and what is on the record of it."""

from __future__ import annotations

import datetime as dt
import json
from itertools import count
from types import SimpleNamespace
from typing import Any

from django.contrib.auth import get_user_model

from approvals.models import AskedPerson, Scope
from audit.models import LedgerEntry
from releases.models import Activity, Product, Release
from tests import builders as b

_numbers = count(1)


def people(*names: str) -> SimpleNamespace:
    """Persons by name, made where they are missing."""
    known = {user.username: user for user in get_user_model().objects.filter(username__in=names)}
    return SimpleNamespace(**{name: known.get(name) or b.person(name) for name in names})


def tom() -> Any:
    """The release manager, made where he is missing."""
    return get_user_model().objects.filter(username="tom").first() or b.manager("tom")


def pipe() -> Any:
    """The pipeline's machine user, made where it is missing."""
    found = get_user_model().objects.filter(username="pipeline").first()
    return found or b.pipeline_user("pipeline")


def run(*phases: dict[str, Any], by: Any = None, start: bool = True, **more: Any) -> Release:
    """A release of a fresh process with these phases; `more` as `builders.release` takes it."""
    if not Product.objects.filter(key="pay").exists():
        b.product("pay")
    slug = f"proc-{next(_numbers)}"
    options = {key: more.pop(key) for key in ("failure", "roles") if key in more}
    b.process(*phases, slug=slug, **options)
    return b.release(by or tom(), process=slug, start=start, **more)


def ask(*approvers: dict[str, Any], rule: Any = "any", **more: Any) -> Activity:
    """A started release whose one activity `gate` asks these approvers; `more` is the activity's."""
    details = {
        key: more.pop(key) for key in ("by", "authors", "now", "manager", "risk") if key in more
    }
    gate = b.manual("gate", *approvers, rule=rule, **more)
    return b.activity(run(b.phase("main", gate), **details), "gate")


def state(of: Activity) -> str:
    """The state of an activity as the database has it."""
    return Activity.objects.get(pk=of.pk).state


def release_state(of: Activity | Release) -> str:
    """The state of a release as the database has it."""
    key = of.pk if isinstance(of, Release) else of.release_id
    return Release.objects.get(pk=key).state


def asked(of: Activity, *, waiting: bool = False) -> set[str]:
    """The usernames whom the newest round asks; with `waiting`, of whom it still awaits an answer."""
    rows = AskedPerson.objects.filter(approval=b.round_of(of), is_open=True)
    if waiting:
        rows = rows.filter(has_answered=False)
    return set(rows.values_list("user__username", flat=True))


def events(of: Activity | Release | str) -> list[str]:
    """The kinds of a release's ledger entries (or a stream's), oldest first."""
    rows = _entries(of)
    return list(rows.values_list("kind", flat=True))


def entry(of: Activity | Release | str, kind: str) -> dict[str, Any]:
    """The newest ledger entry of a kind, as its text says."""
    found = _entries(of).filter(kind=kind).last()
    assert found is not None, f"no {kind} among {events(of)}"
    return json.loads(found.text)


def _entries(of: Activity | Release | str) -> Any:
    if isinstance(of, str):
        key = of
    else:
        key = f"release:{of.pk if isinstance(of, Release) else of.release_id}"
    return LedgerEntry.objects.filter(stream__key=key).order_by("seq")


def everything() -> Scope:
    """The root scope."""
    return Scope.objects.get(kind=Scope.Kind.EVERYTHING)


def instant(minutes: float = 0) -> dt.datetime:
    """A fixed moment, so many minutes later."""
    return dt.datetime(2026, 11, 2, 9, 0, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes)

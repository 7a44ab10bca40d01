"""The demo loaded into a new installation, and taken out of sight again, from the set-up page (ux.md 4 q)."""

from __future__ import annotations

import datetime as dt
import sqlite3

from django.conf import settings
from django.db import OperationalError, transaction

from audit.actor import YES, Actor, Answer
from audit.errors import Conflict, NotPermitted
from audit.journal import Journal
from audit.locking import database_now
from audit.models import PORTAL_STREAM
from audit.services.record import record
from portal.demo.presence import demo_data, is_here, was_removed
from portal.demo.seeding import Removed, remove, seed
from portal.reach import is_private
from releases.models import Release

# Of a result code of SQLite; what is above says more exactly what it was.
_PRIMARY = 0xFF
_NO = Answer(False, "no_permission", "Only a superuser loads or removes the demo.")
_REFUSALS = {
    "production": "The demo's passwords are known to everybody, so it is not loaded into production.",
    "not_private": "Other machines reach this installation, and everybody knows the password of the "
    "demo’s administrator. Load the demo where HOST and COUNTERSIGN_BASE_URL name this machine alone.",
    "demo_here": "The demo is here already.",
    "demo_removed": "The demo was removed here and its record stays; use a new database.",
    "has_releases": "This database has releases of its own; the demo needs an empty one.",
    "no_demo": "The demo is not in this database.",
    "own_account": "You are signed in as somebody of the demo, whose account would be closed. Make a "
    "superuser of your own with manage.py createsuperuser, and remove the demo as that.",
}  # fmt: skip


def why_not_load(actor: Actor) -> Answer:
    """Whether the actor may load the demo here and now, or why not."""
    if not _is_superuser(actor):
        return _NO
    if not settings.COUNTERSIGN_EMBEDDED:
        return _no("production")
    if not is_private():
        return _no("not_private")
    if was_removed():
        return _no("demo_removed")
    if demo_data() is not None:
        return _no("demo_here")
    return _no("has_releases") if Release.objects.exists() else YES


def why_not_remove(actor: Actor) -> Answer:
    """Whether the actor may remove the demo here and now, or why not."""
    if not _is_superuser(actor):
        return _NO
    made = demo_data() if is_here() else None
    if made is None:
        return _no("no_demo")
    return _no("own_account") if actor.user_id in made["users"] else YES


def load_demo(*, actor: Actor, now: dt.datetime | None = None) -> None:
    """Make the demo in a new installation, as `manage.py seed_demo` does; it takes a while.

    Refusals: NotPermitted for whoever is no superuser, Conflict (`production`, `not_private`,
    `demo_here`, `demo_removed`, `has_releases`, `busy` while another writes for so long, such as a
    second press), and what `seed` refuses, such as `username_taken`.
    """
    try:
        _load_demo(actor, now)
    except OperationalError as error:
        _refuse_if_busy(error)
        raise


@transaction.atomic
def _load_demo(actor: Actor, now: dt.datetime | None) -> None:
    _require(why_not_load(actor))
    seed(now=now)
    journal = Journal(actor=actor, at=now or database_now())
    journal.add("demo.asked_for")
    record(journal, stream=PORTAL_STREAM)


def remove_demo(*, actor: Actor) -> Removed:
    """Take the demo out of sight, as `manage.py seed_demo --remove` does; its record stays.

    Refusals: NotPermitted for whoever is no superuser, Conflict (`no_demo`, `own_account` for one of
    the demo's own people, `busy`).
    """
    try:
        return _remove_demo(actor)
    except OperationalError as error:
        _refuse_if_busy(error)
        raise


@transaction.atomic
def _remove_demo(actor: Actor) -> Removed:
    _require(why_not_remove(actor))
    return remove(actor=actor)


def _refuse_if_busy(error: OperationalError) -> None:
    """SQLite has one writer at a time, and whoever waits for it gives up at last."""
    code = getattr(error.__cause__, "sqlite_errorcode", 0)
    if code & _PRIMARY == sqlite3.SQLITE_BUSY:
        raise Conflict(
            "busy", "The database is being written to; look again in a minute."
        ) from error


def _is_superuser(actor: Actor) -> bool:
    return actor.kind == "person" and actor.is_superuser


def _no(code: str) -> Answer:
    return Answer(False, code, _REFUSALS[code])


def _require(answer: Answer) -> None:
    if answer:
        return
    refusal = NotPermitted if answer.code == _NO.code else Conflict
    raise refusal(answer.code, answer.sentence)

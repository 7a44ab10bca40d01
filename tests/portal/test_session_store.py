"""Our store of sessions does what Django's own does, whatever key it is given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore as DjangosOwn
from django.contrib.sessions.models import Session
from django.utils import timezone

from portal.sessions import SessionStore

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("SEC-1")]


def _stored(store: type[DjangosOwn], *, ends_in: dt.timedelta) -> str:
    session = store()
    session["who"] = "maya"
    session.save()
    ends = timezone.now() + ends_in
    Session.objects.filter(session_key=session.session_key).update(expire_date=ends)
    return str(session.session_key)


KEYS: dict[str, Callable[[type[DjangosOwn]], str | None]] = {
    "living": lambda store: _stored(store, ends_in=dt.timedelta(hours=1)),
    "ended": lambda store: _stored(store, ends_in=-dt.timedelta(seconds=1)),
    "foreign": lambda store: "x" * 32,
    "none": lambda store: None,
    "empty": lambda store: "",
    "short": lambda store: "short",
}


def _write(session: DjangosOwn) -> None:
    """As a page does that notes something and saves."""
    session["seen"] = True
    session.save()


ACTS: dict[str, Callable[[DjangosOwn], Any]] = {
    "load": lambda session: session.load(),
    "read": lambda session: session.get("who"),
    "save": lambda session: session.save(),
    "write": _write,
    "cycle_key": lambda session: session.cycle_key(),
    "flush": lambda session: session.flush(),
    "create": lambda session: session.create(),
}


def _seen(store: type[DjangosOwn], key: str, act: str) -> dict[str, Any]:
    """What an act answers and leaves behind, without the keys themselves, which are made by chance."""
    Session.objects.all().delete()
    given = KEYS[key](store)
    session = store(given)
    try:
        answer = ACTS[act](session)
    except Exception as refusal:  # whatever it is, both must raise it
        answer = type(refusal)
    left = session.session_key
    rows = {row.session_key: row.get_decoded() for row in Session.objects.all()}
    return {
        "answer": answer,
        "key": "given" if left and left == given else left and "another",
        "data": dict(session.items()),
        "key once read": session.session_key and "some",
        "of the given key": rows.pop(given, None),
        "of others": sorted(rows.values(), key=str),
    }


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("key", KEYS)
def test_it_answers_and_leaves_behind_what_djangos_own_does(key: str, act: str) -> None:
    assert _seen(SessionStore, key, act) == _seen(DjangosOwn, key, act)


@pytest.mark.parametrize("key", ["foreign", "ended"])
def test_a_key_that_opens_nothing_is_never_taken_over(key: str) -> None:
    """Else somebody could choose the key of a session before another one signs in."""
    given = KEYS[key](SessionStore)
    session = SessionStore(given)
    _write(session)
    assert session.session_key != given
    assert session.load() == {"seen": True}

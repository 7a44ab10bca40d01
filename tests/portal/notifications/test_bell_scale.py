"""What the bell and the centre read: what is open for somebody, not all that they were ever told.

Rows that PostgreSQL reads are counted, statement by statement; no clock is looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import AskedPerson
from audit.models import Notice
from portal.marks import MARKED, account_with_mark
from portal.models import User
from portal.notifications.centre import MOST_COUNTED
from portal.pages.standing import STANDING, standing_of
from tests import builders as b
from tests.plans import rows_read, rows_read_by_the_plan_for_anybody
from tests.portal.api.client import Api, ok
from tests.portal.notifications.test_centre import client_for, shown
from tests.portal.pages.test_inbox_scale import multiply
from tests.scenes import ask, people

pytestmark = [pytest.mark.django_db, pytest.mark.postgres, pytest.mark.req("NTF-5")]

OLD = 20_000
# What a page may read of notices and seats beside that: two lists of fifty, and a count up to 99.
A_PAGE = 1_500


def leave_unread(user: Any, number: int) -> None:
    """So many notices of rounds that are long settled, and of some that were once stuck, all unread."""
    pattern = Notice.objects.filter(user=user).first()
    assert pattern is not None
    names = [field.column for field in Notice._meta.fields if not field.primary_key]
    own = {
        "key": "'asked:activity:' || (800000000 + n) || ':1'",
        "host": "'activity:' || (800000000 + n)",
        "moment": "CASE WHEN n %% 10 = 0 THEN 'stuck' ELSE 'asked' END",
    }
    chosen = ", ".join(own.get(name, f'"{name}"') for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO audit_notice ({listed}) SELECT {chosen} "
            "FROM audit_notice, generate_series(1, %s) AS n WHERE id = %s",
            [number, pattern.pk],
        )
        cursor.execute("ANALYZE")


def multiply_notices(user: Any) -> None:
    """The open rounds that `multiply` made told the account too."""
    names = [field.column for field in Notice._meta.fields if not field.primary_key]
    own = {"key": "'asked:' || r.host || ':' || r.attempt", "host": "r.host"}
    chosen = ", ".join(own.get(name, f'told."{name}"') for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO audit_notice ({listed}) SELECT {chosen} "
            "FROM audit_notice told, approvals_approval r "
            "WHERE told.user_id = %s AND r.state = 'open' ON CONFLICT DO NOTHING",
            [user.pk],
        )
        cursor.execute("ANALYZE")


def ask_many_others(activity: Any) -> None:
    """Two hundred others who are asked about this one activity."""
    names = [f"other{number}" for number in range(200)]
    others = User.objects.bulk_create([User(username=name) for name in names])
    approval = b.round_of(activity)
    hers = AskedPerson.objects.get(approval=approval)
    moments = {"asked_at": hers.asked_at, "due_at": hers.due_at}
    seats = [AskedPerson(approval=approval, user=one, **moments) for one in others]
    AskedPerson.objects.bulk_create(seats)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def ways_of(user: Any) -> dict[str, Callable[[], Any]]:
    """Each way to look at the bell and the centre."""
    client, api = client_for(user), Api(user)
    first = Notice.objects.filter(user=user).order_by("pk").values_list("pk", flat=True)[0]
    return {
        "bell": lambda: standing_of(user.pk).unread,
        "live": lambda: account_with_mark(user.pk, ""),
        "panel": lambda: client.get("/notifications/latest/"),
        "centre": lambda: client.get("/notifications/"),
        "unread": lambda: client.get("/notifications/?show=unread"),
        "old": lambda: client.get(f"/notifications/?older={first + 500}"),
        "api": lambda: ok(api.get("notifications/")),
        "api unread": lambda: ok(api.get("notifications/?unread=true")),
    }


def as_in_large_tables() -> None:
    """Plan as where tables are large: what fits into a few pages is mostly read whole."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")


def reads(ways: dict[str, Callable[[], Any]]) -> dict[str, int]:
    """What each of them reads."""
    return {name: rows_read(call) for name, call in ways.items()}


def test_twenty_thousand_unread_notices_cost_what_none_do() -> None:
    maya = people("maya").maya
    for _ in range(10):
        ask({"user": "maya"})
    ways = ways_of(maya)
    as_in_large_tables()
    fresh = reads(ways)
    leave_unread(maya, OLD)
    old = reads(ways)
    assert standing_of(maya.pk).unread == 10
    # Ten seats may be looked up by another index than before, and the record has grown by some entries.
    most = {
        name: number + (100 if name in {"bell", "live"} else A_PAGE)
        for name, number in fresh.items()
    }
    assert {name: number for name, number in old.items() if number > most[name]} == {}


@pytest.mark.req("MON-4")
def test_the_bell_looks_no_further_than_it_counts() -> None:
    maya = people("maya").maya
    asked = ask({"user": "maya"})
    multiply(asked, maya, 10_000)
    multiply_notices(maya)
    ways = ways_of(maya)
    as_in_large_tables()
    found = reads(ways)
    assert standing_of(maya.pk).unread == MOST_COUNTED
    # A seat, its round, scope, release, product and notices.
    assert found["bell"] <= MOST_COUNTED * 12
    assert {name: number for name, number in found.items() if number > 3 * A_PAGE} == {}


@pytest.mark.req("MON-4")
def test_the_plan_kept_for_everybody_looks_no_further_for_who_has_very_much() -> None:
    maya = people("maya").maya
    asked = ask({"user": "maya"})
    multiply(asked, maya, 10_000)
    multiply_notices(maya)
    ask_many_others(asked)  # so that somebody has little, as far as PostgreSQL knows of anybody
    bell = rows_read_by_the_plan_for_anybody(STANDING, user_id=maya.pk)
    poll = rows_read_by_the_plan_for_anybody(MARKED, user_id=maya.pk, stream="", activity=0)
    assert bell <= MOST_COUNTED * 12
    # A poll looks besides at the newest entries of the record.
    assert poll <= MOST_COUNTED * 12 + 600


@pytest.mark.req("MON-5")
def test_what_went_out_of_sight_is_passed_over_in_a_few_statements() -> None:
    tom, maya = b.manager("tom"), people("maya").maya
    ask({"user": "maya"}, by=tom)
    leave_unread(maya, OLD)
    gone = Notice.objects.filter(user=maya, host__startswith="activity:8000")
    assert gone.update(stream="release:999999") == OLD
    client = client_for(maya)
    with CaptureQueriesContext(connection) as captured:
        words = shown(client).words
    assert "Needs you" in words
    assert "For your information" not in words
    assert len(captured) < 40

"""A failure waits for whoever can mend it, from the moment it happens until it is dealt with (NTF-5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from approvals.models import Scope
from audit.services.notices import mark_all_read
from portal.pages.standing import standing_of
from releases.models import Activity, Release
from releases.services.activities import request_skip, retry_activity
from releases.services.lifecycle import abort_release, defer_release
from releases.services.ownership import change_manager
from tests import builders as b
from tests.plans import rows_read
from tests.portal.api.client import Api, ok
from tests.portal.notifications.scenes import reachable, told, tom_by_mail
from tests.portal.notifications.test_centre import client_for, shown
from tests.scenes import ask, run

pytestmark = [pytest.mark.django_db, pytest.mark.req("NTF-5", "EXE-5")]

PEOPLE = ("ann", "bea", "liz", "max", "rita", "tom", "vera")


def bell(user: Any) -> int:
    return standing_of(user.pk).unread


@pytest.fixture
def world(db: None) -> SimpleNamespace:
    """Ann rejects what Tom manages and Liz owns; Rita made the release, Max leads a group of owners."""
    who = reachable("ann", "bea", "liz", "max", "rita", "vera")
    who.tom = tom_by_mail()
    b.give("release-manager", who.rita)
    b.role("lead", "Lead")
    b.give("lead", who.max)
    gate = b.manual("gate", {"user": "ann"}, {"user": "bea"}, rule="any", needs=[])
    other = b.manual("other", {"user": "bea"}, needs=[])
    release = run(
        b.phase("one", gate, owner={"user": "liz"}),
        b.phase("two", other, owner={"role": "lead"}, needs=[]),
        failure="continue",
        by=who.rita,
        manager="tom",
    )
    who.release, who.gate = release, b.activity(release, "gate")
    who.other = b.activity(release, "other")
    return who


@pytest.mark.sqlite
def test_a_rejection_rings_for_manager_and_owner_and_for_nobody_else(world: Any) -> None:
    b.vote(world.gate, world.ann, "reject")
    assert {name for name in PEOPLE if bell(getattr(world, name))} == {"tom", "liz", "bea"}, (
        "Bea by what she is asked"
    )
    for one in (world.tom, world.liz):
        words = shown(client_for(one)).words
        assert words.index("Needs you") < words.index("was rejected by ann")
        assert "Needs you" in shown(client_for(one), "/notifications/latest/").words
    assert "Needs you" not in shown(client_for(world.rita)).words
    found = ok(Api(world.tom).get("notifications/"))["results"]
    assert [one["waits"] for one in found if one["moment"] == "rejected"] == [True]


@pytest.mark.sqlite
def test_whoever_holds_the_owning_role_hears_of_their_phase_alone(world: Any) -> None:
    b.vote(world.gate, world.ann, "reject")
    assert bell(world.max) == 0
    b.vote(world.other, world.bea, "reject")
    assert (bell(world.max), bell(world.liz), bell(world.tom)) == (1, 1, 2)


def retry(world: Any, by: Any = None) -> None:
    who = b.actor_for(by or world.tom)
    retry_activity(activity_id=world.gate.pk, reason="Mended.", actor=who)


def abort(world: Any) -> None:
    abort_release(release_id=world.release.pk, reason="No.", actor=b.actor_for(world.tom))


def defer(world: Any) -> None:
    until = timezone.now() + dt.timedelta(days=1)
    tom = b.actor_for(world.tom)
    defer_release(release_id=world.release.pk, until=until, reason="No.", actor=tom)


@pytest.mark.sqlite
@pytest.mark.parametrize("dealt_with", [retry, abort, defer])
def test_it_rings_until_the_failure_is_dealt_with(
    world: Any, dealt_with: Callable[[Any], None]
) -> None:
    b.vote(world.gate, world.ann, "reject")
    assert (bell(world.tom), bell(world.liz)) == (1, 1)
    dealt_with(world)
    assert (bell(world.tom), bell(world.liz)) == (0, 0)
    assert "Needs you" not in shown(client_for(world.tom)).words


@pytest.mark.sqlite
def test_what_is_read_rings_no_more_and_still_stands_first(world: Any) -> None:
    b.vote(world.gate, world.ann, "reject")
    mark_all_read(actor=b.actor_for(world.tom))
    assert (bell(world.tom), bell(world.liz)) == (0, 1)
    assert "Needs you" in shown(client_for(world.tom)).words
    retry(world)
    b.vote(world.gate, world.bea, "reject")
    assert bell(world.tom) == 1, "another attempt that failed is another failure"


@pytest.mark.sqlite
def test_whoever_manages_no_more_has_nothing_to_mend(world: Any) -> None:
    b.vote(world.gate, world.ann, "reject")
    change_manager(release_id=world.release.pk, manager="vera", reason="Away.", actor=b.SYSTEM)
    assert bell(world.tom) == 0
    assert bell(world.vera) == 1, "who comes to manage it has it to mend"
    assert "Needs you" in shown(client_for(world.vera)).words
    retry(world, by=world.vera)
    assert bell(world.vera) == 0


@pytest.mark.sqlite
def test_whoever_only_reads_there_has_nothing_to_mend(world: Any) -> None:
    b.give("auditor", world.max)
    b.vote(world.other, world.bea, "reject")
    assert (bell(world.max), bell(world.tom)) == (0, 1)


@pytest.mark.sqlite
def test_a_rejected_request_to_skip_leaves_nothing_to_mend(world: Any) -> None:
    b.role("override", rights=["override"])
    b.give("override", world.vera)
    request = request_skip(
        activity_id=world.gate.pk, reason="No time.", actor=b.actor_for(world.rita)
    )
    b.vote(request, world.vera, "reject")
    assert ("rejected", "tom", "manager") in told(request)
    assert bell(world.tom) == 0


def _one_failure() -> tuple[Any, Activity, int]:
    """Tom, what has failed of his, and how many rows his bell reads for it, by indexes."""
    ann, tom = reachable("ann").ann, tom_by_mail()
    gate = ask({"user": "ann"}, by=tom)
    b.vote(gate, ann, "reject")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SET LOCAL enable_seqscan = off")
    return tom, gate, rows_read(lambda: bell(tom))


@pytest.mark.postgres
def test_the_bell_does_not_look_at_what_has_not_failed() -> None:
    tom, gate, few = _one_failure()
    names = _columns(Activity, "id", "key", "state")
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO releases_activity (key, state, {names}) "
            f"SELECT 'n' || n, 'completed', {names} FROM releases_activity, "
            "generate_series(1, 5000) AS n WHERE id = %s",
            [gate.pk],
        )
        cursor.execute("ANALYZE")
    assert bell(tom) == 1
    assert rows_read(lambda: bell(tom)) <= few + 20


@pytest.mark.postgres
def test_the_bell_does_not_look_at_failures_of_releases_that_have_ended() -> None:
    tom, gate, few = _one_failure()
    scope = _columns(Scope, "id", "path")
    ended = _columns(Release, "id", "version", "scope_id", "ended_at", "state")
    activity = _columns(Activity, "id", "release_id", "phase_id")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            f"INSERT INTO approvals_scope (id, path, {scope}) "
            f"SELECT 900000 + n, path || n || '/', {scope} "
            "FROM approvals_scope, generate_series(1, 3000) AS n WHERE id = %s",
            [gate.release.scope_id],
        )
        cursor.execute(
            f"INSERT INTO releases_release (id, version, scope_id, ended_at, state, {ended}) "
            f"SELECT 900000 + n, '0.' || n, 900000 + n, now(), 'aborted', {ended} "
            "FROM releases_release, generate_series(1, 3000) AS n WHERE id = %s",
            [gate.release_id],
        )
        cursor.execute(
            f"INSERT INTO releases_activity (id, release_id, phase_id, {activity}) "
            f"SELECT 900000 + n, 900000 + n, 900000 + n, {activity} FROM releases_activity, "
            "generate_series(1, 3000) AS n WHERE id = %s",
            [gate.pk],
        )
        cursor.execute("ANALYZE")
    assert bell(tom) == 1
    assert rows_read(lambda: bell(tom)) <= few + 20


def _columns(model: Any, *left_out: str) -> str:
    """The other columns of a table, for a statement."""
    found = [one.column for one in model._meta.fields if one.column not in left_out]
    return ", ".join(f'"{name}"' for name in found)

"""Several are tried again, and mended before it: together or not at all, the ledger locked last (EXE-6)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.errors import Invalid, NotFound, NotPermitted
from releases.models import Release
from releases.services.activities import retry_activities
from releases.services.content import ContentChange
from releases.services.fixing import fix_activities
from releases.services.lifecycle import hold_release
from tests import builders as b
from tests.refusals import refused
from tests.scenes import asked, events, people, run, state, tom

pytestmark = [pytest.mark.django_db, pytest.mark.req("EXE-6")]


def tied() -> Release:
    """A release with two rejected gates, each tied by four eyes to another one that is open."""
    people("ann", "bea", "cora", "dan")
    return run(
        b.phase(
            "p",
            b.manual("one", {"user": "ann"}, needs=[]),
            b.manual("two", {"user": "bea"}, needs=[]),
            *(
                b.manual(
                    f"after-{key}",
                    {"user": first},
                    {"user": second},
                    needs=[],
                    separation={"not_with": [key]},
                )
                for key, first, second in (("one", "ann", "cora"), ("two", "bea", "dan"))
            ),
            failure="continue",
        ),
        commit="aaa",
    )


def rejected(release: Release) -> list[int]:
    """The keys of both gates, rejected: whoever did it is shut out of the gate tied to it."""
    for key, name in (("one", "ann"), ("two", "bea")):
        b.vote(b.activity(release, key), getattr(people(name), name), "reject")
        assert asked(b.activity(release, f"after-{key}")).isdisjoint({name})
    return [b.activity(release, key).pk for key in ("one", "two")]


def locked_tables(captured: CaptureQueriesContext) -> list[str]:
    """The tables whose rows were locked, in that order."""
    found = [re.search(r'FROM "(\w+)".*FOR UPDATE', one["sql"]) for one in captured]
    return [match.group(1) for match in found if match]


def assert_the_ledger_came_last(captured: CaptureQueriesContext) -> None:
    """Rounds were locked, and none of them after the head of the stream (a deadlock, if one were)."""
    tables = locked_tables(captured)
    assert "approvals_approval" in tables
    assert tables.index("audit_ledgerstream") == len(tables) - 1, tables


def open_again(release: Release, keys: list[int]) -> None:
    """Both gates ask anew, and whoever had rejected them is asked again by the gates tied to them."""
    for key, name in (("one", "ann"), ("two", "bea")):
        assert state(b.activity(release, key)) == "awaiting_approval"
        assert name in asked(b.activity(release, f"after-{key}"))
    assert events(release).count("activity.retried") == len(keys)


@pytest.mark.postgres
def test_the_ledger_is_locked_after_the_rounds_of_all_that_is_tried_again() -> None:
    release = tied()
    keys = rejected(release)
    with CaptureQueriesContext(connection) as captured:
        retry_activities(activity_ids=keys, reason="Again.", actor=b.actor_for(tom()))
    assert_the_ledger_came_last(captured)
    open_again(release, keys)


def test_activities_of_two_releases_are_not_tried_again_together() -> None:
    first, second = tied(), tied()
    keys = [rejected(first)[0], rejected(second)[0]]
    with refused("not_found", NotFound):
        retry_activities(activity_ids=keys, reason="Again.", actor=b.actor_for(tom()))


def one_rejected() -> tuple[Release, int]:
    """A release whose one gate was rejected."""
    release = run(b.phase("p", b.manual("one", {"user": "ann"}), owner={"user": "olga"}),
                  b.phase("q", b.manual("two", {"user": "ann"}), needs=[], failure="continue"),
                  commit="aaa", description="A build.")  # fmt: skip
    for key in ("one", "two"):
        b.vote(b.activity(release, key), people("ann").ann, "reject")
    return release, b.activity(release, "one").pk


def fix(release: Release, keys: list[int], by: Any = None, **values: Any) -> list[str]:
    """Mend it and try it again; the states in which the service says that it stands then."""
    tried = fix_activities(
        release_id=release.pk,
        change=ContentChange(**values),
        activity_ids=keys,
        reason="Mended.",
        actor=b.actor_for(by or tom()),
    )
    return [one.state for one in tried]


@pytest.mark.postgres
def test_the_ledger_is_locked_after_the_rounds_of_what_is_mended() -> None:
    people("olga")
    release = tied()
    keys = rejected(release)
    with CaptureQueriesContext(connection) as captured:
        fix(release, keys, add_authors=["olga"])
    assert_the_ledger_came_last(captured)
    open_again(release, keys)


@pytest.mark.parametrize(
    "values", [{}, {"commit": "aaa"}, {"description": "A build.", "version": "1.0", "links": []}]
)
def test_what_the_release_says_already_is_no_fix(values: dict[str, Any]) -> None:
    people("ann", "olga")
    release, gate = one_rejected()
    with refused("invalid", Invalid):
        fix(release, [gate], **values)


def test_what_is_mended_is_written_and_tried_again_in_one_step() -> None:
    who = people("ann", "olga")
    release, gate = one_rejected()
    foreign = b.activity(release, "two").pk
    with refused("no_permission", NotPermitted):
        fix(release, [gate, foreign], by=who.olga, commit="bbb")
    with refused("invalid", Invalid):
        fix(release, [], commit="bbb")
    assert fix(release, [gate], by=who.olga, commit="bbb") == ["awaiting_approval"]
    release.refresh_from_db()
    assert release.commit == "bbb"
    assert state(b.activity(release, "one")) == "awaiting_approval"
    kinds = events(release)
    assert kinds.index("release.changed") < kinds.index("activity.retried")


def test_what_does_not_open_at_once_is_answered_as_it_stands() -> None:
    release = tied()
    keys = rejected(release)
    hold_release(release_id=release.pk, reason="Freeze.", actor=b.actor_for(tom()))
    assert fix(release, keys[:1], add_authors=["cora"]) == ["blocked"]
    tried = retry_activities(activity_ids=keys[1:], reason="Again.", actor=b.actor_for(tom()))
    assert [(one.pk, one.state) for one in tried] == [(keys[1], "blocked")]


def test_the_last_of_several_opens_the_first() -> None:
    people("ann", "olga")
    release = run(
        b.phase("p", b.manual("one", {"user": "ann"}), owner={"user": "olga"}),
        b.phase("q", b.manual("two", {"user": "ann"}), needs=[]),
    )
    for key in ("one", "two"):
        b.vote(b.activity(release, key), people("ann").ann, "reject")
    keys = [b.activity(release, key).pk for key in ("one", "two")]
    tried = retry_activities(activity_ids=keys, reason="Again.", actor=b.actor_for(tom()))
    assert [one.state for one in tried] == ["awaiting_approval", "awaiting_approval"]

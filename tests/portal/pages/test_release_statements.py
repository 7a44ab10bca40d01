"""How many SQL statements the pages of releases cost: the same for little and for much (targets.md)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.models import Membership
from releases.models import Release
from releases.services.activities import write_comment
from tests import builders as b
from tests.portal.pages.browser import Browser
from tests.scenes import people, run, tom

pytestmark = [pytest.mark.django_db, pytest.mark.req("MON-1")]


def statements(user: Any, path: str) -> list[str]:
    """The statements of a second look at a page (the first fills what is kept in memory)."""
    browser = Browser(user)
    # Nobody has just come or gone: whoever has is brought up to date first (ensure_current).
    Membership.objects.update(since=timezone.now() - dt.timedelta(days=3))
    browser.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(path).status == 200
    return [one["sql"] for one in captured]


def cost(user: Any, path: str) -> int:
    """How many there are."""
    return len(statements(user, path))


def wide(phases: int, each: int, **more: Any) -> Release:
    """A release whose phases run side by side, every activity asking a group and Omar."""
    maya = people("maya", "omar", "lena").maya
    group = b.Group.objects.filter(name="QA").first() or b.group("QA", maya)
    return run(
        *(
            b.phase(
                f"p{number}",
                *(
                    b.manual(
                        f"a{other}",
                        {"group": group.name},
                        {"user": "omar"},
                        rule="unanimous",
                        needs=[],
                        deadline={"after": "24h", "on_miss": "reject"},
                    )
                    for other in range(each)
                ),
                needs=[],
                owner={"user": "lena"},
            )
            for number in range(phases)
        ),
        **more,
    )


def failed(release: Release, number: int) -> Release:
    """The release after Maya has rejected so many of its activities, each in another phase."""
    maya = people("maya").maya
    for phase in range(number):
        b.vote(b.activity(release, f"p{phase}.a0"), maya, "reject")
    return release


# Target 14, constant in activities and history; two of them are the frame's: what waits, the bell.
def test_a_release_costs_the_same_with_3_and_60_activities() -> None:
    few, many = wide(1, 3), wide(8, 8)
    who = people("maya", "omar")
    for user, expected in ((tom(), 11), (who.maya, 10)):
        found = [cost(user, f"/releases/{one.pk}/") for one in (few, many)]
        assert found == [expected, expected], user


def test_a_release_costs_the_same_with_1_and_200_entries() -> None:
    release = wide(1, 3)
    maya = people("maya").maya
    gate = b.activity(release, "a0")
    write_comment(activity_id=gate.pk, text="One.", actor=b.actor_for(maya))
    path = f"/releases/{release.pk}/"
    assert cost(maya, path) == 11
    for number in range(200):
        write_comment(activity_id=gate.pk, text=f"{number}", actor=b.actor_for(maya))
    assert [cost(maya, path + end) for end in ("", "?feed=decisions", "?graph=all")] == [11, 11, 11]


@pytest.mark.req("EXE-5")
def test_failures_cost_the_same_with_1_and_8_of_them() -> None:
    one, eight = failed(wide(1, 3), 1), failed(wide(8, 8), 8)
    for user, expected in ((tom(), 13), (people("maya").maya, 12)):
        found = [cost(user, f"/releases/{each.pk}/") for each in (one, eight)]
        assert found == [expected, expected], user


def crowded(phases: int, each: int) -> Release:
    """A release that asks more people than are named, owned by a person, a group and a role in turn."""
    who = people("maya", "omar", "lena", "olga", "rosa")
    if not b.Group.objects.filter(name="Board").exists():
        b.group("Board", who.maya, *(b.person(f"p{number}") for number in range(5)))
        b.group("Owners", who.olga)
        b.role("phase-lead", "Phase Lead")
        b.give("phase-lead", who.rosa)
    owners = ({"user": "lena"}, {"group": "Owners"}, {"role": "phase-lead"})
    release = run(
        *(
            b.phase(
                f"p{number}",
                *(b.manual(f"a{other}", {"group": "Board"}, needs=[]) for other in range(each)),
                needs=[],
                owner=owners[number % 3],
            )
            for number in range(phases)
        )
    )
    return failed(release, 3)


@pytest.mark.req("EXE-5", "MON-5")
def test_a_failed_release_costs_every_kind_of_reader_14_at_most() -> None:
    few, many = crowded(3, 3), crowded(8, 8)
    assert many.activities.count() == 64
    who = people("maya", "lena", "olga", "rosa", "aud")
    b.give("auditor", who.aud)
    # Whoever is neither asked nor named is looked for among all that is seen: two queries more.
    readers = {
        "manager": (tom(), 13), "approver": (who.maya, 13), "owner": (who.lena, 14),
        "owner by group": (who.olga, 14), "owner by role": (who.rosa, 14), "auditor": (who.aud, 14),
    }  # fmt: skip
    for ending in ("", "phases/p0/"):
        found = {
            name: [cost(user, f"/releases/{one.pk}/{ending}") for one in (few, many)]
            for name, (user, _) in readers.items()
        }
        assert all(small == large <= 14 for small, large in found.values()), (ending, found)
        if not ending:
            assert found == {name: [cost, cost] for name, (_, cost) in readers.items()}
    assert "Retry" in Browser(who.olga).get(f"/releases/{many.pk}/").text
    assert "Retry" not in Browser(who.aud).get(f"/releases/{many.pk}/").text


@pytest.mark.req("MON-2")
def test_a_phase_costs_the_same_with_3_and_8_activities() -> None:
    few, many = wide(1, 3), wide(8, 8)
    for release in (few, many):
        b.vote(b.activity(release, "p0.a0"), people("omar").omar)
    maya = people("maya").maya
    found = [cost(maya, f"/releases/{one.pk}/phases/p0/") for one in (few, many)]
    assert found == [11, 11]


@pytest.mark.req("REL-1")
def test_the_list_costs_the_same_with_1_and_30_releases() -> None:
    slug = wide(1, 3).process_version.process.slug
    maya = people("maya").maya
    few = [cost(maya, "/releases/"), cost(tom(), "/releases/")]
    for _ in range(29):
        b.release(tom(), process=slug)
    assert [cost(maya, "/releases/"), cost(tom(), "/releases/")] == few == [12, 12]

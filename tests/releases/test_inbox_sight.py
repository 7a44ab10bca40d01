"""What the lists of the inbox show by what a reader holds is what the reader sees anywhere (MON-5).

The lists put their condition together from roles and groups that were read before; every other page
asks `releases_for`. Each way to see a release is tried alone, and with it taken away.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from approvals.models import Approval, RoleAssignment
from portal.services.people import set_user_active
from releases.inbox import Reach, all_pending
from releases.selectors import releases_for
from releases.services.roles import end_role
from tests import builders as b
from tests.scenes import people, run, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("MON-4", "MON-5")]

Way = Callable[[SimpleNamespace], None]


def _role_on(place: str, *, by_group: bool) -> Way:
    def give(world: SimpleNamespace) -> None:
        scope = {"release": world.release.scope, "product": world.release.product.scope}.get(place)
        b.give("viewer", world.crowd if by_group else world.nina, scope)

    return give


WAYS: dict[str, Way] = {
    **{f"role on {place}": _role_on(place, by_group=False) for place in ("release", "product", "all")},
    **{f"group's role on {place}": _role_on(place, by_group=True)
       for place in ("release", "product", "all")},
    "seat of a role": lambda world: b.give("seated", world.nina),
    "seat of a group's role": lambda world: b.give("seated", world.crowd),
    "phase of a role": lambda world: b.give("owner", world.nina),
    "phase of a group's role": lambda world: b.give("owner", world.crowd),
}  # fmt: skip


@pytest.fixture
def world(db: None) -> SimpleNamespace:
    """A release of Tom's that asks Omar, a role and a group, whose second phase belongs to a role."""
    who = people("nina", "omar", "pia")
    for slug, rights in (("viewer", ["view"]), ("seated", []), ("owner", [])):
        b.role(slug, rights=rights)
    who.crowd = b.group("Crowd", who.nina)
    who.release = run(
        b.phase("one", b.manual("gate", {"user": "omar"}, {"role": "seated"}, rule="any")),
        b.phase("two", b.manual("later", {"user": "omar"}), owner={"role": "owner"}, needs=[]),
    )
    return who


def seen(user: Any) -> tuple[set[int], set[int]]:
    """The scopes of what the list has, and of what the reader sees in all."""
    actor = b.actor_for(user)
    listed = all_pending(Reach.of(actor)).values_list("scope_id", flat=True)
    paged = all_pending(Reach.of(actor), a_page=True).values_list("pk", flat=True)
    assert set(paged) == set(all_pending(Reach.of(actor)).values_list("pk", flat=True))
    return set(listed), set(releases_for(actor).values_list("scope_id", flat=True))


@pytest.mark.parametrize("way", list(WAYS))
def test_each_way_to_see_a_release_lists_its_questions(world: SimpleNamespace, way: str) -> None:
    assert seen(world.nina) == (set(), set())
    WAYS[way](world)
    here = {world.release.scope_id}
    assert seen(world.nina) == (here, here)
    assert all_pending(Reach.of(b.actor_for(world.nina))).count() == 2
    assert seen(world.pia) == (set(), set()), "what somebody else holds shows nothing"
    given = RoleAssignment.objects.latest("pk")
    end_role(assignment_id=given.pk, reason="No more.", actor=b.SYSTEM)
    # Whoever was asked once goes on seeing what they were asked about.
    left = here if way.startswith("seat") else set()
    assert seen(world.nina) == (left, left)


def test_who_made_manages_or_decides_it_has_it_listed_too(world: SimpleNamespace) -> None:
    here = {world.release.scope_id}
    for user in (tom(), world.omar):
        assert seen(user) == (here, here)
    b.vote(b.activity(world.release, "gate"), world.omar)
    assert seen(world.omar) == (here, here)


def test_what_has_ended_and_what_one_held_before_is_not_listed(world: SimpleNamespace) -> None:
    b.give("viewer", world.crowd)
    assert seen(world.nina)[0]
    set_user_active(user_id=world.nina.pk, active=False, actor=b.SYSTEM)
    assert seen(world.nina) == (set(), set())
    for key in ("gate", "later"):
        b.vote(b.activity(world.release, key), world.omar)
    assert not Approval.objects.filter(state=Approval.State.OPEN).exists()
    assert seen(tom())[0] == set()

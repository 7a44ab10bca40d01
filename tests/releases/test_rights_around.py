"""What a page knows of a reader's rights by one query is what asking for each says (SEC-1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from approvals.models import Scope
from audit.actor import Actor
from portal.services.people import add_member, set_user_active
from releases.permissions import can_manage_phase, can_manage_release, rights_around
from tests import builders as b
from tests.scenes import people, run, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("SEC-1")]

PLACES = ("release", "product", "everything")


@pytest.fixture
def world(db: None) -> SimpleNamespace:
    """A release of Tom's, whose second phase belongs to a role; Nina holds nothing yet."""
    who = people("nina", "omar")
    b.role("doer", rights=["manage"])
    b.role("looker", rights=["view", "start"])
    b.role("owner", rights=[])
    b.role("reader", rights=["manage"], reads_only=True)
    who.crowd = b.group("Crowd", who.nina)
    who.release = run(
        b.phase("one", b.manual("gate", {"user": "omar"})),
        b.phase("two", b.manual("later", {"user": "omar"}), owner={"role": "owner"}),
    )
    who.other = b.product("other", "Other").scope
    return who


def _scope(world: SimpleNamespace, place: str) -> Scope | None:
    release = world.release
    return {"release": release.scope, "product": release.product.scope, "other": world.other}.get(
        place
    )


def _both(world: SimpleNamespace, user: Any, **options: Any) -> bool:
    """Whether both ways say yes to managing each phase; they must say the same, with the same reason."""
    actor = user if isinstance(user, Actor) else b.actor_for(user, **options)
    rights = rights_around(actor, world.release)
    answers = []
    for key in ("one", "two"):
        phase = b.phase_of(world.release, key)
        answer = can_manage_phase(actor, world.release, phase)
        assert can_manage_phase(actor, world.release, phase, rights) == answer, key
        answers.append(answer)
    assert answers[0] == can_manage_release(actor, world.release)
    assert bool(answers[0]) == bool(answers[1])
    return bool(answers[0])


@pytest.mark.parametrize("by_group", [False, True], ids=["own", "by group"])
@pytest.mark.parametrize(
    ("role", "place", "wanted"),
    [
        *(("doer", place, True) for place in PLACES),
        *(("looker", place, False) for place in PLACES),
        *(("reader", place, False) for place in PLACES),
        ("doer", "other", False),
    ],
)
def test_a_role_gives_it_where_it_is_held(
    world: SimpleNamespace, role: str, place: str, wanted: bool, by_group: bool
) -> None:
    b.give(role, world.crowd if by_group else world.nina, _scope(world, place))
    assert _both(world, world.nina) is wanted
    assert not _both(world, world.omar)


@pytest.mark.parametrize("by_group", [False, True], ids=["own", "by group"])
@pytest.mark.parametrize("place", PLACES)
def test_an_auditor_has_none_of_it_whatever_else_gives_it(
    world: SimpleNamespace, place: str, by_group: bool
) -> None:
    b.give("doer", world.nina)
    b.give("owner", world.nina)
    assert _both(world, world.nina)
    b.give("reader", world.crowd if by_group else world.nina, _scope(world, place))
    assert not _both(world, world.nina)


@pytest.mark.parametrize("place", PLACES)
def test_a_membership_that_is_over_or_to_come_gives_nothing(
    world: SimpleNamespace, place: str
) -> None:
    group, now = b.group("For a time"), timezone.now()
    b.give("doer", group, _scope(world, place))
    for name, start, end, wanted in (
        ("was", -2, -1, False), ("is", -1, 1, True), ("will", 1, 2, False),
    ):  # fmt: skip
        one = b.person(name)
        hours = [now + dt.timedelta(hours=hour) for hour in (start, end)]
        add_member(user=one, group=group, actor=b.SYSTEM, valid_from=hours[0], valid_until=hours[1])
        assert _both(world, one) is wanted, name


@pytest.mark.parametrize("by_group", [False, True], ids=["own", "by group"])
def test_a_closed_account_has_none_of_it(world: SimpleNamespace, by_group: bool) -> None:
    b.give("doer", world.crowd if by_group else world.nina)
    set_user_active(user_id=world.nina.pk, active=False, actor=b.SYSTEM)
    assert not _both(world, world.nina)


@pytest.mark.parametrize(
    ("scopes", "wanted"), [(None, True), (["manage"], True), (["read"], False), ([], False)]
)
@pytest.mark.parametrize("who", ["doer", "machine", "superuser"])
def test_a_token_narrows_it(
    world: SimpleNamespace, who: str, scopes: list[str] | None, wanted: bool
) -> None:
    made: dict[str, Callable[[], Any]] = {
        "doer": lambda: world.nina,
        "machine": b.machine,
        "superuser": b.superuser,
    }
    user = made[who]()
    if who != "superuser":
        b.give("doer", user, world.release.product.scope)
    reach = None if scopes is None else frozenset(scopes)
    assert _both(world, user, scopes=reach) is wanted


def test_a_superuser_and_the_system_have_it_and_an_auditor_among_superusers_has_not(
    world: SimpleNamespace,
) -> None:
    ada = b.superuser()
    assert _both(world, ada)
    assert _both(world, b.SYSTEM)
    b.give("reader", ada)
    assert not _both(world, ada)


def test_whoever_owns_a_phase_has_it_there_alone(world: SimpleNamespace) -> None:
    b.give("owner", world.nina, world.release.scope)
    actor = b.actor_for(world.nina)
    rights = rights_around(actor, world.release)
    for key, wanted in (("one", False), ("two", True)):
        phase = b.phase_of(world.release, key)
        found = can_manage_phase(actor, world.release, phase, rights)
        assert found == can_manage_phase(actor, world.release, phase)
        assert bool(found) is wanted
    assert _both(world, tom())

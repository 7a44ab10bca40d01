"""Rights are never added up across rows: what is held here by one road is not held there (B-28)."""

from __future__ import annotations

import pytest

from approvals.models import Scope
from audit.permissions import can
from releases.selectors import product_for, products_for
from releases.services.roles import Grantee, assign_role
from tests import builders as make

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("B-28", "SEC-1")]


@pytest.fixture
def mixed():
    """Ann may see the one product through her group and manage the other by herself."""
    ann = make.person("ann")
    seen, managed = make.product("seen", "Seen"), make.product("managed", "Managed")
    make.role("looker", rights=["view"])
    make.role("doer", rights=["manage"])
    make.give("looker", make.group("lookers", ann), scope=seen.scope)
    assign_role(
        role=make.role("doer"),
        grantee=Grantee(user_id=ann.pk),
        scope=managed.scope,
        actor=make.SYSTEM,
    )
    return make.actor_for(ann), seen, managed


@pytest.mark.parametrize(
    ("action", "place", "answer"),
    [
        ("view", "seen", True),
        ("manage", "seen", False),
        ("view", "managed", False),
        ("manage", "managed", True),
        ("override", "seen", False),
        ("override", "managed", False),
    ],
)
def test_a_right_is_held_where_it_was_given_and_nowhere_else(mixed, action, place, answer):
    ann, seen, managed = mixed
    product = {"seen": seen, "managed": managed}[place]
    root = Scope(pk=product.scope.lineage[0])
    assert bool(can(ann, action, product, root)) is answer


def test_lists_and_single_objects_answer_alike(mixed):
    ann, seen, managed = mixed
    assert [product.key for product in products_for(ann)] == ["seen"]
    assert product_for(ann, "seen") == seen
    assert not products_for(ann).filter(pk=managed.pk).exists()

"""Roles for a time: what overlaps is refused, what does not is not; nobody serves himself (POL-5)."""

from __future__ import annotations

import datetime as dt

import pytest

from approvals.models import Role
from audit.errors import Conflict, NotPermitted
from audit.locking import database_now
from releases.services.roles import Grantee, assign_role
from tests import builders as b
from tests.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.req("POL-5")]


def test_a_role_planned_for_later_does_not_keep_it_from_being_given_today() -> None:
    ann, now = b.person("ann"), database_now()
    later = now + dt.timedelta(days=30)
    b.give("release-manager", ann, valid_from=later)
    b.give("release-manager", ann, valid_until=later)
    with refused("already_assigned", Conflict):
        b.give("release-manager", ann, valid_until=later + dt.timedelta(days=1))


@pytest.mark.req("SEC-1")
def test_nobody_gives_a_role_to_themselves() -> None:
    admin = b.person("padm")
    b.give("process-admin", admin)
    role = Role.objects.get(slug="release-manager")
    with refused("own_rights", NotPermitted):
        assign_role(role=role, grantee=Grantee(user_id=admin.pk), actor=b.actor_for(admin))
    assign_role(role=role, grantee=Grantee(user_id=b.person("ann").pk), actor=b.actor_for(admin))

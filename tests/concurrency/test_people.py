"""One membership asked for by several at once is made once, and the others are told so (POL-5)."""

from __future__ import annotations

import pytest

from portal.models import Membership
from tests import builders as b
from tests.concurrency.crew import Crew, Job, rounds
from tests.scenes import people

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]


@pytest.mark.req("POL-5")
def test_a_member_added_four_times_at_once_is_in_the_group_once(crew: Crew) -> None:
    ann, number = people("ann").ann, rounds(0.05)
    calls = [[ann.pk, b.group(f"team {place}").pk] for place in range(number)]
    answers = crew.together(*(Job("make_member", calls) for _ in range(4)))
    for row in answers:
        assert sorted(one["is"] for one in row) == [*["already_member"] * 3, "done"]
    assert Membership.objects.count() == number

"""A release is given to another manager: rights, record, whom it asks (REL-1)."""

from __future__ import annotations

import pytest

from approvals.models import RoleAssignment
from audit.errors import Conflict, NotFound, NotPermitted
from audit.models import Notice
from releases.permissions import can_manage_release
from releases.services.lifecycle import abort_release
from releases.services.ownership import change_manager
from tests import builders as b
from tests.scenes import asked, entry, people, run, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("REL-1")]


def held_here(release: object, user: object) -> int:
    rows = RoleAssignment.objects.filter(scope=release.scope, user=user)  # type: ignore[attr-defined]
    return rows.filter(valid_until__isnull=True).count()


def test_the_role_goes_with_the_release_and_open_rounds_ask_the_new_one() -> None:
    who = people("carl", "vera")
    b.role("maker", rights=["view", "start"])
    b.give("maker", who.carl)
    release = run(b.phase("p", b.manual("gate", {"role": "release-manager"})), by=who.carl)
    gate = b.activity(release, "gate")
    change_manager(
        release_id=release.pk, manager="vera", reason="On leave.", actor=b.actor_for(who.carl)
    )
    release.refresh_from_db()
    assert release.manager == who.vera
    assert (held_here(release, who.carl), held_here(release, who.vera)) == (0, 1)
    assert not can_manage_release(b.actor_for(who.carl), release)
    assert can_manage_release(b.actor_for(who.vera), release)
    assert "vera" in asked(gate)
    assert "carl" not in asked(gate)
    assert release.history.first().history_change_reason == "On leave."
    assert entry(release, "release.manager_changed")["data"] == {
        "former": who.carl.pk,
        "manager": who.vera.pk,
        "names": {"former": "carl", "manager": "vera"},
    }
    told = Notice.objects.filter(moment="manager_changed").values_list("user__username", "why")
    assert set(told) == {("vera", "manager")}  # who acts is not told


def test_a_role_for_more_than_this_release_stays() -> None:
    people("maya", "vera")
    release = run(b.phase("p", b.manual("gate", {"user": "maya"})))
    change_manager(release_id=release.pk, manager="vera", reason="x", actor=b.actor_for(tom()))
    assert can_manage_release(b.actor_for(tom()), release)


def test_nobody_without_the_right_gives_it_away_and_nothing_that_has_ended() -> None:
    who = people("maya", "vera", "eve")
    release = run(b.phase("p", b.manual("gate", {"user": "maya"})))
    for user, refusal in ((who.maya, NotPermitted), (who.eve, NotFound)):
        with pytest.raises(refusal):
            change_manager(
                release_id=release.pk, manager="vera", reason="x", actor=b.actor_for(user)
            )
    abort_release(release_id=release.pk, reason="Off.", actor=b.actor_for(tom()))
    with pytest.raises(Conflict) as refused:
        change_manager(release_id=release.pk, manager="vera", reason="x", actor=b.actor_for(tom()))
    assert refused.value.code == "already_ended"
    release.refresh_from_db()
    assert release.manager == tom()
    assert held_here(release, who.vera) == 0

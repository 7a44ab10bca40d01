"""A phase gets another owner, by whoever manages the release, and everybody concerned hears of it."""

from __future__ import annotations

from typing import Any

import pytest

from audit.errors import Conflict, Invalid, NotFound, NotPermitted
from audit.models import Notice
from portal.services.people import set_user_active
from releases.models import Phase, Release
from releases.permissions import can_manage_phase
from releases.selectors import releases_for
from releases.services.activities import retry_activity
from releases.services.lifecycle import abort_release
from releases.services.phase_owners import change_phase_owner
from tests import builders as b
from tests.refusals import refused
from tests.scenes import entry, events, people, run, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("REL-1", "EXE-6")]


def owned_by(owner: dict[str, str] | None, *, by: Any = None, **more: Any) -> Release:
    """A started release of one phase `p` with this owner, whose gate asks maya."""
    people("maya")
    return run(b.phase("p", b.manual("gate", {"user": "maya"}), owner=owner), by=by, **more)


def give(release: Release, owner: str, by: Any = None, reason: str = "On leave.") -> Phase:
    """The phase `p` is given to somebody."""
    return change_phase_owner(
        release_id=release.pk, phase="p", owner=owner, reason=reason, actor=b.actor_for(by or tom())
    )


def may_mend(user: Any, release: Release) -> bool:
    return bool(can_manage_phase(b.actor_for(user), release, Phase.objects.get(release=release)))


def sees(user: Any, release: Release) -> bool:
    return releases_for(b.actor_for(user)).filter(pk=release.pk).exists()


def told(moment: str) -> set[tuple[str, str]]:
    """(username, why) of those who were told."""
    return set(Notice.objects.filter(moment=moment).values_list("user__username", "why"))


def test_the_right_goes_from_the_one_to_the_other_and_stands_on_record() -> None:
    who = people("omar", "ines")
    release = owned_by({"user": "omar"})
    assert (may_mend(who.omar, release), may_mend(who.ines, release)) == (True, False)
    phase = give(release, "INES")
    assert (may_mend(who.omar, release), may_mend(who.ines, release)) == (False, True)
    assert (sees(who.omar, release), sees(who.ines, release)) == (False, True)
    assert entry(release, "phase.owner_changed")["data"] == {
        "phase": "p",
        "former": {"user": who.omar.pk},
        "owner": {"user": who.ines.pk},
        "names": {"phase": phase.name, "former": "omar", "owner": "ines"},
    }
    assert phase.history.first().history_change_reason == "On leave."
    assert told("owner_changed") == {("ines", "owner"), ("omar", "former_owner")}


def test_a_group_or_role_owns_it_no_more_and_its_people_hear_of_it() -> None:
    who = people("omar", "ines", "vera")
    b.group("ops", who.omar)
    b.role("keeper", rights=["view"])
    b.give("keeper", who.vera)
    for owner, former in (({"group": "ops"}, who.omar), ({"role": "keeper"}, who.vera)):
        release = owned_by(owner)
        assert may_mend(former, release)
        give(release, "ines")
        assert not may_mend(former, release)
        phase = Phase.objects.get(release=release)
        assert (phase.owner_user, phase.owner_group, phase.owner_role) == (who.ines, None, None)
        assert (former.username, "former_owner") in told("owner_changed")


def test_without_a_name_it_is_the_release_managers_again() -> None:
    who = people("omar", "vera")
    b.give("release-manager", who.vera)
    release = owned_by({"user": "omar"}, by=tom())
    phase = give(release, " ", by=who.vera)
    assert not may_mend(who.omar, release)
    assert phase.owner_user is None
    assert entry(release, "phase.owner_changed")["data"]["owner"] is None
    assert entry(release, "phase.owner_changed")["data"]["names"]["owner"] == "tom"
    assert told("owner_changed") == {("tom", "manager"), ("omar", "former_owner")}
    with pytest.raises(Invalid) as again:
        give(release, "", by=who.vera)
    assert again.value.errors == {"owner": ["tom owns this phase already."]}


@pytest.mark.req("NTF-1")
def test_whoever_takes_over_hears_of_what_has_failed_there_and_mends_it() -> None:
    who = people("maya", "ines")
    release = owned_by({"user": "maya"})
    gate = b.activity(release, "gate")
    b.vote(gate, who.maya, "reject", comment="Two tests fail.")
    assert ("ines", "owner") not in told("rejected")
    give(release, "ines")
    assert ("ines", "owner") in told("rejected")
    retry_activity(activity_id=gate.pk, reason="Mended.", actor=b.actor_for(who.ines))
    with pytest.raises(NotPermitted):
        retry_activity(activity_id=gate.pk, reason="Again.", actor=b.actor_for(who.maya))


@pytest.mark.req("SEC-1", "SEC-3")
def test_the_owner_gives_nothing_on_and_who_sees_nothing_learns_nothing() -> None:
    who = people("maya", "omar", "eve")
    release = owned_by({"user": "omar"})
    for user, refusal in ((who.maya, NotPermitted), (who.omar, NotPermitted), (who.eve, NotFound)):
        for name in ("ines", "nobody", "maya"):
            with pytest.raises(refusal):
                give(release, name, by=user)
    auditor = people("aud").aud
    b.give("auditor", auditor)
    b.give("release-manager", auditor)
    with refused("auditor", NotPermitted):
        give(release, "maya", by=auditor)
    assert may_mend(who.omar, release)
    assert "phase.owner_changed" not in events(release)


@pytest.mark.req("POL-6", "SEC-1")
def test_nobody_gives_a_phase_to_themselves_by_whichever_account() -> None:
    mona = people("mona").mona
    other = b.person("mona-2", person=mona.person)
    release = owned_by({"user": "maya"})
    for account in (mona, other):
        b.give("release-manager", account)
    for account in (mona, other):
        for name in ("mona", "mona-2"):
            with refused("own_rights", NotPermitted):
                give(release, name, by=account)
    assert Phase.objects.get(release=release).owner_user == people("maya").maya
    give(release, "mona")  # somebody else may


@pytest.mark.req("A-070")
def test_nobody_owns_it_who_could_not_mend_anything() -> None:
    people("omar")
    set_user_active(user_id=people("gone").gone.pk, active=False, actor=b.SYSTEM)
    b.pipeline_user("robot")
    b.give("auditor", b.person("aud"))
    release = owned_by({"user": "omar"})
    for name in ("gone", "robot", "aud", "nobody", "omar"):
        with pytest.raises(Invalid) as wrong:
            give(release, name)
        assert set(wrong.value.errors) == {"owner"}, name
    with pytest.raises(Invalid) as wrong:
        give(release, "maya", reason="  ")
    assert set(wrong.value.errors) == {"reason"}
    assert "phase.owner_changed" not in events(release)
    assert told("owner_changed") == set()


def test_neither_before_the_start_nor_after_the_end_nor_of_a_phase_that_is_not_there() -> None:
    people("omar")
    draft = owned_by({"user": "omar"}, start=False)
    with refused("not_started", Conflict):
        give(draft, "maya")
    release = owned_by({"user": "omar"})
    with pytest.raises(NotFound):
        change_phase_owner(
            release_id=release.pk, phase="q", owner="maya", reason="x", actor=b.actor_for(tom())
        )
    abort_release(release_id=release.pk, reason="Off.", actor=b.actor_for(tom()))
    with refused("already_ended", Conflict):
        give(release, "maya")
    assert Phase.objects.get(release=release).owner_user == people("omar").omar

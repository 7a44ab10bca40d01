"""Those for whom a release waits are reminded by hand: by whom, of what, and how often (NTF-1)."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.utils import timezone

from audit.errors import Conflict, NotFound, NotPermitted
from audit.models import LedgerEntry, Notice
from releases.models import Release
from releases.services.activities import retry_activity
from releases.services.lifecycle import abort_release
from releases.services.products import change_product
from releases.services.reminding import remind_awaited
from tests import builders as b
from tests.portal.notifications.scenes import deliveries, reachable, told, tom_by_mail
from tests.refusals import refused
from tests.scenes import run

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("NTF-1")]

ONE_MINUTE = dt.timedelta(minutes=1)
PAUSE = dt.timedelta(hours=4)


def two_phases(**more: Any) -> Release:
    """A release that asks Ann and Bea in the phase of Olga, and Ann in another one."""
    reachable("ann", "bea", "olga")
    return run(
        b.phase(
            "first",
            b.manual("gate", {"user": "ann"}, {"user": "bea"}, rule="unanimous"),
            owner={"user": "olga"},
        ),
        b.phase("second", b.manual("other", {"user": "ann"}), needs=[]),
        by=tom_by_mail(),
        **more,
    )


def remind(release: Release, by: Any, whom: Any = None, **more: Any) -> tuple[str, ...]:
    """Press, and the names of whoever was reminded."""
    key = whom.pk if whom is not None else None
    done = remind_awaited(release_id=release.pk, user_id=key, actor=b.actor_for(by), **more)
    return done.people


def entries(release: Release) -> list[dict[str, Any]]:
    """What the record has of reminders."""
    rows = LedgerEntry.objects.filter(stream__key=release.stream, kind="approval.reminded")
    return [json.loads(row.text)["data"] for row in rows.order_by("seq")]


def test_everybody_awaited_is_reminded_of_each_activity_and_it_stands_on_record() -> None:
    release, tom = two_phases(), tom_by_mail()
    who = reachable("ann", "bea")
    b.vote(b.activity(release, "gate"), who.bea)
    assert remind(release, tom) == ("ann",)
    gate, other = b.activity(release, "gate"), b.activity(release, "other")
    assert told(gate, "reminded") == told(other, "reminded") == [("reminded", "ann", "user")]
    assert [(one["host"], one["reminded"]) for one in entries(release)] == [
        (gate.host, [who.ann.pk]), (other.host, [who.ann.pk]),
    ]  # fmt: skip
    notice = Notice.objects.filter(moment="reminded").first()
    assert json.loads(notice.facts)["by"] == "tom"
    assert notice.needs_action
    assert ("ann", "pending", "") in deliveries(notice__moment="reminded")


def test_one_person_is_reminded_and_nobody_else() -> None:
    release = two_phases()
    assert remind(release, tom_by_mail(), reachable("bea").bea) == ("bea",)
    assert told(moment="reminded") == [("reminded", "bea", "user")]


def test_nobody_is_reminded_twice_within_four_hours_whoever_presses() -> None:
    release, tom = two_phases(), tom_by_mail()
    who = reachable("ann", "bea", "olga")
    start = timezone.now()
    remind(release, tom, who.ann, now=start)
    before = (LedgerEntry.objects.count(), Notice.objects.count())
    for by in (tom, who.olga):
        with refused("reminded_lately", Conflict) as refusal:
            remind(release, by, who.ann, now=start + PAUSE - ONE_MINUTE)
        assert "ann was reminded within the last 4 hours" in refusal.refusal.sentence
        assert refusal.refusal.data["again_at"]
    assert (LedgerEntry.objects.count(), Notice.objects.count()) == before
    # "Remind all" leaves her out, and says so.
    done = remind_awaited(release_id=release.pk, actor=b.actor_for(tom), now=start + ONE_MINUTE)
    assert (done.people, done.lately) == (("bea",), ("ann",))
    assert remind(release, tom, who.ann, now=start + PAUSE) == ("ann",)


def test_a_new_attempt_may_be_reminded_of_at_once() -> None:
    release, tom = two_phases(), tom_by_mail()
    who, gate = reachable("ann", "bea"), b.activity(release, "gate")
    remind(release, tom, who.bea)
    b.vote(gate, who.ann, "reject")
    retry_activity(activity_id=gate.pk, reason="Mended.", actor=b.actor_for(tom))
    assert remind(release, tom, who.bea) == ("bea",)


@pytest.mark.req("SEC-1")
def test_the_owner_of_a_phase_reminds_in_it_and_others_remind_nobody() -> None:
    release = two_phases()
    who = reachable("ann", "bea", "olga", "stranger")
    assert remind(release, who.olga) == ("ann", "bea")
    assert told(b.activity(release, "other"), "reminded") == []
    before = Notice.objects.count()
    with refused("no_permission", NotPermitted):
        remind(release, who.bea)
    with pytest.raises(NotFound):
        remind(release, who.stranger)
    aud = b.person("aud")
    b.give("auditor", aud)
    with pytest.raises(NotPermitted):
        remind(release, aud)
    assert Notice.objects.count() == before


def test_whoever_answered_left_or_asks_themselves_is_not_reminded() -> None:
    release, tom = two_phases(), tom_by_mail()
    who = reachable("ann", "bea", "olga", "stranger")
    b.vote(b.activity(release, "gate"), who.bea)
    for whom in (who.bea, who.stranger, tom):
        with refused("not_awaited", Conflict):
            remind(release, tom, whom)
    b.give("release-manager", who.ann)
    with refused("not_awaited", Conflict):
        remind(release, who.ann)  # nobody but herself is awaited
    abort_release(release_id=release.pk, reason="No.", actor=b.actor_for(tom))
    with refused("not_awaited", Conflict):
        remind(release, tom)
    assert told(moment="reminded") == []


@pytest.mark.req("A-059")
def test_nobody_is_said_to_be_reminded_of_an_archived_product() -> None:
    release, tom = two_phases(), tom_by_mail()
    product = release.product
    change_product(
        product_id=product.pk, name=product.name, is_archived=True, reason="Gone.", actor=b.SYSTEM
    )
    with refused("archived", Conflict):
        remind(release, tom)
    change_product(
        product_id=product.pk, name=product.name, is_archived=False, reason="Back.", actor=b.SYSTEM
    )
    assert remind(release, tom) == ("ann", "bea")


def test_of_two_people_of_one_name_neither_is_left_out() -> None:
    for name in ("ann", "bea"):
        b.person(name, email=f"{name}@example.com", display_name="Kim Lee")
    who = reachable("ann", "bea")
    assert str(who.ann) == str(who.bea) == "Kim Lee"
    release, tom = two_phases(), tom_by_mail()
    start = timezone.now()
    assert remind(release, tom, who.bea, now=start) == ("Kim Lee",)
    done = remind_awaited(release_id=release.pk, actor=b.actor_for(tom), now=start + ONE_MINUTE)
    assert (done.people, done.lately) == (("Kim Lee",), ("Kim Lee",))
    again = remind(release, tom, now=start + ONE_MINUTE + PAUSE)
    assert again == ("Kim Lee", "Kim Lee")

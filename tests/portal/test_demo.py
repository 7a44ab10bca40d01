"""The demo: believable, complete, verifiable, made once, refused where it has no place, removable."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import CommandError, call_command
from django.test import RequestFactory
from django.utils import timezone

from approvals.models import Approval, AskedPerson, Decision
from approvals.rules.fields import AVAILABLE_TYPES
from approvals.services.decisions import Ballot
from approvals.services.roles import ensure_builtin_roles
from audit.actor import system_actor
from audit.models import Delivery, LedgerEntry, Notice
from portal.demo.company import PROCESS_FILES, SIGN_INS
from portal.demo.past import tuesday
from portal.demo.seeding import HISTORY, seed
from portal.models import ApiToken, User
from portal.pages.inbox import bounds_for
from portal.tick import tick
from releases.inbox import needs_me
from releases.models import Activity, Comment, Product, Release, Snooze
from releases.rules.process_grammar import parse_process, publishable
from releases.rules.transitions import ActivityKind, FailureHandling, ReleaseState
from releases.selectors import NEVER, activities_for, products_for, releases_for
from releases.services.decisions import decide_activity
from releases.services.lifecycle import start_release
from tests import builders as make
from tests.conftest import append_only_lifted

pytestmark = [pytest.mark.sqlite, pytest.mark.req("OPS-1")]

_AT_THE_DOOR = RequestFactory().post("/accounts/login/")  # tries are counted by address
CONTRACT = {"maya", "omar", "ines", "tom", "ruth", "ada", "aud", "pipeline"}


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The demo, made once for this module and cleared away after it."""
    with django_db_blocker.unblock():
        assert seed()
        yield
        with append_only_lifted("default"):
            call_command("flush", verbosity=0, interactive=False)
        ensure_builtin_roles(actor=system_actor("Test"))


seeded = pytest.mark.usefixtures("demo", "db")


def _refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as caught:
        call_command("seed_demo", *arguments, stdout=StringIO())
    assert caught.value.returncode == 2
    return str(caught.value)


def _waiting_for(username: str) -> list[Approval]:
    rows = AskedPerson.objects.filter(
        user__username=username, is_open=True, has_answered=False, approval__state="open"
    )
    return [row.approval for row in rows.select_related("approval")]


# --- What there is --------------------------------------------------------------------------------


@seeded
@pytest.mark.req("EXE-1", "EXE-2", "OPS-1")
def test_what_tom_starts_asks_maya_at_once_and_omar_after_her() -> None:
    draft = Release.objects.get(name="New fees")
    assert (draft.state, draft.manager.username) == ("draft", "tom")
    people = {name: make.actor_for(User.objects.get(username=name)) for name in SIGN_INS[:4]}
    start_release(release_id=draft.pk, actor=people["tom"])
    gates = {one.key: one for one in Activity.objects.filter(release=draft)}
    assert {one.host for one in _waiting_for("maya")} >= {f"activity:{gates['figures'].pk}"}
    assert Notice.objects.filter(
        user__username="maya", host=f"activity:{gates['figures'].pk}"
    ).exists()
    decide_activity(activity_id=gates["figures"].pk, ballot=Ballot("approve"), actor=people["maya"])
    assert {one.host for one in _waiting_for("omar")} >= {f"activity:{gates['go-ahead'].pk}"}


@seeded
@pytest.mark.req("REL-4")
def test_there_is_a_release_in_every_state() -> None:
    states = list(Release.objects.values_list("state", flat=True))
    assert set(states) == {state.value for state in ReleaseState}
    assert states.count("completed") >= 6
    assert Release.objects.filter(held=True).exists()


@seeded
@pytest.mark.req("EXE-1")
def test_two_activities_of_one_release_on_hold_wait_for_maya() -> None:
    scopes = [approval.scope_id for approval in _waiting_for("maya")]
    several = [scope for scope in set(scopes) if scopes.count(scope) >= 2]
    assert several
    assert Release.objects.get(scope_id=several[0]).state == "on_hold"


@seeded
@pytest.mark.req("EXE-5", "EXE-9", "POL-9")
def test_something_has_failed_is_stuck_overdue_and_escalated() -> None:
    failed = Release.objects.get(state="failed")
    rejected = Activity.objects.get(release=failed, state="rejected")
    round_ = Approval.objects.get(host=rejected.host)
    assert all(one.comment for one in Decision.objects.filter(approval=round_, verdict="reject"))
    open_rounds = Approval.objects.filter(state="open")
    assert open_rounds.filter(stuck=True).exists()
    assert open_rounds.filter(overdue=True).exists()
    assert any(one.rungs_taken and one.next_due_at for one in open_rounds)
    assert Activity.objects.filter(attempt__gt=1, state="completed").exists()


@seeded
def test_ninety_days_lie_behind_and_nothing_lies_ahead() -> None:
    entries = LedgerEntry.objects.filter(stream__key__startswith="release:")
    now = timezone.now()
    oldest, newest = entries.earliest("at").at, entries.latest("at").at
    assert dt.timedelta(days=75) < now - oldest < HISTORY
    assert newest <= now
    ended = Release.objects.filter(state="completed").values_list("ended_at", flat=True)
    assert len({moment.isocalendar()[1] for moment in ended if moment}) >= 6


@seeded
def test_a_tick_right_after_finds_nothing_to_do() -> None:
    assert tick().done == {}
    ahead = Approval.objects.filter(state="open", next_due_at__isnull=False)
    assert ahead
    assert all(one.next_due_at and one.next_due_at > timezone.now() for one in ahead)


@seeded
@pytest.mark.req("SEC-1")
def test_the_sign_ins_of_the_contract_work_and_are_what_they_say() -> None:
    users = {user.username: user for user in get_user_model().objects.filter(is_active=True)}
    assert set(SIGN_INS) == CONTRACT
    for name in SIGN_INS:
        assert authenticate(_AT_THE_DOOR, username=name, password="demo") == users[name]
    assert [name for name, user in users.items() if user.is_superuser] == ["ada"]
    assert [name for name, user in users.items() if user.is_staff] == ["ada"]
    assert [name for name, user in users.items() if user.kind == "machine"] == ["pipeline"]
    everything = Release.objects.count()
    for name in ("tom", "aud", "pipeline"):
        assert releases_for(make.actor_for(users[name])).count() == everything
    assert releases_for(make.actor_for(users["maya"])).count() < everything


@seeded
def test_everything_was_done_through_the_demos_door() -> None:
    founding = {"scope.created", "role.created"}  # what `migrate` leaves
    doors = {
        json.loads(entry.text)["door"] for entry in LedgerEntry.objects.exclude(kind__in=founding)
    }
    assert doors == {"demo"}
    assert set(Decision.objects.values_list("door", flat=True)) == {"demo"}


@seeded
@pytest.mark.req("AUD-3")
def test_its_record_holds() -> None:
    out = StringIO()
    call_command("verify_ledger", stdout=out)
    assert out.getvalue().rstrip().endswith("everything holds.")


# --- Worth looking at right after `make run` ------------------------------------------------------


@seeded
@pytest.mark.req("MON-1")
def test_mayas_inbox_has_every_urgency_group() -> None:
    maya = make.actor_for(get_user_model().objects.get(username="maya"))
    now = timezone.now()
    noon = now.replace(hour=12, minute=0)  # "today" has an afternoon, whenever this runs
    bounds = bounds_for(noon, ZoneInfo("UTC"))
    due = [row.due_at for row in needs_me(maya, now)]
    groups = {bounds.group_of(one if one == NEVER else one + (noon - now)) for one in due}
    assert groups == {"overdue", "soon", "today", "week", "later", "none"}


@seeded
@pytest.mark.req("EXE-5", "EXE-9", "EXE-2")
def test_what_happened_lately_can_be_seen_without_looking_for_it() -> None:
    open_releases = Release.objects.filter(started_at__isnull=False, ended_at__isnull=True)
    open_rounds = Approval.objects.filter(state="open", scope__release__in=open_releases)
    assert open_rounds.filter(stuck=True).exists()
    assert [one for one in open_rounds if one.rungs_taken]
    assert Activity.objects.filter(release__in=open_releases, state="rejected").exists()
    assert Comment.objects.filter(activity__release__in=open_releases).count() >= 4
    assert Activity.objects.filter(attempt__gt=1).exists()
    names = {user for (user,) in open_rounds.values_list("asked__user__username")}
    assert {"maya", "ines", "omar", "ruth"} <= names


@seeded
@pytest.mark.req("MON-1")
def test_something_that_waits_can_be_put_aside() -> None:
    now = timezone.now()
    for username in ("maya", "ines"):
        user = get_user_model().objects.get(username=username)
        waiting = needs_me(make.actor_for(user), now)
        assert waiting.filter(due_at__gt=now + dt.timedelta(hours=1)).exists()
        assert not Snooze.objects.filter(user=user).exists()


@seeded
@pytest.mark.req("NTF-1", "NTF-2")
def test_people_have_unread_notices_of_these_days_and_no_mail_goes_out() -> None:
    now = timezone.now()
    for username in ("maya", "tom", "ines", "omar", "ruth"):
        unread = Notice.objects.filter(user__username=username, read_at__isnull=True)
        assert unread.exists(), username
        assert unread.count() <= 60
        assert unread.earliest("created_at").created_at > now - dt.timedelta(days=3)
    assert set(Delivery.objects.values_list("state", flat=True)) <= {"dropped"}


# --- Its processes --------------------------------------------------------------------------------


def _documents() -> list[dict[str, Any]]:
    parsed = [parse_process(path.read_bytes()) for path in PROCESS_FILES]
    for one in parsed:
        publishable(one)
    return [one.document for one in parsed]


def _activities() -> list[dict[str, Any]]:
    return [
        activity
        for document in _documents()
        for phase in document["phases"]
        for activity in phase["activities"]
    ]


@pytest.mark.req("POL-1", "POL-2", "REL-3", "CAP-1")
def test_the_processes_show_every_rule_kind_and_field() -> None:
    activities = _activities()
    manual = [one for one in activities if one["rule"]]
    approvers = [entry for one in manual for entry in one["approvers"]]
    fields = [field for one in manual for field in one["fields"]]
    deadlines = [one["deadline"] for one in manual if one["deadline"]]
    assert {one["kind"] for one in activities} == {kind.value for kind in ActivityKind}
    assert {one["rule"]["kind"] for one in manual} == {
        "any", "majority", "unanimous", "at_least", "percent",
    }  # fmt: skip
    assert {field["type"] for field in fields} == set(AVAILABLE_TYPES)
    assert {one["on_miss"] for one in deadlines} == {"escalate", "reject", "stay"}
    assert any(rung.get("reject") for one in deadlines for rung in one["escalate_to"])
    assert {"each", "required", "when"} <= {key for one in approvers for key in one if one[key]}
    assert any(one["separation"]["not_with"] for one in manual)
    assert any(one["when"] for one in activities)
    failures = {phase["failure"] for document in _documents() for phase in document["phases"]}
    assert failures == {handling.value for handling in FailureHandling}


@pytest.mark.req("REL-2")
def test_the_processes_have_different_shapes() -> None:
    phases = [phase for document in _documents() for phase in document["phases"]]
    assert any(len(phase["needs"]) > 1 for phase in phases)
    crossing = [
        need
        for phase in phases
        for activity in phase["activities"]
        for need in activity["needs"]
        if not need.startswith(f"{phase['key']}.")
    ]
    assert crossing


def test_shipped_processes_name_roles_only() -> None:
    holders = [entry for one in _activities() for entry in one["approvers"] or ()]
    holders += [
        rung for one in _activities() for rung in (one["deadline"] or {}).get("escalate_to", ())
    ]
    holders += [phase["owner"] for document in _documents() for phase in document["phases"]]
    assert not [one for one in holders if one and ("user" in one or "group" in one)]


# --- Once, and only where it belongs --------------------------------------------------------------


@seeded
def test_a_second_time_changes_nothing() -> None:
    before = LedgerEntry.objects.count(), Release.objects.count()
    out = StringIO()
    call_command("seed_demo", stdout=out)
    assert out.getvalue() == "The demo is here already; nothing was changed.\n"
    assert (LedgerEntry.objects.count(), Release.objects.count()) == before


# --- Away again -----------------------------------------------------------------------------------


@seeded
@pytest.mark.req("SEC-3")
def test_removal_takes_it_out_of_sight_and_keeps_the_record() -> None:
    user = get_user_model().objects.get(username="pipeline")
    token = make.token_for(user)
    own = make.product("own", "Our own")
    entries, releases = LedgerEntry.objects.count(), Release.objects.count()

    out = StringIO()
    call_command("seed_demo", "--remove", stdout=out)
    assert out.getvalue() == (
        "Accounts deactivated: 16. Tokens revoked: 1. Products archived: 4. Their record stays.\n"
    )
    assert not get_user_model().objects.filter(is_active=True).exists()
    assert authenticate(_AT_THE_DOOR, username="maya", password="demo") is None
    assert not ApiToken.objects.filter(revoked_at__isnull=True).exists()
    assert token
    anyone = make.SYSTEM
    assert list(products_for(anyone)) == [own]
    assert not releases_for(anyone).exists()
    assert not activities_for(anyone).exists()
    assert Release.objects.count() == releases
    assert LedgerEntry.objects.count() > entries

    entries = LedgerEntry.objects.count()
    call_command("seed_demo", "--remove", stdout=out)
    assert LedgerEntry.objects.count() == entries
    assert "was removed here" in _refused()


@seeded
def test_removal_leaves_other_people_and_products_alone() -> None:
    mine, product = make.person("mine"), make.product("own", "Our own")
    call_command("seed_demo", "--remove", verbosity=0)
    mine.refresh_from_db()
    product.refresh_from_db()
    assert mine.is_active
    assert not product.is_archived
    assert Product.objects.filter(is_archived=True).count() == 4


# --- Its clock ------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", range(0, 7 * 24, 5))
def test_whatever_day_it_is_the_past_is_past_and_within_ninety_days(hours: int) -> None:
    now = dt.datetime(2026, 3, 2, tzinfo=dt.UTC) + dt.timedelta(hours=hours)
    assert tuesday(now, 12) > now - HISTORY
    # The longest story that ended last week took 26 hours, of earlier ones less than three days.
    assert tuesday(now, 1) + dt.timedelta(hours=26) < now
    assert tuesday(now, 1).weekday() == 1

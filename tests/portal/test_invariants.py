"""What must hold holds after everything the product does, and each breach of it is found."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from approvals.models import Approval, AskedPerson, Decision, RoleAssignment
from audit.canonical import canonical_text, text_digest
from audit.errors import Conflict
from audit.history import history_of, save_tracked
from audit.journal import Journal
from audit.locking import database_now
from audit.models import Delivery, Notice
from audit.services.record import record
from portal.invariants import RULES, TWO_TICKS, check_invariants
from portal.services.tokens import new_secret
from releases.models import (
    Activity,
    ActivityResult,
    Comment,
    Phase,
    ProductUserPermission,
    Release,
    ReleaseUserPermission,
)
from releases.services.activities import request_skip, retry_activity, write_comment
from releases.services.due import run_due
from releases.services.lifecycle import (
    abort_release,
    defer_release,
    hold_release,
    resume_release,
    start_release,
)
from tests import builders as b
from tests.audit.records import lift_triggers, run, undone, write
from tests.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

HOUR = dt.timedelta(hours=1)
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def _process() -> None:
    by_deadline = {"after": "1h", "on_miss": "reject"}
    widened = {
        "after": "1h", "on_miss": "escalate", "escalate_to": [{"user": "ruth", "after": "1h"}],
    }  # fmt: skip
    b.process(
        b.phase(
            "verify",
            b.pipeline("build", timeout="1h"),
            b.manual("qa", {"group": "qa"}, {"user": "omar"}, rule={"at_least": 2}, needs=[]),
        ),
        b.phase(
            "decide",
            b.manual("cab", {"group": "cab"}, separation={"not_with": ["verify.qa"]}),
            b.manual("late", {"user": "omar"}, deadline=by_deadline, needs=[]),
            b.manual("slow", {"user": "omar"}, deadline=widened, needs=[]),
            needs=[],
        ),
        failure="continue",
    )


class World:
    """People, a process, and releases that went different ways."""

    def __init__(self) -> None:
        self.tom = b.manager()
        self.maya, self.omar, self.ruth = (b.person(name) for name in ("maya", "omar", "ruth"))
        self.pipeline = b.pipeline_user()
        b.group("qa", self.maya)
        b.group("cab", self.ruth, self.maya)
        b.role("opener", rights=["override"])
        b.give("opener", self.ruth)
        b.product()
        _process()
        self.now = database_now()
        self.running = self._release("running")
        b.vote(b.activity(self.running, "qa"), self.maya)
        self.completed = self._release("completed")
        self._complete(self.completed)
        self._others()

    def _release(self, name: str, **options: Any) -> Release:
        return b.release(self.tom, name=name, now=self.now, **options)

    def _complete(self, release: Release) -> None:
        b.report(b.activity(release, "build"), self.pipeline)
        b.vote(b.activity(release, "qa"), self.maya)
        b.vote(b.activity(release, "qa"), self.omar)
        b.vote(b.activity(release, "cab"), self.ruth)
        b.vote(b.activity(release, "late"), self.omar)
        b.vote(b.activity(release, "slow"), self.omar)

    def _others(self) -> None:
        tom = b.actor_for(self.tom)
        held = self._release("held")
        hold_release(release_id=held.pk, reason="Wait.", actor=tom)
        resumed = self._release("resumed")
        hold_release(release_id=resumed.pk, reason="Wait.", actor=tom)
        resume_release(release_id=resumed.pk, reason="Go on.", actor=tom)
        self.rejected = self._release("rejected")
        b.vote(b.activity(self.rejected, "cab"), self.ruth, "reject")
        cab = b.activity(self.rejected, "cab")
        retry_activity(activity_id=cab.pk, reason="Again.", actor=tom)
        b.vote(b.activity(self.rejected, "cab"), self.ruth, "reject")
        request = request_skip(activity_id=cab.pk, reason="Enough.", actor=tom)
        b.vote(request, self.ruth, comment="Agreed.")
        aborted = self._release("aborted")
        abort_release(release_id=aborted.pk, reason="Stop.", actor=tom)
        deferred = self._release("deferred")
        until = self.now + 5 * HOUR
        defer_release(release_id=deferred.pk, until=until, reason="Later.", actor=tom)
        self._release("draft", start=False)
        scheduled = self._release("scheduled", start=False)
        start_release(release_id=scheduled.pk, actor=tom, at=self.now + 90 * HOUR)
        write_comment(activity_id=cab.pk, text="So be it.", actor=b.actor_for(self.maya))


@pytest.fixture
def world(db: None) -> World:
    return World()


def _found(now: dt.datetime | None = None) -> list[str]:
    return [str(finding) for finding in check_invariants(now=now)]


@pytest.mark.req("I1", "I2", "I3", "I4", "I5", "I7", "I8", "I9", "I10", "I11", "I12", "I13")
def test_everything_holds_whatever_releases_went_through(world: World) -> None:
    assert _found() == []


@pytest.mark.req("I2", "I11", "POL-9")
def test_everything_holds_after_deadlines_and_time_outs(world: World) -> None:
    for hours in (1, 2, 3):
        later = world.now + hours * HOUR
        assert run_due(now=later).failed == []
        assert _found(later) == []
    late = b.round_of(b.activity(world.running, "late"))
    assert (late.state, late.closed_because) == ("rejected", "deadline_missed")
    assert b.round_of(b.activity(world.running, "slow")).rungs_taken == 1
    assert b.activity(world.running, "build").state == "failed"


@pytest.mark.req("EXE-9")
def test_everything_holds_after_people_came_and_went(world: World) -> None:
    zoe = b.person("zoe")
    b.group("empty", zoe)
    world.maya.groups.clear()
    run_due()
    assert _found() == []


# --- Each breach is found --------------------------------------------------------------------------


def _decision(world: World, verdict: str = "approve") -> Decision:
    rounds = Approval.objects.filter(host=b.activity(world.completed, "qa").host)
    return Decision.objects.filter(approval__in=rounds, verdict=verdict).order_by("pk")[0]


def _write(which: str, /, **columns: Any) -> Callable[[World], None]:
    """Change columns of one row of the world, by SQL."""
    rows: dict[str, Callable[[World], Any]] = {
        "decision": _decision,
        "round": lambda world: b.round_of(b.activity(world.completed, "qa")),
        "open round": lambda world: b.round_of(b.activity(world.running, "qa")),
        "activity": lambda world: b.activity(world.running, "qa"),
        "run": lambda world: b.activity(world.running, "build"),
        "done": lambda world: b.activity(world.completed, "qa"),
        "phase": lambda world: Phase.objects.filter(release=world.running)[0],
        "release": lambda world: world.completed,
        "result": lambda world: ActivityResult.objects.first(),
        "comment": lambda world: Comment.objects.first(),
    }
    return lambda world: write(rows[which](world), **columns)


def _policy(world: World) -> None:
    approval = b.round_of(b.activity(world.completed, "qa"))
    write(approval, policy=approval.policy.replace('"needed":2', '"needed":1'))


def _one_seat(world: World) -> None:
    approval = b.round_of(b.activity(world.completed, "qa"))
    write(approval, seats=canonical_text(json.loads(approval.seats)[:1]))


def _own_request(world: World) -> None:
    request = Activity.objects.get(overrides__isnull=False)
    write(request, asked_by_id=world.ruth.pk)


def _author(world: World) -> None:
    approval = b.round_of(b.activity(world.completed, "qa"))
    content = canonical_text({**json.loads(approval.content), "authors": [world.maya.pk]})
    write(approval, content=content, fingerprint=text_digest(content))


def _requester(world: World) -> None:
    write(world.completed, requester_id=world.omar.pk)


def _second_account(world: World) -> None:
    """Omar turns out to be Tom, who made the release."""
    write(world.omar, person=_sql_person(world.tom))
    write(Decision.objects.filter(user=world.omar)[0], person=_sql_person(world.tom))


def _sql_person(user: Any) -> Any:
    return Decision._meta.get_field("person").get_db_prep_save(user.person, connection)


def _four_eyes(world: World) -> None:
    cab = b.round_of(b.activity(world.completed, "cab"))
    decision = Decision.objects.get(approval=cab)
    write(decision, person=_sql_person(world.maya), user_id=world.maya.pk)


def _late_decision(world: World) -> None:
    approval = b.round_of(b.activity(world.completed, "qa"))
    write(approval, closed_at=world.now - HOUR)


def _after_the_end(world: World) -> None:
    journal = Journal(actor=b.SYSTEM, at=database_now())
    world.completed.refresh_from_db()
    world.completed.name = "Renamed"
    save_tracked(journal, [world.completed], ["name"])
    journal.add("release.changed")
    record(journal, stream=world.completed.stream)


def _early(world: World) -> None:
    run_due(now=world.now + 2 * HOUR)
    slow = b.round_of(b.activity(world.running, "slow"))
    assert slow.rungs_taken == 1
    write(slow, opened_at=world.now + 3 * HOUR)


def _never_missed(world: World) -> None:
    approval = b.round_of(b.activity(world.rejected, "cab"))
    write(approval, closed_because="deadline_missed")


def _early_timeout(world: World) -> None:
    run_due(now=world.now + 2 * HOUR)
    result = ActivityResult.objects.filter(outcome="timed_out")[0]
    write(result, opened_at=world.now + 2 * HOUR)


def _secret(world: World) -> None:
    write_comment(
        activity_id=b.activity(world.running, "qa").pk, text=f"Use {new_secret()} for it.",
        actor=b.actor_for(world.maya),
    )  # fmt: skip


def _grant_taken(world: World) -> None:
    row = ReleaseUserPermission.objects.filter(permission__codename="manage")[0]
    run("DELETE FROM releases_releaseuserpermission WHERE id = %s", row.pk)


def _grant_given(world: World) -> None:
    one = ReleaseUserPermission.objects.filter(permission__codename="manage")[0]
    write(one, user_id=world.maya.pk)


def _assignment_ended(world: World) -> None:
    one = RoleAssignment.objects.filter(scope__kind="release")[0]
    write(one, valid_until=_sql_time(world.now - HOUR))


def _sql_time(instant: dt.datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(instant)


def _unasked(world: World) -> None:
    row = AskedPerson.objects.filter(approval__state="open", is_open=True).order_by("pk")[0]
    run("DELETE FROM approvals_askedperson WHERE id = %s", row.pk)


def _wrongly_asked(world: World) -> None:
    AskedPerson.objects.create(
        approval=b.round_of(b.activity(world.running, "qa")), user=world.tom, due_at=world.now,
        asked_at=world.now,
    )  # fmt: skip


def _asked_by_the_closed(world: World) -> None:
    AskedPerson.objects.filter(approval__state="approved").update(is_open=True)


def _second_vote(world: World) -> None:
    decision = _decision(world)
    other = Decision.objects.exclude(pk=decision.pk).filter(approval=decision.approval)[0]
    write(other, person=_sql_person(decision), ordinal=3)


BREACHES: list[tuple[str, str, Callable[[World], None]]] = [
    ("I1", "decisions_not_numbered", _write("decision", ordinal=2)),
    ("I1", "decisions_not_numbered", _second_vote),
    ("I1", "votes_share_a_seat", _one_seat),
    ("I2", "result_differs", _write("round", state="rejected", closed_because="rejected")),
    ("I2", "result_differs", _write("round", state="open", closed_at=None)),
    ("I2", "result_differs", _write("open round", state="approved")),
    ("I2", "result_differs", _write("decision", verdict="reject")),
    ("I2", "result_differs", _write("decision", verdict="abstain")),
    ("I2", "result_differs", _write("round", fingerprint="0" * 64)),
    ("I2", "result_differs", _write("round", seats="[]")),
    ("I2", "result_differs", _write("round", policy="{}")),
    ("I2", "result_differs", _policy),
    ("I2", "result_differs", _never_missed),
    ("I2", "result_differs", _late_decision),
    ("I2", "result_differs", _write("round", tally='{"approvals":9}')),
    ("I2", "activity_differs", _write("activity", state="completed")),
    ("I2", "activity_differs", _write("done", state="awaiting_approval")),
    ("I2", "activity_differs", _write("done", state="rejected")),
    ("I2", "activity_differs", _write("done", attempt=2)),
    ("I2", "activity_differs", _write("run", state="completed")),
    ("I2", "activity_differs", _write("result", outcome="failed")),
    ("I2", "not_settled", _write("phase", state="pending")),
    ("I2", "not_settled", _write("run", state="blocked")),
    ("I2", "states_contradict", _write("done", state="blocked")),
    ("I3", "row_differs", _write("comment", text="Never said.")),
    ("I3", "trigger_missing", lambda _: None),
    ("I4", "no_delivery", lambda _: Delivery.objects.all().delete()),
    ("I4", "not_sent", lambda _: Delivery.objects.update(state="failed", next_try_at=LONG_AGO)),
    ("I5", "untrue", lambda _: Notice.objects.update(created_at=LONG_AGO)),
    ("I7", "changed_after_its_end", _after_the_end),
    ("I8", "own_change", _author),
    ("I8", "own_change", _requester),
    ("I8", "own_change", _second_account),
    ("I8", "own_request", _own_request),
    ("I8", "four_eyes", _four_eyes),
    ("I9", "vote_without_hat", _write("decision", hats="[]")),
    ("I9", "vote_without_hat", _write("decision", hats='[{"seat":9,"user_id":0}]')),
    ("I9", "vote_without_hat", _write("decision", hats='[{"seat":1,"user_id":0}]')),
    ("I9", "unreadable", _write("decision", hats="none")),
    ("I10", "decision_without_actor", _write("decision", display_name="")),
    ("I10", "decision_without_actor", _write("decision", authenticated_by="")),
    ("I10", "decision_without_actor", _write("decision", verdict="maybe")),
    (
        "I10", "version_without_actor",
        lambda _: write(history_of(Release)._base_manager.first(), history_actor=""),
    ),
    ("I11", "too_early", _early),
    ("I11", "too_early", _never_missed),
    ("I11", "too_early", _early_timeout),
    ("I12", "row_not_as_versioned", _write("release", name="Other")),
    ("I13", "secret", _secret),
    ("rights", "grants_differ", _grant_taken),
    ("rights", "grants_differ", _grant_given),
    ("rights", "grants_differ", _assignment_ended),
    ("asked", "asked_differs", _unasked),
    ("asked", "asked_differs", _wrongly_asked),
    ("asked", "asked_differs", _asked_by_the_closed),
]  # fmt: skip


@pytest.mark.req("I1", "I2", "I3", "I4", "I5", "I7", "I8", "I9", "I10", "I11", "I12", "I13")
def test_each_breach_is_found(world: World) -> None:
    lift_triggers()
    missed = []
    for rule, code, breach in BREACHES:
        with undone():
            breach(world)
            found = {(one.rule, one.code) for one in check_invariants(only=[rule])}
            if (rule, code) not in found:
                missed.append((rule, code, breach, found))
    assert missed == []
    assert {rule for rule, _, _ in BREACHES} == set(RULES)


@pytest.mark.req("I11")
def test_what_is_due_for_two_ticks_is_found_and_not_before(world: World) -> None:
    due = world.now + HOUR
    late = [b.round_of(b.activity(world.running, key)).pk for key in ("late", "slow")]
    soon = check_invariants(now=due + dt.timedelta(minutes=1), only=["I11"])
    assert soon == []
    found = check_invariants(now=due + TWO_TICKS + dt.timedelta(seconds=1), only=["I11"])
    subjects = " ".join(finding.subject for finding in found)
    assert all(f"round {key} " in subjects for key in late)
    assert b.activity(world.running, "build").reference in subjects
    assert {finding.code for finding in found} == {"overdue"}


@pytest.mark.req("POL-5")
def test_a_right_that_begins_or_ends_by_itself_is_no_breach_until_two_ticks_later() -> None:
    maya = b.person("maya")
    product = b.product()
    now = database_now()
    b.give("release-manager", maya, product.scope, valid_from=now, valid_until=now + HOUR)
    b.give("process-admin", maya, product.scope, valid_from=now + HOUR, valid_until=now + 2 * HOUR)
    assert ProductUserPermission.objects.count() == 4
    for moment in (now, now + HOUR - TWO_TICKS, now + HOUR, now + 3 * HOUR):
        assert check_invariants(now=moment, only=["rights"]) == []


def _open_to_qa() -> Any:
    """Ruth, and an open round of the group QA, which only Maya is in."""
    ruth = b.person("ruth")
    b.group("qa", b.person("maya"))
    b.product()
    b.process(b.phase("p", b.manual("gate", {"group": "qa"})))
    b.release(b.manager())
    return ruth


@pytest.mark.req("POL-5", "EXE-9")
def test_a_membership_made_in_a_shell_is_no_breach_until_two_ticks_later() -> None:
    ruth = _open_to_qa()
    ruth.groups.add(Group.objects.get(name="qa"))
    now = database_now()
    assert check_invariants(now=now, only=["asked"]) == []
    later = now + TWO_TICKS + dt.timedelta(seconds=5)
    [found] = check_invariants(now=later, only=["asked"])
    assert f"not asked yet: users [{ruth.pk}]" in found.detail
    run_due()
    assert check_invariants(now=later, only=["asked"]) == []
    ruth.groups.clear()
    assert check_invariants(now=database_now(), only=["asked"]) == []
    [found] = check_invariants(now=later, only=["asked"])
    assert f"asked and not to be asked: users [{ruth.pk}]" in found.detail


@pytest.mark.req("POL-5")
def test_a_membership_that_its_round_has_heard_of_excuses_nothing() -> None:
    ruth = _open_to_qa()
    ruth.groups.add(Group.objects.get(name="qa"))
    run_due()
    AskedPerson.objects.filter(user=ruth).update(is_open=False)
    [found] = check_invariants(now=database_now(), only=["asked"])
    assert f"not asked yet: users [{ruth.pk}]" in found.detail


@pytest.mark.req("I2", "POL-3", "AUD-1")
def test_a_vote_moves_to_a_seat_of_later_only_when_it_is_given_again() -> None:
    """Omar gets Maya's seat as well: his vote keeps Ruth out until he says it again, as its holder."""
    tom = b.manager()
    maya, omar, ruth = (b.person(name) for name in ("maya", "omar", "ruth"))
    b.role("lead", "Lead")
    b.role("tester", "Tester")
    b.give("lead", maya)
    b.give("tester", omar)
    b.give("tester", ruth)
    b.product()
    b.process(b.phase("p", b.manual("qa", {"role": "lead"}, {"role": "tester"}, rule="unanimous")))
    release = b.release(tom)
    b.vote(b.activity(release, "qa"), omar)
    b.give("lead", omar)
    with refused("no_seat_left", Conflict):
        b.vote(b.activity(release, "qa"), ruth)
    assert b.vote(b.activity(release, "qa"), omar).created
    b.vote(b.activity(release, "qa"), ruth)
    assert b.round_of(b.activity(release, "qa")).state == "approved"
    assert _found() == []


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="I99"):
        check_invariants(only=["I99"])


def test_a_finding_says_what_about_what_and_how_it_is_mended(world: World) -> None:
    AskedPerson.objects.update(is_open=False)
    found = check_invariants(only=["asked"])
    assert found
    for finding in found:
        document = finding.as_document()
        assert document.keys() == {"rule", "code", "subject", "detail", "mend"}
        assert all(document.values())
        assert "manage.py tick" in finding.mend
    assert run_due().done["reconciled"] > 0
    assert check_invariants(only=["asked"]) == []


def test_nobody_is_judged_by_what_they_did_not_write(world: World) -> None:
    """A person who came to be the author of a later attempt decided nothing of their own."""
    journal = Journal(actor=b.SYSTEM, at=database_now())
    world.rejected.refresh_from_db()
    world.rejected.authors = canonical_text([{"name": "Ruth", "user": world.ruth.pk}])
    save_tracked(journal, [world.rejected], ["authors"])
    journal.add("release.changed")
    record(journal, stream=world.rejected.stream)
    assert check_invariants(only=["I8"]) == []

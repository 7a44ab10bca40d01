"""Retry, skip by override, comments, reports: at an activity, besides deciding (EXE-6)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db.models import F

from approvals.models import Approval, Decision
from audit.errors import Conflict, Invalid, NotFound, NotPermitted
from releases.models import ActivityResult, Comment, DueWork
from releases.services import due
from releases.services.activities import request_skip, retry_activity, write_comment
from releases.services.due import run_due
from releases.services.lifecycle import (
    abort_release,
    hold_release,
    resume_release,
    start_release,
)
from releases.services.results import Report, fail_timed_out, report_result
from releases.services.roles import end_role
from tests import builders as b
from tests.refusals import refused
from tests.scenes import (
    ask,
    asked,
    entry,
    events,
    instant,
    people,
    pipe,
    release_state,
    run,
    state,
    tom,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def retry(of: Any, by: Any = None, reason: str = "Fixed.") -> Any:
    """Try again, as the release manager when nobody else is named."""
    return retry_activity(activity_id=of.pk, reason=reason, actor=b.actor_for(by or tom()))


def skip(of: Any, by: Any = None, reason: str = "Not needed.") -> Any:
    """Ask for an override, as the release manager when nobody else is named."""
    return request_skip(activity_id=of.pk, reason=reason, actor=b.actor_for(by or tom()))


def overrider(name: str) -> Any:
    """Somebody who holds `override` everywhere."""
    b.role("overrider", rights=["view", "override"])
    made = people(name)
    b.give("overrider", getattr(made, name))
    return getattr(made, name)


@pytest.mark.req("EXE-6", "A-010")
def test_a_retry_asks_everyone_afresh_and_the_former_attempt_stays_readable() -> None:
    who = people("ann", "ben")
    gate = ask({"user": "ann"}, {"user": "ben"}, rule="unanimous")
    b.vote(gate, who.ann)
    b.vote(gate, who.ben, "reject", "Broken.")
    former = Approval.objects.filter(host=gate.host).values().get()
    assert release_state(gate) == "failed"
    retry(gate)
    gate.refresh_from_db()
    assert (gate.state, gate.attempt, release_state(gate)) == ("awaiting_approval", 2, "on_hold")
    assert asked(gate, waiting=True) == {"ann", "ben"}
    rounds = Approval.objects.filter(host=gate.host).order_by("attempt")
    assert [row.attempt for row in rounds] == [1, 2]
    assert Approval.objects.filter(pk=former["id"]).values().get() == former
    assert Decision.objects.filter(approval=former["id"]).count() == 2
    assert not Decision.objects.filter(approval=rounds[1]).exists()
    # Yesterday's approval counts for nothing today.
    b.vote(gate, who.ben)
    assert state(gate) == "awaiting_approval"
    b.vote(gate, who.ann)
    assert (state(gate), release_state(gate)) == ("completed", "completed")


@pytest.mark.req("EXE-6")
def test_a_failed_pipeline_runs_again_as_its_next_attempt() -> None:
    made = run(b.phase("p", b.pipeline("x")))
    x = b.activity(made, "x")
    b.report(x, pipe(), "failed")
    assert (state(x), release_state(x)) == ("failed", "failed")
    retry(x)
    x.refresh_from_db()
    assert (x.state, x.attempt) == ("running", 2)
    b.report(x, pipe(), "passed")
    assert release_state(x) == "completed"
    assert list(ActivityResult.objects.order_by("attempt").values_list("attempt", "outcome")) == [
        (1, "failed"),
        (2, "passed"),
    ]


@pytest.mark.req("EXE-6", "REL-4")
def test_a_retry_while_the_release_is_held_opens_when_it_is_resumed() -> None:
    ann = people("ann").ann
    gate = ask({"user": "ann"})
    b.vote(gate, ann, "reject")
    actor = b.actor_for(tom())
    hold_release(release_id=gate.release_id, reason="Wait.", actor=actor)
    retry(gate)
    assert state(gate) == "blocked"
    resume_release(release_id=gate.release_id, reason="Go.", actor=actor)
    assert state(gate) == "awaiting_approval"
    assert b.round_of(gate).attempt == 2


@pytest.mark.req("EXE-6")
@pytest.mark.parametrize("standing", ["open", "completed", "blocked"])
def test_only_what_has_failed_is_tried_again(standing: str) -> None:
    ann = people("ann").ann
    made = run(b.phase("p", b.manual("gate", {"user": "ann"}), b.pipeline("next")))
    gate = b.activity(made, "next" if standing == "blocked" else "gate")
    if standing == "completed":
        b.vote(gate, ann)
    with refused("not_failed", Conflict):
        retry(gate)


@pytest.mark.req("EXE-6", "POL-9")
@pytest.mark.parametrize("standing", ["missed", "rejected"])
def test_a_retry_never_opens_an_attempt_in_which_every_vote_comes_too_late(standing: str) -> None:
    ann = people("ann").ann
    deadline = {"at": instant(60).isoformat(), "on_miss": "reject"}
    gate = ask({"user": "ann"}, deadline=deadline, now=instant())
    if standing == "missed":
        run_due(now=instant(61))
    else:
        b.vote(gate, ann, "reject", now=instant(30))
    again: dict[str, Any] = {
        "activity_id": gate.pk, "reason": "Again.", "actor": b.actor_for(tom()),
    }  # fmt: skip
    with refused("deadline_passed", Conflict) as caught:
        retry_activity(**again, now=instant(62))
    assert set(caught.refusal.data) == {"deadline"}
    gate.refresh_from_db()
    assert (gate.state, gate.attempt) == ("rejected", 1)
    if standing == "rejected":
        retry_activity(**again, now=instant(59))
        b.vote(gate, ann, now=instant(59))
        assert state(gate) == "completed"


@pytest.mark.req("EXE-6", "POL-9")
def test_a_past_deadline_that_rejects_nothing_keeps_nobody_from_a_retry() -> None:
    ann = people("ann").ann
    gate = ask({"user": "ann"}, deadline={"at": instant(60).isoformat()}, now=instant())
    b.vote(gate, ann, "reject", now=instant(30))
    retry(gate)
    b.vote(gate, ann)
    assert state(gate) == "completed"


@pytest.mark.req("EXE-6", "CAP-3")
@pytest.mark.parametrize("reason", ["", "  ", "nul\x00", "x" * 10_001])
def test_a_retry_and_a_skip_need_a_reason_that_can_be_kept(reason: str) -> None:
    ann = people("ann").ann
    gate = ask({"user": "ann"})
    b.vote(gate, ann, "reject")
    with refused("invalid", Invalid):
        retry(gate, reason=reason)
    with refused("invalid", Invalid):
        skip(gate, reason=reason)


@pytest.mark.req("EXE-6", "SEC-1", "A-070")
def test_the_manager_and_the_owner_of_the_phase_retry_and_nobody_else() -> None:
    who = people("ann", "own", "other", "out", "aud")
    b.group("owners", who.own)
    b.role("viewer", rights=["view"])
    b.give("viewer", who.other)
    b.give("auditor", who.aud)
    made = run(
        b.phase("p", b.manual("gate", {"user": "ann"}), owner={"group": "owners"}),
        b.phase("q", b.pipeline("x"), owner={"user": "other"}),
    )
    gate = b.activity(made, "gate")
    b.vote(gate, who.ann, "reject")
    for by, code, kind in (
        (who.ann, "no_permission", NotPermitted),
        (who.other, "no_permission", NotPermitted),
        (who.aud, "no_permission", NotPermitted),
        (who.out, "not_found", NotFound),
    ):
        with refused(code, kind):
            retry(gate, by)
        with refused(code, kind):
            skip(gate, by)
    read_only = b.actor_for(who.own, scopes=frozenset({"read", "decide"}))
    with refused("token_scope", NotPermitted):
        retry_activity(activity_id=gate.pk, reason="x", actor=read_only)
    retry(gate, who.own)
    assert state(gate) == "awaiting_approval"


@pytest.mark.req("EXE-6", "POL-6", "B-19")
def test_a_skip_is_decided_by_a_second_person_who_holds_the_right() -> None:
    who = people("ann")
    second = overrider("ovi")
    made = run(b.phase("p", b.manual("gate", {"user": "ann"}), b.pipeline("next")))
    gate = b.activity(made, "gate")
    asking = skip(gate)
    assert (asking.state, asking.asked_because) == ("awaiting_approval", "Not needed.")
    assert asked(asking) == {"ovi"}
    assert state(gate) == "awaiting_approval"
    for outsider in (who.ann, tom()):
        with refused("not_an_approver", NotPermitted):
            b.vote(asking, outsider)
    for words in ("", " "):
        with refused("invalid", Invalid) as wordless:
            b.vote(asking, second, comment=words)
        assert set(wordless.refusal.errors) == {"comment"}
    b.vote(asking, second, comment="Agreed.")
    gate.refresh_from_db()
    assert (gate.state, gate.state_because) == ("skipped", "override_approved")
    assert state(asking) == "completed"
    assert Approval.objects.get(host=gate.host).state == "closed"
    assert state(b.activity(made, "next")) == "running"
    assert not Approval.objects.filter(state="open").exists()


@pytest.mark.req("EXE-6")
def test_the_asker_who_holds_the_right_cannot_approve_their_own_request() -> None:
    people("ann")
    first, second = overrider("ovi"), overrider("una")
    b.give("release-manager", first)
    gate = ask({"user": "ann"})
    asking = skip(gate, first)
    assert asked(asking) == {"una"}
    with refused("own_request", NotPermitted):
        b.vote(asking, first)
    b.vote(asking, second, comment="Agreed.")
    assert state(gate) == "skipped"


@pytest.mark.req("EXE-6", "EXE-5")
def test_a_refused_override_fails_nothing_and_may_be_asked_again() -> None:
    people("ann")
    second = overrider("ovi")
    gate = ask({"user": "ann"})
    b.vote(skip(gate), second, "reject")
    assert (state(gate), release_state(gate)) == ("awaiting_approval", "on_hold")
    assert b.phase_of(gate.release, "main").state == "waiting_for_approval"
    again = skip(gate)
    assert again.key == "gate.override.2"
    with refused("already_asked", Conflict):
        skip(gate)
    b.vote(again, second, comment="Agreed.")
    assert state(gate) == "skipped"


@pytest.mark.req("EXE-6")
def test_a_request_closes_when_its_target_ends_by_itself() -> None:
    who = people("ann")
    second = overrider("ovi")
    gate = ask({"user": "ann"})
    asking = skip(gate)
    b.vote(gate, who.ann)
    asking.refresh_from_db()
    assert (asking.state, asking.state_because) == ("aborted", "override_pointless")
    assert b.round_of(asking).state == "closed"
    assert release_state(gate) == "completed"
    with refused("not_open", Conflict):
        b.vote(asking, second)


@pytest.mark.req("EXE-6", "EXE-5")
def test_skipping_what_failed_lets_the_release_go_on() -> None:
    who = people("ann")
    second = overrider("ovi")
    made = run(b.phase("p", b.manual("gate", {"user": "ann"})), b.phase("q", b.pipeline("x")))
    gate = b.activity(made, "gate")
    b.vote(gate, who.ann, "reject")
    assert release_state(made) == "failed"
    b.vote(skip(gate), second, comment="Agreed.")
    assert (state(gate), release_state(made)) == ("skipped", "running")
    assert b.phase_of(made, "p").state in {"completed", "skipped"}
    assert state(b.activity(made, "x")) == "running"


@pytest.mark.req("EXE-6")
def test_what_cannot_be_skipped() -> None:
    who = people("ann")
    overrider("ovi")
    made = run(b.phase("p", b.manual("gate", {"user": "ann"}), b.pipeline("x")))
    gate = b.activity(made, "gate")
    asking = skip(gate)
    with refused("cannot_skip", Conflict):
        skip(asking)
    with refused("not_failed", Conflict):
        retry(asking)
    b.vote(gate, who.ann)
    with refused("cannot_skip", Conflict):
        skip(gate)
    abort_release(release_id=made.pk, reason="No.", actor=b.actor_for(tom()))
    with refused("already_ended", Conflict):
        skip(b.activity(made, "x"))


@pytest.mark.req("EXE-6", "EXE-9")
def test_a_request_that_nobody_could_approve_opens_no_round_and_leaves_nothing() -> None:
    people("ann")
    first = overrider("ovi")
    b.give("release-manager", first)
    overrider("una")
    gate = ask({"user": "ann"}, authors=["una"])
    told = events(gate)
    with refused("nobody_may_override", Conflict):
        skip(gate, first)
    assert not gate.override_requests.exists()
    assert Approval.objects.count() == 1
    assert events(gate) == told


@pytest.mark.req("EXE-6", "EXE-9")
def test_a_request_whose_last_approver_leaves_is_stuck_until_somebody_holds_the_right() -> None:
    people("ann", "ovi", "una")
    b.role("overrider", rights=["view", "override"])
    held = b.give("overrider", people("ovi").ovi)
    gate = ask({"user": "ann"})
    asking = skip(gate)
    assert asked(asking) == {"ovi"}
    end_role(assignment_id=held.pk, actor=b.SYSTEM)
    assert b.round_of(asking).stuck
    overrider("una")
    assert not b.round_of(asking).stuck
    assert asked(asking) == {"una"}


@pytest.mark.req("EXE-3", "A-070")
def test_a_comment_is_kept_at_any_time_and_decides_nothing() -> None:
    who = people("ann", "aud", "out")
    b.give("auditor", who.aud)
    gate = ask({"user": "ann"})
    b.vote(gate, who.ann)
    comment = write_comment(activity_id=gate.pk, text="Thanks.", actor=b.actor_for(who.ann))
    assert (comment.display_name, comment.attempt) == ("ann", 1)
    assert state(gate) == "completed"
    told = entry(gate, "activity.commented")
    assert "Thanks." not in json.dumps(told)
    for by, code, kind in ((who.aud, "auditor", NotPermitted), (who.out, "not_found", NotFound)):
        with refused(code, kind):
            write_comment(activity_id=gate.pk, text="x", actor=b.actor_for(by))
    for text in ("", " ", "x" * 10_001, "\x00"):
        with refused("invalid", Invalid):
            write_comment(activity_id=gate.pk, text=text, actor=b.actor_for(who.ann))
    with refused("token_scope", NotPermitted):
        narrow = b.actor_for(who.ann, scopes=frozenset({"read"}))
        write_comment(activity_id=gate.pk, text="x", actor=narrow)
    assert Comment.objects.count() == 1


# --- Reports ------------------------------------------------------------------------------------


@pytest.mark.req("CHK-8", "EXE-8")
def test_the_same_report_again_is_answered_and_another_is_refused() -> None:
    machine = pipe()
    made = run(b.phase("p", b.pipeline("x"), b.pipeline("y")))
    x = b.activity(made, "x")
    first = b.report(x, machine, summary="12 passed", data={"n": 12})
    again = b.report(x, machine, summary="12 passed", data={"n": 12})
    assert (again.created, again.result.pk) == (False, first.result.pk)
    with refused("not_running", Conflict):
        b.report(x, machine, summary="13 passed")
    with refused("not_running", Conflict):
        b.report(x, machine, "failed")
    abort_release(release_id=made.pk, reason="No.", actor=b.actor_for(tom()))
    with refused("not_running", Conflict):
        b.report(b.activity(made, "y"), machine)


def _failed_once(**more: Any) -> tuple[Any, Any, Any]:
    """A run that failed and is tried again: the activity, its machine and the first result."""
    machine = pipe()
    x = b.activity(run(b.phase("p", b.pipeline("x"))), "x")
    first = b.report(x, machine, "failed", **more)
    retry(x)
    return x, machine, first.result


@pytest.mark.req("CHK-8", "EXE-6")
def test_a_failure_sent_again_late_never_fails_the_next_attempt_when_it_names_its_own() -> None:
    x, machine, first = _failed_once(summary="3 failed")
    again = b.report(x, machine, "failed", summary="3 failed", attempt=1)
    assert (again.created, again.result.pk) == (False, first.pk)
    assert state(x) == "running"
    assert b.report(x, machine).result.attempt == 2


@pytest.mark.req("CHK-8", "EXE-6")
def test_a_report_about_another_attempt_is_never_booked_on_this_one() -> None:
    x, machine, _ = _failed_once()
    for attempt in (1, 3):
        with refused("changed_since", Conflict) as caught:
            b.report(x, machine, "passed", attempt=attempt)
        assert caught.refusal.data == {"attempt": 2}
    assert state(x) == "running"


@pytest.mark.req("CHK-8", "EXE-6")
@pytest.mark.parametrize("more", [{}, {"attempt": 2}, {"url": "https://ci.example.com/runs/2"}])
def test_a_run_that_fails_as_the_former_did_is_never_waited_for_any_more(
    more: dict[str, Any],
) -> None:
    x, machine, first = _failed_once()
    second = b.report(x, machine, "failed", **more)
    assert (second.created, second.result.attempt) == (True, 2)
    assert second.result.pk != first.pk
    assert state(x) == "failed"
    again = b.report(x, machine, "failed", **more)
    assert (again.created, again.result.pk) == (False, second.result.pk)


@pytest.mark.req("B-21", "B-22", "A-074")
@pytest.mark.parametrize("outcome", ["", "skipped", "unknown", "success", "timed_out", "PASSED"])
def test_what_is_neither_passed_nor_failed_is_no_outcome(outcome: str) -> None:
    machine = pipe()
    x = b.activity(run(b.phase("p", b.pipeline("x"))), "x")
    with refused("invalid", Invalid) as caught:
        b.report(x, machine, outcome)
    assert set(caught.refusal.errors) == {"outcome"}
    assert state(x) == "running"


@pytest.mark.req("A-101", "CAP-3")
@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"summary": "\x00"}, "summary"),
        ({"summary": "x" * 20_001}, "summary"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "http://["}, "url"),
        ({"url": "https://example.org/" + "x" * 1000}, "url"),
        ({"url": "https://example.org/\x00"}, "url"),
        ({"data": {"n": float("nan")}}, "data"),
        ({"data": {"n": 2**60}}, "data"),
        ({"data": {"n": "x" * 100_001}}, "data"),
        ({"data": {"n": "\ud800"}}, "data"),
    ],
)
def test_a_report_that_cannot_be_kept_is_refused_at_the_field(
    more: dict[str, Any], field: str
) -> None:
    machine = pipe()
    x = b.activity(run(b.phase("p", b.pipeline("x"))), "x")
    with refused("invalid", Invalid) as caught:
        b.report(x, machine, **more)
    assert set(caught.refusal.errors) == {field}


@pytest.mark.req("SEC-1", "B-05")
def test_only_who_may_report_does() -> None:
    who = people("ann", "out")
    machine = pipe()
    made = run(b.phase("p", b.pipeline("x", needs=[]), b.manual("g", {"user": "ann"}, needs=[])))
    x = b.activity(made, "x")
    for by, code in ((who.ann, "no_permission"), (tom(), "no_permission"), (who.out, "not_found")):
        with refused(code):
            b.report(x, by)
    narrow = b.actor_for(machine, scopes=frozenset({"read", "manage"}))
    with refused("token_scope", NotPermitted):
        report_result(activity_id=x.pk, report=Report("passed"), actor=narrow)
    with refused("not_running", Conflict):
        b.report(b.activity(made, "g"), machine)


@pytest.mark.req("B-21", "CHK-8")
def test_a_run_that_says_nothing_in_time_has_failed_whether_or_not_a_job_ran() -> None:
    machine = pipe()
    made = run(b.phase("p", b.pipeline("x", timeout="1h")), now=instant())
    x = b.activity(made, "x")
    assert x.times_out_at == instant(60)
    assert fail_timed_out(activity_id=x.pk, now=instant(59)) is False
    with refused("timed_out", Conflict):
        b.report(x, machine, now=instant(60))
    assert run_due(now=instant(59)).done.get("timeout") is None
    assert run_due(now=instant(60)).done["timeout"] == 1
    x.refresh_from_db()
    assert (x.state, x.state_because, release_state(x)) == ("failed", "timed_out", "failed")
    assert entry(x, "activity.failed")["actor"]["kind"] == "system"
    with refused("not_running", Conflict):
        b.report(x, machine, now=instant(61))
    retry(x)
    assert state(x) == "running"


# --- What is due --------------------------------------------------------------------------------


@pytest.mark.req("OPS-3", "A-024")
def test_work_that_fails_is_tried_again_ever_more_rarely_until_it_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people("ann")
    broken = ask({"user": "ann"}, deadline={"after": "1h", "on_miss": "reject"}, now=instant())
    sound = ask({"user": "ann"}, deadline={"after": "1h", "on_miss": "reject"}, now=instant())
    key, real = b.round_of(broken).pk, due.enforce_deadline

    def failing(*, approval_id: int, **options: Any) -> bool:
        if approval_id == key:
            raise RuntimeError("no")
        return real(approval_id=approval_id, **options)

    monkeypatch.setattr(due, "enforce_deadline", failing)
    report = run_due(now=instant(60))
    assert (report.done["deadline"], len(report.failed)) == (1, 1)
    assert state(sound) == "rejected"
    assert run_due(now=instant(61)).failed == []  # the pause after a failure is not over
    for turn in range(2, due.MANY_ATTEMPTS + 4):
        DueWork.objects.update(tried_at=F("tried_at") - due.LONGEST_PAUSE)
        assert len(run_due(now=instant(60 + turn)).failed) == 1
        assert DueWork.objects.get().attempts == turn
    assert due.dead_letters() == []
    assert [work.object_id for work in due.failing_work()] == [key]
    monkeypatch.setattr(due, "enforce_deadline", real)
    DueWork.objects.update(tried_at=F("tried_at") - due.LONGEST_PAUSE)
    run_due(now=instant(90))
    assert (state(broken), DueWork.objects.count()) == ("rejected", 0)


@pytest.mark.req("OPS-3", "A-024", "POL-9")
@pytest.mark.parametrize(
    "former", [{"error": "no", "attempts": 1}, {"attempts": 1}, {"error": "no", "attempts": 30}]
)
def test_what_may_not_be_tried_now_keeps_nothing_newer_from_being_done(
    former: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    people("ann")
    monkeypatch.setattr(due, "BATCH", 2)
    deadline = {"after": "1h", "on_miss": "reject"}
    made = [ask({"user": "ann"}, deadline=deadline, now=instant(late)) for late in range(3)]
    for gate in made[:2]:
        key, when = b.round_of(gate).pk, b.round_of(gate).next_due_at
        DueWork.objects.create(
            kind="deadline", object_id=key, due_at=when, tried_at=b.database_now(), **former
        )
    assert run_due(now=instant(90)).done["deadline"] == 1
    assert [state(gate) for gate in made] == ["awaiting_approval", "awaiting_approval", "rejected"]
    DueWork.objects.update(tried_at=F("tried_at") - due.LONGEST_PAUSE)
    assert run_due(now=instant(90)).done["deadline"] == 2


@pytest.mark.req("OPS-3")
def test_of_more_than_one_tick_takes_up_the_newest_is_never_taken_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(due, "BATCH", 1)
    slow, soon = (
        b.activity(run(b.phase("p", b.pipeline("x", timeout=limit)), now=instant()), "x")
        for limit in ("2h", "1h")
    )
    assert run_due(now=instant(180)).done["timeout"] == 1
    assert (state(slow), state(soon)) == ("running", "failed")
    first, second = (run(b.phase("p", b.pipeline("x")), start=False) for _ in range(2))
    by = b.actor_for(tom())
    start_release(release_id=first.pk, actor=by, at=instant(240), now=instant(180))
    start_release(release_id=second.pk, actor=by, at=instant(200), now=instant(180))
    assert run_due(now=instant(300)).done["start"] == 1
    assert (release_state(first), release_state(second)) == ("scheduled", "running")


@pytest.mark.req("OPS-3", "A-024")
def test_work_that_killed_its_worker_is_not_taken_up_at_once_nor_for_ever() -> None:
    people("ann")
    gate = ask({"user": "ann"}, deadline={"after": "1h", "on_miss": "reject"}, now=instant())
    key, when = b.round_of(gate).pk, instant(60)
    claimed = due._claim("deadline", key, when)
    assert claimed is not None
    assert due._claim("deadline", key, when) is None
    for attempts in range(1, due.MOST_UNFINISHED + 1):
        row = DueWork.objects.get()
        assert row.attempts == attempts
        DueWork.objects.update(tried_at=row.tried_at - due.STALE_AFTER)
        again = due._claim("deadline", key, when)
        assert (again is None) == (attempts == due.MOST_UNFINISHED)
    assert len(due.dead_letters()) == 1
    assert due.revive_dead_letters(actor=b.SYSTEM) == 1
    run_due(now=instant(90))
    assert (state(gate), due.dead_letters()) == ("rejected", [])


@pytest.mark.req("OPS-3", "A-039")
def test_one_round_that_cannot_be_looked_after_keeps_no_other_from_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    who = people("ann", "ben")
    first, second = b.group("one", who.ann), b.group("two", who.ben)
    broken, sound = ask({"group": "one"}), ask({"group": "two"})
    key, real = b.round_of(broken).pk, due.reconcile_round

    def failing(*, approval_id: int, **options: Any) -> bool:
        if approval_id == key:
            raise RuntimeError("no")
        return real(approval_id=approval_id, **options)

    monkeypatch.setattr(due, "reconcile_round", failing)
    who.ann.groups.remove(first)
    who.ben.groups.remove(second)
    assert len(run_due().failed) == 1
    assert b.round_of(sound).stuck
    assert "approval.stuck" not in events(broken)

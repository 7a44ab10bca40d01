"""A release is made, started, held, put off, given up; every refusal leaves nothing (REL-1, REL-4)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import Approval, AskedPerson
from audit.errors import Conflict, Invalid, NotFound, NotPermitted, Refusal
from audit.locking import database_now
from portal.services.people import set_user_active
from releases.facts import condition_facts
from releases.models import Activity, Product, Release
from releases.services.activities import retry_activity
from releases.services.content import ContentChange, change_release
from releases.services.creation import ReleaseDetails, create_release
from releases.services.due import run_due
from releases.services.lifecycle import (
    abort_release,
    defer_release,
    hold_release,
    resume_release,
    start_release,
)
from releases.services.products import change_product
from tests import builders as b
from tests.refusals import refused
from tests.scenes import entry, events, instant, people, pipe, release_state, run, state, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def _make(by: Any, product: str = "pay", process: str = "proc", **details: Any) -> Release:
    values = {"name": "Payments", "version": "1.0", **details}
    return create_release(
        product=product, process=process, details=ReleaseDetails(**values), actor=b.actor_for(by)
    )


@pytest.fixture
def place() -> None:
    """A product and a process with one pipeline."""
    b.product("pay")
    b.process(b.phase("p", b.pipeline("x")))


@pytest.mark.req("REL-1", "REL-5", "AUD-2")
@pytest.mark.usefixtures("place")
def test_a_release_keeps_all_that_it_was_made_with() -> None:
    ann = people("ann").ann
    made = _make(
        tom(), description="Faster.", authors=["ann", "tom"], environments=["prod"], commit="abc",
        risk="high", change_type="normal", tags=["pci"], window_from=instant(0),
        window_until=instant(60), artifacts=[{"name": "app", "digest": "sha256:1"}],
        links=[{"kind": "tracker", "title": "PAY-1", "url": "https://example.org/1"}],
        stakeholders=[{"user": "ann"}],
    )  # fmt: skip
    made.refresh_from_db()
    assert (made.state, made.requester, made.manager, made.starter) == ("draft", tom(), tom(), None)
    assert [one["user"] for one in json.loads(made.authors)] == [ann.pk, tom().pk]
    assert json.loads(made.environments) == ["prod"]
    assert made.process_version.number == 1
    assert made.scope.lineage[-1] == made.scope_id
    assert events(made) == ["release.created", "role.assigned"]
    assert made.history.count() == 1
    assert not Activity.objects.exists()


@pytest.mark.req("REL-1", "POL-5")
@pytest.mark.usefixtures("place")
def test_the_manager_who_is_named_may_manage_the_release_and_no_other() -> None:
    ann = people("ann").ann
    made = _make(tom(), manager="ann")
    other = _make(tom())
    hold = {"reason": "Wait.", "actor": b.actor_for(ann)}
    start_release(release_id=made.pk, actor=b.actor_for(ann))
    hold_release(release_id=made.pk, **hold)
    with refused("not_found", NotFound):
        hold_release(release_id=other.pk, **hold)


@pytest.mark.req("REL-1", "CAP-3")
@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"version": ""}, "version"),
        ({"description": "nul\x00"}, "description"),
        ({"commit": "x" * 101}, "commit"),
        ({"risk": "extreme"}, "risk"),
        ({"change_type": "quick"}, "change_type"),
        ({"authors": ["nobody"]}, "authors"),
        ({"authors": ["tom", "pipeline"]}, "authors"),
        ({"manager": "nobody"}, "manager"),
        ({"manager": "pipeline"}, "manager"),
        ({"tags": [""]}, "tags.0"),
        ({"environments": ["a" * 101]}, "environments.0"),
        ({"window_from": instant(1), "window_until": instant(1)}, "window.until"),
        ({"artifacts": [{"digest": "sha256:1"}]}, "artifacts.0.name"),
        ({"links": [{"kind": "tracker", "title": "t", "url": "javascript:1"}]}, "links.0.url"),
        ({"links": [{"kind": "tracker", "title": "t", "url": "http://["}]}, "links.0.url"),
        ({"stakeholders": [{"group": "nobody"}]}, "stakeholders.0.group"),
        ({"process": "none"}, "process"),
    ],
)
def test_wrong_details_are_answered_at_the_field(details: dict[str, Any], field: str) -> None:
    pipe()
    by = tom()
    with refused("invalid", Invalid) as caught:
        _make(by, **details)
    assert set(caught.refusal.errors) == {field}


@pytest.mark.req("REL-1")
@pytest.mark.usefixtures("place")
def test_a_machine_user_names_manager_and_authors() -> None:
    machine = pipe()
    with refused("invalid", Invalid) as caught:
        _make(machine)
    assert set(caught.refusal.errors) == {"authors", "manager"}
    tom()
    people("ann")
    with refused("invalid", Invalid) as caught:
        _make(machine, authors=["pipeline"], manager="tom")
    assert set(caught.refusal.errors) == {"authors"}
    assert _make(machine, authors=["ann"], manager="tom").requester == machine


@pytest.mark.req("REL-1", "A-070")
@pytest.mark.usefixtures("place")
def test_a_machine_leaves_the_manager_out_only_where_one_person_can_be_meant() -> None:
    machine, who = pipe(), people("ann", "una", "aud", "gone")
    pay = Product.objects.get(key="pay").scope
    for name in ("aud", "gone"):
        b.give("release-manager", getattr(who, name), pay)
    b.give("auditor", who.aud)
    set_user_active(user_id=who.gone.pk, active=False, actor=b.SYSTEM)
    b.give("release-manager", b.machine("robot"), pay)
    b.give("release-manager", who.una, b.product("other").scope)
    with refused("invalid", Invalid) as caught:
        _make(machine, authors=["ann"])
    assert set(caught.refusal.errors) == {"manager"}
    by = tom()
    made = _make(machine, authors=["ann"])
    assert (made.manager, made.requester) == (by, machine)
    assert _make(who.una, product="other").manager == who.una
    b.give("release-manager", b.person("tom-2", person=by.person), pay)
    assert _make(machine, authors=["ann"]).manager == by
    b.give("release-manager", b.group("shift", who.ann), pay)
    with refused("invalid", Invalid) as caught:
        _make(machine, authors=["ann"])
    assert set(caught.refusal.errors) == {"manager"}


@pytest.mark.req("REL-1", "CAP-3")
@pytest.mark.usefixtures("place")
def test_two_hundred_stakeholders_are_looked_up_at_once_and_each_wrong_one_is_told() -> None:
    by, who = tom(), people("ann")
    b.group("qa", who.ann)
    known: list[dict[str, str]] = [{"user": "ann"}, {"group": "qa"}, {"role": "release-manager"}]
    with CaptureQueriesContext(connection) as few:
        _make(by, stakeholders=known)
    with CaptureQueriesContext(connection) as many:
        _make(by, stakeholders=known * 60)
    assert len(many) == len(few)
    wrong = [{"user": "nobody"}, {"team": "qa"}, {}, {"user": "ann", "role": "x"}, {"role": "none"}]
    with refused("invalid", Invalid) as caught:
        _make(by, stakeholders=[*known, *wrong])
    assert set(caught.refusal.errors) == {
        "stakeholders.3.user", "stakeholders.4", "stakeholders.5", "stakeholders.6",
        "stakeholders.7.role",
    }  # fmt: skip


@pytest.mark.req("REL-1", "A-070")
@pytest.mark.usefixtures("place")
def test_an_auditor_is_not_made_release_manager() -> None:
    aud = people("aud").aud
    b.give("auditor", aud)
    by = tom()
    with refused("invalid", Invalid) as caught:
        _make(by, manager="aud")
    assert set(caught.refusal.errors) == {"manager"}


@pytest.mark.req("SEC-1", "B-12")
@pytest.mark.usefixtures("place")
def test_who_may_not_see_the_product_finds_none_and_who_may_not_make_is_told() -> None:
    who = people("out", "vic")
    with refused("not_found", NotFound):
        _make(who.out)
    b.role("viewer", rights=["view"])
    b.give("viewer", who.vic)
    with refused("no_permission", NotPermitted):
        _make(who.vic)


@pytest.mark.req("REL-4", "EXE-1", "EXE-4")
def test_a_release_goes_from_its_start_to_its_end() -> None:
    ann = people("ann").ann
    made = run(
        b.phase("verify", b.pipeline("build"), b.manual("qa", {"user": "ann"})),
        b.phase(
            "deploy", b.pipeline("roll"), b.manual("seen", {"user": "ann"}, kind="verification")
        ),
    )
    build, qa, roll, seen = (b.activity(made, key) for key in ("build", "qa", "roll", "seen"))
    assert [state(one) for one in (build, qa, roll, seen)] == ["running"] + ["blocked"] * 3
    assert release_state(made) == "running"
    b.report(build, pipe())
    assert (state(qa), release_state(made)) == ("awaiting_approval", "on_hold")
    assert b.phase_of(made, "verify").state == "waiting_for_approval"
    b.vote(qa, ann)
    assert (state(qa), state(roll), release_state(made)) == ("completed", "running", "running")
    assert b.phase_of(made, "verify").state == "completed"
    b.report(roll, pipe())
    assert state(seen) == "waiting_for_input"
    b.vote(seen, ann)
    made.refresh_from_db()
    assert (made.state, made.ended_at is not None) == ("completed", True)
    assert events(made)[-1] == "release.completed"
    assert [kind for kind in events(made) if kind.startswith("release.")] == [
        "release.created", "release.started", "release.put_on_hold", "release.resumed",
        "release.put_on_hold", "release.completed",
    ]  # fmt: skip


@pytest.mark.req("EXE-1")
def test_parallel_branches_go_on_while_one_waits() -> None:
    people("ann")
    made = run(
        b.phase("a", b.manual("gate", {"user": "ann"})),
        b.phase("b", b.pipeline("x"), b.pipeline("y"), needs=[]),
        b.phase("c", b.pipeline("z"), needs=["a", "b"]),
    )
    assert release_state(made) == "on_hold"
    b.report(b.activity(made, "x"), pipe())
    assert state(b.activity(made, "y")) == "running"
    b.report(b.activity(made, "y"), pipe())
    assert state(b.activity(made, "z")) == "blocked"
    b.vote(b.activity(made, "gate"), people("ann").ann)
    assert state(b.activity(made, "z")) == "running"
    assert release_state(made) == "running"


@pytest.mark.req("POL-10")
def test_what_does_not_apply_is_skipped_with_the_reason_and_satisfies() -> None:
    b.product("pay", tags=["pci"])
    people("ann")
    made = run(
        b.phase(
            "p",
            b.manual("risky", {"user": "ann"}, when={"risk": ["high"]}),
            b.pipeline("tagged", when={"tag": ["pci"]}),
            b.pipeline("rest"),
        ),
        risk="low",
    )
    risky = b.activity(made, "risky")
    assert (risky.state, risky.state_because, risky.applies) == ("skipped", "not_applicable", False)
    assert state(b.activity(made, "tagged")) == "running"
    assert not Approval.objects.exists()


def _retag(tags: list[str]) -> None:
    change_product(
        product_id=Product.objects.get(key="pay").pk,
        name="Payments",
        description="",
        tags=tags,
        reason="",
        actor=b.SYSTEM,
    )


@pytest.mark.req("REL-5", "POL-10", "EXE-4")
def test_an_edit_of_the_products_tags_changes_no_gate_of_a_release_that_was_made_before() -> None:
    b.product("pay", tags=["pci"])
    who = people("ann", "ben")
    pci = {"tag": ["pci"]}
    phases = (
        b.phase("p", b.pipeline("x")),
        b.phase(
            "q",
            b.manual("gate", {"user": "ann", "when": pci}, {"user": "ben"}, rule="unanimous"),
            b.pipeline("check", when=pci),
        ),
    )
    running, drafted = run(*phases), run(*phases, start=False)
    _retag(["internal"])
    start_release(release_id=drafted.pk, actor=b.actor_for(tom()))
    for made in (running, drafted):
        assert b.activity(made, "check").applies
        b.report(b.activity(made, "x"), pipe())
        gate = b.activity(made, "gate")
        b.vote(gate, who.ben)
        assert state(gate) == "awaiting_approval"
        b.vote(gate, who.ann)
        assert state(gate) == "completed"
    assert b.activity(run(*phases), "check").state == "skipped"


@pytest.mark.req("REL-5", "A-124")
def test_a_release_from_before_the_column_reads_its_products_history() -> None:
    b.product("pay", tags=["pci"])
    old = run(b.phase("p", b.pipeline("x")), start=False)
    assert old.product_tags == '["pci"]'
    _retag(["internal"])
    old.product_tags = None
    assert condition_facts(old).tags == {"pci"}


@pytest.mark.req("REL-4", "EXE-5")
@pytest.mark.parametrize(
    ("failure", "ended", "other"),
    [
        ("fail", "failed", "blocked"),
        ("hold", "on_hold", "blocked"),
        ("continue", "on_hold", "running"),
    ],
)
def test_a_rejection_does_to_the_release_what_its_phase_says(
    failure: str, ended: str, other: str
) -> None:
    who = people("ann", "ben")
    made = run(
        b.phase("a", b.manual("gate", {"user": "ann"}), failure=failure),
        b.phase("b", b.manual("open", {"user": "ben"}), b.pipeline("later"), needs=[]),
        b.phase("c", b.pipeline("after"), needs=["a"]),
    )
    b.vote(b.activity(made, "gate"), who.ann, "reject")
    assert b.phase_of(made, "a").state == "failed"
    assert release_state(made) == ended
    # What was open stays open and can be decided.
    b.vote(b.activity(made, "open"), who.ben)
    assert state(b.activity(made, "open")) == "completed"
    assert state(b.activity(made, "later")) == other
    assert state(b.activity(made, "after")) == "blocked"
    if failure == "continue":
        b.report(b.activity(made, "later"), pipe())
        assert release_state(made) == "failed"


@pytest.mark.req("REL-4")
def test_a_held_release_starts_nothing_and_lets_open_gates_be_decided() -> None:
    ann = people("ann").ann
    made = run(b.phase("p", b.manual("gate", {"user": "ann"}), b.pipeline("next")))
    actor = b.actor_for(tom())
    hold_release(release_id=made.pk, reason="Freeze.", actor=actor)
    b.vote(b.activity(made, "gate"), ann)
    assert (state(b.activity(made, "next")), release_state(made)) == ("blocked", "on_hold")
    with refused("already_held", Conflict):
        hold_release(release_id=made.pk, reason="Again.", actor=actor)
    resume_release(release_id=made.pk, reason="Go.", actor=actor)
    assert (state(b.activity(made, "next")), release_state(made)) == ("running", "running")
    with refused("not_held", Conflict):
        resume_release(release_id=made.pk, reason="Go.", actor=actor)
    assert {"release.held", "release.hold_ended"} <= set(events(made))


@pytest.mark.req("REL-4", "EXE-5")
def test_resuming_does_not_end_what_a_failure_holds() -> None:
    ann = people("ann").ann
    made = run(b.phase("p", b.manual("gate", {"user": "ann"}), failure="hold"))
    b.vote(b.activity(made, "gate"), ann, "reject")
    assert release_state(made) == "on_hold"
    with refused("not_held", Conflict):
        resume_release(release_id=made.pk, reason="Go.", actor=b.actor_for(tom()))


@pytest.mark.req("REL-4", "OPS-3")
def test_a_scheduled_release_starts_with_the_tick_that_comes_after_its_time() -> None:
    made = run(b.phase("p", b.pipeline("x")), start=False)
    actor = b.actor_for(tom())
    start_release(release_id=made.pk, actor=actor, at=instant(60), now=instant(0))
    assert release_state(made) == "scheduled"
    assert not Activity.objects.filter(release=made).exists()
    assert run_due(now=instant(59)).done.get("start") is None
    assert run_due(now=instant(60)).done["start"] == 1
    made.refresh_from_db()
    assert (made.state, made.starter, made.started_at) == ("running", tom(), instant(60))
    assert entry(made, "release.started")["actor"]["kind"] == "system"
    assert run_due(now=instant(61)).done.get("start") is None


@pytest.mark.req("REL-4")
def test_a_scheduled_release_can_be_moved_started_or_cancelled() -> None:
    actor = b.actor_for(tom())
    moved, started, ended = (run(b.phase("p", b.pipeline("x")), start=False) for _ in range(3))
    for one in (moved, started, ended):
        start_release(release_id=one.pk, actor=actor, at=instant(60), now=instant(0))
    start_release(release_id=moved.pk, actor=actor, at=instant(90), now=instant(1))
    start_release(release_id=started.pk, actor=actor, now=instant(1))
    abort_release(release_id=ended.pk, reason="No.", actor=actor, now=instant(1))
    assert [release_state(one) for one in (moved, started, ended)] == [
        "scheduled", "running", "cancelled",
    ]  # fmt: skip
    run_due(now=instant(60))
    assert release_state(moved) == "scheduled"
    run_due(now=instant(90))
    assert release_state(moved) == "running"
    assert release_state(ended) == "cancelled"


@pytest.mark.req("REL-4")
def test_a_start_in_the_past_is_a_start_now_and_needs_a_zone() -> None:
    made = run(b.phase("p", b.pipeline("x")), start=False)
    actor = b.actor_for(tom())
    naive = dt.datetime(2026, 1, 1)  # noqa: DTZ001
    with refused("invalid", Invalid):
        start_release(release_id=made.pk, actor=actor, at=naive)
    start_release(release_id=made.pk, actor=actor, at=instant(-1), now=instant(0))
    assert release_state(made) == "running"
    with refused("already_started", Conflict):
        start_release(release_id=made.pk, actor=actor)
    with refused("already_started", Conflict):
        start_release(release_id=made.pk, actor=actor, at=instant(60), now=instant(1))


@pytest.mark.req("REL-4", "EXE-6")
@pytest.mark.parametrize("started", [True, False])
def test_giving_up_closes_everything_and_says_aborted_or_cancelled(started: bool) -> None:
    people("ann")
    made = run(
        b.phase("p", b.manual("gate", {"user": "ann"}, needs=[]), b.pipeline("x", needs=[])),
        b.phase("q", b.pipeline("y")),
        start=started,
    )
    with refused("invalid", Invalid):
        abort_release(release_id=made.pk, reason=" ", actor=b.actor_for(tom()))
    abort_release(release_id=made.pk, reason="Wrong.", actor=b.actor_for(tom()))
    made.refresh_from_db()
    assert made.state == ("aborted" if started else "cancelled")
    assert set(Activity.objects.filter(release=made).values_list("state", flat=True)) <= {"aborted"}
    if started:
        assert Approval.objects.get().state == "closed"
        assert Approval.objects.get().closed_because == "release_aborted"
        assert not AskedPerson.objects.filter(is_open=True).exists()
        assert b.phase_of(made, "q").state == "aborted"
        machine = pipe()
        with refused("not_running", Conflict):
            b.report(b.activity(made, "x"), machine)
    version = made.history.first()
    assert version.history_change_reason == "Wrong."


@pytest.mark.req("REL-4")
def test_a_deferred_release_closes_its_rounds_and_blocks_what_was_open() -> None:
    people("ann")
    made = run(b.phase("p", b.pipeline("x"), b.manual("gate", {"user": "ann"})))
    b.report(b.activity(made, "x"), pipe())
    actor = b.actor_for(tom())
    until = instant(10_000_000)
    with refused("invalid", Invalid):
        defer_release(release_id=made.pk, until=until, reason="", actor=actor)
    with refused("invalid", Invalid):
        defer_release(
            release_id=made.pk, until=until.replace(tzinfo=None), reason="Later.", actor=actor
        )
    defer_release(release_id=made.pk, until=until, reason="Later.", actor=actor)
    made.refresh_from_db()
    assert (made.state, made.deferred_until) == ("deferred", until)
    assert state(b.activity(made, "x")) == "completed"
    assert state(b.activity(made, "gate")) == "blocked"
    assert Approval.objects.get().state == "closed"
    with refused("not_open", Conflict):
        b.vote(b.activity(made, "gate"), people("ann").ann)
    with refused("already_ended", Conflict):
        defer_release(release_id=made.pk, until=until, reason="Later.", actor=actor)
    abort_release(release_id=made.pk, reason="Never.", actor=actor)
    assert release_state(made) == "aborted"


_ACTS: dict[str, Callable[[int, Any], Any]] = {
    "start": lambda key, actor: start_release(release_id=key, actor=actor),
    "hold": lambda key, actor: hold_release(release_id=key, reason="x", actor=actor),
    "resume": lambda key, actor: resume_release(release_id=key, reason="x", actor=actor),
    "abort": lambda key, actor: abort_release(release_id=key, reason="x", actor=actor),
    "defer": lambda key, actor: defer_release(
        release_id=key, until=instant(10_000_000), reason="x", actor=actor
    ),
    "change": lambda key, actor: change_release(
        release_id=key, change=ContentChange(commit="new"), reason="x", actor=actor
    ),
}


@pytest.mark.req("REL-4", "A-076", "I7")
@pytest.mark.parametrize("act", list(_ACTS))
@pytest.mark.parametrize("ended", ["completed", "aborted", "cancelled"])
def test_nothing_is_done_to_a_release_that_has_ended(act: str, ended: str) -> None:
    made = run(b.phase("p", b.pipeline("x")), start=ended != "cancelled")
    if ended == "completed":
        b.report(b.activity(made, "x"), pipe())
    else:
        abort_release(release_id=made.pk, reason="No.", actor=b.actor_for(tom()))
    assert release_state(made) == ended
    with refused("not_held" if act == "resume" else "already_ended", Conflict):
        _ACTS[act](made.pk, b.actor_for(tom()))


@pytest.mark.req("SEC-1", "A-059", "A-070")
@pytest.mark.parametrize("act", list(_ACTS))
def test_the_right_is_asked_for_every_act(act: str) -> None:
    who = people("out", "vic", "aud", "ann")
    b.role("viewer", rights=["view"])
    b.give("viewer", who.vic)
    b.give("auditor", who.aud)
    made = run(b.phase("p", b.manual("gate", {"user": "ann"})), start=act != "start")
    for user, code, kind in (
        (who.out, "not_found", NotFound),
        (who.vic, "no_permission", NotPermitted),
        (who.aud, "no_permission", NotPermitted),
    ):
        with refused(code, kind):
            _ACTS[act](made.pk, b.actor_for(user))
    for scopes in (frozenset[str](), frozenset({"read", "decide", "report"})):
        with refused("token_scope", NotPermitted):
            _ACTS[act](made.pk, b.actor_for(tom(), scopes=scopes))
    assert release_state(made) in {"draft", "on_hold"}


@pytest.mark.req("SEC-1")
def test_a_pipeline_starts_releases_and_does_nothing_else_to_them() -> None:
    machine = pipe()
    made = run(b.phase("p", b.pipeline("x")), start=False)
    start_release(release_id=made.pk, actor=b.actor_for(machine))
    for act in ("hold", "abort", "defer", "change"):
        with refused("no_permission", NotPermitted):
            _ACTS[act](made.pk, b.actor_for(machine))


@pytest.mark.req("CAP-3", "A-101")
@pytest.mark.parametrize("reason", ["nul\x00", "\ud800", "x" * 10_001])
@pytest.mark.parametrize("act", ["hold", "resume", "abort", "defer", "change"])
def test_a_reason_that_cannot_be_kept_is_refused(act: str, reason: str) -> None:
    made = run(b.phase("p", b.pipeline("x")))
    actor = b.actor_for(tom())
    if act == "resume":
        hold_release(release_id=made.pk, reason="", actor=actor)
    calls: dict[str, Callable[[], Any]] = {
        "hold": lambda: hold_release(release_id=made.pk, reason=reason, actor=actor),
        "resume": lambda: resume_release(release_id=made.pk, reason=reason, actor=actor),
        "abort": lambda: abort_release(release_id=made.pk, reason=reason, actor=actor),
        "defer": lambda: defer_release(
            release_id=made.pk, until=instant(10_000_000), reason=reason, actor=actor
        ),
        "change": lambda: change_release(
            release_id=made.pk, change=ContentChange(commit="b"), reason=reason, actor=actor
        ),
    }
    with refused("invalid", Invalid) as caught:
        calls[act]()
    assert set(caught.refusal.errors) == {"reason"}


@pytest.mark.req("EXE-6")
def test_content_is_mended_between_rounds_and_the_next_attempt_is_asked_about_it() -> None:
    who = people("ann", "ben")
    made = run(b.phase("p", b.manual("gate", {"user": "ann"})), commit="old", authors=["ben"])
    gate = b.activity(made, "gate")
    change = ContentChange(commit="new", add_authors=["ann"])
    actor = b.actor_for(tom())
    with refused("rounds_open", Conflict):
        change_release(release_id=made.pk, change=change, reason="Fix.", actor=actor)
    b.vote(gate, who.ann, "reject")
    with refused("invalid", Invalid):
        change_release(release_id=made.pk, change=change, reason="", actor=actor)
    with refused("invalid", Invalid):
        bad = ContentChange(version=" ")
        change_release(release_id=made.pk, change=bad, reason="Fix.", actor=actor)
    change_release(release_id=made.pk, change=change, reason="Fix.", actor=actor)
    retry_activity(activity_id=gate.pk, reason="Fixed.", actor=actor)
    content = json.loads(b.round_of(gate).content)
    assert content["commit"] == "new"
    assert content["authors"] == sorted([who.ann.pk, who.ben.pk])
    with refused("own_change", NotPermitted):
        b.vote(gate, who.ann)


@pytest.mark.req("EXE-6", "AUD-2")
def test_a_change_of_content_that_changes_nothing_leaves_no_trace() -> None:
    made = run(b.phase("p", b.pipeline("x")), commit="old")
    before = events(made)
    same = ContentChange(commit="old")
    change_release(release_id=made.pk, change=same, reason="Nothing.", actor=b.actor_for(tom()))
    assert events(made) == before


@pytest.mark.req("REL-4")
def test_what_has_not_started_can_be_neither_held_nor_retried() -> None:
    made = run(b.phase("p", b.pipeline("x")), start=False)
    with refused("not_started", Conflict):
        hold_release(release_id=made.pk, reason="x", actor=b.actor_for(tom()))


@pytest.mark.req("REL-2")
def test_a_phase_without_activities_completes_at_once() -> None:
    made = run(b.phase("empty"), b.phase("p", b.pipeline("x")))
    assert b.phase_of(made, "empty").state == "completed"
    assert state(b.activity(made, "x")) == "running"
    assert release_state(run(b.phase("empty"))) == "completed"


def _refusal(act: Callable[[], Any]) -> str:
    try:
        act()
    except Refusal as refusal:
        return refusal.code
    return ""


@pytest.mark.req("EXE-6")
def test_the_owner_of_a_failed_phase_may_give_the_release_up_and_no_other_may() -> None:
    who = people("own", "ann", "other")
    made = run(
        b.phase("p", b.manual("gate", {"user": "ann"}), owner={"user": "own"}),
        b.phase("q", b.pipeline("x"), owner={"user": "other"}),
    )
    give_up = {"release_id": made.pk, "reason": "No."}
    assert _refusal(lambda: abort_release(**give_up, actor=b.actor_for(who.own))) == "no_permission"
    b.vote(b.activity(made, "gate"), who.ann, "reject")
    assert _refusal(lambda: abort_release(**give_up, actor=b.actor_for(who.other))) == (
        "no_permission"
    )
    abort_release(**give_up, actor=b.actor_for(who.own))
    assert release_state(made) == "aborted"


@pytest.mark.req("POL-6", "A-054")
def test_whoever_scheduled_a_start_is_bound_like_whoever_started_it() -> None:
    manager_, omar = tom(), b.person("omar")
    b.give("release-manager", omar)
    b.product()
    b.process(b.phase("p", b.manual("gate", {"user": "omar"})))
    made = b.release(manager_, start=False)
    later = database_now() + dt.timedelta(days=1)
    start_release(release_id=made.pk, actor=b.actor_for(omar), at=later)
    start_release(release_id=made.pk, actor=b.actor_for(manager_))
    with refused("own_change", NotPermitted):
        b.vote(b.activity(made, "gate"), omar)


@pytest.mark.req("REL-4")
def test_a_release_is_not_put_off_until_a_time_that_is_over() -> None:
    b.product()
    b.process(b.phase("p", b.manual("gate", {"user": tom().username})))
    made = b.release(tom())
    with pytest.raises(Invalid) as refusal:
        defer_release(release_id=made.pk, until=instant(-60), reason="x", actor=b.actor_for(tom()))
    assert list(refusal.value.errors) == ["until"]


@pytest.mark.req("AUD-2")
def test_a_start_in_which_nothing_differs_leaves_no_version_of_it() -> None:
    made = run(b.phase("p", b.pipeline("x")), start=False)
    start_release(release_id=made.pk, actor=b.actor_for(tom()), at=instant(60), now=instant())
    assert run_due(now=instant(60)).done == {"start": 1}
    versions = list(Release.history.filter(id=made.pk).order_by("history_id"))
    told = [(one.state, one.starter_id, one.starters, one.scheduled_at) for one in versions]
    assert [state for state, *_ in told] == ["draft", "scheduled", "running"]
    assert len(set(told)) == len(told)

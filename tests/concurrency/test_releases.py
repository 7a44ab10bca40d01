"""Acts on one release at the same instant, in processes: one order, one outcome (A-009 to A-020)."""

from __future__ import annotations

import datetime as dt
import json
import time
from typing import Any

import pytest
from django.db import transaction

from approvals.models import Approval, Decision, Scope, ScopeUserPermission
from audit.history import save_tracked
from audit.journal import Journal
from audit.locking import database_now
from audit.models import LedgerEntry
from audit.services.record import record
from releases.models import Activity, ActivityResult, ProcessVersion, Release
from tests import builders as b
from tests.concurrency.crew import Crew, Job, rounds
from tests.concurrency.scenes import (
    SLOW,
    UNLOCKED,
    gates,
    nothing_broken,
    open_gates,
    said,
    stands,
)
from tests.scenes import instant, people, pipe, tom

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

CONTROL: dict[str, Any] = {"unlocked": UNLOCKED, "faults": SLOW}


def releases(number: int, *phases: Any, start: bool = True) -> list[Release]:
    """So many releases of one process."""
    b.product("pay")
    b.process(*phases, slug="many")
    return [b.release(tom(), process="many", start=start) for _ in range(number)]


def kinds(release: Release) -> list[str]:
    """The kinds of a release's ledger entries."""
    entries = LedgerEntry.objects.filter(stream__key=release.stream).order_by("seq")
    return list(entries.values_list("kind", flat=True))


def voted_and_aborted(crew: Crew, number: int, **how: Any) -> list[Any]:
    """A vote completes a release that is aborted at the same instant; what came of it where neither
    came first."""
    ann = people("ann").ann
    made = releases(number, b.phase("p", b.manual("gate", {"user": "ann"})))
    gate_of = {row.release_id: row.pk for row in Activity.objects.all()}
    answers = crew.together(
        Job("vote", [[gate_of[release.pk], ann.pk] for release in made], **how),
        Job("abort", [[release.pk, tom().pk] for release in made], **how),
    )
    wrong = []
    for release, (voted, aborted) in zip(made, answers, strict=True):
        release.refresh_from_db()
        found = (voted["is"], aborted["is"], release.state, *stands(gate_of[release.pk]))
        if found not in {
            ("done", "already_ended", "completed", "completed", "approved", 1),
            ("not_open", "done", "aborted", "aborted", "closed", 0),
        }:
            wrong.append(found)
    return wrong


@pytest.mark.req("A-009", "A-076")
def test_a_vote_and_an_abort_never_both_decide(crew: Crew) -> None:
    assert voted_and_aborted(crew, rounds(0.1)) == []
    nothing_broken()


@pytest.mark.req("A-009")
def test_control_without_the_lock_a_vote_and_an_abort_both_decide(crew: Crew) -> None:
    number = rounds(0.05, least=10)
    assert len(voted_and_aborted(crew, number, **CONTROL)) >= 0.9 * number


@pytest.mark.req("A-010")
def test_a_late_approval_never_counts_for_the_attempt_that_a_retry_opens(crew: Crew) -> None:
    made = gates(rounds(0.1), 2, "unanimous")
    crew.together(Job("vote", made.calls(0, "reject")))
    answers = crew.together(
        Job("retry", [[gate, tom().pk] for gate in made.ids]),
        Job("vote", made.calls(1, "approve", {"attempt": 1})),
    )
    for gate, (retried, voted) in zip(made.ids, answers, strict=True):
        assert retried["is"] == "done"
        assert voted["is"] in {"already_decided", "changed_since"}
        assert stands(gate) == ("awaiting_approval", "open", 0)
        assert Decision.objects.filter(approval__host=f"activity:{gate}").count() == 1
    nothing_broken()


def voted_and_removed(
    crew: Crew, number: int, unlocked: tuple[str, ...] = (), pauses: tuple[str, str] = ("", "")
) -> list[Any]:
    """The voter leaves the group at the same instant; what came of it where neither came first."""
    ann = people("ann").ann
    b.role("viewer", rights=["view"])
    b.give("viewer", ann)
    groups = [b.group(f"team{place}", ann) for place in range(number)]
    made = open_gates(number, lambda place: [{"group": f"team{place}"}], "any")
    answers = crew.together(
        Job("vote", [[gate, ann.pk] for gate in made], unlocked=unlocked, faults=pauses[0]),
        Job("leave", [[ann.pk, group.pk] for group in groups], unlocked=unlocked, faults=pauses[1]),
    )
    wrong = []
    for gate, group, (voted, left) in zip(made, groups, answers, strict=True):
        stuck = Approval.objects.get(host=f"activity:{gate}").stuck
        found = (voted["is"], left["is"], stuck, *stands(gate))
        if found == ("done", "done", False, "completed", "approved", 1):
            [hat] = json.loads(Decision.objects.get(pk=voted["decision"]).hats)
            assert (hat["kind"], hat["ref"]) == ("group", group.pk)
        elif found != ("not_an_approver", "done", True, "awaiting_approval", "open", 0):
            wrong.append(found)
    return wrong


@pytest.mark.req("A-011")
def test_eligibility_is_judged_inside_the_lock_when_the_voter_is_removed(crew: Crew) -> None:
    assert voted_and_removed(crew, rounds(0.1)) == []
    nothing_broken()


@pytest.mark.req("A-011")
def test_control_without_the_lock_a_round_is_approved_and_stuck(crew: Crew) -> None:
    number = rounds(0.05, least=10)
    # The vote has read who is in the group and waits to commit; meanwhile they leave it. Half: on a
    # busy machine they may be gone before it has read.
    pauses = ("before_commit=sleep:0.3", "before_lock=sleep:0.03")
    wrong = voted_and_removed(crew, number, UNLOCKED, pauses)
    assert len(wrong) >= 0.5 * number


@pytest.mark.req("A-012", "B-04", "REL-5")
def test_a_process_republished_while_a_vote_commits_changes_nothing_of_it(crew: Crew) -> None:
    number = rounds(0.1)
    people("ann", "ben")
    made = gates(number, 2, "unanimous")
    slug = ProcessVersion.objects.order_by("pk").first().process.slug
    weaker = [
        json.dumps(
            {
                "kind": "Process", "slug": slug, "name": f"Version {place}",
                "phases": [b.phase("p", b.manual("g0", {"user": "ann"}, rule="any"))],
            }
        )
        for place in range(number)
    ]  # fmt: skip
    answers = crew.together(
        Job("vote", made.calls(0)), Job("publish", [[slug, text] for text in weaker])
    )
    assert {(one["is"], other["is"]) for one, other in answers} == {("done", "done")}
    assert [other["number"] for _, other in answers] == list(range(2, number + 2))
    for gate in made.ids:
        assert stands(gate) == ("awaiting_approval", "open", 1)
        policy = json.loads(Approval.objects.get(host=f"activity:{gate}").policy)
        assert (policy["needed"], policy["rule"]["kind"]) == (2, "unanimous")
    nothing_broken()
    # The control: what was published is another policy, as whatever starts from now on shows.
    later = b.round_of(b.activity(b.release(tom(), process=slug), "g0"))
    policy = json.loads(later.policy)
    assert (policy["needed"], policy["rule"]["kind"]) == (1, "any")


def forks(crew: Crew, number: int, **how: Any) -> list[int]:
    """Two phases need two others whose pipelines report at once; the releases that went wrong."""
    machine = pipe()
    made = releases(
        number,
        b.phase("a", b.pipeline("x"), needs=[]),
        b.phase("b", b.pipeline("x"), needs=[]),
        b.phase("c", b.pipeline("x"), needs=["a", "b"]),
        b.phase("d", b.manual("x", {"user": "ann"}), needs=["a", "b"]),
    )
    key = {
        (row.release_id, row.phase.key): row.pk for row in Activity.objects.select_related("phase")
    }
    answers = crew.together(
        Job("report", [[key[release.pk, "a"], machine.pk] for release in made], **how),
        Job("report", [[key[release.pk, "b"], machine.pk] for release in made], **how),
    )
    wrong = []
    for release, pair in zip(made, answers, strict=True):
        c, d = (Activity.objects.get(pk=key[release.pk, name]) for name in "cd")
        right = (
            [one["is"] for one in pair] == ["done", "done"]
            and (c.state, c.attempt) == ("running", 1)
            and (d.state, d.attempt) == ("awaiting_approval", 1)
            and kinds(release).count("activity.started") == 3
            and kinds(release).count("approval.opened") == 1
            and kinds(release).count("phase.completed") == 2
        )
        if not right:
            wrong.append(release.pk)
    return wrong


@pytest.mark.req("A-013", "EXE-8")
def test_what_depends_on_two_that_end_together_starts_once(crew: Crew) -> None:
    people("ann")
    assert forks(crew, rounds(0.1)) == []
    nothing_broken()


@pytest.mark.req("A-013")
def test_control_without_the_lock_what_depends_on_two_never_starts(crew: Crew) -> None:
    people("ann")
    number = rounds(0.05, least=10)
    assert len(forks(crew, number, **CONTROL)) >= 0.9 * number


def withdrawn_and_completed(crew: Crew, number: int, **how: Any) -> list[Any]:
    """One takes a vote back while the other completes the round; what came of it where neither came
    first."""
    made = gates(number, 2, "unanimous")
    crew.together(Job("vote", made.calls(0)))
    answers = crew.together(
        Job("withdraw", made.calls(0), **how), Job("vote", made.calls(1), **how)
    )
    told = [
        (taken["is"], voted["is"], *stands(gate))
        for gate, (taken, voted) in zip(made.ids, answers, strict=True)
    ]
    right = {
        ("already_decided", "done", "completed", "approved", 2),
        ("done", "done", "awaiting_approval", "open", 3),
    }
    return [found for found in told if found not in right]


@pytest.mark.req("A-020", "EXE-7")
def test_a_withdrawal_and_the_completing_vote_never_both_hold(crew: Crew) -> None:
    assert withdrawn_and_completed(crew, rounds(0.1)) == []
    nothing_broken()


@pytest.mark.req("A-020")
def test_control_without_the_lock_a_withdrawal_and_its_round_both_hold(crew: Crew) -> None:
    number = rounds(0.05, least=10)
    assert len(withdrawn_and_completed(crew, number, **CONTROL)) >= 0.9 * number


def around_the_deadline(crew: Crew, offsets: list[float], apart: float, **how: Any) -> list[Any]:
    """People vote so many seconds from the deadline of their gate (by the real clock), at which the
    sweeper comes; what came of it where it was neither in time nor too late."""
    ann = people("ann").ann
    deadline = {"after": "1m", "on_miss": "reject"}
    made = open_gates(len(offsets), lambda _: [{"user": "ann"}], "any", deadline=deadline)
    by_host = {row.host: row for row in Approval.objects.filter(state="open")}
    rounds_ = [by_host[f"activity:{gate}"] for gate in made]
    start = time.time() + 0.5
    due = [start + apart * place for place in range(len(made))]
    _due_at(rounds_, due)
    votes = [[gate, ann.pk, at + off] for gate, at, off in zip(made, due, offsets, strict=True)]
    sweeps = [[row.pk, at] for row, at in zip(rounds_, due, strict=True)]
    answers = crew.together(Job("vote_at", votes, **how), Job("miss_deadline_at", sweeps, **how))
    wrong = []
    for gate, at, (voted, swept) in zip(made, due, answers, strict=True):
        told = sum(said(gate, "approval.approved", "approval.rejected").values())
        found = (voted["is"], swept.get("taken"), told, *stands(gate))
        in_time = found == ("done", False, 1, "completed", "approved", 1) and voted["at"] < at
        too_late = voted["is"] in {"deadline_passed", "already_decided"} and found[1:] == (
            True, 1, "rejected", "rejected", 0
        )  # fmt: skip
        if not (in_time or too_late):
            wrong.append(found)
    return wrong


@pytest.mark.req("A-004", "POL-9")
def test_a_vote_around_its_deadline_is_either_before_it_or_refused(crew: Crew) -> None:
    """Up to 50 ms before and after, as often as ROUNDS says."""
    left = rounds()
    while left > 0:
        offsets = [0.005 * (place - 10) for place in range(min(left, 20))]
        assert around_the_deadline(crew, offsets, 0.08) == []
        left -= len(offsets)
    nothing_broken()


@pytest.mark.req("A-004")
def test_control_without_the_lock_a_vote_is_taken_and_its_deadline_missed(crew: Crew) -> None:
    offsets = [-0.02] * 10
    assert len(around_the_deadline(crew, offsets, 0.3, **CONTROL)) >= 9


def _due_at(rounds_: list[Approval], deadlines: list[float]) -> None:
    """Move rounds in time so that their deadlines are these moments of the real clock."""
    with transaction.atomic():
        journal = Journal(actor=b.SYSTEM, at=b.database_now())
        for row, deadline in zip(rounds_, deadlines, strict=True):
            due = dt.datetime.fromtimestamp(deadline, tz=dt.UTC)
            row.opened_at = due - dt.timedelta(minutes=1)
            row.due_at = row.decides_at = row.next_due_at = due
        save_tracked(journal, rounds_, ["opened_at", "due_at", "decides_at", "next_due_at"])
        journal.add("test.moved")
        record(journal, stream=rounds_[0].stream)


@pytest.mark.req("A-018", "POL-9", "OPS-3")
def test_two_schedulers_take_each_rung_once(crew: Crew) -> None:
    people("esc")
    chain = {"after": "1h", "on_miss": "escalate", "escalate_to": [{"user": "esc"}]}
    made = gates(rounds(0.1), 1, "any", deadline=chain)
    rounds_ = list(Approval.objects.filter(state="open"))
    by_stream: dict[str, list[Approval]] = {}
    for row in rounds_:
        by_stream.setdefault(row.stream, []).append(row)
    for rows in by_stream.values():
        _due_at(rows, [instant().timestamp()] * len(rows))
    answers = crew.together(*(Job("tick", [[]] * 2) for _ in range(4)))
    assert {one["is"] for row in answers for one in row} == {"done"}
    assert [one["failed"] for row in answers for one in row] == [[]] * 8
    done = sum(one["done"].get("deadline", 0) for row in answers for one in row)
    assert done == len(made.ids)
    assert {tuple(said(gate, "approval.escalated").values()) for gate in made.ids} == {(1,)}
    nothing_broken()


@pytest.mark.req("POL-5", "A-018")
def test_two_schedulers_write_the_rights_that_begin_now_once(crew: Crew) -> None:
    made = [b.person(f"p{place}") for place in range(rounds(0.05))]
    began, changed = (database_now() - dt.timedelta(minutes=ago) for ago in (20, 10))
    for person in made:
        b.give("release-manager", person, now=began, valid_until=changed)
        b.give("auditor", person, now=began, valid_from=changed)
    assert ScopeUserPermission.objects.filter(permission__codename="manage").count() == len(made)
    answers = crew.together(*(Job("tick", [[]]) for _ in range(4)))
    assert [one["is"] for one in answers[0]] == ["done"] * 4
    for person in made:
        rows = ScopeUserPermission.objects.filter(user=person)
        assert set(rows.values_list("permission__codename", flat=True)) == {"view", "view_audit"}


@pytest.mark.req("EXE-9", "EXE-8")
def test_memberships_changed_inside_one_transaction_do_not_deadlock_with_votes(
    crew: Crew,
) -> None:
    number = rounds(0.03)
    who = people("ann", "new")
    team = b.group("team", who.ann)
    made = open_gates(number, lambda _: [{"user": "ann"}, {"group": "team"}], "unanimous")
    change = Job("join_and_leave_in_one", [[who.new.pk, team.pk]] * number)
    answers = crew.together(
        Job("vote", [[gate, who.ann.pk] for gate in made]),
        change,
        Job("vote", [[gate, who.ann.pk] for gate in reversed(made)]),
    )
    errors = [one["error"] for row in answers for one in row if one["is"] == "error"]
    assert errors == []
    nothing_broken()


@pytest.mark.req("EXE-8", "A-005")
def test_a_release_started_four_times_at_once_starts_once(crew: Crew) -> None:
    made = releases(rounds(0.025), b.phase("p", b.pipeline("x")), start=False)
    call = [[release.pk, tom().pk] for release in made]
    answers = crew.together(*(Job("start", call) for _ in range(4)))
    for release, row in zip(made, answers, strict=True):
        assert sorted(one["is"] for one in row) == ["already_started"] * 3 + ["done"]
        assert Activity.objects.filter(release=release).count() == 1
        assert kinds(release).count("release.started") == 1


@pytest.mark.req("EXE-8", "CHK-8")
def test_a_report_sent_four_times_at_once_is_one_result(crew: Crew) -> None:
    machine = pipe()
    made = releases(rounds(0.025), b.phase("p", b.pipeline("x"), b.pipeline("y")))
    key = {row.release_id: row.pk for row in Activity.objects.filter(key="x")}
    call = [[key[release.pk], machine.pk] for release in made]
    answers = crew.together(*(Job("report", call) for _ in range(4)))
    for release, row in zip(made, answers, strict=True):
        assert [one["is"] for one in row] == ["done"] * 4
        assert sum(one["created"] for one in row) == 1
        assert ActivityResult.objects.filter(activity__release=release).count() == 1


@pytest.mark.req("A-119", "SEC-1")
@pytest.mark.parametrize(
    ("act", "code"),
    [("make_group", "name_taken"), ("make_user", "username_taken"), ("make_product", "key_taken")],
)
def test_one_name_taken_four_times_at_once_is_taken_once(crew: Crew, act: str, code: str) -> None:
    number = rounds(0.05)
    names = [[f"name{place}"] for place in range(number)]
    answers = crew.together(*(Job(act, names) for _ in range(4)))
    assert {tuple(sorted(one["is"] for one in row)) for row in answers} == {
        tuple(sorted([*[code] * 3, "done"]))
    }
    assert Scope.objects.filter(kind=Scope.Kind.PRODUCT).count() in (0, number)

"""Whole releases taken through random acts, compared after each with a small reference model.

Sixty walks in the ordinary run; ROUNDS scales their number. A failure tells the whole walk.
"""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

import pytest

from approvals.models import Approval, AskedPerson
from approvals.services.decisions import Ballot
from audit.actor import Actor, system_actor
from audit.errors import Refusal
from portal.invariants import check_invariants
from portal.services.people import add_member, remove_member
from releases.models import Activity, Release
from releases.services.activities import retry_activity
from releases.services.creation import ReleaseDetails, create_release
from releases.services.decisions import decide_activity, withdraw_from_activity
from releases.services.due import run_due
from releases.services.lifecycle import abort_release, hold_release, resume_release, start_release
from releases.services.results import Report, report_result
from tests import builders as b
from tests.concurrency.crew import rounds
from tests.model.reference import Gate, Model
from tests.scenes import people, pipe, tom

STEPS = 25
GROUPS = 12
PEOPLE = ("ann", "ben", "cho", "dan", "eve")
# The record compares moments with the clock of the database, but for what the demo tells of the past.
TIMELESS = system_actor("Walk", door="demo")


class Walk:
    """One release in the product and in the model, and the acts on both."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  (a walk that can be walked again)
        self.now = 0
        self.began = b.database_now()
        self.users = vars(people(*PEOPLE))
        self.team = b.group(f"team-{seed}")
        self.model = self._shape()
        self.release = self._start(seed)
        self.model.settle(self.now)
        self.log: list[str] = []

    def at(self) -> dt.datetime:
        return self.began + dt.timedelta(minutes=self.now)

    def actor(self, user: Any) -> Actor:
        return b.actor_for(user, door="demo")

    def _shape(self) -> Model:
        random = self.random
        phases: dict[str, tuple[list[str], str]] = {}
        gates: dict[str, Gate] = {}
        for number in range(random.randint(1, 3)):
            needs = [f"p{other}" for other in range(number) if random.random() < 0.5]
            handling = random.choice(["fail", "hold", "continue", "continue"])
            phases[f"p{number}"] = (needs, handling)
            for place in range(random.randint(1, 3)):
                gate = Gate(f"p{number}", f"a{place}", random.random() < 0.75)
                gates[f"p{number}.a{place}"] = gate
                if gate.manual:
                    self._seats(gate)
        members = {name for name in PEOPLE if random.random() < 0.5}
        return Model(phases, gates, members, {"eve"})

    def _seats(self, gate: Gate) -> None:
        random = self.random
        gate.seats = tuple(random.choice([*PEOPLE, "team"]) for _ in range(random.randint(1, 4)))
        # One person in two seats could not fill both, which publishing refuses.
        named = [seat for seat in gate.seats if seat != "team"]
        gate.seats = (*dict.fromkeys(named), *(seat for seat in gate.seats if seat == "team"))
        number = len(gate.seats)
        gate.required = frozenset(p for p in range(number) if random.random() < 0.2)
        gate.rule = random.choice(["any", "majority", "unanimous", random.randint(1, number)])
        gate.needed = {"any": 1, "majority": number // 2 + 1, "unanimous": number}.get(
            gate.rule, gate.rule
        )
        gate.first = random.random() < 0.5
        gate.deadline = random.choice([None, 30])

    def _start(self, seed: int) -> Release:
        for name in sorted(self.model.team):
            add_member(user=self.users[name], group=self.team, actor=TIMELESS, now=self.at())
        b.process(
            *(
                b.phase(
                    key,
                    *(self._written(one) for one in self.model.gates.values() if one.phase == key),
                    needs=needs,
                    failure=handling,
                )
                for key, (needs, handling) in self.model.phases.items()
            ),
            slug=f"walk-{seed}",
        )
        details = ReleaseDetails(name="Walk", version=str(seed), authors=["eve"])
        manager = self.actor(tom())
        made = create_release(
            product="pay", process=f"walk-{seed}", details=details, actor=manager, now=self.at()
        )
        return start_release(release_id=made.pk, actor=manager, now=self.at())

    def _written(self, gate: Gate) -> dict[str, Any]:
        if not gate.manual:
            return b.pipeline(gate.key, timeout="30d")
        seats = [
            {"group": self.team.name} if seat == "team" else {"user": seat} for seat in gate.seats
        ]
        for place in gate.required:
            seats[place]["required"] = True
        rule = gate.rule if isinstance(gate.rule, str) else {"at_least": gate.rule}
        more: dict[str, Any] = {"reject": "first" if gate.first else "unreachable"}
        if gate.deadline:
            more["deadline"] = {"after": f"{gate.deadline}m", "on_miss": "reject"}
        return b.manual(gate.key, *seats, rule=rule, **more)

    # --- Steps ---

    def step(self) -> None:
        self.now += self.random.choice([0, 0, 1, 1, 2, 10])
        acts = [self.vote] * 9 + [self.withdraw] * 2 + [self.report] * 4 + [self.member] * 4
        acts += [self.retry] * 3 + [self.tick] * 2 + [self.hold, self.resume] * 1
        act = self.random.choice(acts if self.random.random() > 0.01 else [self.abort])
        act()
        self.compare()

    def pick(self, *, manual: bool) -> tuple[str, Activity]:
        refs = [ref for ref, gate in self.model.gates.items() if gate.manual == manual]
        opened = [r for r in refs if self.model.gates[r].state in ("awaiting_approval", "running")]
        ref = self.random.choice(opened if opened and self.random.random() < 0.85 else refs)
        return ref, b.activity(self.release, ref)

    def vote(self) -> None:
        if not any(gate.manual for gate in self.model.gates.values()):
            return
        ref, activity = self.pick(manual=True)
        asked = sorted(self.model.eligible(self.model.gates[ref]))
        who = self.random.choice(asked if asked and self.random.random() < 0.7 else PEOPLE)
        verdict = self.random.choice(["approve"] * 4 + ["reject", "abstain"])
        ballot = Ballot(verdict, "No." if verdict == "reject" else "")
        expected = self.model.vote(ref, who, verdict, self.now)
        self.same(
            f"{who} {verdict} {ref}",
            expected,
            lambda: decide_activity(
                activity_id=activity.pk, ballot=ballot, actor=self.actor(self.users[who]),
                now=self.at(),
            ).created,
        )  # fmt: skip

    def withdraw(self) -> None:
        if not any(gate.manual for gate in self.model.gates.values()):
            return
        ref, activity = self.pick(manual=True)
        voted = sorted(self.model.gates[ref].votes)
        who = self.random.choice(voted if voted and self.random.random() < 0.7 else PEOPLE)
        self.same(
            f"{who} withdraws {ref}",
            self.model.withdraw(ref, who, self.now),
            lambda: (
                withdraw_from_activity(
                    activity_id=activity.pk,
                    reason="",
                    actor=self.actor(self.users[who]),
                    now=self.at(),
                ).created
            ),
        )

    def report(self) -> None:
        if all(gate.manual for gate in self.model.gates.values()):
            return
        ref, activity = self.pick(manual=False)
        outcome = self.random.choice(["passed", "passed", "passed", "failed"])
        # Another text each time: the same report again would be answered, which is tested elsewhere.
        report = Report(outcome, summary=f"at {self.now}/{len(self.log)}")
        self.same(
            f"{outcome} {ref}",
            self.model.report(ref, outcome, self.now),
            lambda: (
                report_result(
                    activity_id=activity.pk, report=report, actor=self.actor(pipe()), now=self.at()
                ).created
            ),
        )

    def retry(self) -> None:
        refs = list(self.model.gates)
        failed = [ref for ref in refs if self.model.gates[ref].state in ("rejected", "failed")]
        ref = self.random.choice(failed if failed and self.random.random() < 0.8 else refs)
        key = b.activity(self.release, ref).pk
        self.same(
            f"retry {ref}",
            self.model.retry(ref, self.now),
            lambda: retry_activity(
                activity_id=key, reason="Again.", actor=self.actor(tom()), now=self.at()
            ),
        )

    def member(self) -> None:
        who = self.random.choice(PEOPLE)
        user = self.users[who]
        if who in self.model.team:
            self.model.team.remove(who)
            remove_member(user=user, group=self.team, actor=TIMELESS, now=self.at())
        else:
            self.model.team.add(who)
            add_member(user=user, group=self.team, actor=TIMELESS, now=self.at())
        self.log.append(f"{self.now}: team {sorted(self.model.team)}")

    def hold(self) -> None:
        self._manage("hold", self.model.hold(self.now), hold_release)

    def resume(self) -> None:
        self._manage("resume", self.model.resume(self.now), resume_release)

    def abort(self) -> None:
        self._manage("abort", self.model.abort(self.now), abort_release)

    def _manage(self, name: str, expected: str, service: Any) -> None:
        self.same(
            name,
            expected,
            lambda: service(
                release_id=self.release.pk, reason="So.", actor=self.actor(tom()), now=self.at()
            ),
        )

    def tick(self) -> None:
        self.now += self.random.choice([0, 20])
        self.model.tick(self.now)
        report = run_due(actor=TIMELESS, now=self.at())
        assert report.failed == []
        self.log.append(f"{self.now}: tick {report.done}")

    # --- Comparison ---

    def same(self, what: str, expected: str, act: Any) -> None:
        """The product refuses as the model does; "same" is a vote that stands already."""
        try:
            answer = act()
            found = "same" if answer is False else ""
        except Refusal as refusal:
            found = refusal.code
        self.log.append(f"{self.now}: {what} → {found or 'done'}")
        assert found == expected, self.told()

    def compare(self) -> None:
        rows = Activity.objects.filter(release=self.release).select_related("phase")
        found = {f"{row.phase.key}.{row.key}": (row.state, row.attempt) for row in rows}
        wanted = {ref: (gate.state, gate.attempt) for ref, gate in self.model.gates.items()}
        assert found == wanted, self.told()
        self.release.refresh_from_db()
        assert self.release.state == self.model.state(), self.told()
        opened = {row.host: row for row in Approval.objects.filter(state="open")}
        hosts = {row.host: f"{row.phase.key}.{row.key}" for row in rows}
        mine = {hosts[host]: row for host, row in opened.items() if host in hosts}
        assert set(mine) == {ref for ref, g in self.model.gates.items() if g.round == "open"}
        for ref, row in mine.items():
            gate = self.model.gates[ref]
            assert row.stuck == self.model.stuck(gate), f"{ref} stuck {row.stuck}\n{self.told()}"
            rows = AskedPerson.objects.filter(approval=row)
            asked, answered = (
                set(rows.filter(**{mark: True}).values_list("user__username", flat=True))
                for mark in ("is_open", "has_answered")
            )
            assert asked == self.model.asked(gate), self.told()
            assert answered == gate.votes.keys(), self.told()

    def told(self) -> str:
        shape = [
            f"{ref}: {gate.seats} required {sorted(gate.required)} needs {gate.needed}"
            f"{' first' if gate.first else ''} {gate.state} {gate.round} {gate.votes}"
            for ref, gate in self.model.gates.items()
        ]
        return "\n".join([str(self.model.phases), *shape, *self.log])


@pytest.mark.req("EXE-8", "REL-4", "POL-2", "POL-3", "EXE-6", "EXE-7", "EXE-9")
@pytest.mark.django_db
@pytest.mark.parametrize("turn", range(GROUPS))
def test_random_walks_agree_with_the_reference(turn: int) -> None:
    b.product("pay")
    tom()
    pipe()
    b.role("viewer", rights=["view"])
    for name in PEOPLE:
        b.give("viewer", getattr(people(name), name))
    latest = b.database_now()
    for seed in range(turn, rounds(0.3), GROUPS):
        walk = Walk(seed)
        walk.compare()
        for _ in range(STEPS):
            walk.step()
        latest = max(latest, walk.at())
    run_due(actor=TIMELESS, now=latest)
    assert [str(finding) for finding in check_invariants(now=latest)] == []

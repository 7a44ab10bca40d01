"""Random releases taken through random events, against what must never be so.

The reference below is written from the contract alone: plain recursion, none of the rules' code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from random import Random

import pytest

from audit.errors import Conflict
from releases.rules.progress import (
    Plan,
    ReleaseFacts,
    explain_blocked,
    facts_after,
    plan_abort,
    plan_defer,
    plan_hold,
    plan_resume,
    plan_retry,
    plan_skip,
    plan_start,
    settle,
    settle_after,
)
from releases.rules.transitions import ActivityKind
from tests.releases.rules.progress_cases import A, P, ask_to_skip, opened, put, release

MANUAL_OPEN = ("awaiting_approval", "waiting_for_input")
OPEN = ("running", *MANUAL_OPEN)
FAILED = ("rejected", "failed", "expired")
FINAL = ("completed", "skipped", "aborted")
KINDS = [str(kind) for kind in ActivityKind]


class Reference:
    """The contract's rules on one set of facts, the slow and plain way."""

    def __init__(self, facts: ReleaseFacts) -> None:
        self.facts = facts
        self.phases = {phase.key: phase for phase in facts.phases}
        self.own = {a.ref: a for a in facts.activities if a.overrides is None}
        self.satisfied = cache(self._satisfied)
        self.done = cache(self._done)

    def may_be_reached(self, ref: str) -> bool:
        activity = self.own[ref]
        return all(map(self.done, self.phases[activity.phase].needs)) and all(
            map(self.satisfied, activity.needs)
        )

    def _satisfied(self, ref: str) -> bool:
        activity = self.own[ref]
        by_people = activity.state == "completed" or (
            activity.state == "skipped" and activity.applies
        )
        return by_people or (activity.state == "skipped" and self.may_be_reached(ref))

    def _done(self, key: str) -> bool:
        return all(map(self.done, self.phases[key].needs)) and all(
            self.satisfied(ref) for ref, a in self.own.items() if a.phase == key
        )

    def failing(self, handling: str) -> bool:
        return any(
            a.state in FAILED and self.phases[a.phase].failure == handling
            for a in self.own.values()
        )

    def startable(self) -> set[str]:
        """What could start if nobody held the release and nothing had failed."""
        return {
            ref for ref, a in self.own.items() if a.state == "blocked" and self.may_be_reached(ref)
        }

    def passed(self) -> bool:
        unresolved = any(a.state not in ("completed", "skipped") for a in self.own.values())
        empty = [key for key in self.phases if not any(a.phase == key for a in self.own.values())]
        return not unresolved and all(map(self.done, empty))

    def release_state(self) -> str:
        facts = self.facts
        if facts.outcome:
            return facts.outcome
        if not facts.started:
            return "scheduled" if facts.scheduled else "draft"
        if self.passed():
            return "completed"
        moving = any(a.state in OPEN for a in self.own.values()) or bool(self.startable())
        if self.failing("fail") or not (moving or self.failing("hold")):
            return "failed"
        waiting = any(a.state in MANUAL_OPEN for a in facts.activities)
        return "on_hold" if facts.held or self.failing("hold") or waiting else "running"


def random_release(random: Random) -> ReleaseFacts:
    """Needs go backwards in the document only, so there is no cycle."""
    written: list[P] = []
    before: list[str] = []
    for number in range(random.randint(1, 5)):
        key = f"p{number}"
        activities = []
        for place in range(random.choice([0, 1, 2, 2, 3, 4])):
            needs = random.sample(before, min(len(before), random.choice([0, 0, 1, 1, 2])))
            applies = random.random() > 0.15
            activities.append(A(f"a{place}", random.choice(KINDS), needs, applies=applies))
            before.append(f"{key}.a{place}")
        count = min(number, random.choice([0, 1, 1, 2]))
        needed = [f"p{other}" for other in random.sample(range(number), count)]
        failure = random.choice(["fail", "hold", "continue", "continue"])
        written.append(P(key, activities, needed, failure))
    return release(*written, state="draft", started=False)


def decide(facts: ReleaseFacts, random: Random) -> ReleaseFacts:
    """Some open activity ends; an approved request to skip skips."""
    opened = [a for a in facts.activities if a.state in OPEN]
    if not opened:
        return facts
    activity = random.choice(opened)
    well = random.random() < 0.75
    bad = "failed" if activity.state == "running" else random.choice(["rejected", "expired"])
    after = put(facts, activity.ref, "completed" if well else bad)
    if well and activity.overrides is not None:
        after = facts_after(after, plan_skip(after, activity.overrides))
    return after


def ask(facts: ReleaseFacts, random: Random) -> ReleaseFacts:
    targets = [a for a in facts.activities if a.overrides is None and a.state not in FINAL]
    if not targets or not facts.live:
        return facts
    return ask_to_skip(facts, random.choice(targets).ref)


def mend(facts: ReleaseFacts, random: Random) -> ReleaseFacts:
    act = random.choice([plan_retry, plan_retry, plan_skip])
    return attempt(facts, lambda now: act(now, random.choice(now.activities).id))


def attempt(facts: ReleaseFacts, act: Callable[[ReleaseFacts], Plan]) -> ReleaseFacts:
    try:
        plan = act(facts)
    except Conflict:
        return facts
    after = facts_after(facts, plan)
    assert facts_after(facts, settle_after(facts, plan)) == facts_after(after, settle(after))
    return after


def event(facts: ReleaseFacts, random: Random) -> ReleaseFacts:
    dice = random.random()
    if dice < 0.60:
        return decide(facts, random)
    if dice < 0.85 and facts.activities:
        return mend(facts, random)
    if dice < 0.90:
        return ask(facts, random)
    if dice < 0.98:
        return attempt(facts, random.choice([plan_hold, plan_resume, plan_resume]))
    if dice < 0.99 and facts.outcome == "deferred":
        return replace(facts, outcome=None)
    return attempt(facts, random.choice([plan_defer, plan_abort]))


def check_step(before: ReleaseFacts, plan: Plan, after: ReleaseFacts) -> None:
    now = Reference(after)
    allowed = Reference(before)
    halted = before.held or allowed.failing("fail") or allowed.failing("hold")
    begun = [move for move in opened(plan) if move.ref in now.own]
    assert len({move.id for move in plan.activities}) == len(plan.activities)
    if halted or not before.live:
        assert not begun
    for move in begun:
        assert now.may_be_reached(move.ref)
        assert before.activity(move.id).applies
        assert move.former == "blocked"
        assert move.attempt == before.activity(move.id).attempt + 1
    for was, is_now in zip(before.activities, after.activities, strict=True):
        assert was.state not in FINAL or was == is_now
    assert after.state == now.release_state()
    if after.state == "completed":
        assert now.passed()
    if after.live and not halted:
        assert not now.startable()
    if after.outcome:
        assert not [a for a in after.activities if a.state in OPEN]
    assert settle(after) == Plan()


def check_phases(facts: ReleaseFacts) -> None:
    for phase in facts.phases:
        own = {a.state for a in facts.activities if a.phase == phase.key and a.overrides is None}
        waiting = any(a.state in MANUAL_OPEN for a in facts.activities if a.phase == phase.key)
        if not own:
            continue
        assert (phase.state == "aborted") == ("aborted" in own)
        assert (phase.state == "skipped") == (own == {"skipped"})
        if "aborted" not in own:
            assert (phase.state == "failed") == bool(own & set(FAILED))
        all_passed = own <= {"completed", "skipped"} and "completed" in own
        assert (phase.state == "completed") == all_passed
        if phase.state in ("pending", "running"):
            assert not waiting


def check_reasons(facts: ReleaseFacts) -> None:
    """What is blocked has a reason, and its chain begins at something that is not done."""
    for activity in facts.activities:
        if activity.state == "blocked":
            answer = explain_blocked(facts, activity.id)
            assert answer["causes"]
            assert isinstance(answer["waits_for"], list)
            for ref in answer["waits_for"]:
                assert not Reference(facts).satisfied(ref)


def walk(seed: int, steps: int = 25) -> list[ReleaseFacts]:
    """The settled facts after each event of one random life, all checked."""
    random = Random(seed)  # noqa: S311  # repeatable, not secret
    draft = random_release(random)
    facts = facts_after(draft, plan_start(draft))
    lives = []
    for _ in range(steps):
        plan = settle(facts)
        after = facts_after(facts, plan)
        check_step(facts, plan, after)
        check_phases(after)
        lives.append(after)
        if after.outcome in ("completed", "aborted", "cancelled"):
            break
        facts = event(after, random)
    return lives


@pytest.mark.req("EXE-8", "EXE-1", "EXE-5", "REL-4")
@pytest.mark.parametrize("block", range(15))
def test_random_lives_break_no_rule(block: int) -> None:
    for seed in range(block * 100, block * 100 + 100):
        for facts in walk(seed):
            check_reasons(facts)


@pytest.mark.req("EXE-8")
def test_random_lives_reach_every_state_worth_checking() -> None:
    releases: set[str] = set()
    phases: set[str] = set()
    activities: set[str] = set()
    for seed in range(300):
        for facts in walk(seed):
            releases.add(str(facts.state))
            phases.update(str(phase.state) for phase in facts.phases)
            activities.update(str(activity.state) for activity in facts.activities)
    assert releases == {"running", "on_hold", "failed", "completed", "aborted", "deferred"}
    assert len(phases) == 7
    assert len(activities) == 10


@pytest.mark.req("EXE-8", "A-013")
def test_order_in_which_activities_complete_makes_no_difference() -> None:
    compared = 0
    for seed in range(1000):
        random = Random(seed)  # noqa: S311  # repeatable, not secret
        facts = random.choice(walk(seed))
        opened = [a.ref for a in facts.activities if a.state in OPEN and a.overrides is None]
        if not facts.live or len(opened) < 2:
            continue
        at_once = facts
        for ref in opened:
            at_once = put(at_once, ref, "completed")
        at_once = facts_after(at_once, settle(at_once))
        for _ in range(3):
            one_by_one = facts
            for ref in random.sample(opened, len(opened)):
                one_by_one = put(one_by_one, ref, "completed")
                one_by_one = facts_after(one_by_one, settle(one_by_one))
            assert one_by_one == at_once
        compared += 1
    assert compared > 100


@pytest.mark.req("EXE-8")
def test_order_in_which_facts_are_given_makes_no_difference() -> None:
    for seed in range(300):
        random = Random(seed)  # noqa: S311  # repeatable, not secret
        facts = event(random.choice(walk(seed)), random)
        mixed = list(facts.activities)
        random.shuffle(mixed)
        plan, other = settle(facts), settle(replace(facts, activities=tuple(mixed)))
        assert set(plan.activities) == set(other.activities)
        assert plan.phases == other.phases
        assert (plan.release is None) == (other.release is None)
        if plan.release and other.release:
            assert plan.release.following == other.release.following


@pytest.mark.req("EXE-5")
def test_failed_release_under_fail_starts_nothing_until_it_is_mended() -> None:
    seen = 0
    for seed in range(400):
        random = Random(seed)  # noqa: S311  # repeatable, not secret
        for lived in walk(seed):
            facts = lived
            if facts.state != "failed" or not Reference(facts).failing("fail"):
                continue
            for activity in facts.activities:
                if activity.state in OPEN and activity.overrides is None:
                    facts = put(facts, activity.ref, random.choice(["completed", activity.state]))
            plan = settle(facts)
            assert not opened(plan)
            assert plan.release is None
            seen += 1
    assert seen > 50

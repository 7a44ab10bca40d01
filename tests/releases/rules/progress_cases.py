"""Short ways to write down a release and what happens to it, for the progress tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from releases.rules.progress import (
    ActivityFacts,
    ActivityMove,
    PhaseFacts,
    Plan,
    ReleaseFacts,
    facts_after,
    settle,
)


@dataclass(frozen=True)
class A:
    """An activity; needs without a dot are of the same phase."""

    key: str
    kind: str = "approval"
    needs: Sequence[str] = ()
    state: str = "blocked"
    applies: bool = True
    attempt: int | None = None


@dataclass(frozen=True)
class P:
    """A phase with its activities."""

    key: str
    activities: Sequence[A] = ()
    needs: Sequence[str] = ()
    failure: str = "fail"
    state: str = "pending"


def release(
    *phases: P,
    state: str = "running",
    started: bool = True,
    held: bool = False,
    outcome: str | None = None,
    scheduled: bool = False,
) -> ReleaseFacts:
    """The facts of these phases; ids count from 1 in document order."""
    activities: list[ActivityFacts] = []
    for phase in phases:
        for written in phase.activities:
            begun = written.state not in {"blocked", "skipped"}
            activities.append(
                ActivityFacts(
                    id=len(activities) + 1,
                    phase=phase.key,
                    key=written.key,
                    kind=written.kind,
                    needs=tuple(n if "." in n else f"{phase.key}.{n}" for n in written.needs),
                    state=written.state,
                    applies=written.applies,
                    attempt=int(begun) if written.attempt is None else written.attempt,
                )
            )
    return ReleaseFacts(
        state=state,
        started=started,
        held=held,
        outcome=outcome,
        scheduled=scheduled,
        phases=tuple(PhaseFacts(p.key, tuple(p.needs), p.failure, p.state) for p in phases),
        activities=tuple(activities),
    )


def settled(facts: ReleaseFacts) -> ReleaseFacts:
    """The facts after settling."""
    return facts_after(facts, settle(facts))


def found(facts: ReleaseFacts, ref: str) -> ActivityFacts:
    """The activity with this full reference."""
    return next(activity for activity in facts.activities if activity.ref == ref)


def put(facts: ReleaseFacts, ref: str, state: str) -> ReleaseFacts:
    """The facts with this activity in that state, as a decision or a report leaves it."""
    return replace(
        facts,
        activities=tuple(replace(a, state=state) if a.ref == ref else a for a in facts.activities),
    )


def ask_to_skip(facts: ReleaseFacts, ref: str) -> ReleaseFacts:
    """The facts with a request to skip this activity, not opened yet."""
    target = found(facts, ref)
    number = max(a.id for a in facts.activities) + 1
    request = ActivityFacts(
        number, target.phase, f"{target.key}-skip-{number}", "approval", overrides=target.id
    )
    return replace(facts, activities=(*facts.activities, request))


def opened(plan: Plan) -> tuple[ActivityMove, ...]:
    """The moves that open a round or a run, in document order."""
    return tuple(move for move in plan.activities if move.opens_round or move.opens_run)


def states(facts: ReleaseFacts) -> Mapping[str, str]:
    """State by full reference."""
    return {activity.ref: str(activity.state) for activity in facts.activities}


def phases(facts: ReleaseFacts) -> Mapping[str, str]:
    """State by phase."""
    return {phase.key: str(phase.state) for phase in facts.phases}


def chain(failure: str = "fail", last: str = "fail") -> ReleaseFacts:
    """Verify (tests, then qa; docs beside them), then deploy."""
    return settled(
        release(
            P(
                "verify",
                [A("tests", "pipeline"), A("qa", "sign_off", ["tests"]), A("docs", "evidence")],
                failure=failure,
            ),
            P("deploy", [A("go")], needs=["verify"], failure=last),
        )
    )

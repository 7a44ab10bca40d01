"""What follows from a decision, told beforehand by the very rules that will move the release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from approvals.rules.quorum import Evaluation, Vote, evaluate
from approvals.wording import listed
from audit.services.telling import would_hear
from portal.pages.activity_standing import ActivityPage
from portal.wording import RELEASE_STATES
from releases.facts import Board
from releases.rules.progress import Plan, missing_needs, move_activity, plan_skip, settle_after
from releases.rules.progress_plan import MoveReason
from releases.rules.transitions import (
    ACTIVITY_OPEN,
    ACTIVITY_WAITING,
    ActivityState,
    PhaseState,
    ReleaseState,
)
from releases.services.telling import listeners_of_question

# The rules are pure, and many look at a release between two changes: of equal facts they say the same.
_settled: Final = lru_cache(maxsize=256)(settle_after)
_missing: Final = lru_cache(maxsize=256)(missing_needs)

_MOST_SENTENCES: Final = 3
_LONGEST_ON_A_BUTTON: Final = 30


@dataclass(frozen=True)
class Following:
    """What happens when the activity is completed, and when it is rejected.

    `waiting_for_this`: whoever waits for it, each with what else it waits for, by name.
    """

    starts: tuple[str, ...] = ()
    waiting_for_this: tuple[tuple[str, tuple[str, ...]], ...] = ()
    completes_release: bool = False
    skips: str = ""
    after_rejection: str = ""

    @property
    def words(self) -> str:
        """What happens next, in a sentence or two."""
        if self.skips:
            then = f" {listed(self.starts, 'and')} can start." if self.starts else ""
            return f"When this is approved, {self.skips} is skipped.{then}"
        if self.completes_release:
            return "When this is completed, the release is completed."
        if self.starts:
            verb = "starts" if len(self.starts) == 1 else "start"
            return f"When this is completed, {listed(self.starts, 'and')} {verb}."
        return self._waiting_words or "Nothing else waits for this activity."

    @property
    def _waiting_words(self) -> str:
        """Those that wait for the same things in one sentence."""
        by_rest: dict[tuple[str, ...], list[str]] = {}
        for name, rest in self.waiting_for_this:
            by_rest.setdefault(rest, []).append(name)
        said = [
            f"{listed(names, 'and')} {'waits' if len(names) == 1 else 'wait'} for "
            f"{listed(('this', *rest), 'and')}."
            for rest, names in by_rest.items()
        ]
        more = sum(len(names) for names in list(by_rest.values())[_MOST_SENTENCES:])
        last = [f"{more} more {'waits' if more == 1 else 'wait'} for this."] if more else []
        return " ".join([*said[:_MOST_SENTENCES], *last])


def following(page: ActivityPage) -> Following:
    """What follows, as the release stands at this moment."""
    depends = tuple(_waiting(page))
    if page.activity.state not in ACTIVITY_OPEN:
        return Following(waiting_for_this=depends)
    done = _plan(page, ActivityState.COMPLETED, MoveReason.APPROVED)
    opened = [move.id for move in done.activities if move.following in ACTIVITY_OPEN]
    ends = done.release is not None and done.release.following == ReleaseState.COMPLETED
    target = page.board.by_id.get(page.activity.overrides_id or 0)
    return Following(
        starts=tuple(_names(page, opened)),
        waiting_for_this=depends,
        completes_release=ends,
        skips=target.name if target else "",
        after_rejection=_after_rejection(page),
    )


def _plan(page: ActivityPage, state: ActivityState, reason: MoveReason) -> Plan:
    facts = page.facts
    own = facts.activity(page.activity.pk)
    act = Plan(activities=(move_activity(own, state.value, reason),))
    overrides = page.activity.overrides_id
    if overrides is not None and state == ActivityState.COMPLETED:
        act = Plan(activities=act.activities + plan_skip(facts, overrides).activities)
    return _settled(facts, act)


def _after_rejection(page: ActivityPage) -> str:
    """What a rejection does: to phase and release, and who can mend it; or that it ends nothing yet."""
    if page.activity.state not in ACTIVITY_WAITING or page.evaluation is None:
        return ""
    if page.activity.overrides_id is not None:
        return "Rejecting ends this request; nothing is skipped."
    rejected = _evaluation_with(page, "reject")
    mended = f"{mender(page)} can then retry, fix or abort"
    if rejected is not None and not rejected.ended:
        reached = f"{rejected.needed} of {rejected.seat_count} can still be reached"
        return f"Rejecting does not end this yet: {reached}."
    if rejected is None and page.evaluation.reject_mode != "first":
        return f"Once it can no longer be approved, it {failed_words(page)}; {mended}."
    return f"Rejecting {failed_words(page)}; {mended}."


def effect_of_approving(page: ActivityPage, then: Following) -> str:
    """What the actor's approval sets in motion by itself: "and start Deploy"; empty for nothing.

    Nothing as long as somebody else must approve as well: then it starts nothing yet.
    """
    approved = _evaluation_with(page, "approve")
    if approved is None or approved.state != "approved":
        return ""
    if then.skips:
        return f"and skip {_as_named(then.skips)}"
    if then.completes_release:
        return "and complete the release"
    if not then.starts:
        return ""
    several = len(then.starts) > 1
    return (
        f"and start {len(then.starts)} activities"
        if several
        else f"and start {_as_named(then.starts[0])}"
    )


def _as_named(name: str) -> str:
    return (
        name
        if len(name) <= _LONGEST_ON_A_BUTTON
        else f"{name[: _LONGEST_ON_A_BUTTON - 1].rstrip()}…"
    )


def _evaluation_with(
    page: ActivityPage, verdict: Literal["approve", "reject"]
) -> Evaluation | None:
    """How the round would stand if the actor said this; None for one who may not decide."""
    standing, person, now = page.standing, page.actor.person, page.evaluation
    if standing is None or person is None or now is None or not page.may_decide():
        return None
    others = [vote for vote in standing.votes if vote.person != person]
    mine = Vote(person, verdict, standing.electorate.seats_of(person))
    return evaluate(now.seats, now.needed, now.reject_mode, [*others, mine], standing.electorate)


def failed_words(page: ActivityPage) -> str:
    """ "fails phase Test and QA and puts the release on hold", if it ends the activity."""
    plan = _plan(page, ActivityState.REJECTED, MoveReason.REJECTED)
    phase = page.activity.phase.name
    fails = any(move.following == PhaseState.FAILED for move in plan.phases)
    words = f"fails phase {phase}" if fails else "ends this activity"
    after = plan.release.following if plan.release else page.activity.release.state
    if after == ReleaseState.FAILED:
        return f"{words} and the release"
    if after == ReleaseState.ON_HOLD and plan.release is not None:
        return f"{words}, and the release is {RELEASE_STATES[after]}"
    return words


def mender(page: ActivityPage) -> str:
    """Who can retry: the owner of the phase and the release manager."""
    phase, manager = page.activity.phase, str(page.activity.release.manager)
    owner = phase.owner_user or phase.owner_group or phase.owner_role
    return manager if owner is None or str(owner) == manager else f"{owner} or {manager}"


def question_words(page: ActivityPage) -> str:
    """Who would be told if the reader asked for information, by what tells them of a question."""
    activity = page.activity
    told = would_hear(listeners_of_question(activity.release, activity), page.actor)
    verb = "is" if len(set(told)) == 1 else "are"
    said = f"{listed(told, 'and')} {verb} told. " if told else ""
    return f"{said}It decides nothing; you can still decide."


def _waiting(page: ActivityPage) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Who waits for this, and for which other activities and phases."""
    facts, own = page.facts, page.facts.activity(page.activity.pk)
    if own.overrides is not None:
        return
    names = {one.ref: page.board.by_id[one.id].name for one in facts.activities}
    phases = {phase.key: phase.name for phase in page.board.phases}
    for key, missing in _missing(facts, own).items():
        members = missing.phases.get(own.phase, ())
        if own.ref not in missing.activities and own.ref not in members:
            continue
        others = [ref for ref in (*missing.activities, *members) if ref != own.ref]
        rest = [names[ref] for ref in dict.fromkeys(others) if ref in names]
        rest += [phases[phase] for phase in missing.phases if phase != own.phase]
        yield page.board.by_id[key].name, tuple(rest)


def _names(page: ActivityPage, keys: list[int]) -> list[str]:
    return [page.board.by_id[key].name for key in dict.fromkeys(keys)]


def started_between(before: ActivityPage, after: ActivityPage) -> list[str]:
    """The activities that were waiting for their turn before and are open now."""
    former = {one.pk: one.state for one in before.board.activities}
    return [
        one.name
        for one in after.board.activities
        if one.state in ACTIVITY_OPEN and former.get(one.pk) == ActivityState.BLOCKED
    ]


def with_names(explained: Mapping[str, Any], board: Board) -> dict[str, Any]:
    """Causes that name phases and activities as people know them, not by their keys."""
    names = {board.ref(one): one.name for one in board.activities}
    phases = {phase.key: phase.name for phase in board.phases}

    def named(cause: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(cause)
        if "ref" in found:
            found["ref"] = names.get(found["ref"], found["ref"])
        if "phase" in found:
            found["phase"] = phases.get(found["phase"], found["phase"])
        if "activities" in found:
            found["activities"] = [names.get(ref, ref) for ref in found["activities"]]
        return found

    return {**explained, "causes": [named(one) for one in explained["causes"]]}

"""All that is known of one activity, loaded with a constant number of queries: for API and pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from approvals.facts import seats_of
from approvals.models import Approval, Decision
from approvals.rules.quorum import Evaluation
from approvals.rules.seating import seat_votes
from approvals.rules.seats import entry_reference
from approvals.selectors import all_rounds_of, decisions_of, names_of_sources
from approvals.services.deadlines import ladder_of
from approvals.services.decisions import Standing
from approvals.services.explaining import judged, look_at_round, may_vote
from audit.actor import Actor, Answer
from audit.errors import NotPermitted
from audit.permissions import require
from releases.facts import Board, condition_facts, lineage_of, load_board
from releases.models import Activity, ActivityResult
from releases.permissions import can_decide
from releases.rules.conditions import ReleaseFacts as ConditionFacts
from releases.rules.progress import ReleaseFacts
from releases.rules.transitions import AUTOMATED_KINDS, ActivityKind, ActivityState
from releases.selectors import results_of
from releases.services.questions import exclusions_for
from releases.shown import Known, activity_to_show
from releases.so_far import VotesSoFar, board_with_reports, votes_so_far

Names = dict[tuple[str, Any], str]


@dataclass
class ActivityPage:
    """An activity as one actor sees it at one moment (`now`, the database's)."""

    actor: Actor
    activity: Activity
    board: Board
    rounds: list[Approval]
    decisions: Mapping[int, list[Decision]]
    results: list[ActivityResult]
    standing: Standing | None
    names: Names = field(default_factory=dict)
    elsewhere: VotesSoFar | None = None

    @property
    def now(self) -> dt.datetime:
        """The database's time at which the activity was read."""
        return self.activity.read_at  # type: ignore[attr-defined]

    @property
    def former_version(self) -> str:
        """The version that the product shipped before this release; empty for its first."""
        return self.activity.former_version or ""  # type: ignore[attr-defined]

    @property
    def approval(self) -> Approval | None:
        """The newest round; None when none was opened, or the next attempt is not open yet."""
        if not self.rounds or self.activity.state == ActivityState.BLOCKED:
            return None
        return self.rounds[-1]

    @cached_property
    def evaluation(self) -> Evaluation | None:
        """How the open round stands, with its reason; None when nothing is open."""
        return judged(self.standing) if self.standing else None

    @cached_property
    def seating(self) -> dict[int, Any]:
        """The person in each seat: of an open round as the rule counts, else as votes were given."""
        if self.standing is None:
            return {}
        if self.evaluation is not None:
            return dict(self.evaluation.seating)
        return dict(seat_votes(self.standing.votes, self.standing.seats).filled)

    @cached_property
    def spec(self) -> Mapping[str, Any]:
        """The activity as its process has it; empty for a request to skip."""
        return self.board.document.activities.get(self.board.ref(self.activity), {})

    @cached_property
    def facts(self) -> ReleaseFacts:
        """The release as the progress rules are given it, as it stood when the page was read."""
        return self.board.facts()

    @cached_property
    def condition_facts(self) -> ConditionFacts:
        """What conditions read of the release (POL-10)."""
        return condition_facts(self.activity.release)

    def waiting_by_seat(self) -> dict[int, list[str]]:
        """The names of those who may still decide, by the seats that they may fill."""
        if self.standing is None or self.evaluation is None:
            return {}
        asked = set(self.evaluation.asked)
        found: dict[int, list[str]] = {}
        for person, candidate in self.standing.electorate.candidates.items():
            if person in asked:
                for number in candidate.seats:
                    found.setdefault(number, []).append(candidate.display_name)
        return {number: sorted(names) for number, names in found.items()}

    def may_decide(self) -> Answer:
        """Whether the actor's vote would be taken, by what takes it (POL-17)."""
        return self._may_decide

    @cached_property
    def _may_decide(self) -> Answer:
        answer = can_decide(self.actor)
        if not answer:
            return answer
        if self.standing is None:
            return Answer(False, "not_open", "This is not open for a decision.")
        return may_vote(self.standing, self.actor, self.now)

    def require_person(self) -> None:
        """Raise NotPermitted when the actor may not decide for a reason that lies in the person."""
        require(can_decide(self.actor))
        answer = self.may_decide()
        if answer or answer.code in _ABOUT_THE_VOTE:
            return
        raise NotPermitted(answer.code, answer.sentence, data=answer.data)


# About the moment, or about what is said: whoever repeats the vote that stands is shown it.
_ABOUT_THE_VOTE = frozenset(
    {"already_decided", "deadline_passed", "no_seat_left", "not_open", "not_your_vote"}
)


def load_activity_page(actor: Actor, activity_id: int) -> ActivityPage:
    """Load an activity for an actor. Raises NotFound for one that they may not see."""
    activity = activity_to_show(actor, activity_id)
    board = load_board(activity.release)
    rounds = _rounds(activity)
    decisions = decisions_of(rounds) if rounds else {}
    return _loaded(ActivityPage(actor, activity, board, rounds, decisions, [], standing=None))


def load_with_the_rest(actor: Actor, activity_id: int, known: Known | None = None) -> ActivityPage:
    """The same with what has come of the rest of the release so far, for whoever decides (EXE-3).

    No query more. `known`: as `activity_to_show` takes it. Raises NotFound.
    """
    activity = activity_to_show(actor, activity_id, known)
    board = board_with_reports(activity.release)
    rounds = _rounds(activity)
    votes = votes_so_far(activity.release, activity.host, rounds)
    page = ActivityPage(actor, activity, board, rounds, votes.own, [], standing=None)
    page.elsewhere = votes
    return _loaded(page)


def _rounds(activity: Activity) -> list[Approval]:
    return [] if _is_automated(activity) else all_rounds_of(activity.host)


def _is_automated(activity: Activity) -> bool:
    return ActivityKind(activity.kind) in AUTOMATED_KINDS


def _loaded(page: ActivityPage) -> ActivityPage:
    """The page with its results and how its newest round stands."""
    activity, approval = page.activity, page.approval
    if _is_automated(activity):
        page.results = results_of(activity)
    wanted = _named(page)
    if approval is not None:
        page.standing = look_at_round(
            approval,
            page.decisions[approval.pk],
            lineage=lineage_of(activity.release),
            exclusions=exclusions_for(page.board, activity),
            now=page.now,
            named=wanted,
        )
    known: Names = dict(page.standing.names) if page.standing is not None else {}
    voters = {
        ("person", str(decision.person)): decision.display_name
        for several in page.decisions.values()
        for decision in several
    }
    missing = set() if page.standing is not None else wanted
    page.names = {**known, **names_of_sources(missing), **voters}
    return page


def _named(page: ActivityPage) -> set[tuple[str, Any]]:
    """Whom the process plans to ask, whom former attempts asked, whom rungs of the deadline name."""
    keys: set[tuple[str, Any]] = {
        entry_reference(entry) for entry in page.spec.get("approvers") or ()
    }
    former = {one.seats: one for one in page.rounds[:-1] if one.seats != page.rounds[-1].seats}
    for one in former.values():
        keys |= {(source.kind, source.ref) for seat in seats_of(one) for source in seat.sources}
    if page.approval is not None:
        rungs = ladder_of(page.approval).rungs
        keys |= {(rung.source.kind, rung.source.ref) for rung in rungs if rung.source}
    return {(kind, ref) for kind, ref in keys if kind in _WITH_A_NAME}


# A right is called what it is.
_WITH_A_NAME = frozenset({"user", "group", "role"})

"""All that is known of one activity, loaded with a constant number of queries: for API and pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from approvals.models import Approval, Decision
from approvals.rules.quorum import Evaluation
from approvals.rules.seating import seat_votes
from approvals.rules.seats import entry_reference
from approvals.selectors import decisions_of, names_of_sources, rounds_of
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
from releases.rules.transitions import AUTOMATED_KINDS, ActivityKind, ActivityState
from releases.selectors import activity_to_show, results_of
from releases.services.questions import exclusions_for

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

    @property
    def now(self) -> dt.datetime:
        """The database's time at which the activity was read."""
        return self.activity.read_at  # type: ignore[attr-defined]

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
    automated = ActivityKind(activity.kind) in AUTOMATED_KINDS
    rounds = [] if automated else list(rounds_of(activity.host))
    decisions = decisions_of(rounds) if rounds else {}
    results = results_of(activity) if automated else []
    page = ActivityPage(actor, activity, board, rounds, decisions, results, standing=None)
    if page.approval is not None:
        page.standing = look_at_round(
            page.approval,
            decisions[page.approval.pk],
            lineage=lineage_of(activity.release),
            exclusions=exclusions_for(board, activity),
            now=page.now,
        )
    page.names = _names(page)
    return page


def _names(page: ActivityPage) -> Names:
    """Today's names of whom seats, planned seats and rungs name; of voters the name they had."""
    known: Names = dict(page.standing.names) if page.standing is not None else {}
    keys: set[tuple[str, Any]] = set()
    if page.standing is not None:
        keys |= {(one.kind, one.ref) for seat in page.standing.seats for one in seat.sources}
        rungs = ladder_of(page.standing.approval).rungs
        keys |= {(rung.source.kind, rung.source.ref) for rung in rungs if rung.source}
    keys |= {entry_reference(entry) for entry in page.spec.get("approvers") or ()}
    voters = {
        ("person", str(decision.person)): decision.display_name
        for several in page.decisions.values()
        for decision in several
    }
    return {**known, **names_of_sources(keys - known.keys()), **voters}

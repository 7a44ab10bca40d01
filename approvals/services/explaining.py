"""How a round stands for one who looks at it, by the very functions that take a vote (POL-17).

Nothing here writes: pages and API show what these say, and `cast_decision` refuses by the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from approvals.facts import (
    electorate_from,
    exclusions_of,
    live_decisions,
    load_people,
    people_of,
    seats_of,
)
from approvals.models import Approval, Decision
from approvals.rules.eligibility import Hat, hats
from approvals.rules.quorum import Evaluation, Vote, can_be_seated
from approvals.rules.seats import SourceKey, named_users, source_keys
from approvals.services.decisions import (
    Standing,
    require_open,
    require_own_vote,
    require_voter,
    require_withdrawer,
)
from approvals.wording import sentence_for
from audit.actor import POLICY, YES, Actor, Answer
from audit.errors import Refusal
from audit.journal import Journal


def look_at_round(
    approval: Approval,
    decisions: Sequence[Decision],
    *,
    lineage: Sequence[int],
    exclusions: Mapping[int, str],
    now: dt.datetime,
    named: Collection[SourceKey] = (),
) -> Standing:
    """A round, open or not, with who may fill its seats at `now`; one query for the people.

    `named`: users, groups and roles whose names are wanted besides those of the seats.
    """
    seats = seats_of(approval)
    people = people_of(seats, exclusions, lineage, now, named=named)
    electorate = electorate_from(seats, exclusions, people)
    live = live_decisions(decisions)
    return Standing(approval, seats, electorate, list(decisions), live, people.names)


def look_at_rounds(
    approvals: Sequence[Approval],
    decisions: Mapping[int, Sequence[Decision]],
    *,
    lineage: Sequence[int],
    now: dt.datetime,
    named: Collection[SourceKey] = (),
) -> dict[int, Standing]:
    """Several open rounds of one place, by key; one query for the people of all of them.

    `decisions` by round. Who may not decide is what the host has last said of each. All have the
    same names: those of their seats and of `named`.
    """
    seats = {one.pk: seats_of(one) for one in approvals}
    excluded = {one.pk: exclusions_of(one) for one in approvals}
    every = [seat for several in seats.values() for seat in several]
    users = named_users(every).union(*excluded.values())
    people = load_people(source_keys(every), users, lineage, now, named=named)
    return {
        one.pk: Standing(
            approval=one,
            seats=seats[one.pk],
            electorate=electorate_from(seats[one.pk], excluded[one.pk], people),
            decisions=list(decisions[one.pk]),
            live=live_decisions(decisions[one.pk]),
            names=people.names,
        )
        for one in approvals
    }


def may_vote(standing: Standing, actor: Actor, now: dt.datetime) -> Answer:
    """Whether the actor's vote would be taken at `now`, and if not why: the person before the moment.

    The codes are those of `cast_decision`; what the ballot itself must bring is not judged.
    """
    try:
        person = require_voter(standing, actor)
        require_own_vote(standing, person, actor)
        require_open(standing.approval, Journal(actor=POLICY, at=now))
    except Refusal as refusal:
        return Answer(False, refusal.code, refusal.sentence, refusal.data)
    vote = Vote(person, "approve", standing.electorate.seats_of(person))
    if not can_be_seated(standing.votes, vote):
        return Answer(False, "no_seat_left", sentence_for("no_seat_left"))
    return YES


def may_withdraw(standing: Standing, actor: Actor, now: dt.datetime) -> Answer:
    """Whether the actor could take back at `now` the vote that stands, and if not why."""
    try:
        person = require_withdrawer(standing, actor)
        require_open(standing.approval, Journal(actor=POLICY, at=now))
    except Refusal as refusal:
        return Answer(False, refusal.code, refusal.sentence, refusal.data)
    if person not in standing.live:
        return Answer(False, "nothing_to_withdraw", sentence_for("nothing_to_withdraw"))
    return YES


def why_asked(standing: Standing, actor: Actor) -> tuple[Hat, ...]:
    """Which sources make the actor eligible for which seats; nothing for one who is not asked."""
    return hats(standing.electorate, actor.person) if actor.person else ()


def judged(standing: Standing) -> Evaluation | None:
    """The evaluation of an open round; None for one that has ended, which is never judged again."""
    if standing.approval.state != Approval.State.OPEN:
        return None
    return standing.evaluate()

"""Take a vote, or take it back (EXE-7, EXE-8, POL-3, POL-4).

Engine functions: they run inside the host's transaction, on a round that the host has locked.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from approvals.facts import (
    electorate_from,
    exclusions_of,
    live_decisions,
    people_of,
    seats_of,
    vote_of,
)
from approvals.models import Approval, Decision
from approvals.rules.ballots import CheckedBallot, check_ballot
from approvals.rules.eligibility import AUDITOR, INACTIVE, Electorate, hats, why_not
from approvals.rules.quorum import Evaluation, Vote, can_be_seated, evaluate
from approvals.rules.seats import Seat, SourceKey
from approvals.rules.texts import check_reason
from approvals.services.asked import asked_accounts, note_asked
from approvals.services.rounds import settle_round, tally_text
from approvals.services.telling import tell_stuck
from approvals.wording import sentence_for
from audit.actor import Actor
from audit.canonical import canonical_text
from audit.compiled import Compiled
from audit.errors import Conflict, Invalid, NotPermitted
from audit.history import insert_rows, save_tracked
from audit.journal import Journal

# Codes about the person that also forbid taking back a vote given before.
_WRITES_NOTHING = frozenset({AUDITOR, INACTIVE})


@dataclass(frozen=True, slots=True)
class Ballot:
    """What somebody answers: the words as they came, not yet checked."""

    verdict: str
    comment: str = ""
    inputs: Mapping[str, Any] | None = None
    fingerprint: str | None = None
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class Cast:
    """What became of it: the decision that stands, whether it is new, and how the round stands.

    `names` are those of whom its seats name, for the sentence about it.
    """

    decision: Decision
    created: bool
    evaluation: Evaluation
    names: Mapping[SourceKey, str]


@dataclass(slots=True)
class Standing:
    """A locked round with all that a vote is judged by."""

    approval: Approval
    seats: Sequence[Seat]
    electorate: Electorate
    decisions: list[Decision]
    live: dict[UUID, Decision]
    names: Mapping[SourceKey, str]

    @property
    def votes(self) -> list[Vote]:
        return [vote_of(decision) for decision in self.live.values()]

    @property
    def answered(self) -> set[int]:
        """The accounts of which nothing more is asked: all through which those who voted hold seats.

        A person has one vote, so a vote by one account answers for the others.
        """
        candidates = self.electorate.candidates
        return {decision.user_id for decision in self.live.values()} | {
            way.user_id
            for person in self.live.keys() & candidates
            for way in candidates[person].ways
        }

    def evaluate(self) -> Evaluation:
        """How the round stands by the votes it has now."""
        policy = json.loads(self.approval.policy)
        return evaluate(self.seats, policy["needed"], policy["reject"], self.votes, self.electorate)


# Of all votes only what they are counted by: the texts of 200 others tell nothing about one's own.
_DECISIONS = Compiled(
    lambda approval_id: Decision.objects.filter(approval_id=approval_id).only(
        "approval", "user", "person", "ordinal", "verdict", "hats", "decided_at"
    ),
    approval_id=int,
)


def standing_of(
    approval: Approval,
    lineage: Sequence[int],
    journal: Journal,
    exclusions: Mapping[int, str] | None = None,
    without: Collection[int] = (),
) -> Standing:
    """Load what a round is judged by: its decisions and its electorate, two queries.

    `without`: assignments of roles that are taken for ended.
    """
    decisions = list(_DECISIONS.rows(approval_id=approval.pk))
    seats = seats_of(approval)
    excluded = exclusions_of(approval) if exclusions is None else exclusions
    people = people_of(seats, excluded, lineage, journal.at, without)
    electorate = electorate_from(seats, excluded, people)
    live = live_decisions(decisions)
    return Standing(approval, seats, electorate, decisions, live, people.names)


def require_voter(standing: Standing, actor: Actor) -> UUID:
    """The person who votes, when the rules let them: eligible, and by an account that is asked.

    Raises NotPermitted with the code that `why_not` gives (`not_an_approver`, `own_change` …).
    """
    person = actor.person
    reason = why_not(standing.electorate, person) if person else None
    if person is None:
        raise NotPermitted("not_an_approver", sentence_for("not_an_approver"))
    if reason is None:
        candidate = standing.electorate.candidates[person]
        if any(way.user_id == actor.user_id for way in candidate.ways):
            return person
        raise NotPermitted("not_an_approver", sentence_for("not_an_approver"))
    raise NotPermitted(reason.code, sentence_for(reason.code), data=dict(reason.data))


def require_open(approval: Approval, journal: Journal) -> None:
    """Raise Conflict when the round takes no vote any more: closed, or past a `reject` deadline."""
    if approval.state in (Approval.State.APPROVED, Approval.State.REJECTED):
        raise Conflict(
            "already_decided", sentence_for("already_decided"), data={"state": approval.state}
        )
    if approval.state != Approval.State.OPEN:
        raise Conflict("not_open", sentence_for("not_open"), data={"state": approval.state})
    if approval.decides_at and journal.at >= approval.decides_at:
        raise Conflict("deadline_passed", sentence_for("deadline_passed"))


def is_current(approval: Approval, ballot: Ballot) -> bool:
    """Whether a ballot answers this attempt and this content, or names neither."""
    same_attempt = ballot.attempt is None or ballot.attempt == approval.attempt
    return same_attempt and (not ballot.fingerprint or ballot.fingerprint == approval.fingerprint)


def require_current(approval: Approval, ballot: Ballot) -> None:
    """Raise Conflict `changed_since` when the ballot names another attempt or other content."""
    if not is_current(approval, ballot):
        raise Conflict(
            "changed_since",
            sentence_for("changed_since"),
            data={"attempt": approval.attempt, "fingerprint": approval.fingerprint},
        )


def _checked(approval: Approval, ballot: Ballot) -> CheckedBallot | Invalid:
    """The ballot as it can be kept, or what is wrong with it: person and moment are asked first."""
    comment = json.loads(approval.policy)["comment"]
    form = json.loads(approval.form)
    try:
        return check_ballot(ballot.verdict, ballot.comment, ballot.inputs or {}, form, comment)
    except Invalid as refusal:
        return refusal


def _whole(counted: Decision | None) -> Decision | None:
    return Decision.objects.get(pk=counted.pk) if counted else None


def _same(former: Decision, checked: CheckedBallot | Invalid, standing: Standing) -> bool:
    """Whether nothing differs from the vote that stands, nor could it fill more seats by now."""
    if isinstance(checked, Invalid):
        return False
    is_open = standing.approval.state == Approval.State.OPEN
    if is_open and not standing.electorate.seats_of(former.person) <= vote_of(former).seats:
        return False
    return (
        former.verdict == checked.verdict
        and former.comment == checked.comment
        and former.inputs == canonical_text(dict(checked.inputs))
        and former.fingerprint == standing.approval.fingerprint
    )


def cast_decision(
    approval: Approval,
    ballot: Ballot,
    *,
    lineage: Sequence[int],
    exclusions: Mapping[int, str],
    journal: Journal,
) -> Cast:
    """Take a vote in a round that the caller has locked, and settle the round when it is decided.

    The actor and the moment are the journal's. Refusals, the person before the moment:
    NotPermitted (`why_not`'s codes; `not_your_vote` for another vote than the one that stands by
    another account of the same person), Conflict (`changed_since`, `already_decided`, `not_open`,
    `deadline_passed`, `no_seat_left`), Invalid with the fields. The same vote again is answered
    with the decision that stands, whether the round is open or not.
    """
    standing = standing_of(approval, lineage, journal, exclusions)
    person = require_voter(standing, journal.actor)
    former = _whole(standing.live.get(person))
    checked = _checked(approval, ballot)
    if former and is_current(approval, ballot) and _same(former, checked, standing):
        return Cast(former, False, standing.evaluate(), standing.names)
    require_own_vote(standing, person, journal.actor)
    require_current(approval, ballot)
    require_open(approval, journal)
    if isinstance(checked, Invalid):
        raise checked
    decision = _decision(
        standing, person, checked.verdict, checked.comment, checked.inputs, journal
    )
    if not can_be_seated(standing.votes, vote_of(decision)):
        raise Conflict("no_seat_left", sentence_for("no_seat_left"))
    return _write(standing, decision, journal, "approval.decision_cast")


def withdraw_decision(
    approval: Approval,
    reason: str,
    *,
    lineage: Sequence[int],
    exclusions: Mapping[int, str],
    journal: Journal,
) -> Cast:
    """Take one's own vote back while the round is open; both stay on record.

    Raises NotPermitted `not_an_approver` for one who has no vote here by their own account's
    person, `not_your_vote` when another account of theirs gave it, `auditor`, `inactive`; Invalid
    for a reason that can't be kept; Conflict `nothing_to_withdraw`, `already_decided`, `not_open`,
    `deadline_passed`.
    """
    standing = standing_of(approval, lineage, journal, exclusions)
    person = require_withdrawer(standing, journal.actor)
    check_reason(reason, needed=False)
    require_open(approval, journal)
    if person not in standing.live:
        raise Conflict("nothing_to_withdraw", sentence_for("nothing_to_withdraw"))
    decision = _decision(standing, person, "withdraw", reason, {}, journal)
    return _write(standing, decision, journal, "approval.decision_withdrawn")


def require_withdrawer(standing: Standing, actor: Actor) -> UUID:
    """Whoever has voted here may take it back, unless they may write nothing at all any more.

    Raises NotPermitted for anybody else.
    """
    person = actor.person
    if person is None or all(decision.person != person for decision in standing.decisions):
        return require_voter(standing, actor)
    reason = why_not(standing.electorate, person)
    if reason is not None and reason.code in _WRITES_NOTHING:
        raise NotPermitted(reason.code, sentence_for(reason.code), data=dict(reason.data))
    require_own_vote(standing, person, actor)
    return person


def require_own_vote(standing: Standing, person: UUID, actor: Actor) -> None:
    """Raise NotPermitted `not_your_vote` when another account of the same person gave their vote.

    Accounts are linked by others: whoever holds one of them must not undo what another has said.
    """
    given = standing.live.get(person)
    if given is not None and given.user_id != actor.user_id:
        raise NotPermitted("not_your_vote", sentence_for("not_your_vote"))


def _decision(
    standing: Standing,
    person: UUID,
    verdict: str,
    comment: str,
    inputs: Mapping[str, Any],
    journal: Journal,
) -> Decision:
    actor = journal.actor
    ordinal = sum(decision.person == person for decision in standing.decisions) + 1
    return Decision(
        approval=standing.approval,
        user_id=actor.account,
        person=person,
        display_name=actor.label,
        username=actor.username,
        ordinal=ordinal,
        verdict=verdict,
        comment=comment,
        inputs=canonical_text(dict(inputs)),
        form=standing.approval.form,
        hats=canonical_text([hat.to_dict() for hat in hats(standing.electorate, person)]),
        fingerprint=standing.approval.fingerprint,
        decided_at=journal.at,
        door=actor.door,
        authenticated_by=actor.authenticated_by,
        authenticated_at=actor.authenticated_at,
        origin=journal.origin,
    )


def _write(standing: Standing, decision: Decision, journal: Journal, kind: str) -> Cast:
    approval = standing.approval
    decision = insert_rows(journal, [decision])[0]
    standing.decisions.append(decision)
    standing.live = live_decisions(standing.decisions)
    evaluation = standing.evaluate()
    journal.add(
        kind,
        approval=approval.pk,
        host=approval.host,
        attempt=approval.attempt,
        decision=decision.pk,
        verdict=decision.verdict,
        ordinal=decision.ordinal,
        fingerprint=decision.fingerprint,
        **evaluation.counts(),
    )
    approval.tally = tally_text(evaluation)
    if evaluation.ended:
        because = "rule_met" if evaluation.state == "approved" else "rejected"
        newest = max(one.decided_at for one in standing.decisions)
        settle_round(
            approval, evaluation.state, because, journal, fields=["tally"], not_before=newest
        )
    else:
        _keep_open(standing, evaluation, journal)
    return Cast(decision, True, evaluation, standing.names)


def _keep_open(standing: Standing, evaluation: Evaluation, journal: Journal) -> None:
    approval = standing.approval
    approval.version += 1
    fields = ["tally", "version"]
    if approval.stuck != evaluation.stuck:
        approval.stuck = evaluation.stuck
        fields.append("stuck")
        journal.add(
            "approval.stuck" if evaluation.stuck else "approval.unstuck",
            approval=approval.pk,
            host=approval.host,
        )
        if approval.stuck:
            tell_stuck(approval, journal)
    save_tracked(journal, [approval], fields)
    note_asked(approval.pk, asked_accounts(evaluation), standing.answered)

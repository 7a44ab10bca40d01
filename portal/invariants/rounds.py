"""Rounds and their decisions: one live vote each, results as the votes give them (I1, I2, I9, I10)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence

from django.db.models import Count, F, Max, Min, Q

from approvals.facts import live_decisions, seats_of, vote_of
from approvals.models import Approval, Decision
from approvals.rules.eligibility import Electorate
from approvals.rules.quorum import Evaluation, evaluate
from approvals.rules.seating import seat_votes
from approvals.rules.seats import Rule, seats_needed
from approvals.selectors import decisions_of
from audit.canonical import text_digest
from portal.invariants.findings import Finding

CHUNK = 500
_ENDED = ("approved", "rejected")


def rounds() -> Iterator[tuple[Approval, list[Decision]]]:
    """Every round with its decisions, a chunk at a time."""
    last = 0
    while True:
        rows = Approval.objects.select_related("scope").filter(pk__gt=last).order_by("pk")
        chunk = list(rows[:CHUNK])
        if not chunk:
            return
        decisions = decisions_of(chunk)
        yield from ((approval, decisions[approval.pk]) for approval in chunk)
        last = chunk[-1].pk


def name_of(approval: Approval) -> str:
    """How a finding calls a round."""
    return f"round {approval.pk} ({approval.host}, attempt {approval.attempt})"


def check_live_decisions(now: dt.datetime) -> Iterator[Finding]:
    """I1: a person's decisions in a round are numbered from 1 on, so one of them is the last."""
    odd = (
        Decision.objects.order_by()
        .values("approval_id", "person")
        .annotate(
            rows=Count("pk"), numbers=Count("ordinal", distinct=True),
            first=Min("ordinal"), last=Max("ordinal"),
        )
        .exclude(rows=F("last"), numbers=F("last"), first=1)
    )  # fmt: skip
    for row in odd:
        detail = f"the decisions of person {row['person']} are not numbered 1 to {row['rows']}"
        yield Finding("I1", "decisions_not_numbered", f"round {row['approval_id']}", detail)


def judgement(approval: Approval, decisions: Sequence[Decision]) -> Evaluation:
    """How the votes alone judge a round: whoever holds its seats today can't end it."""
    votes = [vote_of(decision) for decision in live_decisions(decisions).values()]
    policy = json.loads(approval.policy)
    return evaluate(seats_of(approval), policy["needed"], policy["reject"], votes, Electorate())


def check_votes_seated(now: dt.datetime) -> Iterator[Finding]:
    """I1: the votes of a round fit in different seats, by what held while it was open."""
    for approval, decisions in rounds():
        votes = [vote_of(decision) for decision in live_decisions(decisions).values()]
        if not seat_votes(votes, seats_of(approval)).complete:
            detail = "its votes do not fit in different seats"
            yield Finding("I1", "votes_share_a_seat", name_of(approval), detail)


def check_results(now: dt.datetime) -> Iterator[Finding]:
    """I2: a round's result is what its snapshot and its votes give, and its snapshot is whole."""
    for approval, decisions in rounds():
        try:
            wrong = _wrong_snapshot(approval) or _wrong_result(approval, decisions)
        except (KeyError, TypeError, ValueError) as error:
            wrong = f"its snapshot or its decisions can't be read: {error!r}"
        if wrong:
            yield Finding("I2", "result_differs", name_of(approval), wrong)


def _wrong_snapshot(approval: Approval) -> str | None:
    policy = json.loads(approval.policy)
    if seats_needed(Rule.from_dict(policy["rule"]), policy["seat_count"]) != policy["needed"]:
        return "the number needed is not what its rule asks"
    if text_digest(approval.content) != approval.fingerprint:
        return "its fingerprint is not that of its content"
    ended = approval.state != Approval.State.OPEN
    if ended == (approval.closed_at is None) or (ended and approval.next_due_at is not None):
        return f"it is {approval.state} and its times say otherwise"
    return None


def _wrong_result(approval: Approval, decisions: Sequence[Decision]) -> str | None:
    late = [one for one in decisions if approval.closed_at and one.decided_at > approval.closed_at]
    if late:
        return f"decision {late[0].pk} was written after it had closed"
    judged = judgement(approval, decisions)
    found, state = judged.state, approval.state
    if state == Approval.State.REJECTED and approval.closed_because == "deadline_missed":
        holds = found != "approved" and approval.decides_at is not None
    elif state in _ENDED:
        holds = state == found
    else:
        holds = found not in _ENDED
    if not holds:
        return f"it is {state}; its rule and its votes say {found}"
    counts = json.loads(approval.tally)
    if {name: counts.get(name) for name in judged.counts()} != judged.counts():
        return "its running result is not what its votes give"
    return None


def check_hats(now: dt.datetime) -> Iterator[Finding]:
    """I9: with each vote stands what made it valid: the account's own hats, for seats of the round."""
    votes = Decision.objects.select_related("approval").exclude(verdict=Decision.Verdict.WITHDRAW)
    for decision in votes.order_by("pk").iterator(chunk_size=CHUNK):
        hats = json.loads(decision.hats)
        numbers = {seat.number for seat in seats_of(decision.approval)}
        if not hats:
            wrong = "it has no hat: nothing says why it was valid"
        elif not {hat["seat"] for hat in hats} <= numbers:
            wrong = "a hat of it is for a seat that its round does not have"
        elif decision.user_id not in {hat["user_id"] for hat in hats}:
            wrong = "no hat of it is that of the account that gave it"
        else:
            continue
        yield Finding("I9", "vote_without_hat", f"decision {decision.pk}", wrong)


def check_decisions_named(now: dt.datetime) -> Iterator[Finding]:
    """I10: every decision says who, which verdict, through which door and by which credential."""
    empty = ~Q(verdict__in=Decision.Verdict.values)
    for name in ("display_name", "username", "door", "authenticated_by"):
        empty |= Q(**{name: ""})
    for key in Decision.objects.filter(empty).order_by("pk").values_list("pk", flat=True):
        detail = "it does not say who decided what, how they came in or how they were known"
        yield Finding("I10", "decision_without_actor", f"decision {key}", detail)

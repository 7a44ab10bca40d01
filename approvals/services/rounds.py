"""Open and close rounds: who is asked, by which rule, about which content (EXE-1, POL-1, POL-2)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max

from approvals.facts import People, electorate_from, load_people
from approvals.models import Approval, Decision
from approvals.rules.deadlines import build_ladder, decides_at
from approvals.rules.quorum import Evaluation, evaluate
from approvals.rules.seat_states import open_seats
from approvals.rules.seats import (
    Rule,
    Seat,
    Source,
    SourceKey,
    entry_reference,
    lay_out_seats,
    named_users,
    seats_needed,
)
from approvals.services.asked import asked_accounts, close_asked, write_asked, write_sources
from approvals.services.telling import tell_asked, tell_stuck, tell_unreachable
from audit.canonical import canonical_text, instant_text, text_digest
from audit.history import create_tracked, save_tracked
from audit.journal import Journal


@dataclass(frozen=True, slots=True)
class RoundRequest:
    """What a host asks the engine to put to people.

    `approvers` are entries of a resolved process document; those whose condition does not hold
    stand in `left_out` with the reason. `rights` are seats for whoever holds a right in the scope.
    `exclusions` are users who may not decide, by code. `content` is what the answer is given for:
    JSON-ready, and hashed into the fingerprint together with rule, seats and form (EXE-10).
    """

    host: str
    attempt: int
    scope_id: int
    lineage: tuple[int, ...]
    stream: str
    title: str
    rule: Mapping[str, Any]
    reject: str
    content: Mapping[str, Any]
    approvers: Sequence[Mapping[str, Any]] = ()
    rights: Sequence[str] = ()
    left_out: Sequence[Mapping[str, Any]] = ()
    comment: Mapping[str, Any] = field(default_factory=lambda: {"required": False, "min_length": 0})
    deadline: Mapping[str, Any] | None = None
    fields: Sequence[Mapping[str, Any]] = ()
    exclusions: Mapping[int, str] = field(default_factory=dict)


def _keys_wanted(request: RoundRequest) -> set[SourceKey]:
    """Every group, role and right that the seats, or the laying out of `each` seats, will ask for."""
    keys: set[SourceKey] = {("right", right) for right in request.rights}
    for entry in request.approvers:
        kind, ref = entry_reference(entry)
        if kind != "user":
            keys.add((kind, ref))
    return keys


def _users_wanted(request: RoundRequest) -> set[int]:
    users = {entry["user"] for entry in request.approvers if entry.get("user") is not None}
    return users | set(request.exclusions)


def _seats(request: RoundRequest, people: People) -> tuple[Seat, ...]:
    active = {
        key: tuple(user for user in users if people.people[user].active)
        for key, users in people.holders.items()
    }
    persons = {user_id: holder.person for user_id, holder in people.people.items()}
    seats = lay_out_seats(request.approvers, active, persons=persons)
    extra = tuple(
        Seat(number, True, (Source("right", right),))
        for number, right in enumerate(request.rights, start=len(seats) + 1)
    )
    return seats + extra


def _new_round(request: RoundRequest, seats: tuple[Seat, ...], now: dt.datetime) -> Approval:
    needed = seats_needed(Rule.from_dict(request.rule), len(seats))
    policy = {
        "comment": dict(request.comment),
        "left_out": [dict(entry) for entry in request.left_out],
        "needed": needed,
        "reject": request.reject,
        "rule": dict(request.rule),
        "seat_count": len(seats),
    }
    seats_text = canonical_text([seat.to_dict() for seat in seats])
    form_text = canonical_text([dict(item) for item in request.fields])
    content = {
        **request.content,
        "attempt": request.attempt,
        "form": text_digest(form_text),
        "rule": dict(request.rule),
        "seats": text_digest(seats_text),
    }
    content_text = canonical_text(content)
    ladder = build_ladder(request.deadline, now)
    return Approval(
        host=request.host,
        attempt=request.attempt,
        scope_id=request.scope_id,
        stream=request.stream,
        title=request.title[:250],
        policy=canonical_text(policy),
        seats=seats_text,
        form=form_text,
        exclusions=canonical_text({str(key): code for key, code in request.exclusions.items()}),
        deadline=canonical_text(dict(request.deadline) if request.deadline else None),
        content=content_text,
        fingerprint=text_digest(content_text),
        opened_at=now,
        due_at=ladder.due_at,
        decides_at=decides_at(ladder),
        next_due_at=ladder.due_at,
    )


def tally_text(evaluation: Evaluation) -> str:
    """The running result as `Approval.tally` keeps it, with what has become of its empty seats."""
    told = {"state": evaluation.state, "open": open_seats(evaluation)}
    return canonical_text({**evaluation.counts(), **told})


def open_rounds(requests: Sequence[RoundRequest], *, journal: Journal) -> list[Approval]:
    """Open a round for each request, all of one release, with as many statements as for one.

    Seats are laid out from who holds what at this moment; a rule that nobody can meet opens as
    stuck, never as approved (EXE-9, A-058). Notes `approval.opened` and `approval.stuck`.
    """
    if not requests:
        return []
    keys = set().union(*(_keys_wanted(request) for request in requests))
    users = set().union(*(_users_wanted(request) for request in requests))
    people = load_people(keys, users, requests[0].lineage, journal.at)
    opened: list[tuple[Approval, tuple[Seat, ...], set[int]]] = []
    judged: list[Evaluation] = []
    for request in requests:
        seats = _seats(request, people)
        approval = _new_round(request, seats, journal.at)
        evaluation = _judge_opening(request, seats, people)
        approval.stuck, approval.tally = evaluation.stuck, tally_text(evaluation)
        opened.append((approval, seats, asked_accounts(evaluation)))
        judged.append(evaluation)
    create_tracked(journal, [approval for approval, _, _ in opened])
    for (approval, seats, asked), evaluation in zip(opened, judged, strict=True):
        _note_opening(approval, len(seats), asked, journal)
        _tell_opening(approval, seats, asked, evaluation, people, journal)
    write_sources([(approval, seats) for approval, seats, _ in opened])
    write_asked(opened, journal.at)
    return [approval for approval, _, _ in opened]


def _judge_opening(request: RoundRequest, seats: Sequence[Seat], people: People) -> Evaluation:
    needed = seats_needed(Rule.from_dict(request.rule), len(seats))
    electorate = electorate_from(seats, request.exclusions, people)
    return evaluate(seats, needed, request.reject, [], electorate)  # type: ignore[arg-type]


def _note_opening(
    approval: Approval, seat_count: int, asked: Collection[int], journal: Journal
) -> None:
    journal.add(
        "approval.opened",
        approval=approval.pk,
        host=approval.host,
        attempt=approval.attempt,
        fingerprint=approval.fingerprint,
        needed=json.loads(approval.policy)["needed"],
        seats=seat_count,
        due_at=instant_text(approval.due_at) if approval.due_at else None,
        asked=sorted(asked),
    )
    if approval.stuck:
        journal.add("approval.stuck", approval=approval.pk, host=approval.host)


def _tell_opening(
    approval: Approval,
    seats: Sequence[Seat],
    asked: Collection[int],
    evaluation: Evaluation,
    people: People,
    journal: Journal,
) -> None:
    """Whoever is asked hears of it; whoever manages, of what nobody can answer (EXE-2, A-061)."""
    tell_asked(approval, asked, evaluation.electorate, people.names, journal)
    if approval.stuck:
        tell_stuck(approval, journal)
    named = (people.people[user_id] for user_id in named_users(seats) if user_id in people.people)
    gone = {one.user_id: one.display_name for one in named if not one.active}
    if gone:
        tell_unreachable(approval, gone, journal)


def settle_round(
    approval: Approval,
    state: str,
    because: str,
    journal: Journal,
    *,
    fields: Sequence[str] = (),
    not_before: dt.datetime | None = None,
) -> None:
    """Write the result of a round once: its state, when and why; nobody is asked any more.

    `not_before`: the moment of the newest decision. Moments are when a request began, and of two
    that wait for the lock the later one may get it first; a round never closes before its votes.
    """
    approval.state = state
    approval.stuck = False
    approval.closed_at = max(journal.at, not_before or journal.at)
    approval.closed_because = because
    approval.next_due_at = None
    approval.version += 1
    written = ["state", "stuck", "closed_at", "closed_because", "next_due_at", "version", *fields]
    save_tracked(journal, [approval], written)
    close_asked([approval.pk])
    journal.add(
        f"approval.{state}",
        approval=approval.pk,
        host=approval.host,
        attempt=approval.attempt,
        because=because,
    )


def close_rounds(approvals: Sequence[Approval], because: str, *, journal: Journal) -> None:
    """Close open rounds (locked by the caller) without a result: what they asked is not wanted.

    `because` is the code of the cause, such as `release_aborted`.
    """
    if not approvals:
        return
    votes = Decision.objects.filter(approval__in=approvals).order_by().values_list("approval_id")
    newest = dict(votes.annotate(Max("decided_at")))
    for approval in approvals:
        approval.state = Approval.State.CLOSED
        approval.stuck = False
        approval.closed_at = max(journal.at, newest.get(approval.pk, journal.at))
        approval.closed_because = because
        approval.next_due_at = None
        approval.version += 1
        journal.add(
            "approval.closed",
            approval=approval.pk,
            host=approval.host,
            attempt=approval.attempt,
            because=because,
        )
    fields = ["state", "stuck", "closed_at", "closed_because", "next_due_at", "version"]
    save_tracked(journal, approvals, fields)
    close_asked([approval.pk for approval in approvals])

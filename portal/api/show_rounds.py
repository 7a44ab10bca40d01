"""A round as the API shows it: seats, votes, deadline, attempts, in words and as data (POL-11)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from approvals.models import Approval, Decision
from approvals.rules.deadlines import Ladder, Rung
from approvals.rules.seats import Source, entry_reference
from approvals.services.deadlines import ladder_of
from approvals.services.explaining import why_asked
from approvals.wording import seat_words, sentence_for, source_words, still_needed, stuck_words
from portal.api.shown import instant
from portal.pages.activity_standing import ActivityPage, Names
from portal.wording import condition_words, verdict_words
from releases.rules.conditions import applies
from releases.rules.transitions import AUTOMATED_KINDS, ActivityKind

Shown = dict[str, Any]

MOST_NAMED: Final = 20
NOBODY: Final = UUID(int=0)
_CLOSED: Final = {
    Approval.State.APPROVED: "Nothing more is needed: approved",
    Approval.State.REJECTED: "Nothing more is asked: rejected",
    Approval.State.EXPIRED: "Nothing more is asked: expired",
    Approval.State.CLOSED: "Nothing more is asked: closed without a result",
}


def show_standing(page: ActivityPage) -> Shown:
    """What is needed, what there is, and what is still needed from whom."""
    approval, evaluation = page.approval, page.evaluation
    policy = json.loads(approval.policy) if approval else {}
    verdicts = Counter(vote.verdict for vote in page.standing.votes) if page.standing else Counter()
    return {
        "rule": policy.get("rule") or page.spec.get("rule"),
        "reject": policy.get("reject") or page.spec.get("reject"),
        "needed": policy.get("needed"),
        "seats": policy.get("seat_count"),
        "approvals": verdicts["approve"],
        "rejections": verdicts["reject"],
        "abstentions": verdicts["abstain"],
        "still_needed": _still_needed(page),
        "stuck": bool(evaluation and evaluation.stuck),
        "stuck_reason": stuck_words(evaluation.reason, page.names) if evaluation else "",
        "fingerprint": approval.fingerprint if approval else None,
    }


def _still_needed(page: ActivityPage) -> str:
    if page.evaluation is not None:
        return still_needed(page.evaluation.reason, page.names)
    if page.approval is not None:
        return _CLOSED[Approval.State(page.approval.state)]
    if ActivityKind(page.activity.kind) in AUTOMATED_KINDS:
        return "A report of its run" if page.activity.state == "running" else ""
    return ""


def show_approvers(page: ActivityPage) -> list[Shown]:
    """The seats with who has decided and who may; before the opening, whom the process names."""
    if page.standing is None:
        return [_planned(page, entry) for entry in page.spec.get("approvers") or ()]
    live = page.standing.live
    waiting = page.waiting_by_seat()
    return [
        {
            "seat": seat.number,
            "required": seat.required,
            "words": seat_words([one.to_dict() for one in seat.sources], page.names),
            "sources": [_source(one, page.names) for one in seat.sources],
            "filled_by": _voter(live.get(page.seating.get(seat.number, NOBODY))),
            "may_decide": waiting.get(seat.number, [])[:MOST_NAMED],
        }
        for seat in page.standing.seats
    ]


def _source(source: Source, names: Names) -> Shown:
    return {
        "kind": source.kind,
        "name": source_words(source.to_dict(), names) if source.kind != "nobody" else None,
        "level": source.level,
    }


def _planned(page: ActivityPage, entry: Mapping[str, Any]) -> Shown:
    kind, ref = entry_reference(entry)
    source = Source(kind, ref)
    applied = applies(entry.get("when"), page.condition_facts)
    return {
        "seat": None,
        "required": bool(entry.get("required")),
        "words": seat_words([source.to_dict()], page.names),
        "sources": [_source(source, page.names)],
        "each": bool(entry.get("each")),
        "applies": applied.applies,
        "reason": condition_words(applied.reason),
        "filled_by": None,
        "may_decide": [],
    }


def _voter(decision: Decision | None) -> Shown | None:
    if decision is None:
        return None
    return {
        "username": decision.username,
        "name": decision.display_name,
        "verdict": decision.verdict,
        "decided_at": instant(decision.decided_at),
    }


def show_left_out(page: ActivityPage) -> list[Shown]:
    """Whom a seat reaches and who may not decide, and the entries whose condition does not hold."""
    people = page.standing.electorate.left_out() if page.standing else ()
    shown: list[Shown] = [
        {"name": one.display_name, "code": one.left_out, "sentence": sentence_for(one.left_out)}
        for one in people[:MOST_NAMED]
        if one.left_out
    ]
    entries = json.loads(page.approval.policy)["left_out"] if page.approval else ()
    for entry in entries:
        kind, ref = entry_reference(entry)
        shown.append(
            {
                "name": source_words({"kind": kind, "ref": ref}, page.names),
                "code": entry["reason"]["code"],
                "sentence": condition_words(entry["reason"]),
            }
        )
    return shown


def show_asked_because(page: ActivityPage) -> Shown:
    """Why the actor is asked: the seats and what makes them theirs (POL-17)."""
    found = why_asked(page.standing, page.actor) if page.standing else ()
    ways = [{"seat": hat.seat, **_source(hat.source, page.names)} for hat in found]
    named = dict.fromkeys(_way_words(way) for way in ways)
    return {"ways": ways, "sentence": f"You are asked {' and '.join(named)}." if named else ""}


def _way_words(way: Mapping[str, Any]) -> str:
    lead = {
        "user": "by name",
        "group": f"as a member of {way['name']}",
        "role": f"as {way['name']}",
        "right": f"as {way['name']}",
    }[way["kind"]]
    return f"{lead} (escalation level {way['level']})" if way["level"] else lead


def show_deadline(page: ActivityPage) -> Shown | None:
    """When the round is due and what happens from then on; null without a deadline."""
    if page.approval is None:
        return None
    ladder = ladder_of(page.approval)
    if ladder.due_at is None:
        return None
    is_open = page.approval.state == Approval.State.OPEN
    return {
        "due_at": instant(ladder.due_at),
        "on_miss": json.loads(page.approval.deadline)["on_miss"],
        "decides_at": instant(page.approval.decides_at),
        "overdue": page.approval.overdue or (is_open and page.now >= ladder.due_at),
        "rungs": _rungs(page.approval, ladder, page.names),
    }


def _rungs(approval: Approval, ladder: Ladder, names: Names) -> list[Shown]:
    def show(rung: Rung) -> Shown:
        return {
            "at": instant(rung.at),
            "action": rung.action,
            "level": rung.level,
            "to": source_words(rung.source.to_dict(), names) if rung.source else None,
            "taken": rung.number <= approval.rungs_taken,
        }

    return [show(rung) for rung in ladder.rungs]


def show_attempts(page: ActivityPage) -> list[Shown]:
    """Every round or run there has been, the first one first; what it was stays readable (EXE-6)."""
    if ActivityKind(page.activity.kind) in AUTOMATED_KINDS:
        return _runs(page)
    return [
        {
            "number": approval.attempt,
            "state": approval.state,
            "because": approval.closed_because,
            "opened_at": instant(approval.opened_at),
            "closed_at": instant(approval.closed_at),
            "decisions": show_decisions(approval, page.decisions[approval.pk], page),
        }
        for approval in page.rounds
    ]


def _runs(page: ActivityPage) -> list[Shown]:
    runs: list[Shown] = [
        {
            "number": one.attempt,
            "state": one.outcome,
            "because": one.outcome,
            "opened_at": instant(one.opened_at),
            "closed_at": instant(one.reported_at),
            "decisions": [],
        }
        for one in page.results
    ]
    activity = page.activity
    if activity.state == "running":
        opened = instant(activity.opened_at)
        running: Shown = {"number": activity.attempt, "state": "running", "because": ""}
        runs.append({**running, "opened_at": opened, "closed_at": None, "decisions": []})
    return runs


def show_decisions(
    approval: Approval, decisions: Iterable[Decision], page: ActivityPage
) -> list[Shown]:
    """The decisions of a round as they were given, each with whether it counts still."""
    given = list(decisions)
    latest = {one.person: one.pk for one in sorted(given, key=lambda one: one.ordinal)}
    return [
        {
            **show_decision(one, page.activity.kind),
            "counts": latest[one.person] == one.pk and one.verdict != "withdraw",
            "stale": one.fingerprint != approval.fingerprint,
        }
        for one in given
    ]


def show_decision(decision: Decision, kind: str) -> Shown:
    """One decision: who, what, why, with the answers under the fields they were given for (CAP-4)."""
    inputs = json.loads(decision.inputs)
    return {
        "id": decision.pk,
        "by": {"username": decision.username, "name": decision.display_name},
        "on_behalf_of": None,
        "verdict": decision.verdict,
        "word": verdict_words(kind).get(decision.verdict, "Withdraw"),
        "comment": decision.comment,
        "inputs": inputs,
        "answers": _answers(json.loads(decision.form), inputs),
        "fingerprint": decision.fingerprint,
        "decided_at": instant(decision.decided_at),
    }


def _answers(form: Sequence[Mapping[str, Any]], inputs: Mapping[str, Any]) -> list[Shown]:
    return [
        {
            "key": field["key"],
            "label": field["label"],
            "type": field["type"],
            "value": inputs.get(field["key"]),
        }
        for field in form
        if field["key"] in inputs
    ]

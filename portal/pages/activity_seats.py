"""The seats of an activity: who has decided, whose turn it is, who may not and why (MON-3, POL-11)."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from approvals.models import Approval, Decision
from approvals.rules.seats import Source, entry_reference
from approvals.services.decisions import Standing
from approvals.services.explaining import why_asked
from approvals.wording import source_words, still_needed
from portal.pages.activity_standing import ActivityPage
from portal.pages.activity_stuck import StuckPanel, stuck_panel
from portal.pages.seats import ShownSeat, others_words, shown_seats
from portal.rule_words import rule_words
from portal.wording import condition_words, verdict_words
from releases.rules.conditions import applies
from releases.rules.transitions import ActivityState

_MOST_NAMED: Final = 5
_SO_MANY: Final = re.compile(r"^(\d+ more)( of)?")
_CLOSED: Final = {
    Approval.State.APPROVED: "Nothing more is needed: this is approved.",
    Approval.State.REJECTED: "Nothing more is asked: this is rejected.",
    Approval.State.EXPIRED: "Nothing more is asked: this has expired.",
    Approval.State.CLOSED: "Nothing more is asked: this was closed without a result.",
}


@dataclass(frozen=True)
class SeatRow:
    """One seat; `state` is one of the seat labels."""

    number: int | None
    words: str
    state: str
    required: bool = False
    mine: bool = False
    who: str = ""
    word: str = ""
    decided_at: dt.datetime | None = None
    comment: str = ""
    answers: tuple[tuple[str, str], ...] = ()
    may_decide: tuple[str, ...] = ()
    more: int = 0
    note: str = ""

    @property
    def open(self) -> bool:
        """Whether somebody may still fill it."""
        return self.state in ("waiting", "your_turn")


@dataclass(frozen=True)
class Excluded:
    """Somebody, or an entry of the process, that is not asked, and why."""

    name: str
    reason: str


@dataclass
class SeatPanel:
    """All seats, what is still needed first."""

    rows: list[SeatRow]
    excluded: list[Excluded]
    still_needed: str
    rule: str = ""
    stuck: StuckPanel | None = None
    approvals: int = 0
    needed: int | None = None
    abstained: list[str] = field(default_factory=list)

    @property
    def states(self) -> list[str]:
        """The seats' states, for the dots."""
        return [row.state for row in self.rows]


def seat_panel(page: ActivityPage) -> SeatPanel:
    """The seats of the newest round; before it opens, whom the process will ask."""
    standing, approval = page.standing, page.approval
    if standing is None or approval is None:
        return _planned_panel(page)
    policy = json.loads(approval.policy)
    votes = standing.live.values()
    evaluation = page.evaluation
    seats = shown_seats(
        standing, evaluation, page.names, actor=page.actor, may_decide=bool(page.may_decide())
    )
    return SeatPanel(
        rows=sorted(
            (_row(page, one) for one in seats),
            key=lambda row: (not row.open, not row.required, row.number),
        ),
        excluded=_excluded(page, standing, policy),
        still_needed=_needed_words(page, approval),
        rule=rule_words(policy["rule"], policy["needed"], policy["seat_count"]),
        stuck=stuck_panel(page, seats),
        approvals=sum(vote.verdict == "approve" for vote in votes),
        needed=policy["needed"],
        abstained=[vote.display_name for vote in votes if vote.verdict == "abstain"],
    )


def _needed_words(page: ActivityPage, approval: Approval) -> str:
    if page.evaluation is not None:
        return f"{_as_sentence(still_needed(page.evaluation.reason, page.names))}."
    if approval.closed_because == "deadline_missed":
        return "Nothing more is asked: the deadline passed without a decision."
    return _CLOSED[Approval.State(approval.state)]


def _as_sentence(words: str) -> str:
    """ "1 more of QA" stands alone here: "Needs 1 more from QA"."""
    words = _SO_MANY.sub(lambda found: f"Needs {found[1]}{' from' if found[2] else ''}", words)
    return words[:1].upper() + words[1:]


def _row(page: ActivityPage, shown: ShownSeat) -> SeatRow:
    seat, vote = shown.seat, shown.vote
    row = SeatRow(
        number=seat.number,
        words=shown.words,
        state=shown.state,
        required=seat.required,
        mine=shown.mine,
        note=shown.note,
    )
    if vote is None:
        awaited = shown.awaited if shown.awaited != (shown.words,) else ()
        return replace(
            row, may_decide=awaited[:_MOST_NAMED], more=max(0, len(awaited) - _MOST_NAMED)
        )
    return replace(
        row,
        who=vote.display_name,
        word=verdict_words(page.activity.kind).get(vote.verdict, vote.verdict),
        decided_at=vote.decided_at,
        comment=vote.comment,
        answers=answers_of(vote),
    )


def answers_of(decision: Decision) -> tuple[tuple[str, str], ...]:
    """(label, answer) under the fields that they were given for (CAP-4)."""
    given = json.loads(decision.inputs)
    return tuple(
        (str(one["label"]), _answer(given[one["key"]]))
        for one in json.loads(decision.form)
        if one["key"] in given
    )


def _answer(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value)


def awaited_names(page: ActivityPage) -> list[str]:
    """Everyone whose vote could still come, by name."""
    if page.standing is None or page.evaluation is None or page.evaluation.ended:
        return []
    electorate = page.standing.electorate
    return sorted({electorate.name_of(one) for one in page.evaluation.asked} - {""})


def _excluded(page: ActivityPage, standing: Standing, policy: Mapping[str, Any]) -> list[Excluded]:
    # Whoever has voted was asked: what has become of them since stands at their seat.
    found = [
        Excluded(one.display_name, others_words(one.left_out))
        for one in standing.electorate.left_out()
        if one.left_out and one.person not in standing.live
    ]
    for entry in policy["left_out"]:
        kind, ref = entry_reference(entry)
        name = source_words({"kind": kind, "ref": ref}, page.names)
        found.append(Excluded(name, condition_words(entry["reason"])))
    return found


def _planned_panel(page: ActivityPage) -> SeatPanel:
    """Whom the process names, as far as their condition holds; nobody has been asked yet."""
    rows: list[SeatRow] = []
    excluded: list[Excluded] = []
    for entry in page.spec.get("approvers") or ():
        kind, ref = entry_reference(entry)
        name = source_words(Source(kind, ref).to_dict(), page.names)
        applied = applies(entry.get("when"), page.condition_facts)
        if applied.applies:
            note = "each of them" if entry.get("each") else ""
            required = bool(entry.get("required"))
            rows.append(SeatRow(None, name, "not_asked_yet", required, note=note))
        else:
            excluded.append(Excluded(name, condition_words(applied.reason)))
    rule = page.spec.get("rule")
    words = rule_words(rule, None, None) if rule else ""
    return SeatPanel(rows, excluded, _not_open_words(page), rule=words)


def _not_open_words(page: ActivityPage) -> str:
    if page.activity.state == ActivityState.BLOCKED:
        return "Nobody has been asked yet."
    return ""


def asked_words(page: ActivityPage) -> str:
    """Why the actor is asked: by which seats, in words; empty for one who is not (POL-17)."""
    if page.standing is None:
        return ""
    ways = [_way(hat.source, page) for hat in why_asked(page.standing, page.actor)]
    named = list(dict.fromkeys(ways))
    return f"You are asked {' and '.join(named)}." if named else ""


def _way(source: Source, page: ActivityPage) -> str:
    name = source_words(source.to_dict(), page.names)
    lead = {
        "user": "by name",
        "group": f"as a member of {name}",
        "role": f"because you hold the role {name}",
        "right": f"as {name}",
    }[source.kind]
    if source.kind == "user" and source.while_kind and source.while_ref is not None:
        around = source_words({"kind": source.while_kind, "ref": source.while_ref}, page.names)
        lead = f"as one of {around}" if not around.startswith("a former") else lead
    return f"{lead} (escalation level {source.level})" if source.level else lead

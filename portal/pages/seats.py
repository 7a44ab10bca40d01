"""A seat as every page shows it: its state for one reader, who is awaited, and why nobody can fill it.

The activity page, the pane of the inbox and the phase view say the same of one round (MON-2, MON-3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from approvals.models import Decision
from approvals.rules.eligibility import Electorate
from approvals.rules.quorum import Evaluation
from approvals.rules.reasons import ABSTAINED
from approvals.rules.seat_states import OTHER_ACCOUNT, VOTED, SeatState, seat_states
from approvals.rules.seating import seat_votes
from approvals.rules.seats import Seat, Source
from approvals.services.decisions import Standing
from approvals.wording import listed, seat_words, sentence_for, source_words
from audit.actor import Actor

Names = Mapping[tuple[str, Any], str]
_FILLED: Final = {"approve": "approved", "reject": "rejected"}
# Why somebody is left out, as it is said of somebody else; the engine's sentences speak to the person.
_OTHERS: Final[Mapping[str, str]] = {
    "own_change": "made, started or is an author of this release",
    "four_eyes": "decided on an activity that somebody else must decide",
    "own_request": "asked for this override",
    "inactive": "is deactivated",
    "machine_user": "is a machine user",
    "auditor": "is an auditor, who reads and holds no seat",
    ABSTAINED: "abstained",
    VOTED: "has voted in another seat",
    OTHER_ACCOUNT: "holds it only by an account that cannot vote",
}


@dataclass(frozen=True, slots=True)
class ShownSeat:
    """One seat for one reader; `state` is one of the seat labels, or `left_open`.

    `awaited` are the names of those who may still fill it. `mine`: the reader has filled it, or
    may now. `note` says why nobody can, or what has become of whoever did.
    """

    seat: Seat
    words: str
    state: str
    vote: Decision | None = None
    awaited: tuple[str, ...] = ()
    mine: bool = False
    note: str = ""


def others_words(code: str) -> str:
    """Why somebody else is left out, after their name."""
    return _OTHERS.get(code) or sentence_for(code)


def shown_seats(
    standing: Standing,
    evaluation: Evaluation | None,
    names: Names,
    *,
    actor: Actor,
    may_decide: bool,
) -> list[ShownSeat]:
    """The seats of a round in their order.

    `evaluation`: how the round stands, None for one that has ended. `may_decide`: whether the
    actor's vote would be taken now; the seats that it could fill are theirs.
    """
    return list(_shown(standing, evaluation, names, actor, may_decide=may_decide))


def _shown(
    standing: Standing,
    evaluation: Evaluation | None,
    names: Names,
    actor: Actor,
    *,
    may_decide: bool,
) -> Iterator[ShownSeat]:
    states = seat_states(evaluation) if evaluation else _as_voted(standing)
    for seat, state in zip(standing.seats, states, strict=True):
        words = seat_words([one.to_dict() for one in seat.sources], names)
        if state.voter is not None:
            yield _filled(standing, seat, words, state, actor)
            continue
        mine = may_decide and actor.person in state.persons
        found = (standing.electorate.name_of(one) for one in state.persons)
        yield ShownSeat(
            seat=seat,
            words=words,
            state="your_turn" if mine else state.code,
            awaited=tuple(sorted({*found} - {""})),
            mine=mine,
            note=_why_nobody(seat, words, state, standing.electorate, names),
        )


def _as_voted(standing: Standing) -> tuple[SeatState, ...]:
    """The seats of a round that has ended: it is never judged again, only its votes are seated."""
    filled = seat_votes(standing.votes, standing.seats).filled
    return tuple(
        SeatState(one.number, "left_open", filled.get(one.number)) for one in standing.seats
    )


def _filled(
    standing: Standing, seat: Seat, words: str, state: SeatState, actor: Actor
) -> ShownSeat:
    assert state.voter is not None  # noqa: S101  (the caller looked)
    vote = standing.live[state.voter]
    shown = _FILLED[vote.verdict]
    if shown == "approved" and vote.fingerprint != standing.approval.fingerprint:
        shown = "approved_earlier"
    return ShownSeat(
        seat=seat,
        words=words,
        state=shown,
        vote=vote,
        mine=vote.person == actor.person,
        note=_since_words(standing.electorate, vote),
    )


def _since_words(electorate: Electorate, vote: Decision) -> str:
    """What has become of a voter who would not be asked any more (A-060)."""
    candidate = electorate.candidates.get(vote.person)
    if candidate is None or candidate.left_out is None:
        return ""
    if candidate.left_out == "inactive":
        return "account deactivated since; the vote counts"
    return f"{others_words(candidate.left_out)}; the vote counts"


def _why_nobody(
    seat: Seat, words: str, state: SeatState, electorate: Electorate, names: Names
) -> str:
    if state.code not in ("abstained", "excluded", "unfillable"):
        return ""
    if not state.barred:
        return _vacant_words(seat, names)
    told = [(electorate.name_of(person), others_words(code)) for person, code in state.barred]
    # The row of one person's own seat bears the name already.
    alone = len(told) == 1 and told[0][0] == words
    if alone:
        return "" if state.code == "abstained" else told[0][1]
    return listed((f"{name} {why}" for name, why in sorted(told)), "and")


def _vacant_words(seat: Seat, names: Names) -> str:
    """Why a seat reaches nobody at all."""
    if not seat.sources:
        return "what it was made for had no members when this opened"
    return listed((_vacant(source, names) for source in seat.sources), "and")


def _vacant(source: Source, names: Names) -> str:
    if source.while_kind is not None and source.while_ref is not None:
        around = source_words({"kind": source.while_kind, "ref": source.while_ref}, names)
        return f"no longer one of {around}"
    return {
        "role": "nobody holds this role here",
        "group": "nobody is in this group",
        "right": "nobody holds this right here",
    }.get(source.kind, "nobody is named")

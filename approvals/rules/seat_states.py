"""What has become of each seat of a round: who has it, who may still fill it, or why nobody can.

The one definition for every page that shows seats. Source: MON-2, MON-3, POL-11, POL-17; `ux.md` 3.1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal, cast
from uuid import UUID

from approvals.rules.eligibility import (
    FOUR_EYES,
    OWN_CHANGE,
    OWN_REQUEST,
    Candidate,
)
from approvals.rules.quorum import Evaluation
from approvals.rules.reasons import ABSTAINED, Node
from approvals.rules.seating import remaining_persons

StateCode = Literal[
    "approved", "rejected", "waiting", "abstained", "excluded", "unfillable", "left_open"
]
VOTED = "voted"
OTHER_ACCOUNT = "other_account"
# What lies in the matter that is decided; every other reason lies in the account.
_CONFLICTS = frozenset({OWN_CHANGE, FOUR_EYES, OWN_REQUEST})
_FILLED: Mapping[str, StateCode] = {"approve": "approved", "reject": "rejected"}


@dataclass(frozen=True, slots=True)
class SeatState:
    """One seat: who fills it, or who may still do so, or why those whom it reaches cannot.

    `barred` has a person and a code for each of them: a reason to be left out, `abstained`, `voted`
    for one whose vote counts in another seat, or `other_account` for one whom it reaches only by an
    account that cannot vote. It is empty for a seat that reaches nobody.
    """

    number: int
    code: StateCode
    voter: UUID | None = None
    persons: tuple[UUID, ...] = ()
    barred: tuple[tuple[UUID, str], ...] = ()


def seat_states(evaluation: Evaluation) -> tuple[SeatState, ...]:
    """How each seat of a round stands, in the order of the seats.

    `waiting` when somebody may still fill it, themselves or by letting a voter move over.
    Otherwise `abstained` when all whom it reaches did, `excluded` when a conflict of interest bars
    all of them, else `unfillable`; `left_open` when the round ended without it.
    """
    nodes = evaluation.reason.find("seats")[0].children
    found = [_told(node) for node in nodes]
    stranded = [one.number for one in found if one.code == "unfillable"]
    barred = _barred(evaluation, stranded)
    return tuple(
        _explained(one, barred[one.number]) if one.number in barred else one for one in found
    )


def open_seats(evaluation: Evaluation) -> dict[str, int]:
    """How many seats without a vote there are of each state; nothing of a round that has ended.

    The same answer as `seat_states`, without asking seat by seat who may fill it: cheap enough for
    every vote.
    """
    if evaluation.ended:
        return {}
    filled = evaluation.seated.filled
    still_open = {seat.number for seat in evaluation.seats} - filled.keys()
    stranded = still_open - _within_reach(evaluation, still_open)
    found = Counter[str]({"waiting": len(still_open) - len(stranded)})
    for number, barred in _barred(evaluation, sorted(stranded)).items():
        found[_explained(SeatState(number, "unfillable"), barred).code] += 1
    return {code: number for code, number in sorted(found.items()) if number}


def _within_reach(evaluation: Evaluation, wanted: AbstractSet[int]) -> set[int]:
    """The seats that those who have not voted may fill, or free by letting voters move over."""
    filled, edges = evaluation.seated.filled, evaluation.seated.edges
    found: set[int] = set()
    for person in remaining_persons(evaluation.votes, evaluation.electorate):
        found |= evaluation.electorate.seats_of(person)
        if wanted <= found:
            return found
    queue = list(found)
    for seat in queue:
        if seat in filled:
            further = edges[filled[seat]] - found
            found |= further
            queue += further
    return found


def _told(node: Node) -> SeatState:
    number = cast("int", node.data["seat"])
    if node.code == "seat_filled":
        voter = UUID(cast("str", node.data["person"]))
        return SeatState(number, _FILLED[cast("str", node.data["verdict"])], voter)
    if node.code == "seat_left_open":
        return SeatState(number, "left_open")
    persons = tuple(UUID(one) for one in cast("Sequence[str]", node.data["persons"]))
    return SeatState(number, "waiting" if persons else "unfillable", persons=persons)


def _barred(
    evaluation: Evaluation, numbers: Sequence[int]
) -> dict[int, tuple[tuple[UUID, str], ...]]:
    """For each of these seats everybody whom it reaches, with what bars them."""
    found: dict[int, list[tuple[UUID, str]]] = {number: [] for number in numbers}
    verdicts = {vote.person: vote.verdict for vote in evaluation.votes}
    for person, candidate in evaluation.electorate.candidates.items() if numbers else ():
        code = _why_not(candidate, verdicts.get(person))
        for number in candidate.reached:
            if number in found:
                found[number].append((person, code))
    return {number: tuple(several) for number, several in found.items()}


def _why_not(candidate: Candidate, verdict: str | None) -> str:
    if verdict == "abstain":
        return ABSTAINED
    # Whoever may vote, and reaches the seat in vain, reaches it by an account that may not.
    return VOTED if verdict else candidate.left_out or OTHER_ACCOUNT


def _explained(state: SeatState, barred: tuple[tuple[UUID, str], ...]) -> SeatState:
    codes = {code for _, code in barred}
    code: StateCode = "unfillable"
    if codes == {ABSTAINED}:
        code = "abstained"
    elif codes and codes <= _CONFLICTS:
        code = "excluded"
    return SeatState(state.number, code, barred=barred)

"""Eligibility: who may fill which seat, and why someone who holds one may not.

One definition, used both to take a vote and to judge what votes can still come. Rules compare
persons (humans), never accounts. Source: POL-1, POL-6, POL-17, `contract.md`, "How votes count".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from approvals.rules.seats import Seat, Source, SourceKey

HolderAccountKind = Literal["person", "machine"]

NOT_AN_APPROVER = "not_an_approver"
INACTIVE = "inactive"
MACHINE_USER = "machine_user"
AUDITOR = "auditor"
OWN_CHANGE = "own_change"
FOUR_EYES = "four_eyes"
OWN_REQUEST = "own_request"


@dataclass(frozen=True, slots=True)
class Holder:
    """An account that a seat may reach; `reads_only` is an auditor's, who can hold no seat."""

    user_id: int
    person: UUID
    active: bool
    kind: HolderAccountKind
    display_name: str
    reads_only: bool = False


Exclusions = Mapping[UUID, str]
"""Persons who may not decide here, each with the code that says why (`own_change` …)."""


@dataclass(frozen=True, slots=True)
class ElectorateFacts:
    """What `electorate` needs, as three queries give it.

    `holders` maps each of `source_keys(seats)` to the user ids that belong to it now; a key that is
    missing has no holders. `people` has every user id of `holders` and of `named_users(seats)`; it
    should have the other accounts of the same persons as well.
    """

    seats: Sequence[Seat]
    holders: Mapping[SourceKey, Collection[int]]
    people: Mapping[int, Holder]
    exclusions: Exclusions = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hat:
    """What makes a person eligible for a seat, and through which account; kept with the vote."""

    seat: int
    source: Source
    user_id: int

    def to_dict(self) -> dict[str, object]:
        """The hat as plain JSON values."""
        return {"seat": self.seat, "user_id": self.user_id, **self.source.to_dict()}


@dataclass(frozen=True, slots=True)
class Way:
    """One source that reaches one account, with the numbers of all seats it opens."""

    source: Source
    user_id: int
    seats: frozenset[int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person whom some seat reaches.

    `seats` are those he may fill: none when he is left out. `reached` are those that his accounts
    reach, left out or not; `left_out` is the code that says why, or None. `ways` are those that
    count.
    """

    person: UUID
    display_name: str
    seats: frozenset[int]
    reached: frozenset[int]
    ways: tuple[Way, ...]
    left_out: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not: a refusal code (403, it is about the person) and the facts a sentence needs."""

    code: str
    data: Mapping[str, object] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """The reason as plain JSON values."""
        return {"code": self.code, "data": dict(self.data)}


@dataclass(frozen=True, slots=True)
class Electorate:
    """Every person whom the seats reach, by person."""

    candidates: Mapping[UUID, Candidate] = field(default_factory=dict)

    def seats_of(self, person: UUID) -> frozenset[int]:
        """The numbers of the seats that this person may fill; none for a stranger."""
        candidate = self.candidates.get(person)
        return candidate.seats if candidate else frozenset()

    def eligible(self) -> tuple[UUID, ...]:
        """Those who may fill at least one seat, in a stable order."""
        return tuple(person for person, one in self.candidates.items() if one.seats)

    def left_out(self) -> tuple[Candidate, ...]:
        """Those whom a seat reaches and who may not fill it, in a stable order."""
        return tuple(one for one in self.candidates.values() if one.left_out is not None)

    def name_of(self, person: UUID) -> str:
        """The display name, or nothing for a person whom no seat reaches (any more)."""
        candidate = self.candidates.get(person)
        return candidate.display_name if candidate else ""


def electorate(facts: ElectorateFacts) -> Electorate:
    """Who may fill which seat, and for everyone left out why.

    All accounts of one person are united. An account that is inactive or a machine's contributes
    nothing; an exclusion, and an active account that only reads, shut out the person with every
    account. Raises ValueError when a seat reaches an account that `people` lacks.
    """
    accounts: dict[UUID, list[Holder]] = {}
    for holder in facts.people.values():
        accounts.setdefault(holder.person, []).append(holder)
    ways: dict[UUID, list[Way]] = {}
    for way in _ways(facts):
        ways.setdefault(_account(facts, way.user_id).person, []).append(way)
    candidates = {
        person: _candidate(facts, person, accounts[person], ways[person])
        for person in sorted(ways, key=lambda one: one.int)
    }
    return Electorate(MappingProxyType(candidates))


def _ways(facts: ElectorateFacts) -> Iterable[Way]:
    """Every way in which an account reaches seats; each distinct source is looked up once."""
    seats_by_source: dict[Source, list[int]] = {}
    for seat in facts.seats:
        for source in seat.sources:
            seats_by_source.setdefault(source, []).append(seat.number)
    for source, numbers in seats_by_source.items():
        opened = frozenset(numbers)
        for user_id in sorted(_holders(facts, source)):
            yield Way(source, user_id, opened)


def _holders(facts: ElectorateFacts, source: Source) -> Collection[int]:
    if source.kind == "nobody":
        return ()
    if source.kind != "user":
        found: Collection[int] = frozenset(facts.holders.get((source.kind, source.ref), ()))
    else:
        found = (source.ref,) if isinstance(source.ref, int) else ()
    if source.while_kind is not None and source.while_ref is not None:
        still = facts.holders.get((source.while_kind, source.while_ref), ())
        found = frozenset(found) & frozenset(still)
    return found


def _account(facts: ElectorateFacts, user_id: int) -> Holder:
    holder = facts.people.get(user_id)
    if holder is None:
        raise ValueError(f"a seat reaches user {user_id}, who is not among the people")
    return holder


def _candidate(
    facts: ElectorateFacts, person: UUID, accounts: Sequence[Holder], ways: Sequence[Way]
) -> Candidate:
    used = {way.user_id for way in ways}
    reaching = sorted((one for one in accounts if one.user_id in used), key=lambda one: one.user_id)
    voting = {one.user_id for one in reaching if one.active and one.kind == "person"}
    left_out = _why_left_out(reaching, accounts, facts.exclusions.get(person))
    kept = () if left_out is not None else tuple(way for way in ways if way.user_id in voting)
    named = next((one for one in reaching if one.user_id in voting), reaching[0])
    return Candidate(
        person=person,
        display_name=named.display_name,
        seats=frozenset().union(*(way.seats for way in kept)),
        reached=frozenset().union(*(way.seats for way in ways)),
        ways=kept,
        left_out=left_out,
    )


def _why_left_out(
    reaching: Sequence[Holder], accounts: Sequence[Holder], exclusion: str | None
) -> str | None:
    """What shuts a person out: first what holds for every question, then what holds for this."""
    if not any(one.active for one in reaching):
        return INACTIVE
    if not any(one.active and one.kind == "person" for one in reaching):
        return MACHINE_USER
    if any(one.active and one.reads_only for one in accounts):
        return AUDITOR
    return exclusion


def why_not(found: Electorate, person: UUID) -> Reason | None:
    """Why this person may not decide: nothing when he may.

    `not_an_approver` when no seat reaches him, else the code that shuts him out with the numbers of
    the seats that do reach him. The same answer that `evaluate` counts with (POL-17).
    """
    candidate = found.candidates.get(person)
    if candidate is None:
        return Reason(NOT_AN_APPROVER)
    if candidate.left_out is not None:
        return Reason(candidate.left_out, {"seats": sorted(candidate.reached)})
    return None


def hats(found: Electorate, person: UUID) -> tuple[Hat, ...]:
    """Which sources make this person eligible for which seats, in the order of the seats.

    What is stored with a vote, so that it can be read years later why it was valid (A-011).
    """
    candidate = found.candidates.get(person)
    every = [
        Hat(seat, way.source, way.user_id)
        for way in (candidate.ways if candidate else ())
        for seat in way.seats
    ]
    return tuple(sorted(every, key=lambda hat: hat.seat))

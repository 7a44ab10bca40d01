"""Short ways to write seats, people and votes down."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from approvals.rules.eligibility import (
    Candidate,
    Electorate,
    ElectorateFacts,
    Holder,
    Way,
    electorate,
)
from approvals.rules.seating import Verdict, Vote
from approvals.rules.seats import Seat, Source, SourceKey


def person(number: int) -> UUID:
    """The human with this number."""
    return UUID(int=number)


def holder(
    user_id: int,
    *,
    human: int | None = None,
    active: bool = True,
    machine: bool = False,
    auditor: bool = False,
) -> Holder:
    """An account; its human has the same number unless another is given."""
    return Holder(
        user_id=user_id,
        person=person(user_id if human is None else human),
        active=active,
        kind="machine" if machine else "person",
        display_name=f"User {user_id}",
        reads_only=auditor,
    )


def user_seat(number: int, user_id: int, *, required: bool = False) -> Seat:
    """A seat for one user."""
    return Seat(number, required, (Source("user", user_id),))


def group_seat(number: int, group: int, *, required: bool = False) -> Seat:
    """A seat for any member of a group."""
    return Seat(number, required, (Source("group", group),))


def facts(
    seats: Collection[Seat],
    people: Collection[Holder],
    holders: Mapping[SourceKey, Collection[int]] | None = None,
    exclusions: Mapping[UUID, str] | None = None,
) -> ElectorateFacts:
    """The facts of an electorate."""
    return ElectorateFacts(
        seats=tuple(seats),
        holders=holders or {},
        people={one.user_id: one for one in people},
        exclusions=exclusions or {},
    )


def voters(
    seats: Collection[Seat],
    people: Collection[Holder],
    holders: Mapping[SourceKey, Collection[int]] | None = None,
    exclusions: Mapping[UUID, str] | None = None,
) -> Electorate:
    """The electorate of these facts."""
    return electorate(facts(seats, people, holders, exclusions))


def reaching(seats_by_human: Mapping[int, Collection[int]]) -> Electorate:
    """An electorate written down directly: human number to the seats that he may fill."""
    return Electorate(
        {
            person(number): Candidate(
                person=person(number),
                display_name=f"User {number}",
                seats=frozenset(seats),
                reached=frozenset(seats),
                ways=(Way(Source("user", number), number, frozenset(seats)),),
            )
            for number, seats in seats_by_human.items()
        }
    )


def plain_seats(count: int, *, required: Collection[int] = ()) -> tuple[Seat, ...]:
    """Numbered seats whose sources do not matter."""
    return tuple(
        Seat(number, number in required, (Source("group", number),))
        for number in range(1, count + 1)
    )


def vote(number: int, verdict: Verdict, *seats: int) -> Vote:
    """A vote of this human, with the seats he could fill."""
    return Vote(person(number), verdict, frozenset(seats))

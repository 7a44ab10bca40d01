"""Seats: the places in a round that people fill, and how many of them must approve.

Source: `contract.md`, "How votes count"; POL-1, POL-2.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast, get_args
from uuid import UUID

SourceKind = Literal["user", "group", "role", "right", "nobody"]
HolderKind = Literal["group", "role"]
RuleKind = Literal["any", "majority", "unanimous", "at_least", "percent"]
SourceKey = tuple[str, int | str]

SOURCE_KINDS: frozenset[str] = frozenset(get_args(SourceKind))
RULE_KINDS: frozenset[str] = frozenset(get_args(RuleKind))
NUMBERED_RULES: frozenset[str] = frozenset({"at_least", "percent"})
_ENTRY_KINDS: tuple[SourceKind, ...] = ("user", "group", "role")


@dataclass(frozen=True, slots=True)
class Source:
    """One way to fill a seat.

    `kind` and `ref` name a user, a group, a role (ids) or a right (its name: a permission held
    through a role). `nobody` is a way that fits no one. `level` is 0 for those asked first, k for
    those that escalation level k brought in. `while_kind` and `while_ref` belong to an `each` seat
    made for a user: it is his only while he is in that group or holds that role.
    """

    kind: SourceKind
    ref: int | str
    level: int = 0
    while_kind: HolderKind | None = None
    while_ref: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in SOURCE_KINDS:
            raise ValueError(f"unknown kind of source: {self.kind!r}")
        if (self.while_kind is None) != (self.while_ref is None):
            raise ValueError("while_kind and while_ref are given together")
        if self.while_kind not in (None, "group", "role"):
            raise ValueError(f"unknown kind of holder: {self.while_kind!r}")

    def looked_up(self) -> tuple[SourceKey, ...]:
        """The groups, roles and rights whose holders must be known to say who this is."""
        found: list[SourceKey] = []
        if self.kind in ("group", "role", "right"):
            found.append((self.kind, self.ref))
        if self.while_kind is not None and self.while_ref is not None:
            found.append((self.while_kind, self.while_ref))
        return tuple(found)

    def to_dict(self) -> dict[str, object]:
        """The source as plain JSON values."""
        return {
            "kind": self.kind,
            "ref": self.ref,
            "level": self.level,
            "while_kind": self.while_kind,
            "while_ref": self.while_ref,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Source:
        """The source that `to_dict` wrote; raises ValueError or KeyError for anything else."""
        return cls(
            kind=cast("SourceKind", data["kind"]),
            ref=cast("int | str", data["ref"]),
            level=cast("int", data.get("level", 0)),
            while_kind=cast("HolderKind | None", data.get("while_kind")),
            while_ref=cast("int | None", data.get("while_ref")),
        )


@dataclass(frozen=True, slots=True)
class Seat:
    """One place in a round. A seat without sources is one that nobody can fill."""

    number: int
    required: bool
    sources: tuple[Source, ...]

    def to_dict(self) -> dict[str, object]:
        """The seat as plain JSON values."""
        return {
            "number": self.number,
            "required": self.required,
            "sources": [source.to_dict() for source in self.sources],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Seat:
        """The seat that `to_dict` wrote; raises ValueError or KeyError for anything else."""
        sources = cast("Sequence[Mapping[str, object]]", data["sources"])
        return cls(
            number=cast("int", data["number"]),
            required=cast("bool", data["required"]),
            sources=tuple(Source.from_dict(source) for source in sources),
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """How many seats must approve; `number` belongs to `at_least` and `percent` alone.

    A rule that is not there or has no number raises ValueError: it must never count as met (A-058).
    Whether the number makes sense is `satisfiable`'s question.
    """

    kind: RuleKind
    number: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in RULE_KINDS:
            raise ValueError(f"unknown rule: {self.kind!r}")
        whole = isinstance(self.number, int) and not isinstance(self.number, bool)
        if self.kind in NUMBERED_RULES and not whole:
            raise ValueError(f"the rule {self.kind} needs a whole number")
        if self.kind not in NUMBERED_RULES and self.number is not None:
            raise ValueError(f"the rule {self.kind} takes no number")

    def to_dict(self) -> dict[str, object]:
        """The rule as plain JSON values."""
        return {"kind": self.kind, "number": self.number}

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Rule:
        """The rule that `to_dict` (or a process document) holds; ValueError for anything else."""
        return cls(
            kind=cast("RuleKind", data.get("kind")), number=cast("int | None", data.get("number"))
        )


def seats_needed(rule: Rule, seat_count: int) -> int:
    """How many of `seat_count` seats must approve; whole numbers throughout, never rounded down.

    What comes out may be 0 or more than there are seats; `evaluate` never approves either.
    Source: POL-2.
    """
    if rule.kind == "any":
        return 1
    if rule.kind == "majority":
        return seat_count // 2 + 1
    if rule.kind == "unanimous":
        return seat_count
    number = cast("int", rule.number)
    if rule.kind == "percent":
        return -(-seat_count * number // 100)
    return number


def lay_out_seats(
    approvers: Sequence[Mapping[str, object]],
    holders_of: Mapping[SourceKey, Sequence[int]],
    *,
    persons: Mapping[int, UUID] | None = None,
) -> tuple[Seat, ...]:
    """The seats of a round, numbered from 1 in the order written.

    `approvers` are the entries of a resolved document that apply (conditions are judged before);
    `holders_of` gives the user ids of ("group"|"role", id) at this moment, in a stable order; it is
    asked for `each` entries alone. With `persons` (user id to person) two accounts of one human
    share one `each` seat instead of making two that only one vote could fill. `each` over nobody
    makes one seat without sources. Raises ValueError for an entry that names nobody. Source: POL-1.
    """
    seats: list[Seat] = []
    for entry in approvers:
        required = bool(entry.get("required"))
        for sources in _entry_sources(entry, holders_of, persons or {}):
            seats.append(Seat(len(seats) + 1, required, sources))
    return tuple(seats)


def _entry_sources(
    entry: Mapping[str, object],
    holders_of: Mapping[SourceKey, Sequence[int]],
    persons: Mapping[int, UUID],
) -> list[tuple[Source, ...]]:
    kind, ref = entry_reference(entry)
    if not entry.get("each") or kind == "user":
        return [(Source(kind, ref),)]
    by_human: dict[object, list[Source]] = {}
    for user_id in dict.fromkeys(holders_of.get((kind, ref), ())):
        source = Source("user", user_id, 0, cast("HolderKind", kind), cast("int", ref))
        by_human.setdefault(persons.get(user_id, user_id), []).append(source)
    return [tuple(sources) for sources in by_human.values()] or [()]


def entry_reference(entry: Mapping[str, object]) -> tuple[SourceKind, int | str]:
    """Whom an approver entry names: ("user"|"group"|"role", reference); ValueError if not one."""
    named = [(kind, entry[kind]) for kind in _ENTRY_KINDS if entry.get(kind) is not None]
    if len(named) != 1:
        raise ValueError("an approver is one of user, group or role")
    kind, ref = named[0]
    if isinstance(ref, int | str) and not isinstance(ref, bool):
        return kind, ref
    raise ValueError(f"an approver's {kind} is an id or a name")


def widen_seats(
    seats: Sequence[Seat], numbers_unfilled: Collection[int], source: Source
) -> tuple[Seat, ...]:
    """The seats with `source` (which carries its level) added to those of the given numbers.

    Adding what a seat already has changes nothing, so that a repeated level widens once.
    Raises ValueError for a number that no seat has.
    """
    unknown = set(numbers_unfilled) - {seat.number for seat in seats}
    if unknown:
        raise ValueError(f"there is no seat {min(unknown)}")
    return tuple(
        replace(seat, sources=(*seat.sources, source))
        if seat.number in numbers_unfilled and source not in seat.sources
        else seat
        for seat in seats
    )


def source_keys(seats: Iterable[Seat]) -> frozenset[SourceKey]:
    """Every group, role and right whose holders an electorate of these seats asks for."""
    return frozenset(key for seat in seats for source in seat.sources for key in source.looked_up())


def named_users(seats: Iterable[Seat]) -> frozenset[int]:
    """The ids of the users that seats name themselves, by a user seat or an `each` seat."""
    return frozenset(
        source.ref
        for seat in seats
        for source in seat.sources
        if source.kind == "user" and isinstance(source.ref, int)
    )

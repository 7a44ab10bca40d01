"""Events: what happened, in the past tense, as facts without sentences, and who is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: `kind` such as `approval.decision_cast`, `data` JSON-ready facts."""

    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    on_behalf_of: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Listeners:
    """People who are told of a moment for one reason: accounts by key, and rows that name them.

    `why` is a code such as `manager` or `role`, `name` that of the role, group or phase. `found_by`
    is a query of accounts' keys (a queryset, or a `Later`), which is asked in the statement that writes the notices.
    """

    why: str
    users: frozenset[int] = frozenset()
    name: str = ""
    found_by: Any = None


@dataclass(frozen=True, slots=True)
class Told:
    """A moment that people are to be told of; of several reasons the first one counts.

    `key` makes it once for each person: a second moment with the same key tells only who is new.
    Whoever acts knows what they did, and is told only of what is now asked of them (`even_actor`).
    """

    key: str
    moment: str
    host: str
    attempt: int
    listeners: tuple[Listeners, ...]
    needs_action: bool = False
    even_actor: bool = False
    facts: dict[str, Any] = field(default_factory=dict)

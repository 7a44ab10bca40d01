"""A journal: what one use case did, gathered until `record()` writes it to the ledger."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from audit.actor import Actor
from audit.canonical import canonical_text, personal_digest
from audit.events import Event, Listeners, Told


@dataclass(slots=True)
class RowDigests:
    """Digests of the rows of one table that the transaction wrote, and the columns they cover."""

    columns: list[str]
    rows: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class Journal:
    """Carries the actor and the moment through a use case, and gathers its events and row digests.

    Opened by the outermost service, handed down as `journal`, closed by `audit.services.record`.
    """

    actor: Actor
    at: dt.datetime
    events: list[Event] = field(default_factory=list)
    tables: dict[str, RowDigests] = field(default_factory=dict)
    versions: dict[Any, list[Any]] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    personal_text: str = field(init=False, default="")
    salt: str = field(init=False, default="")
    origin: str = field(init=False, default="")

    def __post_init__(self) -> None:
        personal = self.actor.personal
        if personal:
            self.personal_text = canonical_text(personal)
            self.salt = secrets.token_hex(16)
            self.origin = personal_digest(self.salt, self.personal_text)

    def add(self, kind: str, /, **data: Any) -> None:
        """Note an event (past tense, such as `approval.decision_cast`) with its JSON-ready facts."""
        self.events.append(Event(kind=kind, data=data))

    def tell(
        self,
        moment: str,
        listeners: Iterable[Listeners],
        /,
        *,
        host: str,
        attempt: int = 0,
        once: str = "",
        needs_action: bool = False,
        even_actor: bool = False,
        **facts: Any,
    ) -> None:
        """Note that people must be told, once for each; `record()` writes it with the change.

        `once` names what they are told of once for this host and attempt (`asked`); without it the
        moment may come again. Whoever acts is left out, unless `even_actor`.
        """
        mark = f":{secrets.token_hex(8)}" if not once else ""
        key = f"{once or moment}:{host}:{attempt}{mark}"
        self.told.append(
            Told(key, moment, host, attempt, tuple(listeners), needs_action, even_actor, facts)
        )

    def keep_version(self, model: Any, version: Any) -> None:
        """Keep a history row until the journal is recorded: then one INSERT writes all of a model."""
        self.versions.setdefault(model, []).append(version)

    @property
    def has_rows(self) -> bool:
        """Whether rows were written that an event must tell of."""
        return bool(self.tables or self.versions)

    def cover(self, table: str, columns: list[str], rows: list[tuple[int, str]]) -> None:
        """Note the digests of rows that were written to `table`."""
        known = self.tables.setdefault(table, RowDigests(columns=columns))
        known.rows.extend(rows)

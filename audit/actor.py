"""Who acts, through which door, and how they proved who they are."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Literal

from audit.errors import NotPermitted

Kind = Literal["person", "machine", "system"]

SCOPES = ("read", "decide", "manage", "report")


@dataclass(frozen=True, slots=True)
class Actor:
    """One who acts. There is no service without one, and no `None` that stands for "anyone".

    `scopes` narrows what a token may be used for; `None` means all that the person may do, an empty
    set nothing (a token whose scopes were taken away must not become an unlimited one: B-16).
    `ip`, `user_agent` and `session` are personal data: they are kept apart from the ledger
    (`audit.models.PersonalRecord`) and only their salted digest is recorded.
    """

    kind: Kind
    door: str
    label: str
    user_id: int | None = None
    person: uuid.UUID | None = None
    username: str = ""
    is_superuser: bool = False
    authenticated_by: str = ""
    scopes: frozenset[str] | None = None
    ip: str = ""
    user_agent: str = ""
    session: str = ""
    request_id: str = ""
    authenticated_at: str = ""

    def has_scope(self, scope: str) -> bool:
        """Whether the credential in use reaches `scope`; every credential reaches `read`."""
        return (
            self.scopes is None or scope in self.scopes or (scope == "read" and bool(self.scopes))
        )

    @property
    def account(self) -> int:
        """The key of the account that acts. Raises NotPermitted for the system, which has none."""
        if self.user_id is None:
            raise NotPermitted("no_account", "Only somebody with an account can do this.")
        return self.user_id

    @property
    def personal(self) -> dict[str, str]:
        """The personal part: what must be erasable, and so never stands in the ledger."""
        values = {"ip": self.ip, "session": self.session, "user_agent": self.user_agent}
        return {key: value for key, value in values.items() if value}

    def as_document(self) -> dict[str, object]:
        """What the ledger keeps of the actor: values, not references, so they outlive the account."""
        return {
            "id": self.user_id,
            "kind": self.kind,
            "name": self.label,
            "person": str(self.person) if self.person else None,
            "username": self.username or None,
        }


def system_actor(label: str, *, door: str = "system") -> Actor:
    """The product itself, named by what moved it ("Policy", "Scheduler"); never counts as a person."""
    return Actor(kind="system", door=door, label=label, authenticated_by="none")


POLICY = system_actor("Policy")
SCHEDULER = system_actor("Scheduler")


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes, or no with its reason; falsy when no, so that it reads like the bool it replaces."""

    granted: bool
    code: str = ""
    sentence: str = ""
    data: dict[str, object] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.granted


YES = Answer(True)

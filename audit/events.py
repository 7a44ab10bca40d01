"""Events: what happened, in the past tense, as facts without sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: `kind` such as `approval.decision_cast`, `data` JSON-ready facts."""

    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    on_behalf_of: dict[str, Any] | None = None

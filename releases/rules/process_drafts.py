"""Phases and activities while a process is read: the document so far, references unresolved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from releases.rules.process_reader import Place, Section
from releases.rules.process_words import MOST_ACTIVITIES


@dataclass(frozen=True, slots=True)
class ActivityDraft:
    """An activity whose `needs` and `not_with` are still as written; `needs` None means default."""

    place: Place
    document: dict[str, Any]
    needs: list[Place] | None
    not_with: list[Place]

    @property
    def key(self) -> str:
        """The activity's key, empty when it could not be read."""
        return str(self.document["key"])


@dataclass(frozen=True, slots=True)
class PhaseDraft:
    """A phase with its activities, in the order written."""

    place: Place
    document: dict[str, Any]
    needs: list[Place] | None
    activities: list[ActivityDraft] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The phase's key, empty when it could not be read."""
        return str(self.document["key"])


def read_key(section: Section, taken: set[str], code: str, what: str) -> str:
    """The key of a phase or activity, noted when it is `taken`; empty after an error."""
    place = section.need("key")
    key = (place.key() if place else None) or ""
    if place is not None and key and key in taken:
        place.wrong(code, f'The key "{key}" is used twice: {what}.')
    taken.add(key)
    return key


def read_needs(section: Section) -> list[Place] | None:
    """The needs as written; None when the key is left out (or is no list, which is noted)."""
    place = section.take("needs")
    return place.items(MOST_ACTIVITIES) if place else None

"""Whether an activity or a seat applies to a release, and why (POL-10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """What a release was created with, as far as conditions look at it."""

    risk: str | None = None
    change_type: str | None = None
    environments: frozenset[str] = field(default_factory=frozenset)
    tags: frozenset[str] = field(default_factory=frozenset)

    def values(self, key: str) -> frozenset[str]:
        """The release's values for a key of a condition; raises KeyError for any other key."""
        single = {"risk": self.risk, "change_type": self.change_type}
        if key in single:
            value = single[key]
            return frozenset({value}) if value else frozenset()
        return {"environment": frozenset(self.environments), "tag": frozenset(self.tags)}[key]


@dataclass(frozen=True, slots=True)
class Applied:
    """The answer with its reason, which is plain data: a code, and each key with what was found.

    `{"code": "applies", "conditions": [{"key": "risk", "wanted": ["high"], "found": ["high"],
    "code": "holds"}]}`; the codes of a key are `holds`, `differs` and `missing` (the release says
    nothing about it). Without a condition the code is `always`.
    """

    applies: bool
    reason: dict[str, Any]


def applies(when: Mapping[str, Iterable[str]] | None, release_facts: ReleaseFacts) -> Applied:
    """Whether a condition holds: every key must, and a key holds when any of its values does.

    No condition always applies. What the release says nothing about never holds: a missing risk is
    not a low one.
    """
    if not when:
        return Applied(True, {"code": "always", "conditions": []})
    judged = [_judge(key, list(wanted), release_facts.values(key)) for key, wanted in when.items()]
    holds = all(condition["code"] == "holds" for condition in judged)
    code = "applies" if holds else "does_not_apply"
    return Applied(holds, {"code": code, "conditions": judged})


def _judge(key: str, wanted: list[str], found: frozenset[str]) -> dict[str, Any]:
    code = "holds" if found.intersection(wanted) else "differs" if found else "missing"
    return {"key": key, "wanted": wanted, "found": sorted(found), "code": code}

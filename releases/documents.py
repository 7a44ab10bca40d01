"""A process version's document as the services read it: parsed once, looked up by key.

A version never changes, so what was parsed is kept in memory by its key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from approvals.models import Role
from releases.models import ProcessVersion
from releases.rules.held import PhaseShape, held_by
from releases.rules.process_export import export_process
from releases.rules.process_names import names_in, unresolve_names


@dataclass(frozen=True)
class ProcessDocument:
    """A published document with its lookups; references are keys of users, groups and roles."""

    version_id: int
    number: int
    digest: str
    data: Mapping[str, Any]

    @cached_property
    def phases(self) -> dict[str, Mapping[str, Any]]:
        """Phases by key, in the order written."""
        return {phase["key"]: phase for phase in self.data["phases"]}

    @cached_property
    def activities(self) -> dict[str, Mapping[str, Any]]:
        """Activities by full reference ("phase.activity"), in the order written."""
        return {
            f"{phase['key']}.{activity['key']}": activity
            for phase in self.data["phases"]
            for activity in phase["activities"]
        }

    @cached_property
    def four_eyes(self) -> dict[str, frozenset[str]]:
        """For each activity those whose deciders may not decide it; it holds both ways (POL-6)."""
        pairs: dict[str, set[str]] = {}
        for ref, activity in self.activities.items():
            for other in (activity.get("separation") or {}).get("not_with", ()):
                pairs.setdefault(ref, set()).add(other)
                pairs.setdefault(other, set()).add(ref)
        return {ref: frozenset(others) for ref, others in pairs.items()}

    @cached_property
    def held(self) -> Mapping[str, frozenset[str]]:
        """For each activity the references of all that cannot be done before it is."""
        return held_by(
            [
                PhaseShape(
                    phase["key"],
                    phase["needs"],
                    {
                        f"{phase['key']}.{activity['key']}": activity.get("needs") or ()
                        for activity in phase["activities"]
                    },
                )
                for phase in self.data["phases"]
            ]
        )


_MOST_KEPT = 256
_kept: dict[tuple[int, str], ProcessDocument] = {}


def document_of(version: ProcessVersion) -> ProcessDocument:
    """The document of a version.

    What is kept is found by key and digest: a version whose text was left out of the query
    (`defer("process_version__document")`) costs another query once in the life of a process.
    """
    key = (version.pk, version.digest)
    found = _kept.get(key)
    if found is None:
        while len(_kept) >= _MOST_KEPT:
            _kept.pop(next(iter(_kept)), None)
        found = ProcessDocument(
            version.pk, version.number, version.digest, json.loads(version.document)
        )
        _kept[key] = found
    return found


def export_version(version: ProcessVersion) -> str:
    """A version as YAML, with the names that users, groups and roles have today."""
    document: dict[str, Any] = dict(document_of(version).data)
    named = names_in(document)
    users = get_user_model().objects.filter(pk__in=named["user"])
    names = {
        "user": dict(users.values_list("pk", "username")),
        "group": dict(Group.objects.filter(pk__in=named["group"]).values_list("pk", "name")),
        "role": dict(Role.objects.filter(pk__in=named["role"]).values_list("pk", "slug")),
    }
    return export_process(unresolve_names(document, names))

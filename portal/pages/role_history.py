"""What became of a role: who was given it, who lost it, what it was called; newest first (AUD-2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet

from approvals.models import Role, Scope
from approvals.selectors import assignment_versions, names_of_sources, scope_labels
from audit.selectors import versions_of

MOST_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class Happening:
    """One change: when, by whom, through which door, what, and why."""

    at: dt.datetime
    by: str
    door: str
    what: str
    why: str = ""
    valid_from: dt.datetime | None = None
    valid_until: dt.datetime | None = None


def history_of_role(role: Role, scopes: QuerySet[Scope]) -> tuple[Happening, ...]:
    """The newest changes of a role, and of its assignments in the scopes that the reader may see."""
    given = assignment_versions(role.pk, MOST_SHOWN, scopes)
    names = _names(given)
    found = [_of_assignment(version, names) for version in given]
    versions = versions_of(role)
    found += [
        _of_role(version, before)
        for before, version in zip([None, *versions], versions, strict=False)
    ]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True)[:MOST_SHOWN])


def _names(versions: Collection[Any]) -> Mapping[tuple[str, Any], str]:
    users = {("user", one.user_id) for one in versions if one.user_id}
    groups = {("group", one.group_id) for one in versions if one.group_id}
    labels = scope_labels({one.scope_id for one in versions})
    scopes = {("scope", key): label for key, label in labels.items()}
    return {**names_of_sources(users | groups), **scopes}


def _of_assignment(version: Any, names: Mapping[tuple[str, Any], str]) -> Happening:
    holder = ("user", version.user_id) if version.user_id else ("group", version.group_id)
    name = names.get(holder, f"({holder[1]})")
    where = names.get(("scope", version.scope_id), f"({version.scope_id})")
    given = version.history_type == "+"
    return Happening(
        at=version.history_date,
        by=version.history_actor,
        door=version.history_door,
        what=f"Given to {name} for {where}" if given else f"Taken back from {name} for {where}",
        why=version.history_change_reason,
        valid_from=version.valid_from if given else None,
        valid_until=version.valid_until if given else None,
    )


def _of_role(version: Any, before: Any) -> Happening:
    if before is None:
        what = f"Made as “{version.name}”"
    elif before.name != version.name:
        what = f"Renamed from “{before.name}” to “{version.name}”"
    else:
        what = "Its description was changed"
    return Happening(
        at=version.history_date,
        by=version.history_actor,
        door=version.history_door,
        what=what,
        why=version.history_change_reason,
    )

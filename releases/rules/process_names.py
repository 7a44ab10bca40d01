"""The people, groups and roles that a document names: names in, ids out, and back.

A document as parsed holds names; as stored it holds integer ids, so that it means the same people
when they are renamed; as exported it holds today's names (`architecture.md`, Process version).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from releases.rules.process_errors import ProcessError, ProcessErrors, quoted
from releases.rules.process_words import HOLDER_KEYS, ProcessDocument

Holder = dict[str, Any]


def names_in(document: ProcessDocument) -> dict[str, dict[Any, list[str]]]:
    """Every user, group and role that is named, each with the paths at which it stands.

    `{"user": {"maya": ["phases[0].activities[1].approvers[0].user"]}, "group": {}, "role": {}}`.
    Of a stored document the keys are ids. Roles that are only listed under `roles` are not in it.
    """
    found: dict[str, dict[Any, list[str]]] = {kind: {} for kind in HOLDER_KEYS}
    for path, holder, kind in _references(document):
        found[kind].setdefault(holder[kind], []).append(f"{path}.{kind}")
    return found


def resolve_names(
    document: ProcessDocument,
    ids: Mapping[str, Mapping[str, int]],
    lines: Mapping[str, int] | None = None,
) -> ProcessDocument:
    """A copy of a parsed document with the id in place of every name.

    `ids` is `{"user": {name: id}, "group": {name: id}, "role": {key: id}}`, `lines` the lines of
    ParsedProcess. Refuses with ProcessErrors: `unknown_user`, `unknown_group`, `unknown_role`,
    each with line (1 without `lines`) and key.
    """
    return _replace(document, ids, lambda path: (lines or {}).get(path, 1))


def unresolve_names(
    document: ProcessDocument, names: Mapping[str, Mapping[int, str]]
) -> ProcessDocument:
    """A copy of a stored document with today's name in place of every id.

    `names` is `{"user": {id: name}, …}`. Refuses with ProcessErrors for an id without a name.
    """
    return _replace(document, names, lambda path: 1)


def _replace(
    document: ProcessDocument,
    answers: Mapping[str, Mapping[Any, Any]],
    line_of: Callable[[str], int],
) -> ProcessDocument:
    resolved = deepcopy(document)
    errors: list[ProcessError] = []
    for path, holder, kind in _references(resolved):
        answer = answers.get(kind, {}).get(holder[kind])
        if answer is None:
            key = f"{path}.{kind}"
            sentence = f"There is no {kind} {quoted(str(holder[kind]))}."
            errors.append(ProcessError(line_of(key), key, f"unknown_{kind}", sentence))
        else:
            holder[kind] = answer
    if errors:
        raise ProcessErrors(errors)
    return resolved


def _references(document: ProcessDocument) -> Iterator[tuple[str, Holder, str]]:
    """Each mapping that names somebody, with its path and which of the three it names."""
    for index, phase in enumerate(document["phases"]):
        path = f"phases[{index}]"
        if phase["owner"] is not None:
            yield from _named(f"{path}.owner", phase["owner"])
        for position, activity in enumerate(phase["activities"]):
            yield from _activity_references(f"{path}.activities[{position}]", activity)


def _activity_references(path: str, activity: Holder) -> Iterator[tuple[str, Holder, str]]:
    for index, approver in enumerate(activity["approvers"] or ()):
        yield from _named(f"{path}.approvers[{index}]", approver)
    deadline = activity["deadline"] or {"escalate_to": ()}
    for index, rung in enumerate(deadline["escalate_to"]):
        yield from _named(f"{path}.deadline.escalate_to[{index}]", rung)


def _named(path: str, holder: Holder) -> Iterator[tuple[str, Holder, str]]:
    for kind in HOLDER_KEYS:
        if kind in holder:
            yield path, holder, kind

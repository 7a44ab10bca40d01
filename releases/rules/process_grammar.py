"""A process file to its document: the whole grammar of `contract.md`, Process (REL-2, REL-6).

The document is plain data with every default written out and references by full name. What
parses and is not available yet is noted beside it and stands in no document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from releases.rules.process_activities import read_activity
from releases.rules.process_approvers import read_holder
from releases.rules.process_drafts import PhaseDraft, read_key, read_needs
from releases.rules.process_errors import Findings, ProcessError, ProcessErrors
from releases.rules.process_graph import resolve_graph
from releases.rules.process_later import check_carry_over, check_notify
from releases.rules.process_reader import KEY_PATTERN, KEY_RULE, Place, Section, written_keys
from releases.rules.process_words import (
    FAILURES,
    HOLDER_KEYS,
    LONGEST_TEXT,
    MOST_ACTIVITIES,
    MOST_ITEMS,
    MOST_OF_A_PHASE,
    MOST_PHASES,
    PHASE_KEYS,
    PROCESS_KEYS,
    ProcessDocument,
)
from releases.rules.process_yaml import load_process


@dataclass(frozen=True, slots=True)
class ParsedProcess:
    """A valid process: its document, what of it is not available yet, and where its keys stand.

    `lines` maps the path of each key (`phases[0].activities[2].rule`) to its line.
    """

    document: ProcessDocument
    not_available: tuple[ProcessError, ...]
    lines: Mapping[str, int]


def parse_process(text: str | bytes) -> ParsedProcess:
    """The process that a YAML text describes.

    Refuses with ProcessErrors: every finding that one reading shows (at most 100), by line.
    """
    line, root = load_process(text)
    findings = Findings()
    document = _read_process(Place(root, "", line, findings))
    findings.raise_if_any()
    return ParsedProcess(document, tuple(sorted(findings.not_available)), findings.lines)


def publishable(parsed: ParsedProcess) -> ProcessDocument:
    """The document of a process of which everything is available.

    Refuses with ProcessErrors (`not_available_yet`): nothing is accepted and then not enforced.
    """
    if parsed.not_available:
        raise ProcessErrors(parsed.not_available)
    return parsed.document


def _read_process(place: Place) -> ProcessDocument:
    section = place.section(PROCESS_KEYS, "a process")
    if section is None:
        return {}
    kind = section.need("kind")
    if kind is not None:
        kind.one_of(("Process",))
    slug = section.need("slug")
    failure = section.one_of("failure", FAILURES, "fail")
    document: ProcessDocument = {
        "slug": slug.key() if slug else "",
        "name": section.needed_name("name"),
        "description": section.text("description", LONGEST_TEXT),
        "failure": failure,
        "roles": _read_roles(section.take("roles")),
    }
    check_notify(section.take("notify"))
    check_carry_over(section.take("carry_over"))
    phases = _read_phases(section, failure)
    resolve_graph(phases, place.findings)
    document["phases"] = [phase.document for phase in phases]
    return document


def _read_roles(place: Place | None) -> dict[str, str]:
    """The roles that are created when missing: key and name."""
    keys = written_keys(place) if place else ()
    if place is not None and len(keys) > MOST_ITEMS:
        place.wrong("too_many", f"A process lists at most {MOST_ITEMS} roles.")
        return {}
    section = place.section(keys, "roles") if place else None
    if section is None:
        return {}
    for key in section.keys:
        if not KEY_PATTERN.fullmatch(key):
            section.place(key).wrong("bad_key", f"The key of a role is {KEY_RULE}.")
    return {key: section.needed_name(key) for key in section.keys}


def _read_phases(section: Section, failure: str) -> list[PhaseDraft]:
    listed = section.need("phases")
    items = (listed.items(MOST_PHASES, empty=False) if listed else None) or []
    taken: set[str] = set()
    phases = [_read_phase(item, taken, failure) for item in items]
    readable = [phase for phase in phases if phase is not None]
    if listed is not None and sum(len(phase.activities) for phase in readable) > MOST_ACTIVITIES:
        listed.wrong("too_many", f"A process has at most {MOST_ACTIVITIES} activities.")
        for phase in readable:
            phase.activities.clear()  # nothing is looked for in a graph of that size
    return readable


def _read_phase(place: Place, taken: set[str], failure: str) -> PhaseDraft | None:
    section = place.section(PHASE_KEYS, "a phase")
    if section is None:
        return None
    key = read_key(section, taken, "duplicate_phase", "phases need different keys")
    document: dict[str, Any] = {
        "key": key,
        "name": section.name("name", default=key),
        "description": section.text("description", LONGEST_TEXT),
        "needs": [],
        "owner": _read_owner(section.take("owner")),
        "failure": section.one_of("failure", FAILURES, failure),
    }
    check_notify(section.take("notify"))
    phase = PhaseDraft(place, document, read_needs(section))
    listed = section.take("activities")
    keys: set[str] = set()
    for item in (listed.items(MOST_OF_A_PHASE) if listed else None) or []:
        activity = read_activity(item, keys)
        if activity is not None:
            phase.activities.append(activity)
    document["activities"] = [activity.document for activity in phase.activities]
    return phase


def _read_owner(place: Place | None) -> dict[str, str] | None:
    section = place.section(HOLDER_KEYS, "an owner") if place else None
    return read_holder(section) if section else None

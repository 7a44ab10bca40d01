"""The form of an activity: its fields as definitions (CAP-1, CAP-2)."""

from __future__ import annotations

from typing import Any, Final

from approvals.rules.fields import AVAILABLE_TYPES, LATER_TYPES, check_field_definition
from releases.rules.process_later import check_field_later
from releases.rules.process_reader import Place, Section
from releases.rules.process_words import FIELD_KEYS, LONGEST_TEXT

_LONGEST_ANSWER: Final = 100_000
_LONGEST_MESSAGE: Final = 500
_LONGEST_READ: Final = 10_000  # what a pattern may have is said by check_field_definition


def read_fields(place: Place | None) -> list[dict[str, Any]]:
    """The fields of available types, in the order written; keys are unique within the form."""
    seen: set[str] = set()
    fields: list[dict[str, Any]] = []
    for item in (place.items() if place else None) or []:
        section = item.section(FIELD_KEYS, "a field")
        if section is None:
            continue
        before = len(item.findings.errors)
        field = _read_field(section)
        if field["key"] in seen:
            section.place("key").wrong("duplicate_field", "Another field has this key.")
        seen.add(field["key"])
        later = _check_later(section, field["type"])
        if field["type"] in AVAILABLE_TYPES and len(item.findings.errors) == before:
            _check_definition(section, field)
        if not later:
            fields.append(field)
    return fields


def _read_field(section: Section) -> dict[str, Any]:
    """The field with every key; what is left out, or could not be read, is None or empty."""
    key_place = section.need("key")
    key = (key_place.key() if key_place else None) or ""
    kind_place = section.need("type")
    kinds = (*AVAILABLE_TYPES, *LATER_TYPES)
    pattern = section.take("pattern")
    message = section.take("message")
    choices = section.take("choices")
    return {
        "key": key,
        "type": (kind_place.one_of(kinds) if kind_place else None) or "",
        "label": section.name("label", default=key),
        "help": section.text("help", LONGEST_TEXT),
        "required": _read_required(section.take("required")),
        "min_length": section.whole("min_length", 0, _LONGEST_ANSWER),
        "max_length": section.whole("max_length", 1, _LONGEST_ANSWER),
        "min": _read_number(section.take("min")),
        "max": _read_number(section.take("max")),
        "pattern": pattern.text(_LONGEST_READ) if pattern else None,
        "message": message.text(_LONGEST_MESSAGE) if message else None,
        "choices": (choices.names(empty=False) if choices else None) or [],
    }


def _read_number(place: Place | None) -> int | float | None:
    return place.number() if place else None


def _read_required(place: Place | None) -> list[str]:
    """The verdicts that need an answer: `true` means approve and reject, an abstention none."""
    if place is None:
        return []
    if place.word in ("approve", "reject"):
        return [place.word]
    if place.word not in ("true", "false"):
        place.wrong("wrong_value", "This is one of true, false, approve, reject.")
        return []
    return ["approve", "reject"] if place.flag() else []


def _check_later(section: Section, kind: str) -> bool:
    """Notes what of the field is not available yet; whether there is any."""
    used = check_field_later(section)
    if kind in LATER_TYPES:
        section.place("type").later(f"fields of type {kind}")
        return True
    return used


def _check_definition(section: Section, field: dict[str, Any]) -> None:
    """What the form engine itself says about the definition, at the line of the key it names."""
    for key, sentence in check_field_definition(field):
        if key in section.keys:
            section.place(key).wrong("bad_field", sentence)
        else:
            section.at.wrong("bad_field", sentence)

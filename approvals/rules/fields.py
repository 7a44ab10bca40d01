"""Field definitions: the types there are, the keys each takes, and whether a definition can work.

Source: CAP-1, CAP-2; `contract.md`, "Process (YAML)".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from approvals.rules.patterns import LONGEST_PATTERN, compile_pattern
from approvals.rules.texts import unsafe_text

Field = Mapping[str, object]
Finding = tuple[str, str]

AVAILABLE_TYPES = ("text", "long_text", "number", "checkbox", "dropdown")
LATER_TYPES = ("multi_select", "date", "url", "ticket", "file", "checklist")
LONGEST_TEXT = {"text": 500, "long_text": 20_000}
LARGEST_NUMBER = 2**53 - 1
"""The largest whole number that every JSON reader and RFC 8785 keep exactly."""

_TEXT_KEYS = frozenset({"min_length", "max_length", "pattern", "message"})
_KEYS_OF_TYPE: Mapping[str, frozenset[str]] = {
    "text": _TEXT_KEYS,
    "long_text": _TEXT_KEYS,
    "number": frozenset({"min", "max"}),
    "checkbox": frozenset(),
    "dropdown": frozenset({"choices"}),
}
_CONSTRAINTS = ("min_length", "max_length", "min", "max", "pattern", "message", "choices")


def longest_text(field: Field) -> int:
    """How many characters this text field takes: its own maximum, else that of its type."""
    own = field.get("max_length")
    return cast("int", own) if own is not None else LONGEST_TEXT[cast("str", field["type"])]


def check_field_definition(field: Field) -> list[Finding]:
    """What is wrong with a field, as (key, sentence) pairs; none when it can be published.

    `field` is an entry of a process document. Constraint keys that are None, empty text or an empty
    list count as not written. Nothing is accepted that would then not be enforced.
    """
    kind = field.get("type")
    if kind in LATER_TYPES:
        return [("type", f"Fields of type {kind} are not available yet.")]
    if not isinstance(kind, str) or kind not in AVAILABLE_TYPES:
        return [("type", f"A field is one of {', '.join(AVAILABLE_TYPES)}.")]
    written = [key for key in _CONSTRAINTS if _is_written(field.get(key))]
    findings = [
        (key, f"A field of type {kind} has no {key}.")
        for key in written
        if key not in _KEYS_OF_TYPE[kind]
    ]
    findings += _check_required(field)
    if kind in LONGEST_TEXT:
        findings += _check_lengths(field) + _check_pattern(field)
    elif kind == "number":
        findings += _check_range(field)
    elif kind == "dropdown":
        findings += _check_choices(field)
    return findings


def _is_written(value: object) -> bool:
    return value is not None and value not in ("", [], ())


def _check_required(field: Field) -> list[Finding]:
    required = field.get("required")
    if required is None:
        return []
    known = isinstance(required, list | tuple) and all(
        one in ("approve", "reject") for one in required
    )
    return [] if known else [("required", "A field is required for approve, reject or both.")]


def _check_lengths(field: Field) -> list[Finding]:
    findings = [
        (key, f"{key} is a whole number, {least} or more.")
        for key, least in (("min_length", 0), ("max_length", 1))
        if (value := field.get(key)) is not None and not _is_count(value, least)
    ]
    if findings or field.get("min_length") is None:
        return findings
    longest = longest_text(field)
    if cast("int", field["min_length"]) > longest:
        return [("min_length", f"min_length is above the {longest} characters that fit.")]
    return []


def _is_count(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _check_pattern(field: Field) -> list[Finding]:
    pattern, message = field.get("pattern"), field.get("message")
    if not _is_written(message):
        return _check_expression(pattern) if _is_written(pattern) else []
    if not _is_written(pattern):
        return [("message", "A message belongs to a pattern, and there is none.")]
    wrong = [] if isinstance(message, str) else [("message", "A message is text.")]
    return _check_expression(pattern) + wrong


def _check_expression(pattern: object) -> list[Finding]:
    if not isinstance(pattern, str) or unsafe_text(pattern) is not None:
        return [("pattern", "A pattern is text.")]
    if len(pattern) > LONGEST_PATTERN:
        return [("pattern", f"A pattern has at most {LONGEST_PATTERN} characters.")]
    try:
        compile_pattern(pattern)
    except ValueError as error:
        return [("pattern", f"This is not a pattern that RE2 can run: {error}.")]
    return []


def _check_range(field: Field) -> list[Finding]:
    findings = [
        (key, f"{key} is a number between -{LARGEST_NUMBER} and {LARGEST_NUMBER}.")
        for key in ("min", "max")
        if (value := field.get(key)) is not None and not _is_limit(value)
    ]
    low, high = field.get("min"), field.get("max")
    if findings or low is None or high is None:
        return findings
    return [("min", "min is above max.")] if cast("float", low) > cast("float", high) else []


def _is_limit(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= LARGEST_NUMBER


def _check_choices(field: Field) -> list[Finding]:
    choices = field.get("choices")
    if not isinstance(choices, list | tuple) or not choices:
        return [("choices", "A dropdown needs at least one choice.")]
    for choice in choices:
        if not isinstance(choice, str) or not choice.strip() or unsafe_text(choice) is not None:
            return [("choices", "Each choice is text and not blank.")]
    if len(set(choices)) < len(choices):
        return [("choices", "Each choice stands once.")]
    return []

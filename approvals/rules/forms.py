"""Forms: the answers of a decision, checked against the fields they are given under.

Source: CAP-1 to CAP-4; `contract.md`, "Process (YAML)".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from approvals.rules.fields import (
    LARGEST_NUMBER,
    Field,
    check_field_definition,
    longest_text,
)
from approvals.rules.patterns import matches_whole
from approvals.rules.texts import unsafe_text
from audit.errors import Invalid

__all__ = ["Value", "check_field_definition", "check_inputs", "find_input_errors"]

Value = str | int | float | bool
Errors = dict[str, list[str]]

REQUIRED = "This is required."
_BLANK_IS_NOTHING = ("text", "long_text", "dropdown")
_LONGEST_KEY = 50
_MOST_UNKNOWN_KEYS = 20


def check_inputs(fields: Sequence[Field], inputs: object, verdict: str) -> dict[str, Value]:
    """The answers, in the order of the fields; those not given (none, null, blank text) left out.

    `fields` are entries of a published process; `verdict` says which of them are required (an
    abstention needs none). Raises Invalid with an error at `inputs.<key>` for each answer that is
    missing, unknown, of another JSON type or outside what its field allows.
    """
    values, errors = find_input_errors(fields, inputs, verdict)
    if errors:
        raise Invalid(errors=errors)
    return values


def find_input_errors(
    fields: Sequence[Field], inputs: object, verdict: str
) -> tuple[dict[str, Value], Errors]:
    """As `check_inputs`, with the errors returned, for a caller that has more to check."""
    if inputs is None:
        inputs = {}
    if not isinstance(inputs, Mapping):
        return {}, {"inputs": ["Give the inputs as an object of keys and values."]}
    values: dict[str, Value] = {}
    errors = _unknown_keys(inputs, {cast("str", field["key"]) for field in fields})
    for field in fields:
        key = cast("str", field["key"])
        given = inputs.get(key)
        required = verdict in cast("Sequence[str]", field.get("required") or ())
        sentence = _why_wrong(field, given, required=required)
        if sentence is not None:
            errors[f"inputs.{key}"] = [sentence]
        elif not _is_missing(field, given):
            values[key] = cast("Value", given)
    return values, errors


def _why_wrong(field: Field, given: object, *, required: bool) -> str | None:
    if _is_missing(field, given):
        return REQUIRED if required else None
    sentence = _CHECKS[cast("str", field["type"])](field, given)
    if sentence is None and required and given is False:
        return "This must be ticked."
    return sentence


def _is_missing(field: Field, given: object) -> bool:
    """Nothing, null, or blank text where text was asked for; elsewhere blank text is wrong."""
    if given is None:
        return True
    return isinstance(given, str) and not given.strip() and field["type"] in _BLANK_IS_NOTHING


def _unknown_keys(inputs: Mapping[object, object], known: set[str]) -> Errors:
    """An error at each key that no field has; a key that cannot be shown safely only counts."""
    errors: Errors = {}
    for key in inputs:
        if key in known:
            continue
        shown = isinstance(key, str) and len(key) <= _LONGEST_KEY and unsafe_text(key) is None
        if shown and len(errors) < _MOST_UNKNOWN_KEYS:
            errors[f"inputs.{key}"] = ["There is no such field."]
        else:
            errors["inputs"] = ["There are keys that no field has."]
    return errors


def _check_text(field: Field, given: object) -> str | None:
    if not isinstance(given, str):
        return "Give text."
    unsafe = unsafe_text(given)
    if unsafe is not None:
        return unsafe
    longest = longest_text(field)
    if len(given) > longest:
        return f"This has {len(given)} characters; at most {longest} fit."
    shortest = cast("int", field.get("min_length") or 0)
    if len(given.strip()) < shortest:
        return f"Write at least {shortest} characters."
    return _check_against_pattern(field, given)


def _check_against_pattern(field: Field, given: str) -> str | None:
    pattern = cast("str | None", field.get("pattern"))
    if not pattern:
        return None
    try:
        matched = matches_whole(pattern, given)
    except ValueError:
        return "The pattern of this field cannot be run, so nothing can match it."
    if matched:
        return None
    return cast("str | None", field.get("message")) or "This does not have the form asked for."


def _check_number(field: Field, given: object) -> str | None:
    if isinstance(given, bool) or not isinstance(given, int | float):
        return "Give a number."
    if isinstance(given, float) and not math.isfinite(given):
        return "Give a finite number."
    if isinstance(given, int) and abs(given) > LARGEST_NUMBER:
        return f"A whole number lies between -{LARGEST_NUMBER} and {LARGEST_NUMBER}."
    low, high = field.get("min"), field.get("max")
    if low is not None and given < cast("float", low):
        return f"This must be at least {low}."
    if high is not None and given > cast("float", high):
        return f"This must be at most {high}."
    return None


def _check_checkbox(field: Field, given: object) -> str | None:
    return None if isinstance(given, bool) else "Give true or false."


def _check_dropdown(field: Field, given: object) -> str | None:
    if not isinstance(given, str):
        return "Give one of the choices, as text."
    if given not in cast("Sequence[str]", field.get("choices") or ()):
        return "This is not one of the choices."
    return None


_CHECKS: Mapping[str, Callable[[Field, object], str | None]] = {
    "text": _check_text,
    "long_text": _check_text,
    "number": _check_number,
    "checkbox": _check_checkbox,
    "dropdown": _check_dropdown,
}

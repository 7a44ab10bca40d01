"""A document back to YAML: the same process, in the order of `contract.md` (REL-6).

Reading the text again gives an equal document. Defaults that follow from nothing else are written
out; comments and the order of keys of the file that was once imported are not kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from approvals.rules.durations import format_duration
from releases.rules.process_words import (
    ACTIVITY_KEYS,
    CONDITION_KEYS,
    FIELD_KEYS,
    HOLDER_KEYS,
    SEPARATION_KEYS,
    ProcessDocument,
)

# Plain text is kept to what no reader of YAML 1.1 or 1.2 takes for anything but text.
_PLAIN: Final = re.compile(
    r"[1-9][0-9]*[mhd]|[A-Za-z][A-Za-z0-9_./()'-]*( [A-Za-z0-9_./()'-]+)*", re.ASCII
)
_NOT_PLAIN: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_BLOCK_LINE: Final = re.compile(r"[^\s](.*[^\s])?| +[^\s](.*[^\s])?|")
_UNSAFE_IN_BLOCK: Final = re.compile("[\t\r\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_ESCAPED: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_WIDTH: Final = 100
_ON_ONE_LINE: Final = frozenset({"owner", "when", "rule", "comment", "separation"})
_ON_MANY_LINES: Final = frozenset({"phases", "activities"})

Value = Any
Shown = dict[str, Value]


def export_process(document: ProcessDocument) -> str:
    """The YAML text of a document that holds names (not ids); it ends with a line break."""
    shown: Shown = {"kind": "Process"}
    for key in ("slug", "name", "description", "failure"):
        if document[key]:
            shown[key] = document[key]
    if document["roles"]:
        shown["roles"] = dict(sorted(document["roles"].items()))
    phases = document["phases"]
    shown["phases"] = [
        _phase(phase, [before["key"] for before in phases[max(index - 1, 0) : index]])
        for index, phase in enumerate(phases)
    ]
    return "\n".join(_block_mapping(shown, 0)) + "\n"


def _phase(phase: Mapping[str, Any], default_needs: list[str]) -> Shown:
    shown = {key: phase[key] for key in ("key", "name")}
    if phase["description"]:
        shown["description"] = phase["description"]
    if phase["needs"] != default_needs:
        shown["needs"] = phase["needs"]
    if phase["owner"]:
        shown["owner"] = phase["owner"]
    shown["failure"] = phase["failure"]
    keys = [f"{phase['key']}.{one['key']}" for one in phase["activities"]]
    shown["activities"] = [
        _activity(phase["key"], one, default_needs=keys[:index])
        for index, one in enumerate(phase["activities"])
    ]
    return shown


def _activity(phase_key: str, activity: Mapping[str, Any], default_needs: list[str]) -> Shown:
    shown: Shown = {}
    for key in ACTIVITY_KEYS:
        value = activity.get(key)
        if key == "needs" and value != default_needs:
            shown[key] = _references(phase_key, activity["needs"])
        elif value and key != "needs":
            shown[key] = _WRITERS[key](value) if key in _WRITERS else value
    if activity["separation"]:
        separation = {key: activity["separation"][key] for key in SEPARATION_KEYS}
        separation["not_with"] = _references(phase_key, separation["not_with"])
        shown["separation"] = separation
    return shown


def _references(phase_key: str, names: Sequence[str]) -> list[str]:
    """Names of the same phase without it, as people write them."""
    return [name.removeprefix(f"{phase_key}.") for name in names]


def _approvers(approvers: Sequence[Mapping[str, Any]]) -> list[Shown]:
    keys = (*HOLDER_KEYS, "each", "required")
    return [
        {key: one[key] for key in keys if one.get(key)}
        | ({"when": _when(one["when"])} if one["when"] else {})
        for one in approvers
    ]


def _when(when: Mapping[str, Any]) -> Shown:
    return {key: when[key] for key in CONDITION_KEYS if key in when}


def _rule(rule: Mapping[str, Any]) -> Value:
    return rule["kind"] if rule["number"] is None else {rule["kind"]: rule["number"]}


def _comment(comment: Mapping[str, Any]) -> Value:
    if comment["min_length"]:
        return {"min_length": comment["min_length"]}
    return "required" if comment["required"] else "optional"


def _deadline(deadline: Mapping[str, Any]) -> Shown:
    shown: Shown = {}
    if deadline["after"] is not None:
        shown["after"] = format_duration(deadline["after"])
    else:
        shown["at"] = deadline["at"]
    shown["on_miss"] = deadline["on_miss"]
    if deadline["escalate_to"]:
        shown["escalate_to"] = [_rung(rung) for rung in deadline["escalate_to"]]
    return shown


def _rung(rung: Mapping[str, Any]) -> Shown:
    shown = {key: rung[key] for key in (*HOLDER_KEYS, "reject") if key in rung}
    if rung["after"]:
        shown["after"] = format_duration(rung["after"])
    return shown


def _fields(fields: Sequence[Mapping[str, Any]]) -> list[Shown]:
    return [
        {
            key: _REQUIRED[tuple(field[key])] if key == "required" else field[key]
            for key in FIELD_KEYS
            if field.get(key) not in (None, "", [])
        }
        for field in fields
    ]


_REQUIRED: Final[Mapping[tuple[str, ...], Value]] = {
    ("approve",): "approve",
    ("reject",): "reject",
    ("approve", "reject"): True,
}
_WRITERS: Final[Mapping[str, Callable[[Any], Value]]] = {
    "when": _when,
    "timeout": format_duration,
    "approvers": _approvers,
    "rule": _rule,
    "comment": _comment,
    "deadline": _deadline,
    "fields": _fields,
}


def _block_mapping(shown: Mapping[str, Value], depth: int) -> list[str]:
    """Each key on a line of its own."""
    indent = "  " * depth
    return [line for key, value in shown.items() for line in _entry(key, value, indent)]


def _entry(key: str, value: Value, indent: str) -> list[str]:
    """A key with its value: on the same line when it is plain or small, else below it."""
    if isinstance(value, str) and _fits_block(value):
        body = value.removesuffix("\n").split("\n")
        sign = "|" if value.endswith("\n") else "|-"
        return [f"{indent}{key}: {sign}", *(f"{indent}  {line}".rstrip() for line in body)]
    inline = f"{indent}{key}: {_inline(value)}"
    if not isinstance(value, dict | list) or not value:
        return [inline]
    depth = len(indent) // 2 + 1
    if isinstance(value, dict):
        fits = key in _ON_ONE_LINE and len(inline) <= _WIDTH
        return [inline] if fits else [f"{indent}{key}:", *_block_mapping(value, depth)]
    if len(inline) <= _WIDTH and not any(isinstance(item, dict) for item in value):
        return [inline]
    width = 0 if key in _ON_MANY_LINES else _WIDTH
    return [f"{indent}{key}:", *(line for item in value for line in _item(item, depth, width))]


def _item(item: Value, depth: int, width: int) -> list[str]:
    """One item of a list; a mapping wider than `width` stands as a block after `- `."""
    indent = "  " * depth
    inline = f"{indent}- {_inline(item)}"
    if not isinstance(item, dict) or len(inline) <= width:
        return [inline]
    first, *rest = _block_mapping(item, depth + 1)
    return [f"{indent}- {first.removeprefix(indent + '  ')}", *rest]


def _inline(value: Value) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_inline(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    if isinstance(value, str):
        return _scalar(value)
    return json.dumps(value)


def _scalar(text: str) -> str:
    """Plain where it is plainly text, else in double quotes with JSON's escapes."""
    if _PLAIN.fullmatch(text) and text.lower() not in _NOT_PLAIN:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found.group()):04x}", quoted)


def _fits_block(text: str) -> bool:
    """Whether a block `|` gives back every character: ordinary lines, the first not indented."""
    lines = text.removesuffix("\n").split("\n")
    if "\n" not in text or not lines[0][:1].strip() or not lines[-1]:
        return False
    return not _UNSAFE_IN_BLOCK.search(text) and all(map(_BLOCK_LINE.fullmatch, lines))

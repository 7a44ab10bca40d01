"""Short ways to write process files and to see what is found in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from releases.rules.process_errors import ProcessError, ProcessErrors
from releases.rules.process_grammar import ParsedProcess, parse_process

HEAD = "kind: Process\nslug: demo\nname: Demo\n"
MANUAL = {"name": "QA", "kind": "sign_off", "approvers": "[{user: maya}]", "rule": "any"}
AUTOMATED = {"name": "Build", "kind": "pipeline"}


def process(*phases: str, head: str = HEAD) -> str:
    """A process of these phases, each as `phase` writes it."""
    return head + "phases:\n" + "".join(phases)


def phase(phase_key: str, /, *activities: str, **keys: str) -> str:
    """A phase with further keys and these activities."""
    lines = [f"  - key: {phase_key}", *(f"    {name}: {value}" for name, value in keys.items())]
    if activities:
        lines.append("    activities:")
    return "\n".join(lines) + "\n" + "".join(activities)


def activity(
    activity_key: str = "qa", base: Mapping[str, str] = MANUAL, /, **keys: str | None
) -> str:
    """An activity: the keys of `base`, changed by `keys`; None leaves a key out."""
    merged = {**base, **keys}
    lines = [f"      - key: {activity_key}"]
    lines += [f"        {name}: {value}" for name, value in merged.items() if value is not None]
    return "\n".join(lines) + "\n"


def one(base: Mapping[str, str] = MANUAL, /, **keys: str | None) -> str:
    """A process of one phase `one` with one activity `qa`."""
    return process(phase("one", activity("qa", base, **keys)))


def parsed_activity(text: str) -> dict[str, Any]:
    """The first activity of the first phase."""
    found: dict[str, Any] = parse_process(text).document["phases"][0]["activities"][0]
    return found


def refused(text: str | bytes) -> list[tuple[int, str, str]]:
    """What is wrong with a process that must be refused: line, key and code."""
    with pytest.raises(ProcessErrors) as caught:
        parse_process(text)
    return [(item.line, item.key, item.code) for item in caught.value.items]


def problems(text: str | bytes) -> tuple[ProcessError, ...]:
    """What is wrong with a text that may be valid or not; none when it is."""
    try:
        parse_process(text)
    except ProcessErrors as refusal:
        return refusal.items
    return ()


def refused_for(text: str, fragment: str) -> list[tuple[str, str]]:
    """Key and code of each finding, every one of which must stand in the line of `fragment`."""
    found = refused(text)
    assert {line for line, _, _ in found} == {line_of(text, fragment)}, found
    return [(key, code) for _, key, code in found]


def not_available(parsed: ParsedProcess) -> list[tuple[int, str, str]]:
    """What of a valid process is not available yet: line, key and code."""
    return [(item.line, item.key, item.code) for item in parsed.not_available]


def line_of(text: str, fragment: str) -> int:
    """The one line in which a fragment stands, from 1."""
    lines = [number for number, line in enumerate(text.splitlines(), 1) if fragment in line]
    assert len(lines) == 1, (fragment, lines)
    return lines[0]

"""Export: the text of a document reads back as the same document, whatever stands in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from releases.rules.process_export import export_process
from releases.rules.process_grammar import parse_process, publishable
from releases.rules.process_words import CATEGORIES
from tests.releases.rules.process_cases import AUTOMATED, activity, one, phase, process
from tests.releases.rules.process_example import EXAMPLE, PUBLISHABLE

pytestmark = pytest.mark.req("REL-6")

HOSTILE = [
    *(
        "no",
        "yes",
        "on",
        "off",
        "true",
        "null",
        "~",
        "1.0",
        "0x10",
        "010",
        "1_000",
        "12:30",
        "2026",
    ),
    *(
        "- a",
        "? a",
        ": a",
        "a: b",
        "a #b",
        "#b",
        "&a",
        "*a",
        "!a",
        "!!str",
        "%a",
        "@a",
        "`a",
        "|",
        ">",
    ),
    *(
        "{a}",
        "[a]",
        "a, b",
        "'a'",
        '"a"',
        "a\\b",
        "\\n",
        "<<",
        "=",
        "---",
        "...",
        " a",
        "a ",
        "\ta",
    ),
    *(
        "2026-12-01",
        "é",
        "日本語",
        "🚀",
        "\u202ea",
        "\ufeffa",
        "a\xa0",
        "x" * 150,
        "1e3",
        ".5",
    ),
    *(
        "{{ a }}",
        "$(a)",
        "<script>",
        "' OR 1=1",
        "a'b",
        "a (b) c/d",
        "null ",
        "y",
        "N",
        "1h",
        "1bh",
    ),
]
LINES = [
    *(
        "one\ntwo",
        "one\ntwo\n",
        "one\n\n\ntwo\n",
        "one\n",
        "one\n\n",
        "\none",
        " one\ntwo",
        "one \ntwo",
    ),
    *(
        "one\n  two\n   three\n",
        "one\n\ttwo\n",
        "one\r\ntwo",
        "one\x85two\n",
        "one\u2028two\n",
        "\n",
    ),
    *(
        "1. Open\n   - sub\n\n2. Next\n",
        "# Title\n\n---\ntext\n...\n",
        "a\n \nb",
        "a\n   ",
        "%YAML 1.1\na",
    ),
]

texts = st.text(
    st.characters(
        codec="utf-8",
        exclude_characters="".join(map(chr, [*range(9), 11, 12, *range(14, 32), 127])),
    ),
    max_size=40,
)
names = st.one_of(
    st.sampled_from(HOSTILE),
    texts.filter(lambda text: not set(text) & set("\n\r\x85\u2028\u2029")),
).filter(lambda text: bool(text.strip()))
long_texts = st.one_of(st.sampled_from(HOSTILE), st.sampled_from(LINES), texts)
keys = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
durations = st.integers(1, 366 * 24 * 60).map(lambda minutes: minutes * 60)


def holders(reference: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        st.builds(lambda name: {"user": name}, reference),
        st.builds(lambda name: {"group": name}, reference),
        st.builds(lambda key: {"role": key}, keys),
    )


# The category audit is for the role Audit Approver alone.
OPEN_TO_ALL = [category for category in CATEGORIES if category != "audit"]

whens = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "risk": st.lists(st.sampled_from(["low", "medium", "high"]), min_size=1, unique=True),
        "change_type": st.lists(
            st.sampled_from(["standard", "emergency"]), min_size=1, unique=True
        ),
        "environment": st.lists(names, min_size=1, max_size=3, unique=True),
        "tag": st.lists(names, min_size=1, max_size=3, unique=True),
    },
).map(lambda when: when or None)


@st.composite
def approvers(draw: st.DrawFn) -> dict[str, Any]:
    holder = draw(holders(names))
    each = "user" not in holder and draw(st.booleans())
    return {**holder, "each": each, "required": draw(st.booleans()), "when": draw(whens)}


@st.composite
def deadlines(draw: st.DrawFn) -> dict[str, Any]:
    zone = timezone(timedelta(minutes=draw(st.integers(-14 * 60, 14 * 60))))
    at = draw(st.datetimes(datetime(2001, 1, 1), datetime(2900, 1, 1), timezones=st.just(zone)))  # noqa: DTZ001
    relative = draw(st.booleans())
    on_miss = draw(st.sampled_from(["stay", "reject", "escalate"]))
    rungs = []
    if on_miss == "escalate":
        rungs = [
            {**holder, "after": draw(durations)}
            for holder in draw(st.lists(holders(names), max_size=3))
        ]
        if not rungs or draw(st.booleans()):
            rungs.append({"reject": True, "after": draw(durations)})
        if draw(st.booleans()):
            rungs[0]["after"] = 0
    return {
        "after": draw(durations) if relative else None,
        "at": None if relative else at.isoformat(),
        "on_miss": on_miss,
        "escalate_to": rungs,
    }


@st.composite
def fields(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["text", "long_text", "number", "checkbox", "dropdown"]))
    pattern = draw(st.none() | st.sampled_from(["[A-Z]+-[0-9]+", "~", "no", "a: b # c"]))
    textual = kind in ("text", "long_text")
    low = draw(st.none() | st.integers(-5, 0) | st.floats(-1e9, 0))
    return {
        "key": draw(keys),
        "type": kind,
        "label": draw(names),
        "help": draw(long_texts),
        "required": draw(st.sampled_from([[], ["approve"], ["reject"], ["approve", "reject"]])),
        "min_length": draw(st.none() | st.integers(0, 50)) if textual else None,
        "max_length": draw(st.none() | st.integers(50, 400)) if textual else None,
        "min": (int(low) if low is not None and low == int(low) else low)
        if kind == "number"
        else None,
        "max": draw(st.none() | st.integers(0, 2**53 - 1)) if kind == "number" else None,
        "pattern": pattern if textual else None,
        "message": draw(st.none() | names) if textual and pattern else None,
        "choices": draw(st.lists(names, min_size=1, max_size=4, unique=True))
        if kind == "dropdown"
        else [],
    }


@st.composite
def activities(
    draw: st.DrawFn, phase_key: str, key: str, known: list[tuple[str, str]]
) -> dict[str, Any]:
    kind = draw(
        st.sampled_from(["pipeline", "check", "approval", "sign_off", "handoff", "evidence"])
    )
    manual = kind not in ("pipeline", "check")
    before = [name for name, _ in known]
    default = [name for name in before if name.startswith(f"{phase_key}.")]
    others = [name for name, other in known if other not in ("pipeline", "check")]
    rule = draw(st.sampled_from(["any", "majority", "at_least", "percent"]))
    number = {"at_least": 1, "percent": 37}.get(rule)
    common = {
        "key": key,
        "name": draw(names),
        "kind": kind,
        "category": draw(st.none() | st.sampled_from(OPEN_TO_ALL)),
        "description": draw(long_texts),
        "instructions": draw(long_texts),
        "needs": draw(st.just(default) | st.lists(st.sampled_from(before), unique=True))
        if before
        else [],
        "when": draw(whens),
        "timeout": None if manual else draw(durations),
    }
    if not manual:
        nothing = ("approvers", "rule", "reject", "comment", "separation", "deadline", "fields")
        return {**common, **dict.fromkeys(nothing)}
    return {
        **common,
        "approvers": [
            {"group": "all", "each": True, "required": False, "when": None},
            draw(approvers()),
        ],
        "rule": {"kind": rule, "number": number},
        "reject": draw(st.sampled_from(["first", "unreachable"])),
        "comment": draw(
            st.sampled_from(
                [
                    {"required": False, "min_length": 0},
                    {"required": True, "min_length": 0},
                    {"required": True, "min_length": 20},
                ]
            )
        ),
        "separation": {
            "requester": draw(st.booleans()),
            "authors": draw(st.booleans()),
            "uploaders": False,
            "not_with": draw(st.lists(st.sampled_from(others), unique=True)) if others else [],
        },
        "deadline": draw(st.none() | deadlines()),
        "fields": draw(st.lists(fields(), max_size=3, unique_by=lambda field: field["key"])),
    }


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Valid documents; needs point backwards, so that there is no circle."""
    phases: list[dict[str, Any]] = []
    known: list[tuple[str, str]] = []
    for phase_key in draw(st.lists(keys, min_size=1, max_size=3, unique=True)):
        earlier = [one["key"] for one in phases]
        inner = []
        for key in draw(st.lists(keys, max_size=3, unique=True)):
            made = draw(activities(phase_key, key, known))
            known.append((f"{phase_key}.{key}", made["kind"]))
            inner.append(made)
        phases.append(
            {
                "key": phase_key,
                "name": draw(names),
                "description": draw(long_texts),
                "needs": draw(st.just(earlier[-1:]) | st.just(earlier) | st.just([])),
                "owner": draw(st.none() | holders(names)),
                "failure": draw(st.sampled_from(["fail", "hold", "continue"])),
                "activities": inner,
            }
        )
    return {
        "slug": draw(keys),
        "name": draw(names),
        "description": draw(long_texts),
        "failure": draw(st.sampled_from(["fail", "hold", "continue"])),
        "roles": draw(st.dictionaries(keys, names, max_size=3)),
        "phases": phases,
    }


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_any_document_comes_back_from_its_text(document: dict[str, Any]) -> None:
    text = export_process(document)
    parsed = parse_process(text)
    assert publishable(parsed) == document
    assert export_process(parsed.document) == text


@pytest.mark.parametrize("text", [PUBLISHABLE, EXAMPLE])
def test_the_contract_example_comes_back(text: str) -> None:
    document = parse_process(text).document
    assert parse_process(export_process(document)).document == document


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_come_back(name: str) -> None:
    document = parse_process(one()).document
    qa = document["phases"][0]["activities"][0]
    document["name"] = qa["name"] = name
    document["roles"] = {"no": name}
    qa["approvers"] = [{"user": name, "each": False, "required": False, "when": {"tag": [name]}}]
    assert parse_process(export_process(document)).document == document


@pytest.mark.parametrize("text", [*LINES, *HOSTILE])
def test_texts_of_any_shape_come_back(text: str) -> None:
    document = parse_process(one()).document
    document["description"] = text
    document["phases"][0]["activities"][0]["instructions"] = text
    assert parse_process(export_process(document)).document == document


def test_ordinary_text_of_many_lines_stands_as_a_block() -> None:
    document = parse_process(one()).document
    document["phases"][0]["activities"][0]["instructions"] = "1. Open.\n\n2. Read:\n   - all\n"
    assert "instructions: |\n          1. Open.\n\n          2. Read:\n             - all\n" in (
        export_process(document)
    )


def test_keys_stand_in_the_order_of_the_contract() -> None:
    block = export_process(parse_process(PUBLISHABLE).document).split("- key: qa\n")[1]
    keys = [line.split(":")[0].strip() for line in block.splitlines() if line[8:9].strip()]
    assert keys[:14] == [
        *("name", "kind", "category", "description", "needs", "when", "instructions", "approvers"),
        *("rule", "reject", "comment", "separation", "deadline", "fields"),
    ]


@pytest.mark.parametrize("text", [PUBLISHABLE, one(when="{tag: [a], risk: [low]}")])
def test_a_stored_document_gives_the_same_text_as_a_parsed_one(text: str) -> None:
    """The stored text is canonical JSON, whose keys are sorted."""
    document = parse_process(text).document
    stored = json.loads(json.dumps(document, sort_keys=True))
    assert export_process(stored) == export_process(document)


def test_the_same_document_gives_the_same_text_whatever_the_order_of_its_file() -> None:
    turned = "phases: [{activities: [], key: a}]\nname: Demo\nslug: demo\nkind: Process\n"
    straight = "kind: Process\nslug: demo\nname: Demo\nphases: [{key: a}]\n"
    assert export_process(parse_process(turned).document) == export_process(
        parse_process(straight).document
    )


def test_needs_are_written_only_where_they_differ_from_the_default() -> None:
    text = process(
        phase("a", activity("x", AUTOMATED), activity("y", AUTOMATED)),
        phase("b", activity("z", AUTOMATED, needs="[a.x]"), needs="[]"),
    )
    exported = export_process(parse_process(text).document)
    assert [line.strip() for line in exported.splitlines() if "needs" in line] == [
        "needs: []",
        "needs: [a.x]",
    ]


def test_an_instant_is_written_in_its_own_offset() -> None:
    at = datetime(2026, 12, 1, 17, tzinfo=UTC).isoformat()
    document = parse_process(one(deadline="{at: 2026-12-01T17:00:00Z}")).document
    assert f'at: "{at}"' in export_process(document)

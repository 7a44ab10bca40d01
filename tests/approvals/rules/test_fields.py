"""Field definitions: what cannot work is found when a process is saved."""

from __future__ import annotations

import pytest

from approvals.rules.fields import LATER_TYPES, check_field_definition

pytestmark = [pytest.mark.req("CAP-1", "CAP-2")]


def field(kind: object = "text", **keys: object) -> dict[str, object]:
    """A field as a process document holds it, every default written."""
    defaults: dict[str, object] = dict.fromkeys(
        ("min_length", "max_length", "min", "max", "pattern", "message", "choices")
    )
    return {"key": "k", "type": kind, "label": "K", "help": "", "required": [], **defaults, **keys}


@pytest.mark.parametrize(
    "good",
    [
        field(),
        field("text", min_length=0, max_length=1, pattern="[A-Z]+-[0-9]+", message="Like PAY-123"),
        field("long_text", min_length=20, required=["approve", "reject"]),
        field("long_text", min_length=5, max_length=5),
        field("number", min=-1.5, max=10),
        field("number", min=3, max=3),
        field("checkbox", required=["approve"]),
        field("dropdown", choices=["low", "medium", "high"]),
        field("text", choices=[], pattern="", message=""),
        {"key": "k", "type": "text"},
    ],
)
def test_what_can_work_is_accepted(good: dict[str, object]) -> None:
    assert check_field_definition(good) == []


@pytest.mark.parametrize(
    ("bad", "keys"),
    [
        (field("colour"), ["type"]),
        (field(None), ["type"]),
        (field(["text"]), ["type"]),
        (field("text", min=1), ["min"]),
        (field("text", choices=["a"]), ["choices"]),
        (field("number", min_length=1, pattern="a"), ["min_length", "pattern"]),
        (field("checkbox", min=0), ["min"]),
        (field("dropdown", choices=["a"], max_length=3), ["max_length"]),
        (field("text", min_length=-1), ["min_length"]),
        (field("text", min_length=True), ["min_length"]),
        (field("text", min_length="3"), ["min_length"]),
        (field("text", max_length=0), ["max_length"]),
        (field("text", max_length=2.5), ["max_length"]),
        (field("text", min_length=5, max_length=4), ["min_length"]),
        (field("text", min_length=501), ["min_length"]),
        (field("number", min=2, max=1), ["min"]),
        (field("number", min="1"), ["min"]),
        (field("number", max=float("nan")), ["max"]),
        (field("number", max=float("inf")), ["max"]),
        (field("number", max=True), ["max"]),
        (field("number", max=10**400), ["max"]),
        (field("dropdown"), ["choices"]),
        (field("dropdown", choices="low"), ["choices"]),
        (field("dropdown", choices=["a", "a"]), ["choices"]),
        (field("dropdown", choices=["a", " "]), ["choices"]),
        (field("dropdown", choices=["a", 1]), ["choices"]),
        (field("dropdown", choices=["a", "b\x00"]), ["choices"]),
        (field("text", message="Like this"), ["message"]),
        (field("text", pattern="a", message=1), ["message"]),
        (field("text", pattern=1), ["pattern"]),
        (field("text", pattern="\ud800"), ["pattern"]),
        (field("text", required=["abstain"]), ["required"]),
        (field("text", required=True), ["required"]),
    ],
)
def test_what_cannot_work_is_named(bad: dict[str, object], keys: list[str]) -> None:
    findings = check_field_definition(bad)

    assert [key for key, _ in findings] == keys
    assert all(sentence.endswith(".") for _, sentence in findings)


@pytest.mark.parametrize("kind", LATER_TYPES)
def test_types_of_later_are_not_accepted_and_then_not_enforced(kind: str) -> None:
    ((key, sentence),) = check_field_definition(field(kind, choices=["a"]))

    assert key == "type"
    assert "not available yet" in sentence


@pytest.mark.req("A-097")
@pytest.mark.parametrize(
    "pattern",
    ["(?=a)b", "(?<!a)b", r"(a)\1", "(", "[z-a]", "a{1001}", "(a{999}){999}", "a" * 501],
)
def test_patterns_that_could_hang_or_do_not_compile_are_refused(pattern: str) -> None:
    ((key, sentence),) = check_field_definition(field("text", pattern=pattern))

    assert key == "pattern"
    assert "b'" not in sentence


@pytest.mark.req("A-097")
def test_a_pattern_of_five_hundred_characters_is_accepted() -> None:
    assert check_field_definition(field("text", pattern="a" * 500)) == []

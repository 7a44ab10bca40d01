"""Who waits for whom: defaults, references, and circles of phases and activities together."""

from __future__ import annotations

import pytest

from releases.rules.process_errors import ProcessErrors
from releases.rules.process_grammar import parse_process
from tests.releases.rules.process_cases import (
    AUTOMATED,
    activity,
    line_of,
    phase,
    process,
    refused,
    refused_for,
)

pytestmark = pytest.mark.req("REL-2")


def step(key: str, **keys: str) -> str:
    return activity(key, AUTOMATED, **keys)


def needs_of(text: str) -> dict[str, list[str]]:
    """The needs of every phase and activity by its full name."""
    found: dict[str, list[str]] = {}
    for one in parse_process(text).document["phases"]:
        found[one["key"]] = one["needs"]
        for inner in one["activities"]:
            found[f"{one['key']}.{inner['key']}"] = inner["needs"]
    return found


def cycles(text: str) -> list[tuple[int, str]]:
    """The line and the named circle of each finding, all of which must be circles."""
    with pytest.raises(ProcessErrors) as caught:
        parse_process(text)
    assert {item.code for item in caught.value.items} == {"cycle"}
    return [(item.line, item.sentence.split(": ", 1)[1][:-1]) for item in caught.value.items]


def test_needs_default_to_what_is_written_before() -> None:
    text = process(
        phase("a", step("x"), step("y"), step("z")), phase("b", step("x")), phase("c", step("x"))
    )
    assert needs_of(text) == {
        "a": [],
        "a.x": [],
        "a.y": ["a.x"],
        "a.z": ["a.x", "a.y"],
        "b": ["a"],
        "b.x": [],
        "c": ["b"],
        "c.x": [],
    }


def test_needs_as_written_are_stored_by_full_name() -> None:
    text = process(
        phase("a", step("x"), step("y", needs="[]"), step("z", needs="[y, a.x]")),
        phase("b", step("x", needs="[a.z]"), needs="[]"),
        phase("c", needs="[a, b]"),
    )
    assert needs_of(text) == {
        "a": [],
        "a.x": [],
        "a.y": [],
        "a.z": ["a.y", "a.x"],
        "b": [],
        "b.x": ["a.z"],
        "c": ["a", "b"],
    }


def test_needs_may_point_to_what_is_written_later() -> None:
    text = process(phase("a", step("x", needs="[y]"), step("y", needs="[]")))
    assert needs_of(text)["a.x"] == ["a.y"]


@pytest.mark.parametrize(
    ("text", "fragment", "key", "code"),
    [
        (
            process(phase("a", step("x", needs="[x]"))),
            "needs:",
            "phases[0].activities[0].needs[0]",
            "self_dependency",
        ),
        (
            process(phase("a", step("x", needs="[a.x]"))),
            "needs:",
            "phases[0].activities[0].needs[0]",
            "self_dependency",
        ),
        (process(phase("a", needs="[a]")), "needs:", "phases[0].needs[0]", "self_dependency"),
        (process(phase("a", needs="[b]")), "needs:", "phases[0].needs[0]", "unknown_need"),
        (
            process(phase("a", step("x", needs="[y]"))),
            "needs:",
            "phases[0].activities[0].needs[0]",
            "unknown_need",
        ),
        (
            process(phase("a", step("x")), phase("b", step("y", needs="[x]"))),
            "needs:",
            "phases[1].activities[0].needs[0]",
            "unknown_need",
        ),
        (
            process(phase("a", step("x")), phase("b", step("y", needs="[a]"))),
            "needs:",
            "phases[1].activities[0].needs[0]",
            "unknown_need",
        ),
        (
            process(phase("a", step("x"), step("y", needs="[x, a.x]"))),
            "needs:",
            "phases[0].activities[1].needs[1]",
            "duplicate_item",
        ),
        (
            process(phase("a"), phase("b", needs="[a, a]")),
            "needs:",
            "phases[1].needs[1]",
            "duplicate_item",
        ),
        (
            process(phase("a", step("x", needs="x"))),
            "needs:",
            "phases[0].activities[0].needs",
            "wrong_type",
        ),
        (
            process(phase("a", step("x", needs=""))),
            "needs:",
            "phases[0].activities[0].needs",
            "empty_value",
        ),
        (
            process(phase("a", step("x", needs="[{a: b}]"))),
            "needs:",
            "phases[0].activities[0].needs[0]",
            "wrong_type",
        ),
        (
            process(phase("a", activity("x", separation="{not_with: [x]}"))),
            "not_with",
            "phases[0].activities[0].separation.not_with[0]",
            "self_reference",
        ),
        (
            process(phase("a", activity("x", separation="{not_with: [a.y]}"))),
            "not_with",
            "phases[0].activities[0].separation.not_with[0]",
            "unknown_activity",
        ),
        (
            process(phase("a", step("t"), activity("x", separation="{not_with: [t]}"))),
            "not_with",
            "phases[0].activities[1].separation.not_with[0]",
            "not_manual",
        ),
    ],
)
def test_references_that_mean_nothing_are_refused(
    text: str, fragment: str, key: str, code: str
) -> None:
    assert refused_for(text, fragment) == [(key, code)]


def test_unknown_need_suggests_what_may_be_meant() -> None:
    with pytest.raises(ProcessErrors, match='Did you mean "tests"'):
        parse_process(process(phase("a", step("tests"), step("y", needs="[test]"))))
    with pytest.raises(ProcessErrors, match="It is a phase"):
        parse_process(process(phase("a", step("x")), phase("b", step("y", needs="[a]"))))


def test_not_with_of_another_phase_is_stored_by_full_name() -> None:
    text = process(
        phase("a", activity("x")), phase("b", activity("y", separation="{not_with: [a.x]}"))
    )
    second = parse_process(text).document["phases"][1]["activities"][0]
    assert second["separation"]["not_with"] == ["a.x"]


def test_cycle_of_activities_is_named_with_its_line() -> None:
    text = process(
        phase("a", step("x", needs="[z]"), step("y", needs="[x]"), step("z", needs="[y]"))
    )
    assert cycles(text) == [(line_of(text, "needs: [z]"), "a.x → a.z → a.y → a.x")]


def test_cycle_with_a_default_need_names_the_need_that_was_written() -> None:
    text = process(phase("a", step("x", needs="[y]"), step("y")))
    assert cycles(text) == [(line_of(text, "needs: [y]"), "a.x → a.y → a.x")]


def test_cycle_of_phases_is_named_with_its_line() -> None:
    text = process(phase("a", needs="[b]"), phase("b", needs="[a]"))
    assert cycles(text) == [(line_of(text, "needs: [b]"), "a → b → a")]


def test_cycle_of_phases_does_not_name_what_they_hold() -> None:
    text = process(
        phase("a", step("x"), needs="[c]"),
        phase("b", step("x"), step("y")),
        phase("c", step("x"), step("y", needs="[]"), step("z")),
    )
    assert cycles(text) == [(line_of(text, "needs: [c]"), "a → c → b → a")]


def test_early_activity_that_needs_a_later_phase_closes_a_circle() -> None:
    text = process(phase("a", step("x", needs="[b.y]")), phase("b", step("y")))
    assert cycles(text) == [(line_of(text, "needs: [b.y]"), "a.x → b.y → b → a → a.x")]


def test_early_activity_that_needs_a_much_later_phase_closes_a_circle() -> None:
    text = process(
        phase("a", step("w"), step("x", needs="[c.y]")),
        phase("b", step("v")),
        phase("c", step("y")),
    )
    assert cycles(text) == [(line_of(text, "needs: [c.y]"), "a.x → c.y → c → b → a → a.x")]


def test_activities_of_parallel_phases_may_need_each_other_one_way() -> None:
    text = process(
        phase("a", step("x", needs="[b.y]"), step("z")), phase("b", step("y"), needs="[]")
    )
    assert needs_of(text)["a.x"] == ["b.y"]


def test_activities_of_parallel_phases_may_interleave() -> None:
    text = process(
        phase("a", step("x"), step("z", needs="[b.y]")),
        phase("b", step("y", needs="[a.x]"), step("w", needs="[a.z]"), needs="[]"),
    )
    assert needs_of(text)["b.w"] == ["a.z"]


def test_parallel_phases_that_need_each_other_both_ways_are_refused() -> None:
    text = process(
        phase("a", step("x", needs="[b.y]")), phase("b", step("y", needs="[a.x]"), needs="[]")
    )
    assert cycles(text) == [(line_of(text, "needs: [b.y]"), "a.x → b.y → a.x")]


def test_activity_that_needs_a_phase_after_a_phase_in_parallel_is_refused() -> None:
    """c waits for all of a, so an activity of a cannot wait for c by way of b."""
    text = process(
        phase("a", step("x", needs="[b.y]")),
        phase("b", step("y", needs="[c.z]"), needs="[]"),
        phase("c", step("z"), needs="[a]"),
    )
    found = cycles(text)
    assert len(found) == 1
    assert found[0][1] == "a.x → b.y → c.z → c → a → a.x"


def test_several_circles_are_named_in_one_go() -> None:
    text = process(
        phase("a", step("x", needs="[y]"), step("y", needs="[x]")),
        phase("b", step("v", needs="[w]"), step("w", needs="[v]")),
    )
    assert [cycle for _, cycle in cycles(text)] == ["a.x → a.y → a.x", "b.v → b.w → b.v"]


def test_keys_used_twice_are_not_called_circles() -> None:
    text = process(phase("a", step("x")), phase("b", step("x")), phase("a", step("x"), step("x")))
    assert {code for _, _, code in refused(text)} == {"duplicate_phase", "duplicate_activity"}


def test_a_phase_without_a_key_gives_one_finding() -> None:
    text = process("  - name: A\n", phase("b", step("x", needs="[]")))
    assert refused(text) == [(5, "phases[0].key", "missing_key")]


def test_a_wide_process_is_resolved_and_a_wider_one_refused() -> None:
    hundred = [step(f"s{number}") for number in range(100)]
    phases = [phase(f"p{number}", *hundred) for number in range(5)]
    assert len(needs_of(process(*phases))["p4.s99"]) == 99
    assert refused(process(*phases, phase("more", step("x"))))[0][1:] == ("phases", "too_many")
    assert refused(process(phase("p", *hundred, step("more"))))[0][2] == "too_many"

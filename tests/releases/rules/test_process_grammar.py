"""The grammar of processes and phases: what is required, known, defaulted and refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import Invalid
from releases.rules.process_errors import MOST_FINDINGS, ProcessErrors
from releases.rules.process_grammar import parse_process, publishable
from releases.rules.process_words import (
    ACTIVITY_KEYS,
    CATEGORIES,
    FIELD_KEYS,
    PHASE_KEYS,
    PROCESS_KEYS,
)
from tests.releases.rules.process_cases import (
    HEAD,
    activity,
    line_of,
    not_available,
    one,
    phase,
    problems,
    process,
    refused,
    refused_for,
)
from tests.releases.rules.process_example import EXAMPLE, PUBLISHABLE

pytestmark = pytest.mark.req("REL-6")


def test_contract_example_parses_with_exactly_what_is_not_available() -> None:
    assert not_available(parse_process(EXAMPLE)) == [
        (
            line_of(EXAMPLE, " warn: 4h"),
            "phases[0].activities[2].deadline.warn",
            "not_available_yet",
        ),
        (line_of(EXAMPLE, "reminders:"), "phases[0].activities[2].reminders", "not_available_yet"),
        (line_of(EXAMPLE, "notify:"), "phases[0].activities[2].notify", "not_available_yet"),
        (line_of(EXAMPLE, "evidence: {"), "phases[0].activities[2].evidence", "not_available_yet"),
    ]


def test_contract_example_is_refused_for_publishing_with_its_lines() -> None:
    with pytest.raises(ProcessErrors) as caught:
        publishable(parse_process(EXAMPLE))
    assert caught.value.code == "not_available_yet"
    assert len(caught.value.items) == 4


def test_contract_example_without_what_comes_later_is_publishable() -> None:
    parsed = parse_process(PUBLISHABLE)
    assert publishable(parsed) == parsed.document
    assert parsed.document == parse_process(EXAMPLE).document


def test_contract_example_becomes_the_document_with_every_default() -> None:
    document = parse_process(PUBLISHABLE).document
    assert {key: document[key] for key in ("slug", "name", "description", "failure", "roles")} == {
        "slug": "payments",
        "name": "Payments release",
        "description": "Regulated payments service.",
        "failure": "fail",
        "roles": {"qa-lead": "QA Lead", "release-manager": "Release Manager"},
    }
    verify, deploy = document["phases"]
    assert (verify["owner"], verify["failure"]) == ({"role": "release-manager"}, "hold")
    assert deploy == {
        "key": "deploy",
        "name": "Deploy",
        "description": "",
        "needs": ["verify"],
        "owner": None,
        "failure": "fail",
        "activities": [],
    }
    tests, _, qa = verify["activities"]
    assert tests == {
        "key": "tests",
        "name": "Integration tests",
        "kind": "pipeline",
        "category": None,
        "description": "",
        "instructions": "",
        "needs": [],
        "when": None,
        "timeout": 7200,
        "approvers": None,
        "rule": None,
        "reject": None,
        "comment": None,
        "separation": None,
        "deadline": None,
        "fields": None,
    }
    assert qa["needs"] == ["verify.tests"]
    assert qa["when"] == {"risk": ["high", "medium"]}
    assert qa["instructions"] == "1. Open the report.\n"
    assert qa["approvers"][2:] == [
        {"role": "qa-lead", "each": True, "required": False, "when": None},
        {"group": "security", "each": False, "required": True, "when": None},
    ]
    assert qa["separation"]["not_with"] == ["verify.build"]
    assert qa["deadline"]["escalate_to"] == [
        {"role": "release-manager", "after": 0},
        {"user": "omar", "after": 14400},
        {"reject": True, "after": 14400},
    ]


def test_smallest_process_has_every_key() -> None:
    document = parse_process(HEAD + "phases: [{key: a}]\n").document
    assert document == {
        "slug": "demo",
        "name": "Demo",
        "description": "",
        "failure": "fail",
        "roles": {},
        "phases": [
            {
                "key": "a",
                "name": "a",
                "description": "",
                "needs": [],
                "owner": None,
                "failure": "fail",
                "activities": [],
            }
        ],
    }


def test_phases_take_the_failure_of_the_process() -> None:
    text = process(phase("a"), phase("b", failure="hold"), head=HEAD + "failure: continue\n")
    assert [p["failure"] for p in parse_process(text).document["phases"]] == ["continue", "hold"]


@pytest.mark.parametrize(
    ("head", "key"),
    [
        ("slug: demo\nname: Demo\n", "kind"),
        ("kind: Process\nname: Demo\n", "slug"),
        ("kind: Process\nslug: demo\n", "name"),
    ],
)
def test_required_keys_of_a_process(head: str, key: str) -> None:
    assert refused(process(phase("a"), head=head)) == [(1, key, "missing_key")]


def test_phases_are_required_and_not_empty() -> None:
    assert refused(HEAD) == [(1, "phases", "missing_key")]
    assert refused(HEAD + "phases: []\n") == [(4, "phases", "empty_value")]
    assert refused(HEAD + "phases:\n") == [(4, "phases", "empty_value")]
    assert refused(HEAD + "phases: {a: b}\n") == [(4, "phases", "wrong_type")]
    assert refused(HEAD + "phases: [a, [b]]\n") == [
        (4, "phases[0]", "wrong_type"),
        (4, "phases[1]", "wrong_type"),
    ]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("kind: Release", "wrong_value"),
        ("kind: process", "wrong_value"),
        ("kind: [Process]", "wrong_type"),
        ("slug: Demo", "bad_key"),
        ("slug: 9demo", "bad_key"),
        ("slug: 2026", "bad_key"),
        ("slug: a b", "bad_key"),
        ("slug: a.b", "bad_key"),
        ("slug: " + "a" * 51, "bad_key"),
        ('slug: "demo\\n"', "bad_key"),
        ("slug: {a: b}", "wrong_type"),
        ("name: ''", "empty_value"),
        ("name: '  '", "empty_value"),
        ("name: ~", "empty_value"),
        ("name: null", "empty_value"),
        ("name:", "empty_value"),
        ("name: [a]", "wrong_type"),
        ('name: "two\\nlines"', "wrong_value"),
        ('name: "two\\u2028lines"', "wrong_value"),
        ("name: " + "x" * 201, "too_long"),
    ],
)
def test_wrong_values_of_required_keys(written: str, code: str) -> None:
    key = written.partition(":")[0]
    kept = [line for line in HEAD.splitlines() if not line.startswith(f"{key}:")]
    text = process(phase("a"), head="\n".join([*kept, written]) + "\n")
    assert refused(text) == [(3, key, code)]


@pytest.mark.parametrize(
    ("written", "key", "code"),
    [
        ("failure: stop", "failure", "wrong_value"),
        ("failure: [fail]", "failure", "wrong_type"),
        ("description: [a]", "description", "wrong_type"),
        ("description: " + "x" * 10_001, "description", "too_long"),
        ("roles: [qa]", "roles", "wrong_type"),
        ("roles: {QA: Name}", "roles.QA", "bad_key"),
        ("roles: {qa: }", "roles.qa", "empty_value"),
        ("roles: {qa: [a]}", "roles.qa", "wrong_type"),
        ("roles: {qa: ''}", "roles.qa", "empty_value"),
        ("carry_over: everything", "carry_over", "wrong_value"),
        ("notify: everybody", "notify", "wrong_type"),
    ],
)
def test_wrong_values_of_a_process(written: str, key: str, code: str) -> None:
    assert refused(process(phase("a"), head=HEAD + written + "\n")) == [(4, key, code)]


@pytest.mark.parametrize("name", ["2026", "1.0", "no", "true", "0x10", "2026-12-01", "Ümläut ✓"])
def test_a_name_is_the_text_that_was_written(name: str) -> None:
    text = process(phase("a", name=name))
    assert parse_process(text).document["phases"][0]["name"] == name


@pytest.mark.parametrize(
    ("keys", "key", "code"),
    [
        ({"owner": "tom"}, "owner", "wrong_type"),
        ({"owner": "{}"}, "owner", "missing_key"),
        ({"owner": "{user: tom, role: x}"}, "owner", "wrong_value"),
        ({"owner": "{users: tom}"}, "owner.users", "unknown_key"),
        ({"owner": "{role: Release Manager}"}, "owner.role", "bad_key"),
        ({"owner": "{user: [tom]}"}, "owner.user", "wrong_type"),
        ({"failure": "skip"}, "failure", "wrong_value"),
        ({"activities": "{a: b}"}, "activities", "wrong_type"),
        ({"activities": "[a]"}, "activities[0]", "wrong_type"),
        ({"activities": ""}, "activities", "empty_value"),
    ],
)
def test_wrong_values_of_a_phase(keys: dict[str, str], key: str, code: str) -> None:
    text = process(phase("a", **keys))
    found = refused_for(text, f"    {next(iter(keys))}:")
    assert (f"phases[0].{key}", code) in found
    assert len(found) == 1 or code == "unknown_key"


@pytest.mark.req("REL-2")
def test_unknown_keys_are_refused_wherever_they_stand() -> None:
    text = process(
        phase("a", activity("x", approver="[{user: maya}]"), need="[b]"),
        head=HEAD + "colour: red\n",
    )
    assert refused(text) == [
        (4, "colour", "unknown_key"),
        (7, "phases[0].need", "unknown_key"),
        (14, "phases[0].activities[0].approver", "unknown_key"),
    ]


@pytest.mark.req("REL-2")
@pytest.mark.parametrize(
    "keys",
    [
        {"approvers": "[{user: maya, colour: red}]"},
        {"approvers": "[{user: maya, when: {colour: [red]}}]"},
        {"when": "{colour: [red]}"},
        {"rule": "{colour: 1}"},
        {"comment": "{colour: 1}"},
        {"separation": "{colour: true}"},
        {"signature": "{ask: confirm, colour: red}"},
        {"deadline": "{after: 1h, colour: red}"},
        {"deadline": "{after: 1h, on_miss: escalate, escalate_to: [{user: a, colour: red}]}"},
        {"reminders": "{every: 1h, colour: red}"},
        {"notify": "{colour: red}"},
        {"notify": "{stakeholders: [{user: a, colour: red}]}"},
        {"evidence": "{colour: red}"},
        {"fields": "[{key: a, type: text, colour: red}]"},
        {"fields": "[{key: a, type: checklist, items: [{key: b, colour: red}]}]"},
    ],
)
def test_unknown_keys_inside_values_are_refused(keys: dict[str, str]) -> None:
    assert ("unknown_key") in {code for _, code in refused_for(one(**keys), "colour")}


def test_unknown_key_suggests_the_one_that_is_meant() -> None:
    with pytest.raises(ProcessErrors, match=r'"approver" is not a key.*Did you mean "approvers"'):
        parse_process(one(approver="[]"))


def test_the_keys_are_those_of_the_contract() -> None:
    assert ", ".join(PROCESS_KEYS) == (
        "kind, slug, name, description, failure, roles, notify, carry_over, phases"
    )
    assert ", ".join(PHASE_KEYS) == (
        "key, name, description, needs, owner, failure, notify, activities"
    )
    assert ", ".join(ACTIVITY_KEYS) == (
        "key, name, kind, category, description, needs, when, instructions, timeout, policy, "
        "approvers, rule, reject, comment, separation, signature, deadline, reminders, notify, "
        "evidence, fields"
    )
    assert ", ".join(FIELD_KEYS) == (
        "key, type, label, help, required, visible_on, min_length, max_length, min, max, pattern, "
        "message, choices, types, max_size, max_files, items"
    )


def test_keys_used_twice_are_refused() -> None:
    assert refused_for(process(phase("a"), "  - {key: a, name: Again}\n"), "Again") == [
        ("phases[1].key", "duplicate_phase")
    ]
    text = process(phase("a", activity("x"), activity("x", name="Again")))
    assert refused(text) == [(12, "phases[0].activities[1].key", "duplicate_activity")]


def test_the_same_activity_key_may_stand_in_two_phases() -> None:
    parse_process(process(phase("a", activity("x")), phase("b", activity("x"))))


@pytest.mark.parametrize(
    ("head", "key"),
    [
        ("carry_over: same_digest", "carry_over"),
        ("notify: {slack: '#a'}", "notify"),
    ],
)
def test_what_a_process_cannot_have_yet(head: str, key: str) -> None:
    parsed = parse_process(process(phase("a"), head=HEAD + head + "\n"))
    assert not_available(parsed) == [(4, key, "not_available_yet")]
    with pytest.raises(ProcessErrors):
        publishable(parsed)


def test_what_a_phase_cannot_have_yet() -> None:
    parsed = parse_process(process(phase("a", notify="{addresses: [a@example.com]}")))
    assert not_available(parsed) == [(6, "phases[0].notify", "not_available_yet")]


def test_findings_come_all_at_once_by_line() -> None:
    text = process(
        phase("a", activity("x", kind="approve", rule="most"), failure="stop"),
        phase("b", needs="[c]"),
        head=HEAD.replace("slug: demo", "slug: DEMO"),
    )
    found = refused(text)
    assert [line for line, _, _ in found] == sorted(line for line, _, _ in found)
    assert [code for _, _, code in found] == [
        "bad_key",
        "wrong_value",
        "wrong_value",
        "wrong_value",
        "unknown_need",
    ]


def test_findings_are_an_invalid_input_by_key() -> None:
    with pytest.raises(Invalid) as caught:
        parse_process(process(phase("a", failure="stop"), head=HEAD + "colour: red\n"))
    refusal = caught.value
    assert (refusal.status, refusal.code) == (422, "invalid_process")
    assert list(refusal.errors) == ["colour", "phases[0].failure"]
    assert refusal.errors["colour"][0].startswith("Line 4: ")
    assert str(refusal).startswith("line 4: colour: ")
    problems = refusal.data["problems"]
    assert isinstance(problems, list)
    assert problems[0]["code"] == "unknown_key"


def test_a_process_lists_no_more_roles_than_anyone_has() -> None:
    roles = ", ".join(f"r{number}: R" for number in range(201))
    text = process(phase("a"), head=HEAD + f"roles: {{{roles}}}\n")
    assert refused(text) == [(4, "roles", "too_many")]


def test_hostile_numbers_of_mistakes_end_early() -> None:
    text = HEAD + "phases: []\n" + "".join(f"unknown{number}: 1\n" for number in range(20_000))
    assert len(refused(text)) == MOST_FINDINGS


def test_a_sentence_does_not_repeat_a_huge_value() -> None:
    with pytest.raises(ProcessErrors) as caught:
        parse_process(
            HEAD + "x" * 100_000 + ": 1\nfailure: " + "y" * 100_000 + "\nphases: [{key: a}]\n"
        )
    assert len(caught.value.sentence) < 1_000
    assert all(len(key) < 100 for key in caught.value.errors)


def test_lines_of_every_key_are_kept() -> None:
    lines = parse_process(PUBLISHABLE).lines
    assert lines["slug"] == 2
    key = "phases[0].activities[2].approvers[3].group"
    assert lines[key] == line_of(PUBLISHABLE, "group: security")


def test_the_fifteen_categories_are_known() -> None:
    assert len(set(CATEGORIES)) == 15
    for category in CATEGORIES:
        signed = {"approvers": "[{role: audit-approver}]"} if category == "audit" else {}
        assert parse_process(one(category=category, **signed))


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_any_text_in_place_of_a_value_is_answered(value: str) -> None:
    lines = value.splitlines() or [""]
    text = one(description=lines[0], rule=lines[-1])
    assert all(item.sentence and item.line <= 99 for item in problems(text))

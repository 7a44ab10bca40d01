"""Activities of a process file: kinds, approvers, rules, deadlines, forms, and what comes later."""

from __future__ import annotations

from typing import Any

import pytest

from releases.rules.process_errors import ProcessErrors
from releases.rules.process_grammar import parse_process, publishable
from releases.rules.process_words import MANUAL_ONLY_KEYS
from tests.releases.rules.process_cases import (
    AUTOMATED,
    line_of,
    not_available,
    one,
    parsed_activity,
    phase,
    problems,
    process,
    refused,
    refused_for,
)

AT = "phases[0].activities[0]"
MANUAL_KINDS = ("approval", "sign_off", "evidence", "verification", "information", "handoff")


def codes(base_key: str, written: str) -> list[tuple[str, str]]:
    """Key (from the activity on) and code of what is wrong with a value of a manual activity."""
    text = one(**{base_key: written})
    found = refused_for(text, f"        {base_key}:")
    return [(key.removeprefix(f"{AT}."), code) for key, code in found]


@pytest.mark.req("REL-3")
@pytest.mark.parametrize("kind", MANUAL_KINDS)
def test_manual_kinds_have_approvers_and_rule(kind: str) -> None:
    found = parsed_activity(one(kind=kind))
    assert found["timeout"] is None
    assert found["rule"] == {"kind": "any", "number": None}
    assert refused(one(kind=kind, approvers=None, rule=None)) == [
        (7, f"{AT}.approvers", "missing_key"),
        (7, f"{AT}.rule", "missing_key"),
    ]
    assert refused_for(one(kind=kind, timeout="2h"), "timeout") == [
        (f"{AT}.timeout", "not_for_kind")
    ]


@pytest.mark.req("REL-3")
@pytest.mark.parametrize("kind", ["pipeline", "check"])
def test_automated_kinds_have_a_timeout_and_no_deciders(kind: str) -> None:
    found = parsed_activity(one(AUTOMATED, kind=kind))
    assert found["timeout"] == 24 * 60 * 60
    for key in ("approvers", "rule", "reject", "comment", "separation", "deadline", "fields"):
        assert found[key] is None
    assert parsed_activity(one(AUTOMATED, kind=kind, timeout="30m"))["timeout"] == 1800
    for key in MANUAL_ONLY_KEYS:
        text = one(AUTOMATED, kind=kind, **{key: "any"})
        assert refused_for(text, f"        {key}:") == [(f"{AT}.{key}", "not_for_kind")]


def test_automated_kinds_may_have_what_is_not_about_deciding() -> None:
    found = parsed_activity(
        one(AUTOMATED, category="build_verification", instructions="x", when="{risk: [high]}")
    )
    assert (found["category"], found["when"]) == ("build_verification", {"risk": ["high"]})


@pytest.mark.parametrize("key", ["name", "kind", "approvers", "rule"])
def test_required_keys_of_a_manual_activity(key: str) -> None:
    assert refused(one(**{key: None})) == [(7, f"{AT}.{key}", "missing_key")]


def test_the_key_of_an_activity_is_required() -> None:
    text = process(phase("one", "      - {name: QA, kind: check}\n"))
    assert refused(text) == [(7, f"{AT}.key", "missing_key")]


@pytest.mark.parametrize(
    ("key", "written", "code"),
    [
        ("kind", "approve", "wrong_value"),
        ("kind", "[check]", "wrong_type"),
        ("category", "qa", "wrong_value"),
        ("category", "[cab]", "wrong_type"),
        ("instructions", "{a: b}", "wrong_type"),
        ("reject", "second", "wrong_value"),
        ("timeout", "", "not_for_kind"),
    ],
)
def test_wrong_values_of_an_activity(key: str, written: str, code: str) -> None:
    assert codes(key, written) == [(key, code)]


@pytest.mark.req("POL-1")
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("[]", [("approvers", "no_approvers")]),
        ("", [("approvers", "empty_value")]),
        ("{user: maya}", [("approvers", "wrong_type")]),
        ("[maya]", [("approvers[0]", "wrong_type")]),
        ("[{each: true}]", [("approvers[0]", "missing_key")]),
        ("[{user: maya, group: qa}]", [("approvers[0]", "wrong_value")]),
        ("[{user: }]", [("approvers[0].user", "empty_value")]),
        ("[{user: ''}]", [("approvers[0].user", "empty_value")]),
        ("[{user: [maya]}]", [("approvers[0].user", "wrong_type")]),
        ("[{role: QA Lead}]", [("approvers[0].role", "bad_key")]),
        ("[{user: maya, each: true}]", [("approvers[0].each", "wrong_value")]),
        ("[{group: qa, each: yes}]", [("approvers[0].each", "wrong_type")]),
        ('[{group: qa, required: "true"}]', [("approvers[0].required", "wrong_type")]),
        ("[{group: qa, required: 1}]", [("approvers[0].required", "wrong_type")]),
        ("[{group: qa, when: high}]", [("approvers[0].when", "wrong_type")]),
        ("[{group: qa, when: {}}]", [("approvers[0].when", "empty_value")]),
    ],
)
def test_approvers_that_name_nobody_are_refused(
    written: str, expected: list[tuple[str, str]]
) -> None:
    assert codes("approvers", written) == expected


@pytest.mark.req("POL-1")
def test_approvers_keep_their_order_and_every_default() -> None:
    found = parsed_activity(
        one(approvers="[{role: cab, each: true, required: true}, {user: 42, when: {tag: [a]}}]")
    )
    assert found["approvers"] == [
        {"role": "cab", "each": True, "required": True, "when": None},
        {"user": "42", "each": False, "required": False, "when": {"tag": ["a"]}},
    ]


@pytest.mark.req("REL-3", "POL-1")
def test_the_category_audit_is_signed_by_audit_approvers_alone() -> None:
    several = "[{role: audit-approver}, {role: lead}, {user: maya}, {group: audit-approver}]"
    assert refused(one(category="audit", approvers=several)) == [
        (refused_line, f"{AT}.approvers[{number}]", "audit_approver")
        for number in (1, 2, 3)
        for refused_line in [line_of(one(category="audit", approvers=several), "approvers")]
    ]
    alone = "[{role: audit-approver, each: true}]"
    assert parsed_activity(one(category="audit", approvers=alone))["category"] == "audit"
    assert parsed_activity(one(category="security", approvers=several))["category"] == "security"


@pytest.mark.req("REL-3", "POL-9")
@pytest.mark.parametrize(
    ("to", "fits"),
    [("role: audit-approver", True), ("reject: true", True), ("user: maya", False)],
)
def test_the_category_audit_is_escalated_to_audit_approvers_alone(to: str, fits: bool) -> None:
    text = one(
        category="audit",
        approvers="[{role: audit-approver}]",
        deadline=f"{{after: 1h, on_miss: escalate, escalate_to: [{{{to}}}]}}",
    )
    found = [(item.key, item.code) for item in problems(text)]
    assert found == ([] if fits else [(f"{AT}.deadline", "audit_approver")])


@pytest.mark.req("POL-2", "POL-4")
@pytest.mark.parametrize(
    ("written", "rule", "reject"),
    [
        ("any", {"kind": "any", "number": None}, "first"),
        ("unanimous", {"kind": "unanimous", "number": None}, "first"),
        ("majority", {"kind": "majority", "number": None}, "unreachable"),
        ("{at_least: 1}", {"kind": "at_least", "number": 1}, "unreachable"),
        ("{percent: 60}", {"kind": "percent", "number": 60}, "unreachable"),
    ],
)
def test_rules_and_the_rejection_that_goes_with_them(
    written: str, rule: dict[str, Any], reject: str
) -> None:
    found = parsed_activity(one(rule=written))
    assert (found["rule"], found["reject"]) == (rule, reject)
    for chosen in ("first", "unreachable"):
        assert parsed_activity(one(rule=written, reject=chosen))["reject"] == chosen


@pytest.mark.req("POL-2")
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", [("rule", "empty_value")]),
        ("most", [("rule", "wrong_value")]),
        ("3", [("rule", "wrong_value")]),
        ('"{at_least: N}"', [("rule", "wrong_value")]),
        ("[any]", [("rule", "wrong_type")]),
        ("{}", [("rule", "wrong_value")]),
        ("{at_least: 1, percent: 50}", [("rule", "wrong_value")]),
        ("{at_least: 0}", [("rule.at_least", "wrong_value")]),
        ("{at_least: -1}", [("rule.at_least", "wrong_value")]),
        ("{at_least: two}", [("rule.at_least", "wrong_type")]),
        ("{at_least: '2'}", [("rule.at_least", "wrong_type")]),
        ("{at_least: 1.5}", [("rule.at_least", "wrong_type")]),
        ("{at_least: }", [("rule.at_least", "empty_value")]),
        ("{percent: 0}", [("rule.percent", "wrong_value")]),
        ("{percent: 101}", [("rule.percent", "wrong_value")]),
        ("{percent: 60%}", [("rule.percent", "wrong_type")]),
        ("{at_least: 2}", [("rule", "at_least_above_seats")]),
    ],
)
def test_rules_that_can_never_be_met_are_refused(
    written: str, expected: list[tuple[str, str]]
) -> None:
    assert codes("rule", written) == expected


@pytest.mark.req("POL-2")
@pytest.mark.parametrize(
    ("approvers", "rule", "code"),
    [
        ("[{user: maya}, {user: maya}]", "unanimous", "too_few_people"),
        ("[{user: maya}, {user: maya}]", "{at_least: 2}", "too_few_people"),
        ("[{user: a, required: true}, {user: a, required: true}]", "any", "required_user_repeated"),
    ],
)
def test_rules_that_these_people_can_never_meet_are_refused(
    approvers: str, rule: str, code: str
) -> None:
    text = one(approvers=approvers, rule=rule)
    assert refused_for(text, "        rule:") == [(f"{AT}.rule", code)]


@pytest.mark.req("POL-2")
def test_at_least_is_not_limited_where_each_makes_seats() -> None:
    parse_process(one(approvers="[{group: qa, each: true}]", rule="{at_least: 5}"))


@pytest.mark.req("EXE-3")
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (None, {"required": False, "min_length": 0}),
        ("optional", {"required": False, "min_length": 0}),
        ("required", {"required": True, "min_length": 0}),
        ("{min_length: 20}", {"required": True, "min_length": 20}),
    ],
)
def test_comments(written: str | None, expected: dict[str, Any]) -> None:
    assert parsed_activity(one(comment=written))["comment"] == expected


@pytest.mark.req("EXE-3")
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("never", [("comment", "wrong_value")]),
        ("true", [("comment", "wrong_value")]),
        ("{}", [("comment.min_length", "missing_key")]),
        ("[required]", [("comment", "wrong_type")]),
        ("{min_length: 0}", [("comment.min_length", "wrong_value")]),
        ("{min_length: 10001}", [("comment.min_length", "wrong_value")]),
        ("{min_length: x}", [("comment.min_length", "wrong_type")]),
    ],
)
def test_wrong_comments_are_refused(written: str, expected: list[tuple[str, str]]) -> None:
    assert codes("comment", written) == expected


@pytest.mark.req("POL-6")
def test_separation_holds_by_default() -> None:
    holds = {"requester": True, "authors": True, "uploaders": False, "not_with": []}
    assert parsed_activity(one())["separation"] == holds
    assert parsed_activity(one(separation="{authors: false}"))["separation"] == {
        **holds,
        "authors": False,
    }


@pytest.mark.req("POL-6")
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("false", [("separation", "wrong_type")]),
        ("{requester: no}", [("separation.requester", "wrong_type")]),
        ("{not_with: x}", [("separation.not_with", "wrong_type")]),
        ("{not_with: [x]}", [("separation.not_with[0]", "unknown_activity")]),
    ],
)
def test_wrong_separation_is_refused(written: str, expected: list[tuple[str, str]]) -> None:
    assert codes("separation", written) == expected


@pytest.mark.req("POL-10")
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{}", [("when", "empty_value")]),
        ("high", [("when", "wrong_type")]),
        ("{risk: high}", [("when.risk", "wrong_type")]),
        ("{risk: []}", [("when.risk", "empty_value")]),
        ("{risk: [severe]}", [("when.risk[0]", "wrong_value")]),
        ("{risk: [low, low]}", [("when.risk[1]", "duplicate_item")]),
        ("{change_type: [major]}", [("when.change_type[0]", "wrong_value")]),
        ("{environment: [[a]]}", [("when.environment[0]", "wrong_type")]),
        ("{tag: ['']}", [("when.tag[0]", "empty_value")]),
        ("{tag: }", [("when.tag", "empty_value")]),
    ],
)
def test_wrong_conditions_are_refused(written: str, expected: list[tuple[str, str]]) -> None:
    assert codes("when", written) == expected


@pytest.mark.req("POL-10")
def test_conditions_keep_their_words() -> None:
    written = "{tag: [no, 1.0], risk: [low], environment: [prod], change_type: [emergency]}"
    assert parsed_activity(one(when=written))["when"] == {
        "risk": ["low"],
        "change_type": ["emergency"],
        "environment": ["prod"],
        "tag": ["no", "1.0"],
    }


@pytest.mark.req("POL-9")
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            "{after: 24h}",
            {"after": 86400, "at": None, "on_miss": "stay", "escalate_to": []},
        ),
        (
            "{at: 2026-12-01T18:00:00+01:00, on_miss: reject}",
            {
                "after": None,
                "at": "2026-12-01T18:00:00+01:00",
                "on_miss": "reject",
                "escalate_to": [],
            },
        ),
        (
            "{at: '2026-12-01 18:00Z'}",
            {
                "after": None,
                "at": "2026-12-01T18:00:00+00:00",
                "on_miss": "stay",
                "escalate_to": [],
            },
        ),
        (
            "{after: 2d, on_miss: escalate, escalate_to: [{group: qa, after: 30m}, "
            "{role: a, after: 1h}, {reject: true, after: 1d}]}",
            {
                "after": 172800,
                "at": None,
                "on_miss": "escalate",
                "escalate_to": [
                    {"group": "qa", "after": 1800},
                    {"role": "a", "after": 3600},
                    {"reject": True, "after": 86400},
                ],
            },
        ),
    ],
)
def test_deadlines(written: str, expected: dict[str, Any]) -> None:
    assert parsed_activity(one(deadline=written))["deadline"] == expected


CHAIN = "{after: 1h, on_miss: escalate, escalate_to: %s}"


@pytest.mark.req("POL-9")
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("24h", [("", "wrong_type")]),
        ("{}", [("", "wrong_value")]),
        ("{on_miss: reject}", [("", "wrong_value")]),
        ("{after: 1h, at: 2026-12-01T18:00:00Z}", [("", "wrong_value")]),
        ("{after: 24}", [(".after", "bad_duration")]),
        ("{after: 0h}", [(".after", "bad_duration")]),
        ("{after: -1h}", [(".after", "bad_duration")]),
        ("{after: 1w}", [(".after", "bad_duration")]),
        ("{after: 999999999d}", [(".after", "bad_duration")]),
        ("{after: [1h]}", [(".after", "wrong_type")]),
        ("{after: }", [(".after", "empty_value")]),
        ("{at: 2026-12-01T18:00:00}", [(".at", "bad_instant")]),
        ("{at: 2026-12-01}", [(".at", "bad_instant")]),
        ("{at: 2026-13-01T18:00:00Z}", [(".at", "bad_instant")]),
        ("{at: 2026-02-30T18:00:00Z}", [(".at", "bad_instant")]),
        ("{at: 0001-01-01T00:00:00+14:00}", [(".at", "bad_instant")]),
        ("{at: 2026-12-01T18:00:00+25:00}", [(".at", "bad_instant")]),
        ("{at: tomorrow}", [(".at", "bad_instant")]),
        ("{after: 1h, on_miss: approve}", [(".on_miss", "wrong_value")]),
        ("{after: 1h, on_miss: escalate}", [(".escalate_to", "missing_key")]),
        ("{after: 1h, escalate_to: [{user: a}]}", [(".escalate_to", "wrong_value")]),
        ("{after: 1h, on_miss: reject, escalate_to: []}", [(".escalate_to", "wrong_value")]),
        (CHAIN % "[]", [(".escalate_to", "empty_value")]),
        (CHAIN % "{user: a}", [(".escalate_to", "wrong_type")]),
        (CHAIN % "[tom]", [(".escalate_to[0]", "wrong_type")]),
        (CHAIN % "[{after: 1h}]", [(".escalate_to[0]", "missing_key")]),
        (CHAIN % "[{user: a, reject: true}]", [(".escalate_to[0]", "wrong_value")]),
        (CHAIN % "[{reject: false}]", [(".escalate_to[0].reject", "wrong_value")]),
        (CHAIN % "[{reject: yes}]", [(".escalate_to[0].reject", "wrong_type")]),
        (CHAIN % "[{user: a}, {user: b}]", [(".escalate_to[1].after", "missing_key")]),
        (CHAIN % "[{user: a}, {reject: true}]", [(".escalate_to[1].after", "missing_key")]),
        (CHAIN % "[{user: a}, {user: b, after: 0h}]", [(".escalate_to[1].after", "bad_duration")]),
        (
            CHAIN % "[{reject: true}, {user: b, after: 1h}]",
            [(".escalate_to[0].reject", "wrong_value")],
        ),
    ],
)
def test_wrong_deadlines_are_refused(written: str, expected: list[tuple[str, str]]) -> None:
    wanted = [("deadline" + key, code) for key, code in expected]
    assert codes("deadline", written) == wanted


@pytest.mark.req("CAP-1")
def test_fields_have_every_key() -> None:
    found = parsed_activity(one(fields="[{key: a, type: number, min: -1.5, max: 10}]"))
    assert found["fields"] == [
        {
            "key": "a",
            "type": "number",
            "label": "a",
            "help": "",
            "required": [],
            "min_length": None,
            "max_length": None,
            "min": -1.5,
            "max": 10,
            "pattern": None,
            "message": None,
            "choices": [],
        }
    ]


@pytest.mark.req("CAP-1")
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("true", ["approve", "reject"]),
        ("approve", ["approve"]),
        ("reject", ["reject"]),
        ("false", []),
    ],
)
def test_what_a_field_is_required_for(written: str, expected: list[str]) -> None:
    found = parsed_activity(one(fields=f"[{{key: a, type: text, required: {written}}}]"))
    assert found["fields"][0]["required"] == expected


@pytest.mark.req("CAP-1")
def test_choices_are_the_texts_that_were_written() -> None:
    found = parsed_activity(
        one(fields="[{key: a, type: dropdown, choices: [no, yes, 1, 2.0, ~x]}]")
    )
    assert found["fields"][0]["choices"] == ["no", "yes", "1", "2.0", "~x"]


@pytest.mark.req("CAP-1", "CAP-2")
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{key: a}", [("fields", "wrong_type")]),
        ("[a]", [("fields[0]", "wrong_type")]),
        ("[{type: text}]", [("fields[0].key", "missing_key")]),
        ("[{key: a}]", [("fields[0].type", "missing_key")]),
        ("[{key: A, type: text}]", [("fields[0].key", "bad_key")]),
        ("[{key: a, type: string}]", [("fields[0].type", "wrong_value")]),
        ("[{key: a, type: text}, {key: a, type: text}]", [("fields[1].key", "duplicate_field")]),
        ("[{key: a, type: text, required: maybe}]", [("fields[0].required", "wrong_value")]),
        ("[{key: a, type: text, required: 'true'}]", [("fields[0].required", "wrong_type")]),
        ("[{key: a, type: text, required: [approve]}]", [("fields[0].required", "wrong_value")]),
        ("[{key: a, type: text, label: }]", [("fields[0].label", "empty_value")]),
        ("[{key: a, type: text, min_length: -1}]", [("fields[0].min_length", "wrong_value")]),
        ("[{key: a, type: text, min_length: x}]", [("fields[0].min_length", "wrong_type")]),
        (
            "[{key: a, type: text, min_length: 9, max_length: 5}]",
            [("fields[0].min_length", "bad_field")],
        ),
        ("[{key: a, type: number, min: 2, max: 1}]", [("fields[0].min", "bad_field")]),
        ("[{key: a, type: number, min: .inf}]", [("fields[0].min", "wrong_type")]),
        ("[{key: a, type: number, min: 1e999}]", [("fields[0].min", "wrong_value")]),
        ("[{key: a, type: number, max: 9007199254740992}]", [("fields[0].max", "wrong_value")]),
        ("[{key: a, type: number, max: '1'}]", [("fields[0].max", "wrong_type")]),
        ("[{key: a, type: text, min: 1}]", [("fields[0].min", "bad_field")]),
        ("[{key: a, type: checkbox, choices: [x]}]", [("fields[0].choices", "bad_field")]),
        ("[{key: a, type: dropdown}]", [("fields[0]", "bad_field")]),
        ("[{key: a, type: dropdown, choices: []}]", [("fields[0].choices", "empty_value")]),
        (
            "[{key: a, type: dropdown, choices: [x, x]}]",
            [("fields[0].choices[1]", "duplicate_item")],
        ),
        ("[{key: a, type: text, pattern: '('}]", [("fields[0].pattern", "bad_field")]),
        ("[{key: a, type: text, pattern: '(?=a)'}]", [("fields[0].pattern", "bad_field")]),
        ("[{key: a, type: text, pattern: ''}]", [("fields[0].pattern", "empty_value")]),
        (
            f"[{{key: a, type: text, pattern: {'a' * 501}}}]",
            [("fields[0].pattern", "bad_field")],
        ),
        ("[{key: a, type: text, message: Hello}]", [("fields[0].message", "bad_field")]),
    ],
)
def test_wrong_fields_are_refused(written: str, expected: list[tuple[str, str]]) -> None:
    assert codes("fields", written) == expected


LATER = [
    ("policy", "cab-normal", ["policy"]),
    ("signature", "confirm", ["signature"]),
    ("signature", "reauthenticate", ["signature"]),
    ("signature", '{ask: reauthenticate, meaning: "I approve"}', ["signature"]),
    ("reminders", "{every: 8h, max: 3}", ["reminders"]),
    ("notify", "{stakeholders: [{group: support}], channels: {waiting: [sms]}}", ["notify"]),
    ("notify", '{slack: "#payments", teams: payments}', ["notify"]),
    ("evidence", "{required: 1, types: [pdf], kinds: [scan], max_size: 200MB}", ["evidence"]),
    ("deadline", "{after: 24h, warn: 4h}", ["deadline.warn"]),
    ("deadline", "{after: 8bh}", ["deadline.after"]),
    (
        "deadline",
        "{after: 8h, on_miss: escalate, escalate_to: [{user: a, after: 2bh}]}",
        ["deadline.escalate_to[0].after"],
    ),
    ("deadline", "{after: 8h, warn: 1bh}", ["deadline.warn", "deadline.warn"]),
    ("reminders", "{every: 1bh}", ["reminders", "reminders.every"]),
    ("separation", "{uploaders: true}", ["separation.uploaders"]),
    *(
        ("fields", f"[{{key: a, type: {kind}}}]", ["fields[0].type"])
        for kind in ("multi_select", "date", "url", "ticket", "file", "checklist")
    ),
    ("fields", "[{key: a, type: text, visible_on: reject}]", ["fields[0].visible_on"]),
    ("fields", "[{key: a, type: text, visible_on: [approve, reject]}]", ["fields[0].visible_on"]),
    (
        "fields",
        "[{key: a, type: file, types: [pdf], max_size: 1 GB, max_files: 3}]",
        ["fields[0].max_files", "fields[0].max_size", "fields[0].type", "fields[0].types"],
    ),
    (
        "fields",
        "[{key: a, type: checklist, items: [{key: b, label: B, evidence: true}]}]",
        ["fields[0].items", "fields[0].type"],
    ),
]


@pytest.mark.req("REL-6")
@pytest.mark.parametrize(("key", "written", "expected"), LATER)
def test_what_comes_later_parses_and_cannot_be_published(
    key: str, written: str, expected: list[str]
) -> None:
    text = one(**{key: written})
    parsed = parse_process(text)
    line = line_of(text, f"        {key}:")
    assert not_available(parsed) == [
        (line, f"{AT}.{path}", "not_available_yet") for path in expected
    ]
    with pytest.raises(ProcessErrors) as caught:
        publishable(parsed)
    assert caught.value.code == "not_available_yet"


@pytest.mark.req("REL-6")
def test_a_timeout_in_business_hours_cannot_be_published() -> None:
    parsed = parse_process(one(AUTOMATED, timeout="8bh"))
    assert [item.key for item in parsed.not_available] == [f"{AT}.timeout"]


@pytest.mark.req("REL-6")
@pytest.mark.parametrize(("key", "written", "expected"), LATER)
def test_what_comes_later_stands_in_no_document(
    key: str, written: str, expected: list[str]
) -> None:
    document = parse_process(one(**{key: written})).document
    names = {
        "policy",
        "signature",
        "reminders",
        "notify",
        "evidence",
        "warn",
        "visible_on",
        "items",
    }
    activity = document["phases"][0]["activities"][0]
    assert not names & set(activity)
    assert not names & set(activity["deadline"] or ())
    assert not activity["separation"]["uploaders"]
    assert activity["fields"] == []


@pytest.mark.req("REL-6")
def test_no_signature_is_what_holds_already() -> None:
    assert parse_process(one(signature="none")).not_available == ()


@pytest.mark.req("REL-6")
def test_a_policy_may_stand_instead_of_approvers_not_of_the_rule() -> None:
    parse_process(one(policy="cab", approvers=None))
    assert refused(one(policy="cab", approvers=None, rule=None)) == [
        (7, f"{AT}.rule", "missing_key")
    ]


@pytest.mark.req("REL-6")
@pytest.mark.parametrize(
    ("key", "written", "expected"),
    [
        ("policy", "CAB Normal", [("policy", "bad_key")]),
        ("signature", "always", [("signature", "wrong_value")]),
        ("signature", "[confirm]", [("signature", "wrong_type")]),
        ("signature", "{meaning: x}", [("signature.ask", "missing_key")]),
        ("signature", "{ask: none}", [("signature.ask", "wrong_value")]),
        ("reminders", "{max: 3}", [("reminders.every", "missing_key")]),
        ("reminders", "{every: 3}", [("reminders.every", "bad_duration")]),
        ("reminders", "{every: 1h, max: 0}", [("reminders.max", "wrong_value")]),
        ("notify", "{addresses: [nobody]}", [("notify.addresses[0]", "wrong_value")]),
        ("notify", "{stakeholders: [qa]}", [("notify.stakeholders[0]", "wrong_type")]),
        ("notify", "{stakeholders: [{}]}", [("notify.stakeholders[0]", "missing_key")]),
        ("notify", "{slack: [a]}", [("notify.slack", "wrong_type")]),
        ("notify", "{channels: [sms]}", [("notify.channels", "wrong_type")]),
        (
            "notify",
            "{channels: {waiting: [pigeon]}}",
            [("notify.channels.waiting[0]", "wrong_value")],
        ),
        ("notify", "{channels: {Waiting: [sms]}}", [("notify.channels.Waiting", "bad_key")]),
        ("evidence", "{required: yes}", [("evidence.required", "wrong_type")]),
        ("evidence", "{types: pdf}", [("evidence.types", "wrong_type")]),
        ("evidence", "{types: ['*/*']}", [("evidence.types[0]", "wrong_value")]),
        ("evidence", "{kinds: [Test Report]}", [("evidence.kinds[0]", "bad_key")]),
        ("evidence", "{max_size: 200}", [("evidence.max_size", "wrong_value")]),
        ("evidence", "{max_size: 200MiB}", [("evidence.max_size", "wrong_value")]),
        ("deadline", "{after: 1h, warn: soon}", [("deadline.warn", "bad_duration")]),
        (
            "fields",
            "[{key: a, type: text, visible_on: never}]",
            [("fields[0].visible_on", "wrong_value")],
        ),
        (
            "fields",
            "[{key: a, type: file, max_files: 0}]",
            [("fields[0].max_files", "wrong_value")],
        ),
        (
            "fields",
            "[{key: a, type: checklist, items: [b]}]",
            [("fields[0].items[0]", "wrong_type")],
        ),
        (
            "fields",
            "[{key: a, type: checklist, items: [{}]}]",
            [("fields[0].items[0].key", "missing_key")],
        ),
    ],
)
def test_what_comes_later_must_have_its_shape(
    key: str, written: str, expected: list[tuple[str, str]]
) -> None:
    assert codes(key, written) == expected

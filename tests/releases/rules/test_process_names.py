"""Names of people, groups and roles in a document: found, made ids, and back."""

from __future__ import annotations

from copy import deepcopy

import pytest

from releases.rules.process_errors import ProcessErrors
from releases.rules.process_grammar import parse_process
from releases.rules.process_names import names_in, resolve_names, unresolve_names
from tests.releases.rules.process_cases import line_of
from tests.releases.rules.process_example import PUBLISHABLE

pytestmark = pytest.mark.req("REL-5", "REL-6")

IDS = {
    "user": {"maya": 1, "omar": 2, "tom": 3},
    "group": {"qa": 4, "security": 5},
    "role": {"qa-lead": 6, "release-manager": 7},
}
NAMES = {kind: {number: name for name, number in ids.items()} for kind, ids in IDS.items()}
QA = "phases[0].activities[2]"


def test_names_are_found_with_their_paths() -> None:
    assert names_in(parse_process(PUBLISHABLE).document) == {
        "user": {
            "tom": ["phases[0].activities[1].approvers[0].user"],
            "maya": [f"{QA}.approvers[0].user"],
            "omar": [f"{QA}.deadline.escalate_to[1].user"],
        },
        "group": {"qa": [f"{QA}.approvers[1].group"], "security": [f"{QA}.approvers[3].group"]},
        "role": {
            "release-manager": ["phases[0].owner.role", f"{QA}.deadline.escalate_to[0].role"],
            "qa-lead": [f"{QA}.approvers[2].role"],
        },
    }


def test_names_become_ids_and_back_without_touching_the_document() -> None:
    parsed = parse_process(PUBLISHABLE)
    before = deepcopy(parsed.document)
    stored = resolve_names(parsed.document, IDS, parsed.lines)
    assert parsed.document == before
    assert stored["phases"][0]["owner"] == {"role": 7}
    assert names_in(stored)["user"].keys() == {1, 2, 3}
    assert unresolve_names(stored, NAMES) == before
    assert names_in(stored)["user"].keys() == {1, 2, 3}


def test_names_of_another_kind_do_not_help() -> None:
    parsed = parse_process(PUBLISHABLE)
    swapped = {**IDS, "user": {**IDS["user"]}, "group": {"security": 5, "maya": 4}}
    with pytest.raises(ProcessErrors) as caught:
        resolve_names(parsed.document, swapped, parsed.lines)
    assert caught.value.code == "unknown_group"


def test_unknown_names_are_refused_with_line_and_key() -> None:
    parsed = parse_process(PUBLISHABLE)
    with pytest.raises(ProcessErrors) as caught:
        resolve_names(parsed.document, {"user": {"omar": 2, "tom": 3}}, parsed.lines)
    found = [(item.line, item.key, item.code) for item in caught.value.items]
    assert found == [
        (line_of(PUBLISHABLE, "owner:"), "phases[0].owner.role", "unknown_role"),
        (line_of(PUBLISHABLE, "- {user: maya}"), f"{QA}.approvers[0].user", "unknown_user"),
        (line_of(PUBLISHABLE, "- {group: qa}"), f"{QA}.approvers[1].group", "unknown_group"),
        (line_of(PUBLISHABLE, "each: true"), f"{QA}.approvers[2].role", "unknown_role"),
        (line_of(PUBLISHABLE, "{group: security"), f"{QA}.approvers[3].group", "unknown_group"),
        (
            line_of(PUBLISHABLE, "- {role: release-manager}"),
            f"{QA}.deadline.escalate_to[0].role",
            "unknown_role",
        ),
    ]


def test_an_id_without_a_name_is_refused() -> None:
    stored = resolve_names(parse_process(PUBLISHABLE).document, IDS)
    with pytest.raises(ProcessErrors, match="There is no user"):
        unresolve_names(stored, {**NAMES, "user": {2: "omar", 3: "tom"}})


def test_renamed_people_stay_the_same_people() -> None:
    stored = resolve_names(parse_process(PUBLISHABLE).document, IDS)
    renamed = {**NAMES, "user": {**NAMES["user"], 1: "maya.silva"}}
    assert "maya.silva" in names_in(unresolve_names(stored, renamed))["user"]

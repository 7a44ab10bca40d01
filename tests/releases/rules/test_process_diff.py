"""What differs between two versions of a process."""

from __future__ import annotations

from copy import deepcopy

import pytest

from releases.rules.process_diff import Change, diff_processes
from releases.rules.process_grammar import parse_process
from tests.releases.rules.process_example import PUBLISHABLE

pytestmark = pytest.mark.req("REL-6")

DOCUMENT = parse_process(PUBLISHABLE).document
QA = "phases[verify].activities[qa]"


def test_equal_documents_do_not_differ() -> None:
    assert diff_processes(DOCUMENT, deepcopy(DOCUMENT)) == []


def test_changes_inside_an_activity_are_named_by_key() -> None:
    new = deepcopy(DOCUMENT)
    qa = new["phases"][0]["activities"][2]
    qa["rule"] = {"kind": "at_least", "number": 2}
    qa["deadline"]["after"] = 3600
    qa["when"] = None
    qa["approvers"] = qa["approvers"][:1]
    qa["fields"][0]["min_length"] = 5
    changes = {change.path: change for change in diff_processes(DOCUMENT, new)}
    assert set(changes) == {
        f"{QA}.when",
        f"{QA}.approvers",
        f"{QA}.rule.kind",
        f"{QA}.rule.number",
        f"{QA}.deadline.after",
        f"{QA}.fields[summary].min_length",
    }
    assert changes[f"{QA}.deadline.after"] == Change(f"{QA}.deadline.after", "changed", 86400, 3600)
    assert changes[f"{QA}.when"].after is None


def test_an_inserted_phase_leaves_the_others_alone() -> None:
    new = deepcopy(DOCUMENT)
    added = {**deepcopy(new["phases"][1]), "key": "prepare"}
    new["phases"].insert(0, added)
    assert diff_processes(DOCUMENT, new) == [Change("phases[prepare]", "added", None, added)]
    assert diff_processes(new, DOCUMENT) == [Change("phases[prepare]", "removed", added, None)]


def test_another_order_is_one_change() -> None:
    new = deepcopy(DOCUMENT)
    new["phases"].reverse()
    assert diff_processes(DOCUMENT, new) == [
        Change("phases", "changed", ["verify", "deploy"], ["deploy", "verify"])
    ]


def test_roles_are_compared_one_by_one() -> None:
    new = deepcopy(DOCUMENT)
    new["roles"] = {"qa-lead": "Head of QA", "cab": "CAB"}
    assert diff_processes(DOCUMENT, new) == [
        Change("roles.qa-lead", "changed", "QA Lead", "Head of QA"),
        Change("roles.release-manager", "removed", "Release Manager", None),
        Change("roles.cab", "added", None, "CAB"),
    ]


def test_a_flag_is_no_number() -> None:
    new = deepcopy(DOCUMENT)
    new["phases"][0]["activities"][2]["comment"]["min_length"] = False
    assert [change.after for change in diff_processes(DOCUMENT, new)] == [False]


def test_an_activity_that_became_automated_shows_what_went() -> None:
    new = deepcopy(DOCUMENT)
    new["phases"][0]["activities"][2]["fields"] = None
    assert [change.path for change in diff_processes(DOCUMENT, new)] == [f"{QA}.fields"]


def test_changes_are_plain_data() -> None:
    change = Change("name", "changed", "a", "b")
    assert change.as_dict() == {"path": "name", "kind": "changed", "before": "a", "after": "b"}

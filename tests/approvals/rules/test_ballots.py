"""Ballots: verdict, comment and inputs together."""

from __future__ import annotations

import pytest

from approvals.rules.ballots import LONGEST_COMMENT, CheckedBallot, check_ballot
from audit.errors import Invalid
from tests.approvals.rules.test_fields import field

pytestmark = [pytest.mark.req("EXE-3", "CAP-3")]

FREE = {"required": False, "min_length": 0}
ASKED = {"required": True, "min_length": 0}
LONG = {"required": True, "min_length": 20}


def errors_of(
    verdict: object,
    comment: object,
    inputs: object = None,
    fields: tuple[dict[str, object], ...] = (),
    rule: dict[str, object] | None = None,
) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as caught:
        check_ballot(verdict, comment, inputs, fields, rule or FREE)
    return caught.value.errors


def test_a_plain_approval_needs_no_comment() -> None:
    assert check_ballot("approve", None, None, [], FREE) == CheckedBallot("approve", "", {})
    assert check_ballot("approve", " \n", {}, [], FREE).comment == ""
    assert check_ballot("approve", " Fine. ", {}, [], FREE).comment == " Fine. "


@pytest.mark.parametrize("verdict", ["withdraw", "Approve", "", None, 1, True, ["approve"], {}])
def test_other_verdicts_are_refused(verdict: object) -> None:
    assert list(errors_of(verdict, "x")) == ["verdict"]


@pytest.mark.parametrize("rule", [FREE, ASKED, LONG, {}])
@pytest.mark.parametrize("blank", [None, "", "   ", "\n\t\u2003"])
def test_a_rejection_always_says_why(rule: dict[str, object], blank: object) -> None:
    assert list(errors_of("reject", blank, rule=rule)) == ["comment"]


@pytest.mark.parametrize(
    ("verdict", "comment", "rule", "taken"),
    [
        ("approve", "", ASKED, False),
        ("approve", "x", ASKED, True),
        ("approve", "x" * 19 + " ", LONG, False),
        ("approve", "x" * 20, LONG, True),
        ("approve", "", {"required": False, "min_length": 20}, False),
        ("reject", "x" * 19, LONG, False),
        ("reject", "x" * 20, LONG, True),
        ("reject", "x", FREE, True),
        ("abstain", "", LONG, True),
        ("abstain", "x", LONG, True),
    ],
)
def test_the_rule_of_the_round_decides_about_comments(
    verdict: str, comment: str, rule: dict[str, object], *, taken: bool
) -> None:
    if taken:
        assert check_ballot(verdict, comment, None, [], rule).comment == comment
    else:
        assert list(errors_of(verdict, comment, rule=rule)) == ["comment"]


@pytest.mark.parametrize("verdict", ["approve", "reject", "abstain"])
@pytest.mark.parametrize(
    "comment", ["x" * (LONGEST_COMMENT + 1), "a\x00", "\ud83d", 1, ["x"], {"text": "x"}, False]
)
def test_comments_that_cannot_be_kept_are_refused(verdict: str, comment: object) -> None:
    assert list(errors_of(verdict, comment)) == ["comment"]


def test_the_longest_comment_is_taken() -> None:
    assert check_ballot("reject", "x" * LONGEST_COMMENT, None, [], FREE)


def test_an_abstention_needs_no_inputs_and_takes_none_that_are_wrong() -> None:
    fields = (field("number", key="n", required=["approve", "reject"]),)

    assert check_ballot("abstain", None, {}, fields, FREE).inputs == {}
    assert check_ballot("abstain", None, {"n": 1}, fields, FREE).inputs == {"n": 1}
    assert list(errors_of("abstain", None, {"n": "1"}, fields)) == ["inputs.n"]
    assert list(errors_of("abstain", None, {"other": 1}, fields)) == ["inputs.other"]


def test_all_errors_come_together() -> None:
    fields = (field("text", key="t", required=["reject"]),)

    assert list(errors_of("reject", "", {"x": 1}, fields)) == ["comment", "inputs.x", "inputs.t"]

"""Rules that can never be met are found before anyone is asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.rules.quorum import evaluate, satisfiable
from approvals.rules.seats import Rule, RuleKind, lay_out_seats, seats_needed
from tests.approvals.rules.rounds import holder, voters

pytestmark = [pytest.mark.req("POL-2", "A-058")]

Entries = list[dict[str, object]]

MAYA: dict[str, object] = {"user": "maya", "each": False, "required": False, "when": None}
OMAR: dict[str, object] = {"user": "omar", "each": False, "required": False, "when": None}
QA: dict[str, object] = {"group": "qa", "each": False, "required": False, "when": None}
EACH: dict[str, object] = {"role": "qa-lead", "each": True, "required": False, "when": None}
HIGH = {"risk": ["high"]}


def rule(kind: str, number: int | None = None) -> dict[str, object]:
    return {"kind": kind, "number": number}


@pytest.mark.parametrize(
    ("approvers", "written", "code"),
    [
        ([], rule("any"), "no_approvers"),
        ([MAYA], None, "rule_unknown"),
        ([MAYA], rule("most"), "rule_unknown"),
        ([MAYA], {"kind": ["any"], "number": None}, "rule_unknown"),
        ([MAYA], rule("at_least"), "rule_unknown"),
        ([MAYA], rule("at_least", 0), "at_least_below_one"),
        ([EACH], rule("at_least", -1), "at_least_below_one"),
        ([MAYA, OMAR], rule("at_least", 2), None),
        ([MAYA, OMAR], rule("at_least", 3), "at_least_above_seats"),
        ([MAYA, OMAR, EACH], rule("at_least", 30), None),
        ([MAYA, {**OMAR, "each": True}], rule("at_least", 3), "at_least_above_seats"),
        ([MAYA], rule("percent", 0), "percent_out_of_range"),
        ([MAYA], rule("percent", 101), "percent_out_of_range"),
        ([MAYA], rule("percent", 100), None),
        ([QA, QA], rule("unanimous"), None),
        ([MAYA, MAYA], rule("any"), None),
        ([MAYA, MAYA], rule("unanimous"), "too_few_people"),
        ([MAYA, MAYA], rule("majority"), "too_few_people"),
        ([MAYA, MAYA, OMAR], rule("majority"), None),
        ([MAYA, MAYA, OMAR], rule("percent", 67), "too_few_people"),
        ([MAYA, MAYA, OMAR], rule("at_least", 3), "too_few_people"),
        ([MAYA, {**MAYA, "required": True}], rule("any"), None),
        ([{**MAYA, "required": True}] * 2, rule("any"), "required_user_repeated"),
        ([{**QA, "required": True}] * 2, rule("any"), None),
        ([MAYA, MAYA, EACH], rule("unanimous"), "too_few_people"),
        ([MAYA, MAYA, EACH], rule("percent", 100), "too_few_people"),
        ([MAYA, MAYA, EACH], rule("percent", 99), None),
        ([MAYA, MAYA, EACH], rule("majority"), None),
    ],
)
def test_what_can_never_be_met_is_named(
    approvers: Entries, written: dict[str, object] | None, code: str | None
) -> None:
    assert satisfiable(approvers, written) == code


@pytest.mark.req("POL-10")
@pytest.mark.parametrize(
    ("approvers", "written", "code"),
    [
        ([MAYA, {**MAYA, "when": HIGH}], rule("unanimous"), None),
        ([MAYA, {**OMAR, "when": HIGH}], rule("at_least", 2), None),
        ([MAYA, {**MAYA, "when": HIGH}], rule("at_least", 2), "too_few_people"),
        ([{**MAYA, "required": True}, {**MAYA, "required": True, "when": HIGH}], rule("any"), None),
        ([MAYA, MAYA, {**OMAR, "when": HIGH}], rule("majority"), None),
        ([MAYA, MAYA, {**OMAR, "when": HIGH}], rule("unanimous"), "too_few_people"),
    ],
)
def test_conditions_refuse_nothing_that_some_release_could_meet(
    approvers: Entries, written: dict[str, object], code: str | None
) -> None:
    assert satisfiable(approvers, written) == code


def test_an_entry_that_names_nobody_is_no_approver() -> None:
    with pytest.raises(ValueError, match="approver"):
        satisfiable([{"team": "x"}], rule("any"))


_entries = st.lists(
    st.one_of(
        st.builds(
            lambda ref, req: {"user": ref, "required": req}, st.integers(1, 3), st.booleans()
        ),
        st.builds(lambda req: {"group": 1, "required": req}, st.booleans()),
    ),
    min_size=1,
    max_size=5,
)
_kinds: list[RuleKind] = ["any", "majority", "unanimous"]
_rules = st.one_of(
    st.builds(Rule, st.sampled_from(_kinds)),
    st.builds(Rule, st.just("at_least"), st.integers(-1, 6)),
    st.builds(Rule, st.just("percent"), st.integers(1, 100)),
)


@given(entries=_entries, written=_rules)
def test_it_is_what_a_round_with_people_enough_would_find(entries: Entries, written: Rule) -> None:
    seats = lay_out_seats(entries, {})
    people = [holder(number) for number in range(1, 20)]
    who = voters(seats, people, {("group", 1): range(10, 20)})

    found = evaluate(seats, seats_needed(written, len(seats)), "unreachable", [], who)

    assert (satisfiable(entries, written) is None) == (found.state == "open")
    assert satisfiable(entries, written) == satisfiable(entries, written.to_dict())

"""Inputs: what is missing, extra or wrong is answered at its field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.rules.forms import check_inputs, find_input_errors
from audit.errors import Invalid
from tests.approvals.rules.test_fields import field

pytestmark = [pytest.mark.req("CAP-1", "CAP-2", "CAP-3")]

TEXT = field("text", key="t")
LONG = field("long_text", key="l")
NUMBER = field("number", key="n", min=-5, max=10)
TICK = field("checkbox", key="c")
CHOICE = field("dropdown", key="d", choices=["low", "high"])
ALL = [TEXT, LONG, NUMBER, TICK, CHOICE]


def errors_of(
    fields: list[dict[str, object]], inputs: object, verdict: str = "approve"
) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as caught:
        check_inputs(fields, inputs, verdict)
    assert caught.value.status == 422
    return caught.value.errors


def test_good_inputs_come_back_typed_and_in_the_order_of_the_fields() -> None:
    given_inputs = {"d": "low", "c": False, "n": 1.5, "l": "a\nb", "t": "Zürich 🚀"}

    values = check_inputs(ALL, given_inputs, "approve")

    assert list(values.items()) == [
        ("t", "Zürich 🚀"),
        ("l", "a\nb"),
        ("n", 1.5),
        ("c", False),
        ("d", "low"),
    ]


@pytest.mark.parametrize("nothing", [None, {}, dict.fromkeys("tlncd"), {"t": "", "l": " \n"}])
def test_what_is_not_given_is_left_out(nothing: object) -> None:
    assert check_inputs(ALL, nothing, "approve") == {}


@pytest.mark.parametrize("inputs", [[], "t", 1, True, [["t", "x"]]])
def test_inputs_that_are_no_object_are_refused(inputs: object) -> None:
    assert list(errors_of(ALL, inputs)) == ["inputs"]


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("t", 1),
        ("t", True),
        ("t", ["x"]),
        ("t", {"x": 1}),
        ("l", 1.5),
        ("n", "1"),
        ("n", ""),
        ("n", True),
        ("n", [1]),
        ("n", float("nan")),
        ("n", float("inf")),
        ("n", float("-inf")),
        ("n", -5.1),
        ("n", 11),
        ("c", "true"),
        ("c", "on"),
        ("c", ""),
        ("c", 1),
        ("c", 0),
        ("d", "Low"),
        ("d", "low "),
        ("d", ["low"]),
        ("d", 1),
        ("d", True),
        ("t", "a\x00b"),
        ("t", "a\ud800b"),
        ("l", "\udfff"),
        ("t", "x" * 501),
        ("l", "x" * 20_001),
    ],
)
def test_wrong_types_and_values_are_answered_at_their_field(key: str, wrong: object) -> None:
    good = {"t": "x", "l": "x", "n": 1, "c": True, "d": "low"}

    assert list(errors_of(ALL, {**good, key: wrong})) == [f"inputs.{key}"]


def test_every_error_is_told_at_once() -> None:
    assert list(errors_of(ALL, {"t": 1, "n": "x", "zzz": 1})) == [
        "inputs.zzz",
        "inputs.t",
        "inputs.n",
    ]


@pytest.mark.req("CAP-3")
@pytest.mark.parametrize("key", ["x" * 51, "\ud800", "a\x00", 5])
def test_a_key_that_cannot_be_shown_is_refused_without_showing_it(key: object) -> None:
    assert list(errors_of(ALL, {key: 1})) == ["inputs"]


def test_a_flood_of_unknown_keys_gives_a_short_answer() -> None:
    assert len(errors_of(ALL, {f"k{number}": 1 for number in range(10_000)})) <= 21


@pytest.mark.parametrize(
    ("verdict", "required"),
    [("approve", ["approve"]), ("reject", ["reject"]), ("approve", ["approve", "reject"])],
)
@pytest.mark.parametrize("blank", [None, "", "  \t\n"])
def test_a_required_answer_cannot_be_left_blank(
    verdict: str, required: list[str], blank: object
) -> None:
    fields = [field("text", key="t", required=required)]

    assert list(errors_of(fields, {"t": blank}, verdict)) == ["inputs.t"]
    assert list(errors_of(fields, {}, verdict)) == ["inputs.t"]


@pytest.mark.req("EXE-3")
def test_required_for_one_verdict_is_not_required_for_another() -> None:
    fields = [field("text", key="t", required=["approve"])]

    assert check_inputs(fields, {}, "reject") == {}
    assert (
        check_inputs([field("text", key="t", required=["approve", "reject"])], {}, "abstain") == {}
    )


def test_a_required_number_may_be_nought() -> None:
    assert check_inputs([field("number", key="n", required=["approve"])], {"n": 0}, "approve") == {
        "n": 0
    }


def test_a_required_checkbox_must_be_ticked() -> None:
    fields = [field("checkbox", key="c", required=["approve"])]

    assert list(errors_of(fields, {"c": False})) == ["inputs.c"]
    assert list(errors_of(fields, {})) == ["inputs.c"]
    assert check_inputs(fields, {"c": True}, "approve") == {"c": True}
    assert check_inputs(fields, {"c": False}, "reject") == {"c": False}


def test_lengths_are_counted_in_characters() -> None:
    fields = [field("text", key="t", min_length=3, max_length=5)]

    assert check_inputs(fields, {"t": "äöü"}, "approve") == {"t": "äöü"}
    assert check_inputs(fields, {"t": "🚀🚀🚀🚀🚀"}, "approve")
    assert list(errors_of(fields, {"t": "ab"})) == ["inputs.t"]
    assert list(errors_of(fields, {"t": "a    "})) == ["inputs.t"]
    assert list(errors_of(fields, {"t": "abcdef"})) == ["inputs.t"]


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        (2**53 - 1, True),
        (-(2**53 - 1), True),
        (2**53, False),
        (-(2**53), False),
        (10**4000, False),
    ],
)
def test_whole_numbers_beyond_what_json_keeps_are_refused(number: int, *, kept: bool) -> None:
    fields = [field("number", key="n")]
    if kept:
        assert check_inputs(fields, {"n": number}, "approve") == {"n": number}
    else:
        assert list(errors_of(fields, {"n": number})) == ["inputs.n"]


def test_a_pattern_matches_the_whole_value_and_answers_in_its_own_words() -> None:
    fields = [field("text", key="t", pattern="[A-Z]+-[0-9]+", message="Like PAY-123")]

    assert check_inputs(fields, {"t": "PAY-123"}, "approve") == {"t": "PAY-123"}
    for wrong in ("PAY-123\n", "xPAY-123", "PAY-123 ", "PAY"):
        assert errors_of(fields, {"t": wrong}) == {"inputs.t": ["Like PAY-123"]}


def test_an_alternative_in_a_pattern_is_matched_whole_too() -> None:
    fields = [field("text", key="t", pattern="a|ab")]

    assert check_inputs(fields, {"t": "ab"}, "approve") == {"t": "ab"}
    assert list(errors_of(fields, {"t": "abc"})) == ["inputs.t"]


@pytest.mark.req("A-097")
def test_a_pattern_that_backtracks_elsewhere_just_runs() -> None:
    fields = [field("long_text", key="l", pattern="^(a+)+$")]

    assert list(errors_of(fields, {"l": "a" * 19_999 + "!"})) == ["inputs.l"]
    assert check_inputs(fields, {"l": "a" * 20_000}, "approve")


@pytest.mark.req("A-097", "A-058")
def test_a_stored_pattern_that_no_longer_runs_lets_nothing_through() -> None:
    assert list(errors_of([field("text", key="t", pattern="(?=a)a")], {"t": "a"})) == ["inputs.t"]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    inputs=st.dictionaries(st.sampled_from(["t", "l", "n", "c", "d"]) | st.text(), _json) | _json,
    verdict=st.sampled_from(["approve", "reject", "abstain"]),
)
def test_no_json_breaks_the_check(inputs: object, verdict: str) -> None:
    values, errors = find_input_errors(ALL, inputs, verdict)

    kinds = {"t": str, "l": str, "n": int | float, "c": bool, "d": str}
    assert all(isinstance(value, kinds[key]) for key, value in values.items())
    assert not {f"inputs.{key}" for key in values} & set(errors)
    assert all(key.encode() for key in errors)

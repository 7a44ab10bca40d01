"""The form of a decision: its fields in words, what it reads of a posted form (CAP-1, CAP-3)."""

from __future__ import annotations

from typing import Any

import pytest

from portal.forms.decision import DecisionForm, decision_form, parse_inputs, typed_before

pytestmark = [pytest.mark.req("CAP-1")]


def form(
    *fields: dict[str, Any], comment: dict[str, Any] | None = None, **more: Any
) -> DecisionForm:
    """A form of these fields."""
    return decision_form(
        fields=[{"key": "f", "label": "F", **one} for one in fields],
        comment=comment or {"required": False, "min_length": 0},
        kind=more.pop("kind", "approval"),
        attempt=1,
        fingerprint="abc",
        key="key",
        **more,
    )


@pytest.mark.parametrize(("number", "widget"), [(2, "radios"), (6, "radios"), (7, "dropdown")])
def test_few_choices_are_radio_buttons_and_many_a_dropdown(number: int, widget: str) -> None:
    choices = [str(one) for one in range(number)]
    assert form({"type": "dropdown", "choices": choices}).fields[0].widget == widget


@pytest.mark.parametrize(
    ("required", "kind", "words"),
    [
        (["approve", "reject"], "approval", "required"),
        (["approve"], "verification", "required to pass"),
        (["reject"], "handoff", "required to send back"),
        ([], "approval", "optional"),
        (None, "approval", "optional"),
    ],
)
def test_required_is_said_in_words(required: list[str] | None, kind: str, words: str) -> None:
    field = form({"type": "text", "required": required}, kind=kind).fields[0]
    assert field.needed == words
    assert field.required is (words != "optional")


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ({"type": "number", "min": 0, "max": 500}, "From 0 to 500."),
        ({"type": "number", "min": 0, "max": 0}, "Must be 0."),
        ({"type": "number", "min": 3}, "At least 3."),
        ({"type": "number", "max": 3}, "At most 3."),
        ({"type": "text", "min_length": 5, "max_length": 9}, "At least 5 characters. At most 9 characters."),
        ({"type": "text", "pattern": "[A-Z]+", "message": "Like PAY"}, "Like PAY."),
        ({"type": "checkbox"}, ""),
    ],
)  # fmt: skip
def test_limits_are_said_before_anything_is_typed(field: dict[str, Any], words: str) -> None:
    assert form(field).fields[0].limits == words


def test_the_comment_says_when_it_is_needed() -> None:
    assert form().comment.needed == "required to reject"
    assert form(kind="verification").comment.needed == "required to fail"
    assert form(comment={"required": True, "min_length": 0}).comment.needed == "required"
    long = form(comment={"required": False, "min_length": 20}).comment
    assert (long.needed, long.limits) == ("required", "At least 20 characters.")


@pytest.mark.req("A-102")
@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("12", 12), ("-3", -3), (" 7 ", 7), ("1.5", 1.5), (".5", 0.5), ("1,5", "1,5"),
        ("1,284", "1,284"), ("1_000", "1_000"), ("\u0661", "\u0661"), ("nan", "nan"), ("inf", "inf"),
        ("1e999", "1e999"), ("9" * 5000, "9" * 5000), ("0x1f", "0x1f"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_it_is_written_or_left_for_the_check_to_name(
    raw: str, value: object
) -> None:
    assert parse_inputs([{"key": "n", "type": "number"}], {"field-n": raw}) == {"n": value}


def test_only_fields_of_the_round_are_read() -> None:
    fields = [{"key": "a", "type": "text"}, {"key": "b", "type": "checkbox"}]
    sent = {"field-a": "x\r\ny", "field-c": "z", "a": "no", "field-b": "on"}
    assert parse_inputs(fields, sent) == {"a": "x\ny", "b": False}
    assert parse_inputs(fields, {"field-a": "  ", "field-b": "true"}) == {"b": True}


def test_a_former_decision_fills_the_form_as_it_was_typed() -> None:
    fields = [{"key": key, "type": kind, "label": key} for key, kind in (
        ("n", "number"), ("c", "checkbox"), ("t", "text"),
    )]  # fmt: skip
    typed = typed_before({"n": 3, "c": True, "t": "x"}, "Fine.")
    found = decision_form(
        fields=fields, comment={}, kind="approval", attempt=1, fingerprint="", key="", typed=typed
    )
    assert [one.value for one in found.fields] == ["3", "true", "x"]
    assert found.fields[1].checked
    assert found.comment.value == "Fine."


def test_errors_stand_at_their_fields_and_what_has_none_on_top() -> None:
    errors = {"inputs.f": ["Bad."], "comment": ["Say why."], "verdict": ["Which?"]}
    found = form({"type": "text"}, errors=errors)
    assert found.summary == [
        ("", "", "Which?"), ("field-f", "F", "Bad."), ("comment", "Comment", "Say why."),
    ]  # fmt: skip
    assert found.first_wrong == "field-f"

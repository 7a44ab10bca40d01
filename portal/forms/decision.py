"""The form of a decision: the policy's fields with their limits in words, what was typed, what is wrong.

No Django form: the fields are those that the round opened with, and what is valid is judged in one
place, `approvals.rules.ballots`, whoever sends it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, Final

from approvals.rules.ballots import LONGEST_COMMENT
from approvals.rules.fields import longest_text
from portal.wording import verdict_words

Field = Mapping[str, Any]
Errors = Mapping[str, Sequence[str]]

# The names of answers in a form that is sent.
ANSWER_PREFIX: Final = "field-"
_MOST_RADIOS: Final = 6
_LONGEST_NUMBER: Final = 40
_WHOLE = re.compile(r"[+-]?[0-9]+")
# No comma: "1,284" is a thousand to one reader and a little more than one to another.
_BROKEN = re.compile(r"[+-]?[0-9]*\.[0-9]+")


@dataclass(frozen=True)
class BoundField:
    """One field as it stands on the page."""

    name: str
    label: str
    widget: str  # text | long_text | number | checkbox | radios | dropdown
    value: str = ""
    help: str = ""
    needed: str = "optional"
    needed_to_reject: bool = False
    limits: str = ""
    choices: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    min_length: int = 0
    max_length: int | None = None

    @property
    def checked(self) -> bool:
        """Whether a checkbox is ticked."""
        return self.value == "true"

    @property
    def required(self) -> bool:
        """Whether any verdict needs it."""
        return self.needed != "optional"

    @property
    def anchor(self) -> str:
        """The id that a label and the error summary lead to."""
        return f"{self.name}-0" if self.widget == "radios" else self.name

    @property
    def described_by(self) -> str:
        """The ids of what is read aloud with it."""
        parts = {"help": self.help, "limits": self.limits, "error": self.errors}
        return " ".join(f"{self.name}-{part}" for part, said in parts.items() if said)


@dataclass(frozen=True)
class Typed:
    """What stands in a form: answers by field key as text, and the comment."""

    answers: Mapping[str, str] = dataclass_field(default_factory=dict)
    comment: str = ""


@dataclass(frozen=True)
class DecisionForm:
    """The whole form; `summary` leads from each error to its field."""

    fields: tuple[BoundField, ...]
    comment: BoundField
    verdicts: Mapping[str, str]
    attempt: int
    fingerprint: str
    key: str
    general: tuple[str, ...] = ()

    @property
    def summary(self) -> list[tuple[str, str, str]]:
        """(anchor, label, sentence) of everything that is wrong, in the order of the page."""
        found = [("", "", one) for one in self.general]
        for field in (*self.fields, self.comment):
            found += [(field.anchor, field.label, one) for one in field.errors]
        return found

    @property
    def first_to_reject(self) -> str:
        """The anchor of the first field that a rejection needs: the comment at the latest."""
        return next(
            (one.anchor for one in self.fields if one.needed_to_reject), self.comment.anchor
        )

    @property
    def first_wrong(self) -> str:
        """The anchor of the first field that is wrong."""
        return next((anchor for anchor, _, _ in self.summary if anchor), "")


def parse_inputs(form: Sequence[Field], data: Mapping[str, Any]) -> dict[str, Any]:
    """The answers of a posted form, in the types that the fields ask for; nothing is judged here.

    Only fields of the round are read, so that nothing else can be put in (A-102).
    """
    inputs: dict[str, Any] = {}
    for field in form:
        key, kind = str(field["key"]), str(field["type"])
        raw = data.get(f"{ANSWER_PREFIX}{key}")
        if kind == "checkbox":
            inputs[key] = raw == "true"
        elif raw is not None and str(raw).strip():
            inputs[key] = _number(str(raw)) if kind == "number" else plain_lines(str(raw))
    return inputs


def plain_lines(text: str) -> str:
    """Line ends as they were typed: browsers send two characters for each."""
    return text.replace("\r\n", "\n")


def _number(raw: str) -> int | float | str:
    """A number as people write it; anything else stays what it is, for the check to name."""
    text = raw.strip()
    if len(text) > _LONGEST_NUMBER:
        return text
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _BROKEN.fullmatch(text) else text


def decision_form(
    *,
    fields: Sequence[Field],
    comment: Mapping[str, Any],
    kind: str,
    attempt: int,
    fingerprint: str,
    key: str,
    typed: Typed | None = None,
    errors: Errors | None = None,
) -> DecisionForm:
    """The form for a round, with what was typed before and what is wrong with it."""
    typed, errors = typed or Typed(), errors or {}
    known = {"comment", *(f"inputs.{field['key']}" for field in fields)}
    return DecisionForm(
        fields=tuple(_bound(field, kind, typed, errors) for field in fields),
        comment=_comment(comment, kind, typed, errors),
        verdicts=verdict_words(kind),
        attempt=attempt,
        fingerprint=fingerprint,
        key=key,
        general=tuple(one for name, all_ in errors.items() if name not in known for one in all_),
    )


def typed_from(data: Mapping[str, Any]) -> Typed:
    """What a posted form holds, so that nobody has to type it again (CAP-3)."""
    answers = {
        name.removeprefix(ANSWER_PREFIX): str(data[name])
        for name in data
        if name.startswith(ANSWER_PREFIX)
    }
    return Typed(answers, str(data.get("comment", "")))


def typed_before(inputs: Mapping[str, Any], comment: str) -> Typed:
    """What a former decision held, for one who changes it."""
    return Typed({key: _as_typed(value) for key, value in inputs.items()}, comment)


def _as_typed(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    return str(value)


def _bound(field: Field, kind: str, typed: Typed, errors: Errors) -> BoundField:
    key, type_ = str(field["key"]), str(field["type"])
    choices = tuple(str(one) for one in field.get("choices") or ())
    widget = type_
    if type_ == "dropdown" and len(choices) <= _MOST_RADIOS:
        widget = "radios"
    return BoundField(
        name=f"{ANSWER_PREFIX}{key}",
        label=str(field["label"]),
        widget=widget,
        value=typed.answers.get(key, ""),
        help=str(field.get("help") or ""),
        needed=_needed_words(field.get("required") or (), kind),
        needed_to_reject="reject" in (field.get("required") or ()),
        limits=_limits(field),
        choices=choices,
        errors=tuple(errors.get(f"inputs.{key}", ())),
        min_length=int(field.get("min_length") or 0),
        max_length=longest_text(field) if type_ in ("text", "long_text") else None,
    )


def _needed_words(required: Sequence[str], kind: str) -> str:
    """ "required", "required to pass", "optional": the policy in words (EXE-3)."""
    if len(set(required)) > 1:
        return "required"
    words = verdict_words(kind)
    return "".join(f"required to {words[one].lower()}" for one in required) or "optional"


def _limits(field: Field) -> str:
    """What is taken, said before anything is typed."""
    if field["type"] == "number":
        low, high = field.get("min"), field.get("max")
        if low is not None and high is not None:
            return f"From {low} to {high}." if low != high else f"Must be {low}."
        if low is not None:
            return f"At least {low}."
        return f"At most {high}." if high is not None else ""
    parts = []
    if field.get("min_length"):
        parts.append(f"At least {field['min_length']} characters.")
    if field.get("max_length"):
        parts.append(f"At most {field['max_length']} characters.")
    if field.get("pattern") and field.get("message"):
        parts.append(str(field["message"]).rstrip(".") + ".")
    return " ".join(parts)


def _comment(rule: Mapping[str, Any], kind: str, typed: Typed, errors: Errors) -> BoundField:
    shortest = int(rule.get("min_length") or 0)
    reject = verdict_words(kind).get("reject", "Reject").lower()
    needed = "required" if rule.get("required") or shortest else f"required to {reject}"
    return BoundField(
        name="comment",
        label="Comment",
        widget="long_text",
        value=typed.comment,
        needed=needed,
        limits=f"At least {shortest} characters." if shortest else "",
        errors=tuple(errors.get("comment", ())),
        min_length=shortest,
        max_length=LONGEST_COMMENT,
    )

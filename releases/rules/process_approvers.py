"""Who decides a manual activity and how many of them: approvers, rule, reject, comment, separation.

Source: POL-1, POL-2, POL-4, POL-6, POL-10, `contract.md` "How votes count".
"""

from __future__ import annotations

from typing import Any, Final

from approvals.rules.ballots import LONGEST_COMMENT
from approvals.rules.satisfiable import satisfiable
from releases.rules.process_reader import Place, Section
from releases.rules.process_words import (
    CHANGE_TYPES,
    CONDITION_KEYS,
    HOLDER_KEYS,
    LONGEST_REFERENCE,
    MOST_ITEMS,
    RISKS,
    SEPARATION_KEYS,
)

_RULES: Final = ("any", "majority", "unanimous")
_FIRST_BY_DEFAULT: Final = frozenset({"any", "unanimous"})
_UNSATISFIABLE: Final = {
    "at_least_above_seats": "More approvals are asked for than there are seats.",
    "required_user_repeated": "One person has two required seats and can only fill one.",
    "too_few_people": "Some people have several seats, so too few are left to meet the rule.",
}


def read_holder(section: Section) -> dict[str, str] | None:
    """The one of `user`, `group` and `role` that is named, as `{kind: name}`."""
    written = [kind for kind in HOLDER_KEYS if kind in section.keys]
    if len(written) != 1:
        code = "missing_key" if not written else "wrong_value"
        section.at.wrong(code, "Name exactly one of user, group or role here.")
        return None
    place = section.take(written[0])
    if place is None:
        return None
    name = place.key() if written[0] == "role" else place.name(LONGEST_REFERENCE)
    return None if name is None else {written[0]: name}


def read_when(place: Place | None) -> dict[str, list[str]] | None:
    """A condition: each key a list that is not empty; None when there is none (POL-10)."""
    section = place.section(CONDITION_KEYS, "a condition") if place else None
    if section is None:
        return None
    if not list(section.keys):
        section.at.wrong("empty_value", f"A condition names one of {', '.join(CONDITION_KEYS)}.")
    when: dict[str, list[str]] = {}
    for key in CONDITION_KEYS:
        listed = section.take(key)
        values = _condition_values(listed, key) if listed else None
        if values:
            when[key] = values
    return when or None


def _condition_values(place: Place, key: str) -> list[str] | None:
    values = place.names(empty=False)
    options = {"risk": RISKS, "change_type": CHANGE_TYPES}.get(key)
    if values and options:
        for item in place.items() or []:
            if item.word in values:
                item.one_of(options)
    return values


def read_approvers(place: Place | None) -> list[dict[str, Any]] | None:
    """The approver entries in the order written; None when one of them could not be read."""
    items = place.items(MOST_ITEMS) if place else None
    if items is None:
        return None
    entries = [_read_approver(item) for item in items]
    readable = [entry for entry in entries if entry is not None]
    return readable if len(readable) == len(entries) else None


def _read_approver(place: Place) -> dict[str, Any] | None:
    section = place.section((*HOLDER_KEYS, "each", "required", "when"), "an approver")
    if section is None:
        return None
    holder = read_holder(section)
    each = section.flag("each", default=False)
    if each and holder is not None and "user" in holder:
        section.place("each").wrong(
            "wrong_value", "A user is one seat; each is for groups and roles."
        )
    required = section.flag("required", default=False)
    when = read_when(section.take("when"))
    if holder is None:
        return None
    return {**holder, "each": each, "required": required, "when": when}


def read_rule(place: Place | None) -> dict[str, Any] | None:
    """any, majority, unanimous, {at_least: N} or {percent: P}."""
    if place is None:
        return None
    if place.word is not None:
        kind = place.one_of(_RULES, also=("{at_least: N}", "{percent: P}"))
        return {"kind": kind, "number": None} if kind else None
    section = place.section(("at_least", "percent"), "a rule")
    if section is None:
        return None
    if len(list(section.keys)) != 1:
        place.wrong("wrong_value", "A rule has exactly one of at_least and percent.")
        return None
    for kind, high in (("at_least", 10_000), ("percent", 100)):
        number = section.whole(kind, 1, high)
        if number is not None:
            return {"kind": kind, "number": number}
    return None


def check_satisfiable(place: Place, approvers: list[dict[str, Any]], rule: dict[str, Any]) -> None:
    """Notes a rule that these approvers could never meet (POL-2)."""
    code = satisfiable(approvers, rule)
    if code is not None:
        place.wrong(code, _UNSATISFIABLE.get(code, "These approvers can never meet this rule."))


def read_reject(section: Section, rule: dict[str, Any] | None) -> str:
    """When a rejection ends the round; the default follows from the rule (POL-4)."""
    first = rule is not None and rule["kind"] in _FIRST_BY_DEFAULT
    return section.one_of("reject", ("first", "unreachable"), "first" if first else "unreachable")


def read_comment(place: Place | None) -> dict[str, Any]:
    """Whether an approval needs a comment and of how many characters (EXE-3)."""
    free = {"required": False, "min_length": 0}
    if place is None:
        return free
    if place.word is not None:
        word = place.one_of(("optional", "required"), also=("{min_length: N}",))
        return {"required": True, "min_length": 0} if word == "required" else free
    section = place.section(("min_length",), "comment")
    if section is None:
        return free
    written = section.need("min_length")
    length = written.whole(1, LONGEST_COMMENT) if written else None
    return free if length is None else {"required": True, "min_length": length}


def read_separation(place: Place | None) -> tuple[dict[str, Any], list[Place]]:
    """Separation of duties (POL-6), and the references of `not_with`, to be resolved later."""
    separation = {"requester": True, "authors": True, "uploaders": False, "not_with": []}
    section = place.section(SEPARATION_KEYS, "separation") if place else None
    if section is None:
        return separation, []
    separation["requester"] = section.flag("requester", default=True)
    separation["authors"] = section.flag("authors", default=True)
    if section.flag("uploaders", default=False):
        section.place("uploaders").later("separation of uploaders")
    listed = section.take("not_with")
    return separation, (listed.items() if listed else None) or []

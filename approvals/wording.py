"""Sentences of the engine, by code: what people read when something is refused or still needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from approvals.rules.quorum import Evaluation
from approvals.rules.reasons import Node

SENTENCES = {
    "not_an_approver": "You are not asked for this decision.",
    "own_change": "You asked for or are an author of this release, so you may not decide on it.",
    "four_eyes": "You decided on an activity that must be decided by somebody else than this one.",
    "own_request": "You asked for this override, so somebody else must approve it.",
    "inactive": "This account is deactivated.",
    "machine_user": "A machine user can't decide for a person.",
    "auditor": "Auditors read; they hold no seat.",
    "already_decided": "This is already decided.",
    "not_open": "This is not open for a decision.",
    "deadline_passed": "The deadline has passed; the decision comes too late.",
    "changed_since": "What you decided on has changed since you opened it. Look again.",
    "no_seat_left": "Every seat that you could fill is taken by another vote.",
    "not_your_vote": "You have voted here by another account; only that one can change the vote.",
    "nothing_to_withdraw": "You have no decision here that stands.",
}


def sentence_for(code: str) -> str:
    """The sentence for a code; raises KeyError for an unknown one, so none goes unworded."""
    return SENTENCES[code]


# --- What is still needed, in words (POL-11) --------------------------------------------------------

Names = Mapping[tuple[str, int | str], str]
_MOST_NAMED = 5
_NOBODY = "nobody"
# A seat for each member of what had none when the round opened.
_NO_MEMBERS = "an entry without members"
_LEFT_OUT = {
    "abstained": "{name} abstained",
    "auditor": "{name} only reads",
    "four_eyes": "{name} decided on a linked activity",
    "inactive": "{name} is deactivated",
    "machine_user": "{name} is a machine user",
    "own_change": "{name} asked for or made this change",
    "own_request": "{name} asked for this",
}


def source_words(source: Mapping[str, Any], names: Names) -> str:
    """Whom one source of a seat names, by today's names."""
    kind, ref = source["kind"], source["ref"]
    if kind == "right":
        return f"anyone with the right “{ref}”"
    return names.get((kind, ref), f"a former {kind}")


def seat_words(sources: Sequence[Mapping[str, Any]], names: Names) -> str:
    """Who a seat is for: "QA", or "QA or Omar Reyes" once an escalation has widened it."""
    named = [source_words(one, names) for one in sources if one["kind"] != "nobody"]
    return " or ".join(dict.fromkeys(named)) or _NOBODY


def listed(words: Iterable[str], last: str) -> str:
    """ "a, b or c"; of many only the first few are named."""
    every = list(dict.fromkeys(words))
    if len(every) > _MOST_NAMED:
        every = [*every[: _MOST_NAMED - 1], f"{len(every) - _MOST_NAMED + 1} others"]
    if len(every) < 2:
        return "".join(every)
    return f"{', '.join(every[:-1])} {last} {every[-1]}"


def still_needed(reason: Node, names: Names) -> str:
    """What an open round still needs and from whom, and what it has.

    "1 more of SRE or Security; QA is satisfied by Alice". `reason` is the tree of an evaluation.
    """
    if reason.code == "approved":
        lead = "Nothing more is needed"
    elif reason.code == "rejected":
        lead = "Nothing more is asked: this is rejected"
    elif reason.code == "stuck":
        lead = stuck_words(reason, names)
    else:
        lead = _missing(reason, names)
    return "; ".join([lead, *_given(reason, names)])


def progress_words(evaluation: Evaluation, names: Names) -> str:
    """How far a round is, for the answer to a vote: "2 of 3; still needed: 1 more of SRE"."""
    got = f"{evaluation.approvals} of {evaluation.needed}"
    if evaluation.state == "approved":
        return f"{got}; approved"
    if evaluation.state == "rejected":
        against = _texts(evaluation.reason.find("rejections")[0].data["persons"])
        by = listed([_name(evaluation.reason, names, one) for one in against], "and")
        return f"{got}; rejected by {by}" if by else f"{got}; rejected"
    if evaluation.state == "stuck":
        return f"{got}; {stuck_words(evaluation.reason, names)}"
    return f"{got}; still needed: {_missing(evaluation.reason, names)}"


def stuck_words(reason: Node, names: Names) -> str:
    """Why nobody can complete a round any more; empty for one that is not stuck (EXE-9)."""
    found = reason.find("cause")
    if not found or reason.code != "stuck":
        return ""
    data = found[0].data
    labels = _labels(reason, names)
    unfillable = [labels[number] for number in _numbers(data["required_unfillable"])]
    if data["code"] == "no_seats":
        lead = "nobody is asked"
    elif unfillable:
        lead = _nobody_for(unfillable)
    else:
        stranded = [labels[_seat(node)] for node in reason.find("seat_unfillable")]
        lead = _too_few(data["needed"], _number(data["possible"]), stranded)
    why = [
        _LEFT_OUT[str(node.data["code"])].format(name=_name(reason, names, node.data["person"]))
        for node in reason.find("person")
    ]
    return f"stuck: {lead}" + (f" ({listed(why, 'and')})" if why else "")


def _nobody_for(labels: Iterable[str]) -> str:
    named = [_NO_MEMBERS if label == _NOBODY else label for label in labels]
    return f"nobody may decide for {listed(named, 'and')}"


def _too_few(needed: object, possible: int, stranded: Sequence[str]) -> str:
    """ "2 must approve and only 1 can: nobody may decide for Legal"."""
    if possible > 0:
        lead = f"{needed} must approve and only {possible} can"
        return f"{lead}: {_nobody_for(stranded)}" if stranded else lead
    return f"{needed} must approve and {_nobody_for(stranded) if stranded else 'nobody can'}"


def _missing(reason: Node, names: Names) -> str:
    """What is missing, from those alone who can give it; from all when nobody can."""
    labels = _labels(reason, names)
    must = _numbers(reason.find("required")[0].data["missing"])
    rest = _number(reason.find("number")[0].data["missing"]) - len(must)
    parts = [f"{label} must approve" for label in dict.fromkeys(labels[one] for one in must)]
    able, unable = (
        [labels[number] for node in reason.find(code) if (number := _seat(node)) not in must]
        for code in ("seat_open", "seat_unfillable")
    )
    others = able or unable
    if rest > 0:
        parts.append(f"{rest} more of {listed(others, 'or')}" if others else f"{rest} more")
    return listed(parts, "and")


def _given(reason: Node, names: Names) -> list[str]:
    """What the votes so far are worth, seat by seat; of many only their number is said."""
    labels = _labels(reason, names)
    given: list[str] = []
    for node in reason.find("seat_filled"):
        person = _name(reason, names, node.data["person"])
        label = labels[_seat(node)]
        if node.data["verdict"] != "approve":
            given.append(f"{person} has rejected")
        elif label == person:
            given.append(f"{person} has approved")
        else:
            given.append(f"{label} is satisfied by {person}")
    if len(given) > _MOST_NAMED:
        return [f"{len(given)} seats have answered"]
    return given


def _labels(reason: Node, names: Names) -> dict[int, str]:
    found = reason.find("seats")
    nodes = found[0].children if found else ()
    return {
        _seat(node): seat_words(cast("Sequence[Mapping[str, Any]]", node.data["sources"]), names)
        for node in nodes
    }


def _name(reason: Node, names: Names, person: object) -> str:
    """A person's name: one whom the seats reach, or a voter who has left (in `names`)."""
    people = cast("Mapping[str, str]", reason.data.get("people") or {})
    key = str(person)
    return people.get(key) or names.get(("person", key)) or "somebody"


def _seat(node: Node) -> int:
    return _number(node.data["seat"])


def _number(value: object) -> int:
    return cast("int", value)


def _numbers(value: object) -> list[int]:
    return list(cast("Iterable[int]", value))


def _texts(value: object) -> list[str]:
    return list(cast("Iterable[str]", value))

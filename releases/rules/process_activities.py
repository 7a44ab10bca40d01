"""One activity of a process file, with what its kind may have (REL-3)."""

from __future__ import annotations

from typing import Any

from releases.rules.process_approvers import (
    check_satisfiable,
    read_approvers,
    read_comment,
    read_reject,
    read_rule,
    read_separation,
    read_when,
)
from releases.rules.process_deadlines import check_reminders, read_deadline, read_seconds
from releases.rules.process_drafts import ActivityDraft, read_key, read_needs
from releases.rules.process_fields import read_fields
from releases.rules.process_later import (
    check_evidence,
    check_notify,
    check_policy,
    check_signature,
)
from releases.rules.process_reader import Place, Section
from releases.rules.process_words import (
    ACTIVITY_KEYS,
    ACTIVITY_KINDS,
    AUDIT_APPROVER,
    CATEGORIES,
    DEFAULT_TIMEOUT,
    LONGEST_INSTRUCTIONS,
    LONGEST_TEXT,
    MANUAL_ONLY_KEYS,
    MOST_ITEMS,
)
from releases.rules.transitions import AUTOMATED_KINDS


def read_activity(place: Place, taken: set[str]) -> ActivityDraft | None:
    """The activity as far as it can be read; `taken` are the keys used before in its phase."""
    section = place.section(ACTIVITY_KEYS, "an activity")
    if section is None:
        return None
    what = "activities of one phase need different keys"
    key = read_key(section, taken, "duplicate_activity", what)
    kind_place = section.need("kind")
    kind = (kind_place.one_of(ACTIVITY_KINDS) if kind_place else None) or ""
    category = section.take("category")
    document: dict[str, Any] = {
        "key": key,
        "name": section.needed_name("name"),
        "kind": kind,
        "category": category.one_of(CATEGORIES) if category else None,
        "description": section.text("description", LONGEST_TEXT),
        "instructions": section.text("instructions", LONGEST_INSTRUCTIONS),
        "needs": [],
        "when": read_when(section.take("when")),
    }
    check_notify(section.take("notify"))
    needs = read_needs(section)
    if kind in AUTOMATED_KINDS:
        document.update(_automated(section, kind))
        return ActivityDraft(place, document, needs, [])
    decisions, not_with = _manual(section, kind)
    document.update(decisions)
    if document["category"] == "audit":
        _check_audit(section, document)
    return ActivityDraft(place, document, needs, not_with)


def _automated(section: Section, kind: str) -> dict[str, Any]:
    """A pipeline or check has a timeout and nothing that only people's decisions have."""
    for key in MANUAL_ONLY_KEYS:
        if key in section.keys:
            sentence = f"A {kind} is not decided by people, so it has no {key}."
            section.place(key).wrong("not_for_kind", sentence)
    timeout = read_seconds(section.take("timeout"))
    return {
        "timeout": DEFAULT_TIMEOUT if timeout is None else timeout,
        "approvers": None,
        "rule": None,
        "reject": None,
        "comment": None,
        "separation": None,
        "deadline": None,
        "fields": None,
    }


def _manual(section: Section, kind: str) -> tuple[dict[str, Any], list[Place]]:
    """What people decide: by whom, by which rule, with which inputs and until when."""
    if "timeout" in section.keys and kind:
        sentence = "Only a pipeline or check has a timeout; people have a deadline."
        section.place("timeout").wrong("not_for_kind", sentence)
    check_policy(section.take("policy"))
    check_signature(section.take("signature"))
    check_reminders(section.take("reminders"))
    check_evidence(section.take("evidence"))
    approvers, rule = _electorate(section, kind)
    separation, not_with = read_separation(section.take("separation"))
    document = {
        "timeout": None,
        "approvers": approvers,
        "rule": rule,
        "reject": read_reject(section, rule),
        "comment": read_comment(section.take("comment")),
        "separation": separation,
        "deadline": read_deadline(section.take("deadline")),
        "fields": read_fields(section.take("fields")),
    }
    return document, not_with


def _check_audit(section: Section, document: dict[str, Any]) -> None:
    """The category audit is signed by the role Audit Approver, and by nobody whom it is passed to.

    Source: `contract.md`, roles.
    """
    sentence = f"The category audit is signed by the role {AUDIT_APPROVER} only."
    if document["approvers"]:
        places = section.place("approvers").items(MOST_ITEMS) or []
        for place, entry in zip(places, document["approvers"], strict=True):
            if entry.get("role") != AUDIT_APPROVER:
                place.wrong("audit_approver", sentence)
    rungs = (document["deadline"] or {"escalate_to": ()})["escalate_to"]
    if any("reject" not in rung and rung.get("role") != AUDIT_APPROVER for rung in rungs):
        section.place("deadline").wrong("audit_approver", sentence)


def _electorate(section: Section, kind: str) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Approvers and rule: both written for every manual kind, and able to be met together."""
    by_policy = "policy" in section.keys
    wanted = section.need if kind else section.take  # without a kind nothing is known to be missing
    listed = section.take("approvers") if by_policy else wanted("approvers")
    ruled = wanted("rule")
    approvers = read_approvers(listed)
    rule = read_rule(ruled)
    if listed is not None and approvers == [] and not by_policy:
        listed.wrong("no_approvers", "Name at least one approver: nobody could ever approve.")
    elif ruled is not None and approvers and rule is not None:
        check_satisfiable(ruled, approvers, rule)
    return approvers or [], rule

"""The rule of an activity as it stood when it opened, in sentences (tab Policy)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from approvals.rules.seats import entry_reference
from approvals.wording import source_words
from portal.pages.activity_standing import ActivityPage
from portal.rule_words import comment_words, reject_words, rule_words, separation_words
from portal.wording import condition_words, seat_condition_words
from releases.rules.conditions import applies
from releases.services.questions import linked_activities

_OVERRIDE = "A request to skip is decided by one person who holds the right “override”."


@dataclass(frozen=True)
class Asked:
    """An entry of the process: whom it names, and why they are asked here or not.

    `each`: every one of them has a seat. `required`: they must approve whatever the rule.
    """

    name: str
    because: str
    each: bool
    required: bool


@dataclass(frozen=True)
class PolicyPanel:
    """The sentences, who is asked, and which version of which process they come from."""

    sentences: tuple[str, ...]
    asked: tuple[Asked, ...]
    source: str
    opened: bool


def policy_panel(page: ActivityPage) -> PolicyPanel:
    """The policy: of the newest round, else as the process has it."""
    document = page.board.document
    source = f"{document.data['name']}, version {document.number}"
    sentences: list[str] = []
    if page.activity.overrides_id is not None:
        sentences.append(_OVERRIDE)
    policy = json.loads(page.approval.policy) if page.approval else None
    if policy:
        sentences.append(rule_words(policy["rule"], policy["needed"], policy["seat_count"]))
        sentences += [reject_words(policy["reject"]), comment_words(policy["comment"])]
    elif page.spec.get("rule"):
        sentences.append(rule_words(page.spec["rule"], None, None))
        sentences.append(reject_words(page.spec["reject"]))
        sentences.append(comment_words(page.spec.get("comment") or {}))
    sentences += separation_words(page.spec.get("separation") or {}, _linked_names(page))
    if page.spec:
        applied = applies(page.spec.get("when"), page.condition_facts)
        sentences.append(condition_words(applied.reason, "This activity"))
    return PolicyPanel(tuple(sentences), tuple(_asked(page)), source, opened=policy is not None)


def _linked_names(page: ActivityPage) -> list[str]:
    """The activities tied to this one by four eyes; the tie holds both ways, whichever names it."""
    return [one.name for one in linked_activities(page.board, page.activity)]


def _asked(page: ActivityPage) -> Iterator[Asked]:
    """Each entry of the process, also those that are not asked, with why."""
    for entry in page.spec.get("approvers") or ():
        kind, ref = entry_reference(entry)
        applied = applies(entry.get("when"), page.condition_facts)
        yield Asked(
            name=source_words({"kind": kind, "ref": ref}, page.names),
            because=seat_condition_words(applied.reason),
            each=bool(entry.get("each")),
            required=bool(entry.get("required")),
        )

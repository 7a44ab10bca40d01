"""The rule of an activity as it stood when it opened, in sentences (tab Policy)."""

from __future__ import annotations

import json
from dataclasses import dataclass

from portal.pages.activity_standing import ActivityPage
from portal.rule_words import comment_words, reject_words, rule_words, separation_words
from portal.wording import condition_words
from releases.rules.conditions import applies

_OVERRIDE = "A request to skip is decided by one person who holds the right “override”."


@dataclass(frozen=True)
class PolicyPanel:
    """The sentences, and which version of which process they come from."""

    sentences: tuple[str, ...]
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
    sentences += separation_words(page.spec.get("separation") or {})
    if page.spec:
        applied = applies(page.spec.get("when"), page.condition_facts)
        sentences.append(condition_words(applied.reason))
    return PolicyPanel(tuple(sentences), source, opened=policy is not None)

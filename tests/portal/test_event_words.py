"""Every kind of event has words, in one module, and a kind without them is noticed here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.models import Approval
from portal.event_words import ECHOES, EVENT_WORDS, FILTERS, detail_of, verb_of, words_of
from releases.rules.transitions import PhaseState

pytestmark = [pytest.mark.req("MON-1")]

ROOT = Path(__file__).resolve().parents[2]
_KIND = re.compile(r"[a-z_]+\.[a-z_]+")
# The words that kinds begin with; "phase.activity" and the like are references, not events.
_SUBJECTS = {kind.partition(".")[0] for kind in EVENT_WORDS}
_NO_EVENTS = {"phase.activity", "approval.cab", "approval.product"}


def kinds_noted() -> Iterator[str]:
    """What services write: first arguments of `journal.add`, and tables of kinds beside them."""
    for app in ("audit", "approvals", "releases", "portal"):
        for file in sorted((ROOT / app).rglob("*.py")):
            if file.name == "event_words.py":
                continue
            tree = ast.parse(file.read_text(encoding="utf-8"))
            services = "services" in file.parts or "demo" in file.parts
            for node in ast.walk(tree):
                if services and isinstance(node, ast.Dict):
                    yield from _texts(node.values)
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                    continue
                owner = node.func.value
                if node.func.attr == "add" and getattr(owner, "id", "") == "journal":
                    yield from _texts([one for arg in node.args[:1] for one in ast.walk(arg)])


def _texts(nodes: list[ast.AST] | list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        text = node.value if isinstance(node, ast.Constant) else None
        if not isinstance(text, str) or not _KIND.fullmatch(text):
            continue
        if text.partition(".")[0] in _SUBJECTS:
            yield text


def test_every_kind_that_a_service_notes_has_words() -> None:
    found = set(kinds_noted()) - _NO_EVENTS
    assert len(found) > 40
    assert sorted(found - EVENT_WORDS.keys()) == []


def test_kinds_that_are_put_together_have_words() -> None:
    together = {f"phase.{state.value}" for state in PhaseState}
    together |= {f"approval.{state}" for state in Approval.State.values if state != "open"}
    assert sorted(together - EVENT_WORDS.keys()) == []


def test_words_are_verbs_and_never_codes() -> None:
    for kind, words in EVENT_WORDS.items():
        assert words.verb.strip(), kind
        assert "_" not in words.verb, kind


def test_what_follows_by_itself_is_never_said_of_a_person() -> None:
    assert {EVENT_WORDS[kind].sort for kind in FILTERS["system"]} == {"system"}
    assert not FILTERS["system"] & FILTERS["decisions"]
    assert not ECHOES & (FILTERS["system"] | FILTERS["decisions"])


def test_a_kind_of_a_later_version_is_spelled_out() -> None:
    assert words_of("evidence.sealed_again").verb == "recorded “evidence sealed again”"


@pytest.mark.req("REL-3")
@pytest.mark.parametrize(
    ("kind", "verdict", "verb"),
    [
        ("approval", "approve", "approved"),
        ("sign_off", "approve", "signed off"),
        ("verification", "reject", "failed"),
        ("evidence", "approve", "submitted"),
        ("handoff", "reject", "sent back"),
        ("approval", "abstain", "abstained from"),
    ],
)
def test_a_decision_is_called_what_its_kind_calls_it(kind: str, verdict: str, verb: str) -> None:
    data = {"verdict": verdict, "ordinal": 1}
    assert verb_of("approval.decision_cast", data, kind) == verb
    again = verb_of("approval.decision_cast", {**data, "ordinal": 2}, kind)
    assert again == f"changed their decision and {verb}"


def test_details_say_how_far_it_is() -> None:
    assert detail_of("approval.decision_cast", {"approvals": 2, "needed": 3}) == "2 of 3"
    assert detail_of("activity.result_reported", {"outcome": "timed_out"}) == "timed out"
    assert detail_of("activity.opened", {"attempt": 1}) == ""
    assert detail_of("activity.opened", {"attempt": 2}) == "attempt 2"
    assert detail_of("release.started", {}) == ""


@pytest.mark.req("A-076")
@pytest.mark.parametrize(
    ("code", "verb"),
    [
        ("deadline_passed", "decided too late on"),
        ("already_decided", "decided after others had decided on"),
        ("not_open", "decided after the closing of"),
    ],
)
def test_a_refused_decision_is_told_by_why_it_was_refused(code: str, verb: str) -> None:
    assert verb_of("approval.decision_refused", {"code": code}, "approval") == verb


def test_changed_fields_are_told_in_words() -> None:
    assert detail_of("release.changed", {"fields": ["authors", "change_type"]}) == (
        "authors, change type"
    )

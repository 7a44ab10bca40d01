"""What a mail says besides its deadline: what is asked, how it stands, what changed (EXE-2, appendix D)."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail

from portal.notifications.sending import deliver_due
from releases.models import Activity
from releases.services.activities import request_skip
from releases.services.content import ContentChange
from releases.services.fixing import fix_activities
from tests import builders as b
from tests.portal.notifications.scenes import make_due, reachable, tom_by_mail
from tests.scenes import ask, run

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def bodies(to: str, tag: str) -> tuple[str, str]:
    """Text and HTML of the only mail to somebody whose subject begins so."""
    make_due()
    deliver_due()
    [one] = [
        each
        for each in mail.outbox
        if each.to == [f"{to}@example.com"] and each.subject.startswith(f"[{tag}")
    ]
    [html] = [part for part, kind in one.alternatives if kind == "text/html"]
    return str(one.body), str(html)


def asked_ann(**more: Any) -> Activity:
    """A gate of Tom's release that asks Ann."""
    reachable("ann")
    return ask({"user": "ann"}, by=tom_by_mail(), **more)


@pytest.mark.req("EXE-2")
@pytest.mark.parametrize(
    ("kind", "verb"),
    [("sign_off", "Approve"), ("verification", "Verify"), ("handoff", "Acknowledge")],
)
def test_a_mail_says_what_is_asked_by_its_verb_and_what_the_process_says(
    kind: str, verb: str
) -> None:
    asked_ann(kind=kind, description="Testing is\ncomplete.")
    for body in bodies("ann", verb):
        assert f"{verb}: Testing is complete." in body
        assert body.index("waits for you") < body.index(f"{verb}: Testing") < body.index("Version")


@pytest.mark.req("EXE-2", "A-092")
def test_what_was_not_described_is_not_made_up_and_a_long_one_is_cut() -> None:
    asked_ann()
    assert "Approve:" not in bodies("ann", "Approve")[0]
    mail.outbox.clear()
    ask({"user": "ann"}, by=tom_by_mail(), description="x" * 2_000)
    text = bodies("ann", "Approve")[0]
    assert "x" * 250 in text
    assert "x" * 301 not in text


@pytest.mark.req("EXE-2", "EXE-6")
def test_a_request_to_skip_says_what_would_be_skipped_and_why() -> None:
    who, tom = reachable("ann", "ovi"), tom_by_mail()
    b.role("breaker", rights=["view", "override"])
    b.give("breaker", who.ovi)
    gate = ask({"user": "ann"}, by=tom, description="The totals agree.")
    request_skip(activity_id=gate.pk, reason="It burns.", actor=b.actor_for(tom))
    for body in bodies("ovi", "Approve"):
        assert "Approve: Skip Gate without its approval. tom asked: “It burns.”" in body
        assert "The totals agree." not in body


@pytest.mark.req("REL-4")
@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("sign_off", "On Hold – Awaiting Approval"),
        ("verification", "On Hold – Waiting for Input"),
    ],
)
def test_a_mail_says_on_hold_and_what_it_waits_for(kind: str, label: str) -> None:
    gate = asked_ann(kind=kind)
    assert f"State now: {label}" in bodies("ann", "")[0]
    mail.outbox.clear()
    b.vote(gate, reachable("ann").ann, "reject")
    text = bodies("tom", "Rejected")[0]
    assert "State now: Rejected" in text
    assert "On Hold" not in text


@pytest.mark.req("EXE-3")
def test_a_mail_says_what_the_release_is_and_what_it_replaces() -> None:
    ann, tom = reachable("ann").ann, tom_by_mail()
    b.vote(ask({"user": "ann"}, by=tom), ann)
    phase = b.phase("p", b.manual("gate", {"user": "ann"}))
    make_due()
    deliver_due()
    mail.outbox.clear()
    run(phase, by=tom, version="1.1", description="Refunds are fixed.")
    text = bodies("ann", "Approve")[0]
    assert "Version: 1.0 → 1.1" in text
    assert "Description: Refunds are fixed." in text


@pytest.mark.req("EXE-2", "EXE-6", "EXE-10")
def test_after_a_fix_a_mail_says_what_differs_from_the_attempt_before() -> None:
    ann, tom = reachable("ann").ann, tom_by_mail()
    gate = ask({"user": "ann"}, by=tom)
    b.vote(gate, ann, "reject", "The totals differ.")
    make_due()
    deliver_due()
    mail.outbox.clear()
    fix_activities(
        release_id=gate.release_id,
        change=ContentChange(version="1.1", commit="abcdef1"),
        activity_ids=[gate.pk],
        reason="Mended.",
        actor=b.actor_for(tom),
    )
    text, html = bodies("ann", "Approve")
    changed = text.partition("What changed")[2].partition("How it stands")[0]
    assert changed.split("\n")[1:5] == [
        "- This is attempt 2; attempt 1 was rejected.",
        "- ann had rejected: “The totals differ.”",
        "- Version: 1.0 → 1.1",
        "- Commit: none → abcdef1",
    ]
    assert "Artifacts" not in changed
    assert "Version: 1.0 → 1.1" in html

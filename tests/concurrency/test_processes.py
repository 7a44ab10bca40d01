"""Drafting and publishing at the same instant: what is kept of a process is what it is (AUD-2)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from releases.models import Process
from tests import builders as b
from tests.concurrency.crew import Crew, Job, rounds
from tests.concurrency.scenes import SLOW, nothing_broken

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def document(slug: str, name: str) -> str:
    """A small process; JSON is YAML."""
    phases = [b.phase("p", b.pipeline("x"))]
    return json.dumps({"kind": "Process", "slug": slug, "name": name, "phases": phases})


def drafted_and_published(crew: Crew, number: int, **how: Any) -> list[str]:
    """A draft is saved while the process is published under another name; the slugs whose newest
    version is not what the row is."""
    made = [b.process(b.phase("p", b.pipeline("x")), slug=f"s{place}") for place in range(number)]
    how = {"faults": SLOW, **how}
    answers = crew.together(
        Job("draft", [[version.process_id, "# unfinished"] for version in made], **how),
        Job(
            "publish",
            [[f"s{place}", document(f"s{place}", f"Name {place}")] for place in range(number)],
            **how,
        ),
    )
    assert {one["is"] for row in answers for one in row} == {"done"}
    wrong = []
    for row in Process.objects.order_by("pk"):
        kept = row.history.order_by("history_id").last()
        assert (row.draft, row.name[:4]) == ("# unfinished", "Name")
        if (kept.draft, kept.name) != (row.draft, row.name):
            wrong.append(row.slug)
    return wrong


@pytest.mark.req("AUD-2", "REL-5")
def test_a_draft_saved_while_its_process_is_published_stands_in_the_history(crew: Crew) -> None:
    assert drafted_and_published(crew, rounds(0.05)) == []
    nothing_broken()


@pytest.mark.req("AUD-2")
def test_control_without_the_lock_history_keeps_the_old_draft(crew: Crew) -> None:
    number = rounds(0.025, least=5)
    wrong = drafted_and_published(crew, number, unlocked=("releases.Process",))
    assert len(wrong) >= 0.9 * number


def new_four_times(crew: Crew, number: int, **how: Any) -> list[list[str]]:
    """Four people draft a new process under one slug at once: what each was told."""
    calls = [[None, document(f"s{place}", "New")] for place in range(number)]
    answers = crew.together(*(Job("draft", calls, **how) for _ in range(4)))
    return [sorted(one["is"] for one in row) for row in answers]


@pytest.mark.req("A-119", "REL-5")
def test_one_new_slug_drafted_four_times_at_once_is_taken_once(crew: Crew) -> None:
    number = rounds(0.05)
    told = new_four_times(crew, number, faults=SLOW)
    assert told == [["done", *["slug_taken"] * 3]] * number
    assert Process.objects.count() == number
    nothing_broken()


@pytest.mark.req("A-119")
def test_control_without_the_lock_a_new_slug_ends_in_an_error(crew: Crew) -> None:
    told = new_four_times(crew, 5, faults=SLOW, unlocked=("approvals.Scope",))
    assert all("error" in answers for answers in told)
